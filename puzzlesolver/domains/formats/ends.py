r"""Ends of mazes that are told by their places, in a document or beside a drawing.

In: the rows of a maze, and what stands beside them. Out: the rows with S and G.

    >>> with_ends_told("start: (1, 1)\nend: (1, 2)\n####\n#  #\n####", At("maze.txt"))
    '\n\n####\n#SG#\n####'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby, product
from typing import Any

from puzzlesolver.domains.formats.documents import At

ENDS = {
    "S": ("start", "entrance", "begin", "s"),
    "G": ("goal", "end", "exit", "finish", "target", "g"),
}
PLACES = (("row", "column"), ("row", "col"), ("r", "c"), ("i", "j"), ("y", "x"))
"""What people call the ends of a maze, and the row and the column of a place."""

WALLS = ("#", "█", "■")
"""What stands where no end can be; so does the one sign of a closed border."""

Cell = tuple[int, int]

_NUMBER = r"(?:\s*([a-z]+))?(?:\s*[:=])?\s*(\d{1,4})"
_END = re.compile(
    rf"\b({'|'.join(name for names in ENDS.values() for name in names)})"
    r"(?:[_ ](?:position|pos|point|cell|node|at|is|coordinates?))*(?:\s*[:=])?(?:\s*[(\[{])?"
    rf"{_NUMBER}(?:\s*[,;]|\s){_NUMBER}(?:\s*[)\]}}])?",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[^\w#]*(?:and|to)?[^\w#]*", re.IGNORECASE)
_PAIR = re.compile(r"\s*(\d{1,4})[\s,]+(\d{1,4})\s*")
LEAST_ROWS = 3


def ends_told(text: str) -> dict[str, Any]:
    """The places of one start and one goal that a text tells, as an object of JSON has them."""
    ends: dict[str, Any] = {}
    for name, *place in _END.findall(text):
        role = next(role for role, names in ENDS.items() if name.lower() in names)
        first, row, second, column = place
        if role in ends or bool(first) != bool(second):
            return {}
        named = {first.lower(): int(row), second.lower(): int(column)}
        ends[role] = named if first else [int(row), int(column)]
    return {ENDS[role][0]: place for role, place in ends.items()} if len(ends) == len(ENDS) else {}


def with_ends_told(text: str, at: At) -> str:
    """The text with S and G in its drawing where lines beside it tell their places; else "".

    Raises:
        ParseError: as `with_ends`; places in a text may count from 0 or from 1.
    """
    lines = text.split("\n")
    told = {n for n, line in enumerate(lines) if _END.search(line)}
    beside = "\n".join(lines[n] for n in sorted(told))
    ends = ends_told(beside) if _BETWEEN.fullmatch(_END.sub("", beside)) else {}
    if not told:
        told, ends = _pairs_told(lines)
    if not ends:
        return ""
    lines = ["" if n in told else line for n, line in enumerate(lines)]
    blocks = [[*run] for _, run in groupby(range(len(lines)), lambda n: len(lines[n]))]
    drawings = [run for run in blocks if len(run) >= LEAST_ROWS <= len(lines[run[0]])]
    rows = [lines[n] for n in drawings[0]] if len(drawings) == 1 else []
    step = 2 if all({*row[1::2]} <= {" "} or {*row[1::2]} <= {","} for row in rows) else 1
    cells = [row[::step] for row in rows]
    doubled = all(row[::2] == row[1::2] for row in rows)
    if len({*"".join(cells)}) != 2 or doubled:  # lines of rooms, or ends that are drawn
        return ""
    for n, row in zip(drawings[0], with_ends(cells, ends, at, (0, 1)), strict=True):
        signs = [*lines[n]]
        signs[::step] = row
        lines[n] = "".join(signs)
    return "\n".join(lines)


def _pairs_told(lines: Sequence[str]) -> tuple[set[int], dict[str, Any]]:
    """Lines of two numbers alone around a drawing, and the ends that they tell.

    The size may come first; then start and goal, as in programming contests.
    """
    pairs = {
        n: [*map(int, it.groups())] for n, line in enumerate(lines) if (it := _PAIR.fullmatch(line))
    }
    rows = [line for n, line in enumerate(lines) if n not in pairs and line.strip()]
    size, *ends = pairs.values() if len(pairs) == 3 else ([], *pairs.values())
    if len(ends) != len(ENDS) or not rows:
        return set(), {}
    sides = {len(rows), len(rows[0].strip()), len(rows[0].split())}
    if size and not sides.issuperset(size):
        return set(), {}
    return {*pairs}, {ENDS[role][0]: end for role, end in zip(ENDS, ends, strict=True)}


def with_ends(rows: Any, document: dict[str, Any], at: At, firsts: Sequence[int] = (0,)) -> Any:
    """The rows of a maze with the ends that keys beside it name by their places, as S and G.

    Args:
        rows: lists of cells, or lines; anything else is returned as it is.
        document: what stands beside them.
        at: the place of the document.
        firsts: numbers that the first row and column may have.

    Raises:
        ParseError: the places fit in several ways, such as [row, column] and [x, y], or in none.
    """
    named = [next((document[k] for k in keys if k in document), None) for keys in ENDS.values()]
    if not isinstance(rows, list) or not all(isinstance(row, (list, str)) for row in rows):
        return rows
    if None in named or not rows or not all(rows):
        return rows
    border = [*rows[0], *rows[-1], *(row[0] for row in rows), *(row[-1] for row in rows)]
    walls = (*WALLS, border[0]) if all(sign == border[0] for sign in border) else WALLS
    readings: dict[bool, set[tuple[Cell, ...]]] = {True: set(), False: set()}
    inside = False
    for order, first in product(((0, 1), (1, 0)), firsts):
        told = filter(None, (place_of(end, order) for end in named))
        places = [(row - first, column - first) for row, column in told]
        cells = tuple((r, c) for r, c in places if 0 <= r < len(rows) and 0 <= c < len(rows[r]))
        if len(cells) == len(named):
            inside = True
            signs = [rows[row][column] for row, column in cells]
            if not any(sign in walls for sign in signs):
                readings[all(sign == signs[0] for sign in signs)].add(cells)
    found = readings[True] or readings[False]
    if len(found) > 1:
        what = f"its ends {' and '.join(map(str, named))} fit in several ways, as row and column"
        hint = "name row and column, counted from 0, or write S and G into the maze"
        raise at.error(f"{what} or as x and y", hint)
    if inside and not found:
        what = f"its ends {' and '.join(map(str, named))} are walls"
        raise at.error(what, "count rows and columns of the drawing from 0, walls included")
    grid = [[*row] for row in rows]
    for cells in found:
        for sign, (row, column) in zip(ENDS, cells, strict=True):
            grid[row][column] = sign
    return grid if found else rows


def place_of(value: Any, order: tuple[int, int]) -> Cell | None:
    """Row and column, as they are counted, of a place in a document."""
    if isinstance(value, dict):
        pairs = ([value.get(name) for name in names] for names in PLACES)
        return next(((r, c) for r, c in pairs if isinstance(r, int) and isinstance(c, int)), None)
    if isinstance(value, list) and len(value) == 2 and all(type(n) is int for n in value):
        return value[order[0]], value[order[1]]
    return None
