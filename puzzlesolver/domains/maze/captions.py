"""Lines of a text that are no rows of a maze: titles, sizes, comments, and what parts two mazes.

>>> is_caption("Maze 2:"), is_parting("-----", "#######"), is_parting("-----", "| S |")
(True, True, False)
"""

from __future__ import annotations

import re

from puzzlesolver.domains.maze.alphabet import FLOORS, KINDS, MARKERS
from puzzlesolver.domains.maze.drawing import is_drawn
from puzzlesolver.domains.maze.rules import GOAL, START, WALL
from puzzlesolver.domains.records import PARTING

WORD = re.compile(r"(?<![^\W_])[A-Z]?[a-z]{2,}(?![^\W_])")
SIZE = re.compile(r"\s*(\d{1,4})(?:\s*[x×,;]\s*|\s+)(\d{1,4})\s*")
HEADING, NUMBER, COMMENT = map(re.compile, ("#+ ", r"#\d+", r"```|// ?\w"))
USUAL = frozenset("".join(KINDS.values()) + MARKERS + ".")
ENDS = re.compile(f"[{KINDS[START]}{KINDS[GOAL]}]")


def is_caption(text: str) -> bool:
    """Whether a line is a heading, has words and no wall, or is the fence of a block of code."""
    if USUAL.issuperset(text):
        return False
    if (size := SIZE.fullmatch(text)) and max(map(int, size.groups())) > 3:
        return True
    text = text[heading.end() :] if (heading := HEADING.match(text)) else text
    if COMMENT.match(text):
        return True
    words = WORD.findall(text := NUMBER.sub("", text))
    told = [
        word
        for word in words
        if len(set(word)) > max(2, len(word) // 3) and not USUAL.issuperset(word)
    ]
    if any(wall in text for wall in KINDS[WALL]):
        return len(told) > 1 and text.rstrip()[-1] not in KINDS[WALL]
    return bool(told)


def is_parting(text: str, beside: str) -> bool:
    """Whether a line only parts mazes: a number, or a sign that no row has, beside this one."""
    parting = PARTING.fullmatch(text)
    if parting is None or not beside:
        return parting is not None
    if not (sign := parting["sign"]):
        return len(text) != len(beside) or ({*text} - {" "}).isdisjoint(beside)
    if sign in beside or len(text) != len(beside):
        return sign not in beside or (is_drawn([beside]) and beside[0] not in (sign, " "))
    # A line of cells, unless its signs are no floor or the row beside it has another floor.
    floor = not {*FLOORS, " "}.isdisjoint(beside)
    floor = floor or (len({*beside}) == 1 and not ENDS.search(beside))
    return not is_drawn([beside]) and (floor or sign not in FLOORS + MARKERS)
