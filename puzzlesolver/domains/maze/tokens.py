"""Mazes as maze-dataset writes them for language models: rooms that are joined, and the ends.

In: `<ADJLIST_START> (0,0) <--> (0,1) ; … <ADJLIST_END> <ORIGIN_START> (0,0) <ORIGIN_END>
<TARGET_START> (1,1) <TARGET_END> <PATH_START> (0,0) (0,1) (1,1) <PATH_END>`, where a room is its
row and its column from 0. Out: cells, two rows and columns for each room and one more.

    >>> as_cells("<ADJLIST_START> (0,0) <--> (0,1) ; <ADJLIST_END> …").shape
    (3, 5)
"""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.maze.rules import GOAL, OPEN, PATH, START, WALL
from puzzlesolver.limits import MAX_GRID_SIDE

FIRST = "<ADJLIST_START>"
_PART = re.compile(r"<(ADJLIST|ORIGIN|TARGET|PATH)_START>((?:[^<]|<-->)*)<\1_END>")
_ROOM = re.compile(r"\(\W*(\d{1,4})\W+(\d{1,4})\W*\)")
_JOIN = re.compile(rf"{_ROOM.pattern}\W*<-->\W*{_ROOM.pattern}")

Rooms = list[tuple[int, int]]


def as_cells(text: str) -> Grid:
    """The cells of one maze, with its path if there is one; `ValueError` says what does not fit."""
    parts = dict(_PART.findall(text))
    joins = [[*map(int, each)] for each in _JOIN.findall(parts.get("ADJLIST", ""))]
    rooms = {name: _rooms(part) for name, part in parts.items()}
    if not joins or 2 * len(joins) != len(rooms["ADJLIST"]):
        raise ValueError(
            "expected pairs of rooms, such as (0,0) <--> (0,1) ;, before <ADJLIST_END>"
        )
    for name in ("ORIGIN", "TARGET"):
        if len(rooms.get(name, ())) != 1:
            raise ValueError(f"expected one room between <{name}_START> and <{name}_END>")
    height, width = np.max([room for some in rooms.values() for room in some], 0) + 1
    if max(height, width) > MAX_GRID_SIDE // 2:
        raise ValueError(f"the maze has more than {MAX_GRID_SIDE // 2} rooms on a side")
    cells = np.full((2 * height + 1, 2 * width + 1), WALL, np.uint8)
    cells[1::2, 1::2] = OPEN
    for r, c, row, column in joins:
        _join(cells, (r, c), (row, column), OPEN, WALL)
    path = rooms.get("PATH", [])
    for one, other in pairwise(path):
        _join(cells, one, other, PATH, OPEN)
    for room in path:
        cells[_cell(room)] = PATH
    cells[_cell(rooms["ORIGIN"][0])] = START
    cells[_cell(rooms["TARGET"][0])] = GOAL
    return cells


def _rooms(text: str) -> Rooms:
    return [(int(row), int(column)) for row, column in _ROOM.findall(text)]


def _cell(room: tuple[int, int]) -> tuple[int, int]:
    return 2 * room[0] + 1, 2 * room[1] + 1


def _join(
    cells: Grid, one: tuple[int, int], other: tuple[int, int], value: int, before: int
) -> None:
    """Give the cell between two rooms a value in place of another."""
    (r, c), (row, column) = one, other
    between = r + row + 1, c + column + 1
    if abs(r - row) + abs(c - column) != 1 or cells[between] not in (before, value):
        raise ValueError(f"{one} and {other} are not side by side, or not joined")
    cells[between] = value
