"""Rows of characters, or of classified pixels → one maze with its path, or what is wrong with it.

>>> read_maze([Row("S.#", Place("maze.txt", 1, "maze"))]).tolist()
Traceback (most recent call last):
puzzlesolver.errors.ParseError: maze.txt:1:1: the maze has no goal
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from puzzlesolver.domains.base import Grid, Puzzle
from puzzlesolver.domains.maze.rules import GOAL, OPEN, PATH, START, WALL
from puzzlesolver.domains.records import Place
from puzzlesolver.errors import ParseError
from puzzlesolver.limits import MAX_GRID_SIDE

SYMBOLS = "# SGo"
"""How `render` writes the cell values."""

DOT = 5
"""A `.` until the whole maze is known: floor, or path."""

KINDS = {WALL: "#█", OPEN: " ", START: "Ss", GOAL: "GgEe", PATH: "o*Xx", DOT: "."}
"""The characters of every cell value."""

ALPHABET = frozenset("".join(KINDS.values()))
STRANGE = re.compile(f"[^{re.escape(''.join(ALPHABET))}]")
ENDS = re.compile(f"[{KINDS[START]}{KINDS[GOAL]}]")

_VALUES = {ord(symbol): value for value, symbols in KINDS.items() for symbol in symbols}

Error = Callable[[int, int, str, str], ParseError]
"""Makes the error of a row and a column, from 0, with what is wrong and a hint."""


@dataclass(frozen=True)
class Row:
    """The characters of one row, and in which column from 1 of which line they begin."""

    text: str
    place: Place
    column: int = 1

    def values(self) -> Grid:
        """Cell values and `DOT`s; raises `ParseError` at a strange character or one too many."""
        if len(self.text) > MAX_GRID_SIDE:
            raise self.place.error(
                self.column + MAX_GRID_SIDE, f"a row has more than {MAX_GRID_SIDE:,} cells"
            )
        if strange := STRANGE.search(self.text):
            raise self.place.error(
                self.column + strange.start(),
                f"{strange[0]!r} is no cell of a maze",
                "cells are # wall, space or . open, S start, G or E goal, o * X path",
            )
        return np.frombuffer(self.text.translate(_VALUES).encode("latin-1"), np.uint8)


def read_maze(rows: Sequence[Row]) -> Grid:
    """The cells of a maze, its path among them; short rows end in wall. Raises `ParseError`."""
    if len(rows) > MAX_GRID_SIDE:
        beyond = rows[MAX_GRID_SIDE]
        raise beyond.place.error(beyond.column, f"the maze has more than {MAX_GRID_SIDE:,} rows")
    values = [row.values() for row in rows]
    cells = np.full((len(rows), max(map(len, values))), WALL, np.uint8)
    for row, of_row in zip(cells, values, strict=True):
        row[: len(of_row)] = of_row
    other_path, other_floor = (cells == PATH).any(), (cells == OPEN).any()
    cells[cells == DOT] = PATH if other_floor and not other_path else OPEN

    def error(row: int, column: int, what: str, hint: str) -> ParseError:
        return rows[row].place.error(rows[row].column + column, what, hint)

    check_ends(cells, error, "write S for the start and G for the goal, once each")
    return cells


def check_ends(cells: Grid, error: Error, hint: str) -> None:
    """Raise `ParseError` unless the maze has one start and one goal."""
    for value, name in ((START, "start"), (GOAL, "goal")):
        places = np.argwhere(cells == value)
        if not len(places):
            raise error(0, 0, f"the maze has no {name}", hint)
        if len(places) > 1:
            row, column = places[1].tolist()
            raise error(row, column, f"the maze has a second {name}", hint)


def unmarked(cells: Grid) -> Grid:
    """The maze without its path."""
    return np.where(cells == PATH, np.uint8(OPEN), cells)


def as_puzzle(cells: Grid, place: Place, rating: float | None = None) -> Puzzle:
    """The maze; the path marked in it is the label."""
    marked = bool((cells == PATH).any())
    return place.puzzle(unmarked(cells), cells if marked else None, rating)
