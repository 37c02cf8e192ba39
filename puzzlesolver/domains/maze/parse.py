"""Text → mazes, one after another, whatever the format.

In: lines of text; `#` or `█` is wall, space or `.` open, `S` start, `G` or `E` goal, and `o * X`
mark a path. What a line means shows in the line, so one file may even mix formats:

- one row a line, as people and maze-dataset write it, up to an empty line. Leading, inner and
  trailing spaces are cells; short rows are padded with wall. Lines of nothing but spaces are rows
  within a maze and skipped before its first row;
- a whole maze on one line: rows with `/` between them, and after a single one;
- a whole square maze of 100 cells or more on one line, row by row, with one S and one G. When the
  line below is as long and has neither, both are rows of a wide maze;
- CSV below a header that has `question` and perhaps `answer` and `rating`, as Maze-Hard has it.

Dots are floor, unless a maze has spaces too and no other mark: then they are its path. Out: puzzles
as soon as they are complete, so that long lists need no memory; a marked path becomes the label.

    >>> [puzzle.grid.tolist() for puzzle in parse(["S #/  G"], "argument")]
    [[[2, 1, 0], [1, 1, 3]]]
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import isqrt

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Grid, Puzzle
from puzzlesolver.domains.maze.cells import (
    ALPHABET,
    ENDS,
    KINDS,
    Row,
    as_puzzle,
    check_ends,
    read_maze,
    unmarked,
)
from puzzlesolver.domains.maze.rules import GOAL, OPEN, START, WALL
from puzzlesolver.domains.records import Place, header, named, numbered, read_record
from puzzlesolver.errors import ParseError
from puzzlesolver.limits import MAX_GRID_SIDE

ROW_END = "/"
LEAST_SQUARE = 100
"""Cells from which a line can be a whole square maze; shorter lines are rows."""

Line = tuple[Place, str]


def parse(lines: Iterable[str], source: str) -> Iterator[Puzzle]:
    """Read mazes lazily.

    Args:
        lines: with or without line ends.
        source: how errors and results call the text.

    Yields:
        Puzzles named `source` when there is one, `source:LINE` when there are several.

    Raises:
        ParseError: at `source:LINE:COLUMN` after the mazes before it, or when there is no maze.
    """
    hint = "a maze is rows of # and spaces with one S and one G"
    return named(_read(numbered(lines, source, "maze")), source, hint)


def recognise(head: str) -> bool:
    """Whether the text is made of nothing but mazes, with a start, a goal or a border."""
    lines = [line for line in head.removeprefix("\ufeff").splitlines() if line.strip()]
    first = lines[0] if lines else ""
    if (columns := header(first)) is not None:
        field = columns.index("question")
        lines = [",".join(line.split(",")[field : field + 1]) for line in lines[1:2]]
    text = "".join(lines)
    if not ALPHABET.issuperset(text.replace(ROW_END, "")):
        return False
    if any(wall in text for wall in KINDS[WALL]):
        border = len(first) > 2 and set(KINDS[WALL]).issuperset(first.strip())
        return border or ENDS.search(text) is not None
    return "S" in text and ("G" in text or "E" in text)  # small letters alone may be a file's name


def takes(numbers: npt.NDArray[np.int64]) -> bool:
    """Whether a grid of numbers is one of open cells and walls, 0 and 1; 2 and 3 are the ends."""
    return min(numbers.shape) > 1 and bool(np.isin(numbers, range(4)).all())


def from_numbers(numbers: npt.NDArray[np.int64], source: str) -> Puzzle:
    """The maze of a 0/1 grid, where 2 is the start and 3 the goal; raises `ParseError`."""
    cells = np.array([OPEN, WALL, START, GOAL], np.uint8)[numbers]

    def error(row: int, column: int, what: str, hint: str) -> ParseError:
        return ParseError(f"{what}: r{row + 1}c{column + 1}", where=source, hint=hint)

    check_ends(cells, error, "2 is the start and 3 the goal of a maze in 0 and 1, once each")
    return Puzzle("maze", source, cells, source)


def _read(lines: Iterator[Line]) -> Iterator[Puzzle]:
    columns: list[str] | None = None
    rows: list[Row] = []
    for (place, text), below in _with_next(lines):
        if columns is not None:
            if text.strip():
                yield _read_record(text, columns, place)
        elif (columns := header(text)) is not None or not text:
            yield from _end(rows)
        elif ROW_END in text:
            yield from _end(rows)
            yield as_puzzle(read_maze(_rows_of_line(text, place)), place)
        elif rows or text.strip():
            rows.append(Row(text, place))
            whole = len(rows) == 1 and _is_whole(text) and not _continues(text, below)
            if whole or len(rows) > MAX_GRID_SIDE:
                yield from _end(rows)
    yield from _end(rows)


def _with_next(lines: Iterator[Line]) -> Iterator[tuple[Line, Line | None]]:
    """Every line with the one below; an error there comes after the line."""
    line = next(lines, None)
    while line is not None:
        try:
            below = next(lines, None)
        except ParseError:
            yield line, None
            raise
        yield line, below
        line = below


def _is_whole(text: str) -> bool:
    """Whether a line can be a square maze."""
    ends = (sum(map(text.count, KINDS[end])) for end in (START, GOAL))
    size = len(text)
    return size >= LEAST_SQUARE and isqrt(size) ** 2 == size and all(count == 1 for count in ends)


def _continues(text: str, below: Line | None) -> bool:
    """Whether the line below is one more row of the maze that `text` begins."""
    return below is not None and len(below[1]) == len(text) and not ENDS.search(below[1])


def _end(rows: list[Row]) -> Iterator[Puzzle]:
    """The maze of these rows, if any, for no more follow."""
    if rows:
        place = rows[0].place
        if len(rows) == 1 and len(rows[0].text) >= LEAST_SQUARE:
            rows[:] = _rows_of_line(rows[0].text, place)
        yield as_puzzle(read_maze(rows), place)
        rows.clear()


def _rows_of_line(text: str, place: Place, column: int = 1) -> list[Row]:
    """The rows of a maze on one line that starts in `column`; raises `ParseError`."""
    if ROW_END in text:
        parts = text.removesuffix(ROW_END).split(ROW_END)
        starts = itertools.accumulate((len(part) + 1 for part in parts), initial=column)
        return [Row(part, place, start) for part, start in zip(parts, starts, strict=False)]
    side = isqrt(len(text))
    if side * side != len(text) or not side:
        raise place.error(
            column,
            f"{len(text)} cells on one line make no square",
            f"spaces at both ends are cells; other mazes have {ROW_END} after every row",
        )
    return [
        Row(text[start : start + side], place, column + start)
        for start in range(0, len(text), side)
    ]


def _read_record(line: str, columns: list[str], place: Place) -> Puzzle:
    """One row of a CSV."""
    record = read_record(line, columns, place)

    def read(name: str) -> Grid:
        return read_maze(_rows_of_line(record[name], place, record.column(name)))

    question = read("question")
    puzzle = as_puzzle(question, place, record.rating())
    if not record["answer"].strip():
        return puzzle
    answer = read("answer")
    if not np.array_equal(unmarked(answer), puzzle.grid):
        raise place.error(
            record.column("answer"),
            "the answer is not the question with a path",
            "it has the same characters, but o for the open cells on the path",
        )
    return replace(puzzle, label=answer)
