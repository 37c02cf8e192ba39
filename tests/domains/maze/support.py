"""Mazes for the maze tests, and every way to write one down."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from puzzlesolver.domains.base import Grid, Puzzle, get_domain
from puzzlesolver.domains.detect import parse_text
from puzzlesolver.domains.maze.render import format_grid, format_line
from puzzlesolver.domains.maze.rules import GOAL, OPEN, PATH, START, WALL

SMALL = "S #\n  #\n# G"
SOLVED = "S #\noo#\n#oG"
Cell = tuple[int, int]


def read(text: str, source: str = "maze.txt") -> list[Puzzle]:
    return list(parse_text(text.splitlines(), source, [get_domain("maze")]))


def puzzle(text: str) -> Puzzle:
    """The one maze that `text` holds."""
    (only,) = read(text)
    return only


def grid(text: str) -> Grid:
    """The one maze that `text` holds, with its path when one is marked."""
    only = puzzle(text)
    return only.grid if only.label is None else only.label


def as_puzzle(maze: Grid) -> Puzzle:
    return Puzzle("maze", "test", maze, "test:1")


def without_path(cells: Grid) -> Grid:
    return np.where(cells == PATH, OPEN, cells).astype(np.uint8)


@st.composite
def mazes(draw: st.DrawFn, most: int = 14, path: bool = False) -> Grid:
    """Any walls at all, S and G anywhere; with `path`, marks on any open cells among walls."""
    height, width = draw(st.tuples(st.integers(1, most), st.integers(1, most)).filter(two_cells))
    if draw(st.booleans()):
        height = width = max(2, height)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    cells = np.where(rng.random((height, width)) < draw(st.floats(0, 1)), WALL, OPEN)
    if path and WALL in cells:
        marked = rng.random((height, width)) < draw(st.floats(0, 1))
        cells[(cells == OPEN) & marked] = PATH
    cells.flat[rng.choice(cells.size, 2, replace=False)] = START, GOAL
    cells[cells == PATH] = PATH if WALL in cells else OPEN
    return cells.astype(np.uint8)


def two_cells(shape: tuple[int, int]) -> bool:
    return shape[0] * shape[1] > 1


def plain_distances(maze: Grid, origin: Cell) -> dict[Cell, int]:
    """Steps from `origin` to every cell that can be reached."""
    away = {origin: 0}
    queue = deque([origin])
    while queue:
        cell = queue.popleft()
        for near in neighbours(maze, cell):
            if near not in away:
                away[near] = away[cell] + 1
                queue.append(near)
    return away


def plain_path(maze: Grid) -> list[Cell] | None:
    """The cells from S to G that breadth-first search finds when the first parent wins."""
    start, goal = place(maze, START), place(maze, GOAL)
    parents: dict[Cell, Cell] = {start: start}
    queue = deque([start])
    while queue:
        cell = queue.popleft()
        for near in neighbours(maze, cell):
            if near not in parents:
                parents[near] = cell
                queue.append(near)
    if goal not in parents:
        return None
    way = [goal]
    while way[-1] != start:
        way.append(parents[way[-1]])
    return way[::-1]


def place(maze: Grid, value: int) -> Cell:
    ((row, column),) = np.argwhere(maze == value).tolist()
    return row, column


def neighbours(maze: Grid, cell: Cell) -> list[Cell]:
    """Open cells down, left, right and up of a cell."""
    row, column = cell
    near = [(row + 1, column), (row, column - 1), (row, column + 1), (row - 1, column)]
    height, width = maze.shape
    return [(r, c) for r, c in near if 0 <= r < height and 0 <= c < width and maze[r, c] != WALL]


def _slashes(cells: Grid) -> str:
    rows = ["".join("# SGo"[value] for value in row) for row in cells.tolist()]
    return "/".join(rows) + "/"


def _ragged(cells: Grid) -> str:
    """Rows after the first without the walls at their ends, where others remain."""
    first, *others = format_grid(cells).split("\n")
    ragged = "\n".join([first, *(row.rstrip("#") or "#" for row in others)])
    return ragged if "#" in ragged else format_grid(cells)


def _csv(cells: Grid) -> str:
    fields = format_line(without_path(cells)), format_line(cells)
    return f"source,question,answer,rating\nus,{','.join(fields)},7"


Form = Callable[[Grid], str]

FORMS: dict[str, Form] = {
    "grid": format_grid,
    "line": format_line,
    "slashes": _slashes,
    "blocks": lambda cells: format_grid(cells).replace("#", "█"),
    "dotted floor": lambda cells: format_grid(cells).replace(" ", "."),
    "dataset": lambda cells: format_grid(cells).replace("G", "E"),
    "small letters": lambda cells: format_grid(cells).lower(),
    "ragged": _ragged,
    "csv": _csv,
}
"""Ways to write one maze with its path."""

COLOURS = {
    WALL: (0, 0, 0),
    OPEN: (255, 255, 255),
    START: (0, 255, 0),
    GOAL: (255, 0, 0),
    PATH: (0, 0, 255),
}


def to_png(
    cells: Grid, scale: int = 1, colours: dict[int, tuple[int, int, int]] = COLOURS
) -> bytes:
    """A picture with `scale` × `scale` pixels a cell, in the colours of maze-dataset."""
    from PIL import Image

    table = np.array([colours[value] for value in range(5)], np.uint8)
    file = io.BytesIO()
    Image.fromarray(table[cells.repeat(scale, 0).repeat(scale, 1)]).save(file, "png")
    return file.getvalue()
