"""Text → mazes, one after another, whatever the format.

In: lines of text. What a sign means, `alphabet` tells; lines that are drawn become cells in
`drawing`. What a line means shows in the line, so one file may even mix formats:

- one row a line, as people and maze-dataset write it, up to an empty line. Leading, inner and
  trailing spaces are cells; short rows are padded with wall. Lines of nothing but spaces are rows
  within a maze and skipped before its first row. Captions above and below are no rows. Mazes of one
  size may follow each other without an empty line;
- a whole maze on one line: rows with `/` between them, and after a single one;
- a whole square maze of 100 cells or more on one line, row by row, with one S and one G. When the
  line below is as long and has neither, both are rows of a wide maze.

Out: puzzles as soon as they are complete, so that long lists need no memory; a marked path becomes
the label.

    >>> [puzzle.grid.tolist() for puzzle in parse(["S #/  G"], "argument")]
    [[[2, 1, 0], [1, 1, 3]]]
"""

from __future__ import annotations

import itertools
import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import isqrt

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.maze import tokens
from puzzlesolver.domains.maze.alphabet import (
    FRAME,
    KINDS,
    MARKERS,
    MOST_SIGNS,
    as_signs,
    border_of,
    interpret,
)
from puzzlesolver.domains.maze.captions import ENDS, USUAL, is_caption, is_parting
from puzzlesolver.domains.maze.cells import (
    Row,
    as_puzzle,
    one_sign_a_cell,
    plain_cells,
    read_maze,
    trimmed,
)
from puzzlesolver.domains.maze.drawing import LINES, corners, is_drawn
from puzzlesolver.domains.maze.rules import GOAL, START, WALL
from puzzlesolver.domains.puzzle import Puzzle, place_name
from puzzlesolver.domains.records import (
    ANSWER,
    QUESTION,
    Place,
    Record,
    heads_answer,
    named,
    numbered,
    with_answers,
)
from puzzlesolver.errors import ParseError
from puzzlesolver.limits import MAX_GRID_SIDE

ROW_END = "/"
LEAST_SQUARE = 100
"""Cells from which a line can be a whole square maze; shorter lines are rows."""

BLACK, WHITE = "■□"
LEAST_ROWS = 3
MAX_ROWS = 8 * MAX_GRID_SIDE
"""Rows after which no empty line is waited for: drawings, and mazes without lines between them."""

MAX_SIGNS = 2**22
"""The same for signs: a drawing of the largest maze, four columns a room, just fits."""


Line = tuple[Place, str]


def parse(lines: Iterable[str], source: str) -> Iterator[Puzzle]:
    """The mazes of a text, as `Domain.parse` says."""
    hint = "a maze is rows of # and spaces with one S and one G"
    return named(with_answers(_read(numbered(lines, source, "maze"))), source, hint)


def recognise(head: str) -> bool:
    """Whether the text is made of nothing but mazes, with a start, a goal or a border."""
    if tokens.FIRST in head:
        return True
    lines, above = head.removeprefix("\ufeff").splitlines(), ""
    for number, (line, below) in enumerate(pairwise([*lines, ""])):
        if is_caption(line) or is_parting(line, above or below):
            lines[number] = ""
        above = lines[number]
    lines = list(itertools.dropwhile(lambda line: not line.strip(), lines))
    first, text = lines[0] if lines else "", "".join(lines)
    if USUAL.issuperset(text.replace(ROW_END, "")):
        walls = any(wall in text for wall in KINDS[WALL])
        border = len(first) > 2 and set(KINDS[WALL]).issuperset(first.strip())
        # Small letters without walls may be the name of a file.
        if (border or ENDS.search(text)) if walls else "S" in text and ("G" in text or "E" in text):
            return True
    return _resembles(first.split(ROW_END) if ROW_END in first else lines)


