"""Rows of characters, or of classified pixels → one maze with its path, or what is wrong with it.

>>> read_maze([Row("S.#", Place("maze.txt", 1, "maze"))])
Traceback (most recent call last):
puzzlesolver.errors.ParseError: maze.txt:1:1: the maze has no goal
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

import numpy as np

from puzzlesolver.domains.maze.alphabet import (
    FLOORS,
    FRAME,
    PAD,
    WALLS,
    Error,
    as_signs,
    border_of,
    interpret,
)
from puzzlesolver.domains.maze.drawing import as_walls, is_drawn
from puzzlesolver.domains.maze.rules import GOAL, OPEN, PATH, START, WALL
from puzzlesolver.domains.puzzle import Grid, Puzzle, place_name
from puzzlesolver.domains.records import Place
from puzzlesolver.errors import ParseError
from puzzlesolver.limits import MAX_GRID_SIDE

SYMBOLS = "# SGo"
"""How `render` writes the cell values."""

_VALUES = {ord(symbol): value for value, symbol in enumerate(SYMBOLS)} | {0: WALL}

HINT = "write S for the start and G for the goal, once each, or leave two openings in the border"
HALVES = "▀▄"
LEAST_SIDE, SEPARATORS = 3, ",;\t"
LEAST_INDENTED = 5
NAMES = {START: "start", GOAL: "goal"}


@dataclass(frozen=True)
class Row:
    """The characters of one row, and in which column from 1 of which line they begin."""

    text: str
    place: Place
    column: int = 1


def read_maze(rows: Sequence[Row], rating: float | None = None, loose: bool = False) -> Puzzle:
    """The maze of these rows, or of a drawing, its path the label; short rows end in wall.

    Those on lines of their own are `loose`: they may be indented or have two signs a cell.

    Raises:
        ParseError: they are no maze.
    """
    texts = [row.text for row in rows]
    left, texts = trimmed(texts) if loose else (0, texts)
    if drawn := is_drawn(texts):
        try:
            texts = as_walls(texts)
        except ValueError as misfit:
            raise rows[0].place.error(rows[0].column, str(misfit), HINT) from misfit
    elif loose:
        texts = one_sign_a_cell(texts)

    def error(row: int, column: int, what: str, hint: str) -> ParseError:
        at, column = (rows[0], 0) if drawn else (rows[row], column)
        return at.place.error(at.column + left + column, what, hint)

    if len(texts) > MAX_GRID_SIDE:
        what = f"the maze has more than {MAX_GRID_SIDE:,} rows"
        raise error(MAX_GRID_SIDE, 0, what, "mazes in one file have an empty line between them")
    for number, text in enumerate(texts):
        if len(text) > MAX_GRID_SIDE:
            what = f"a row has more than {MAX_GRID_SIDE:,} cells"
            raise error(number, MAX_GRID_SIDE, what, "")
        if PAD in text:
            raise error(number, text.index(PAD), f"{PAD!r} is no cell of a maze", "")
    width = max(map(len, texts))
    if not width:
        raise error(0, 0, "the maze has no cells", "")
    plain = "".join(text.ljust(width, PAD) for text in texts)
    cells, note = plain_cells(plain, width), ""
    if cells is None:
        cells, note = interpret(as_signs(texts), error)
    return as_puzzle(cells, rows[0].place, error, note, rating)


def plain_cells(text: str, width: int) -> Grid | None:
    """The cells of rows that are written as `render` does; most long lists have no others."""
    once = text.count(SYMBOLS[START]) == text.count(SYMBOLS[GOAL]) == 1
    if not once or SYMBOLS[WALL] not in text or not {*SYMBOLS, PAD}.issuperset(text):
        return None
    return np.frombuffer(text.translate(_VALUES).encode("latin-1"), np.uint8).reshape(-1, width)


def trimmed(texts: Sequence[str]) -> tuple[int, list[str]]:
    """How far a maze in a border is moved to the right, and its rows without spaces around them.

    A left column without an opening is a border, and so is the right end of rows that all end with
    one sign.
    """
    left = min(len(text) - len(text.lstrip(" ")) for text in texts)
    first = {text[left : left + 1] for text in texts}
    framed = len(first) == 1 and texts[0][left:].count(" ") < 2
    left = left if framed and len(texts) >= LEAST_INDENTED else 0
    ends = {(len(text.rstrip(" ")), text.rstrip(" ")[-1:]) for text in texts}
    border = len(ends) == 1 and len(texts) >= LEAST_INDENTED
    return left, [text[left : min(ends)[0] if border else None] for text in texts]


def one_sign_a_cell(texts: Sequence[str]) -> list[str]:
    """The rows without the separators after every cell, or without the second of two signs a cell.

    A mark may have a space as its second sign. Half blocks are two rows a line.
    """
    if not {*HALVES}.isdisjoint("".join(texts)) and {*HALVES, "█", " "}.issuperset("".join(texts)):
        rows = [
            "".join("#" if sign in (half, "█") else " " for sign in text)
            for text in texts
            for half in HALVES
        ]
        return rows if rows[-1].strip() else rows[:-1]
    if all(text.count(", ") == text.count(",") > 0 for text in texts):
        texts = [text.replace(", ", ",") for text in texts]
    for sign in filter(texts[0].__contains__, SEPARATORS):  # empty cells of a table are floor
        fields = [[field.strip(" ") or " " for field in text.split(sign)] for text in texts]
        width = len(fields[0])
        single = all(len(field) == 1 for row in fields for field in row)
        if single and width >= LEAST_SIDE and {*map(len, fields)} == {width}:
            return ["".join(row) for row in fields]
    shown = _on_screen(texts)
    width = max(map(len, shown))
    rows = [text.ljust(width) for text in shown]
    if len(rows) < LEAST_SIDE or width < 2 * LEAST_SIDE:
        return list(texts)
    first, second = (set().union(*(row[start::2] for row in rows)) for start in (0, 1))
    top = rows[0][::2]
    walled = top.count(top[0]) >= FRAME * len(top) and top[0] != " "
    plain = first & {*FLOORS, "0"} and " " not in first
    apart = second in map(set, SEPARATORS) or (second == {" "} and (plain or walled))
    doubled = width % 2 == 0 and all(
        b == a or (b == " " and a not in WALLS)
        for row in rows
        for a, b in {*zip(row[::2], row[1::2], strict=True)}
    )
    walls = any(sign in row[::2] for row in rows for sign in WALLS)
    if (apart and len(first - second) > 1) or (doubled and (shown != texts or walls)):
        return [row[::2] for row in rows]
    return list(texts)


def _on_screen(texts: Sequence[str]) -> Sequence[str]:
    """The rows with wide signs, such as emoji, twice, where only so all are equally long."""
    if "".join(texts).isascii() or len({*map(len, texts)}) == 1:
        return texts
    shown = [
        "".join(sign * (1 + (east_asian_width(sign) in "FW")) for sign in text) for text in texts
    ]
    return shown if len({*map(len, shown)}) == 1 else texts


def as_puzzle(
    cells: Grid,
    place: Place,
    error: Error,
    note: str = "",
    rating: float | None = None,
    hint: str = HINT,
) -> Puzzle:
    """The maze whose cells have these values, with `hint` on how its ends are marked.

    The path marked in it is the label, and openings in the border stand for ends that are missing.

    Raises:
        ParseError: it does not have one start and one goal.
    """
    cells, found = _with_ends(cells, error, hint)
    label = cells if (cells == PATH).any() else None
    return place.puzzle(unmarked(cells), label, rating).noting(note).noting(found)


def _with_ends(cells: Grid, error: Error, hint: str) -> tuple[Grid, str]:
    """The maze with one start and one goal, and a note of those that are openings."""
    missing = []
    for value, name in NAMES.items():
        places = (cells == value).ravel().nonzero()[0]
        if len(places) > 1:
            row, column = divmod(int(places[1]), cells.shape[1])
            raise error(row, column, f"the maze has a second {name}", hint)
        if not len(places):
            missing.append(value)
    if not missing:
        return cells, ""
    openings = _openings(cells)
    if len(openings) != len(missing):
        what = f"the maze has no {' and no '.join(NAMES[value] for value in missing)}"
        if openings is not None and len(missing) == 2:
            many = len(openings) or "no"
            what += f", and its border has {many} opening{'s' * (many != 1)} where two are needed"
        raise error(0, 0, what, hint)
    cells = cells.copy()
    for value, cell in zip(missing, openings, strict=True):
        cells[cell] = value
    told = [
        f"the opening at {place_name(cell)} is the {NAMES[value]}"
        for value, cell in zip(missing, openings, strict=True)
    ]
    return cells, ", ".join(told)


def _openings(cells: Grid) -> list[tuple[int, int]]:
    """The middle of every gap in the border, in reading order; none where it is mostly open."""
    if min(cells.shape) < 3:
        return []
    values, width = cells.ravel(), cells.shape[1]
    ring = border_of(np.arange(cells.size).reshape(cells.shape)).tolist()
    walls = [number for number, cell in enumerate(ring) if values[cell] == WALL]
    if 2 * len(walls) < len(ring):
        return []
    gaps = []
    for wall, after in zip(walls, [*walls[1:], walls[0] + len(ring)], strict=True):
        gap = [ring[number % len(ring)] for number in range(wall + 1, after)]
        if gap and all(values[cell] in (OPEN, PATH) for cell in gap):
            gaps.append(gap[len(gap) // 2])
    return [divmod(cell, width) for cell in sorted(gaps)]


def unmarked(cells: Grid) -> Grid:
    """The maze without its path."""
    return np.where(cells == PATH, np.uint8(OPEN), cells)
