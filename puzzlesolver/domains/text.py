"""A text becomes puzzles: its first lines show the format, and the kinds that it can be of.

In: lines of text. Out: puzzles, read lazily.

    >>> [puzzle.domain for puzzle in parse_text(["1......32..1...4", "S.#/..G"], "mixed.txt")]
    ['sudoku', 'maze']
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from puzzlesolver.domains.base import DOMAINS, Domain, Puzzle
from puzzlesolver.domains.formats.documents import CELLS, START, At
from puzzlesolver.domains.formats.ends import ends_told, with_ends_told
from puzzlesolver.domains.formats.fields import as_text
from puzzlesolver.domains.formats.links import unpacked
from puzzlesolver.domains.formats.markup import plain_rows
from puzzlesolver.domains.formats.places import rows_told
from puzzlesolver.domains.formats.programs import bracketed, python_values
from puzzlesolver.domains.formats.prompts import task_shown
from puzzlesolver.domains.formats.spaces import dotted
from puzzlesolver.domains.kinds import (
    JSON_HINT,
    fitting,
    from_value,
    noted,
    parted,
    read_json,
    read_numbers,
    read_rows_below,
)
from puzzlesolver.domains.records import header, named
from puzzlesolver.errors import ParseError
from puzzlesolver.limits import DETECT_BYTES

REMARK = re.compile(r"\s*(?:#[^#]*[A-Za-z]{2}[^#]*$|//)")
"""A line that is a comment and no wall of a maze; a puzzle may follow megabytes of them."""

TABLE_HINT = "below the header there is a puzzle a line"


def parse_text(
    lines: Iterable[str], source: str, kinds: Sequence[Domain] | None = None
) -> Iterator[Puzzle]:
    """The puzzles of lines as `formats.texts.read_lines` gives them, one after another.

    They may be of these kinds, of all by default; raises `ParseError` where they are of none.
    """
    lines, kinds = iter(lines), kinds or tuple(DOMAINS.values())
    head: list[str] = []
    size = 0
    if len(kinds) == 1 and (first := next(lines, None)) is not None:
        if len(first.split()) == 1 and kinds[0].recognise(first):  # a list of boards, as it arrives
            yield from kinds[0].parse(itertools.chain([first], lines), source)
            return
        head, size = [first], len(first)
    while size < DETECT_BYTES and (line := next(lines, None)) is not None:
        head.append(line)
        size += len(line) // 64 if REMARK.match(line) else len(line)
    text, lines = "\n".join(line.rstrip("\n") for line in head), itertools.chain(head, lines)
    whole = size < DETECT_BYTES
    if whole and (shown := task_shown(text)):
        lines, text = [shown], shown
    elif whole and (told := rows_told(text)):
        lines, text = told.split("\n"), told
    elif whole and (values := python_values(text)):
        lines, text = values, "\n".join(values)
    if whole and CELLS.match(text) and (row_list := _as_rows(text)):
        lines, text = [row_list], row_list
    elif whole and (maze := with_ends_told(text, At(source))):
        lines, text = maze.split("\n"), maze
    if not whole or _is_json(text) or header(_first(text)):
        yield from _read_text(lines, text, whole, source, kinds)
    elif values := bracketed(text):
        ends = ends_told(text) if len(values) == 1 else {}
        mazes = ({"maze": value, **ends} if ends else value for value in values)
        read = (from_value(value, At(source), source, kinds) for value in mazes)
        yield from named(itertools.chain.from_iterable(read), source, JSON_HINT)
    else:
        had = text.removeprefix("\ufeff").split("\n")
        plain, numbers = plain_rows("\n".join(had))
        rows = dotted(plain).split("\n")
        places = {
            number: (line, row == had[line - 1])
            for number, (line, row) in enumerate(zip(numbers, rows, strict=True), 1)
        }
        puzzles = _read_text(rows, "\n".join(rows), True, source, kinds)
        yield from _placed(puzzles, source, places)


def _placed(
    puzzles: Iterator[Puzzle], source: str, places: Mapping[int, tuple[int, bool]]
) -> Iterator[Puzzle]:
    """Puzzles, and errors, of a text that was converted, by the places in what the user has.

    `places` has the user's line by a line of that text, and whether it has the same columns.
    """

    def place(found: re.Match[str]) -> str:
        line, is_same = places.get(int(found[1]), (found[1], True))
        return f"{source}:{line}{found[2] if is_same else ''}"

    moved = partial(re.compile(rf"^{re.escape(source)}:(\d+)((?::\d+)?)").sub, place)
    try:
        for puzzle in puzzles:
            yield replace(puzzle, name=moved(puzzle.name), source=moved(puzzle.source))
    except ParseError as error:
        error.where = moved(error.where)
        raise


def _read_text(
    lines: Iterable[str], text: str, whole: bool, source: str, kinds: Sequence[Domain]
) -> Iterator[Puzzle]:
    """The puzzles of lines whose first ones, or all, are this text."""
    if START.match(text):
        yield from named(read_json(lines, source, kinds), source, JSON_HINT)
    elif whole and (packed := unpacked(text, source)):
        yield from named(read_json(packed, source, kinds), source, JSON_HINT)
    elif header(_first(text)):
        yield from named(
            read_rows_below(lines, text.split("\n"), source, kinds), source, TABLE_HINT
        )
    elif whole and (grids := read_numbers(text, source, kinds)) is not None:
        yield from grids
    else:
        runs = parted(text.split("\n"), kinds) if whole and len(kinds) > 1 else []
        if len(runs) > 1:
            read = (each for kind, rows in runs for each in kind.parse(rows, source))
            yield from named(read, source, "")
            return
        told = "\n".join(line for line in text.split("\n") if not REMARK.match(line))
        kinds = fitting(told, source, kinds)
        for puzzle in kinds[0].parse(lines, source):
            yield noted(puzzle, kinds)


def _as_rows(text: str) -> str:
    """The list of objects that stand one after another, where they are the rows of a board."""
    rows = "[" + re.sub(r"\}\s*\{", "},{", text) + "]"
    try:
        return rows if as_text(json.loads(rows)) else ""
    except ValueError:
        return ""


def _first(text: str) -> str:
    """The first line that is not empty."""
    return text.lstrip("\n").partition("\n")[0]


def _is_json(text: str) -> bool:
    """Whether a text is JSON, or would be but for its end or a mistake within an object."""
    if not START.match(text):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text.lstrip("\ufeff \n")[:1] == "{" or "{" in text
    return True