def _resembles(lines: list[str]) -> bool:
    """Whether the first rows are those of a maze although their signs are not the usual ones."""
    rows = list(itertools.takewhile(str.strip, lines))
    if len(rows) < LEAST_ROWS or _is_board(one_sign_a_cell([*filter(str.strip, lines)])):
        return False
    _, rows = trimmed(rows)
    count = Counter(itertools.chain.from_iterable(rows))
    if len(count) > MOST_SIGNS + len(LINES):
        return False
    digits = [sign for sign in count if sign.isdigit() and (count[sign] > 1 or sign not in "0123")]
    if not {"0", "1"}.issuperset(digits):
        return False  # a Sudoku
    if is_drawn(rows):
        known = {*LINES, " ", *MARKERS, "o", *corners(rows)}
        marks = [sign for sign in count if sign not in known]
        return sum(count[sign] for sign in marks) <= 2
    try:
        cells, _ = interpret(as_signs(one_sign_a_cell(rows)), lambda *_: ParseError("no maze"))
    except ParseError:
        return False
    framed = (border_of(cells) == WALL).mean() >= FRAME and not (cells == WALL).all()
    marked = {WALL, START, GOAL}.issubset(cells.ravel().tolist())
    return framed or (marked and not {*".123"}.issuperset(count))  # else a Sudoku


MOST_LETTERS = 6
"""Letters and digits of a maze at most: wall, floor, start, goal, path, and one to spare."""


PILLARS = "!|:"
"""What parts the boxes of a Sudoku in a row."""


def _is_board(rows: list[str]) -> bool:
    """Whether rows begin with a Sudoku: a square where but one sign, the blank, repeats in a line.

    Walls and floor of a maze are two that do. A square of many letters and digits is one anyway.
    """
    pillars = [{*column} <= {*PILLARS} for column in zip(*rows, strict=False)]
    rows = ["".join(itertools.compress(row, map(operator.not_, pillars))) for row in rows]
    square = rows[: len(rows[0])]
    side = len(square)
    if side <= LEAST_ROWS or {side} != {*map(len, square)} or any(" " in row for row in square):
        return False
    count = Counter("".join(square))
    if sum(map(str.isalnum, count)) > MOST_LETTERS:
        return True
    ((blank, _),) = count.most_common(1)
    columns = map("".join, zip(*square, strict=True))
    return all(line.count(sign) == 1 for line in (*square, *columns) for sign in {*line} - {blank})


def takes(numbers: npt.NDArray[np.int64]) -> bool:
    """Whether a grid is one of 0 and 1, or 0 and 255; 2 and 3, or two 2, are ends."""
    once = [(numbers == end).sum() for end in (2, 3)] in ([0, 0], [0, 1], [1, 0], [1, 1], [2, 0])
    return min(numbers.shape) > 1 and once and bool(np.isin(numbers, [0, 1, 2, 3, 255]).all())


def from_numbers(numbers: npt.NDArray[np.int64], source: str) -> Puzzle:
    """The maze of such a grid, where 255 is white; raises `ParseError`."""
    bright = 255 in numbers
    signs = numbers.astype(np.uint32) + ord("0")
    if bright:
        signs[numbers == 0], signs[numbers == 255] = ord(BLACK), ord(WHITE)

    def error(row: int, column: int, what: str, hint: str) -> ParseError:
        return ParseError(f"{what} ({place_name((row, column))})", where=source, hint=hint)

    cells, note = interpret(signs, error)
    hint = "2 is the start and 3 the goal, or leave two openings in the border"
    puzzle = as_puzzle(cells, Place(source, 1, "maze"), error, "" if bright else note, hint=hint)
    return replace(puzzle, source=source)


def _read(lines: Iterator[Line]) -> Iterator[Puzzle | None]:
    rows: list[Row] = []
    for (place, text), below in _with_next(lines):
        beside = rows[-1].text if rows else below[1] if below else ""
        if not text or is_caption(text) or is_parting(text, beside):
            yield from _end(rows)
            if heads_answer(text):
                yield None
        elif ROW_END in text:
            yield from _end(rows)
            yield read_maze(_rows_of_line(text, place))
        elif rows or text.strip():
            rows.append(Row(text, place))
            whole = len(rows) == 1 and _is_whole(text, below)
            if whole or len(rows) > MAX_ROWS or len(rows) * len(text) > MAX_SIGNS:
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


def _is_whole(text: str, below: Line | None) -> bool:
    """Whether a line is a square maze, and not the first row of one that goes on below."""
    ends = (sum(map(text.count, KINDS[end])) for end in (START, GOAL))
    size = len(text)
    square = size >= LEAST_SQUARE and isqrt(size) ** 2 == size and all(count == 1 for count in ends)
    goes_on = below is not None and len(below[1]) == size and not ENDS.search(below[1])
    return square and not goes_on


def _end(rows: list[Row]) -> Iterator[Puzzle]:
    """The mazes of these rows, if any, for no more follow."""
    if rows:
        if tokens.FIRST in rows[0].text:
            yield from _of_tokens(rows)
        elif len(rows) == 1 and len(rows[0].text) >= LEAST_SQUARE:
            yield _of_line(rows[0].text, rows[0].place)
        else:
            for part in _parted(rows):
                yield read_maze(part, loose=True)
        rows.clear()


def _of_tokens(rows: Sequence[Row]) -> Iterator[Puzzle]:
    """The mazes of rows of tokens; one may go on for several rows."""
    groups: list[list[Row]] = []
    for row in rows:
        if tokens.FIRST in row.text:
            groups.append([])
        groups[-1].append(row)
    for group in groups:
        place = group[0].place

        def error(row: int, column: int, what: str, hint: str, place: Place = place) -> ParseError:
            return place.error(1, what, hint)

        try:
            cells = tokens.as_cells(" ".join(row.text for row in group))
        except ValueError as misfit:
            raise place.error(1, str(misfit), "give all tokens of the maze") from misfit
        yield as_puzzle(cells, place, error)


def _parted(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """Mazes of one size without an empty line between them, each with its S and its G."""
    ends = [set(ENDS.findall(row.text)) for row in rows]
    count = sum(row.text.count(sign) for row in rows for sign in KINDS[START])
    if count > 1 and len(rows) % count == 0:
        height = len(rows) // count
        starts = range(0, len(rows), height)
        if all(len(set().union(*ends[start : start + height])) == 2 for start in starts):
            return [rows[start : start + height] for start in starts]
    return [rows]


def _of_line(text: str, place: Place, column: int = 1, rating: float | None = None) -> Puzzle:
    """The square maze on one line that starts in `column`."""
    side = isqrt(len(text))
    cells = plain_cells(text, side) if side**2 == len(text) <= MAX_GRID_SIDE**2 else None
    if cells is None:
        return read_maze(_rows_of_line(text, place, column), rating)
    return as_puzzle(cells, place, lambda *_: place.error(column, "no maze"), rating=rating)


def _rows_of_line(text: str, place: Place, column: int = 1) -> list[Row]:
    """The rows of a maze on one line that starts in `column`; raises `ParseError`."""
    if ROW_END in text:
        parts = text.removesuffix(ROW_END).split(ROW_END)
        starts = itertools.accumulate((len(part) + 1 for part in parts), initial=column)
        return [Row(part, place, start) for part, start in zip(parts, starts, strict=False)]
    side = isqrt(len(text))
    if side * side != len(text) or not side:
        hint = f"spaces at both ends are cells; other mazes have {ROW_END} after every row"
        raise place.error(column, f"{len(text)} cells on one line make no square", hint)
    return [
        Row(text[start : start + side], place, column + start)
        for start in range(0, len(text), side)
    ]


def from_record(record: Record) -> Puzzle:
    """The maze of a row of a table, or of an object, where lines end in line ends or `/`."""
    place = record.place

    def read(name: str, rating: float | None = None) -> Puzzle:
        if tokens.FIRST in record[name]:
            return next(_of_tokens([Row(record[name], place)]))
        text = record[name].strip("\n").replace("\n", ROW_END)
        if ROW_END not in text:
            return _of_line(text, place, record.column(name), rating)
        rows = _rows_of_line(text, place, record.column(name))
        return read_maze(rows, rating, loose="\n" in record[name].strip())

    puzzle = read(QUESTION, record.rating())
    if not record[ANSWER].strip():
        return puzzle
    answer = read(ANSWER)
    if not np.array_equal(answer.grid, puzzle.grid):
        hint = "it has the same characters, but o for the open cells on the path"
        raise place.error(record.column(ANSWER), "the answer is not the question with a path", hint)
    return replace(puzzle, label=answer.answer)
