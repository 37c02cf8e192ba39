"""Mazes as text: one line, rows of ASCII, and a coloured picture for a terminal.

In: grids `uint8[h, w]` of the values in `rules.py`. Out: strings that `parse` reads back, or a rich
`Text`.

    >>> format_line(grid)
    'S #/  G'
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rich.style import Style
from rich.text import Text

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.maze.cells import SYMBOLS, unmarked
from puzzlesolver.domains.maze.parse import LEAST_SQUARE, ROW_END
from puzzlesolver.domains.maze.rules import GOAL, OPEN, PATH, START, WALL

WALL_INK, PATH_INK, BROKEN_INK = "#7d869c", "#ffd166", "#ff4f4f"
ENDS = {START: "bold #ffffff on #1f9d55", GOAL: "bold #ffffff on #c8324a"}
UNREACHED_PAPER, DECIDED_PAPER = (24, 26, 46), (38, 104, 134)
LEVELS = 12
"""Shades of confidence; few of them keep runs of one style long."""

PAIRS = {
    (WALL, WALL): "█", (WALL, OPEN): "▀", (WALL, PATH): "▜",
    (OPEN, WALL): "▄", (OPEN, OPEN): " ", (OPEN, PATH): "▖",
    (PATH, WALL): "▟", (PATH, OPEN): "▘", (PATH, PATH): "▌",
}  # fmt: skip
"""Two cells, one above the other, as one character: wall is as wide as it, the path half as wide.

In the two that join wall and path the ink is wall and the path is left blank, on the same side.
"""


def format_line(grid: Grid) -> str:
    """All rows on one line: as Maze-Hard writes large squares, otherwise with `/` between them."""
    rows = _rows(grid)
    if len(grid) == len(grid.T) and grid.size >= LEAST_SQUARE:
        return "".join(rows)
    return ROW_END.join(rows) + (ROW_END if len(rows) == 1 else "")


def format_grid(grid: Grid, board: object = None) -> str:
    """One row a line; a single row as `format_line` has it, for alone it could be a square."""
    if len(grid) == 1:
        return format_line(grid)
    text = "\n".join(_rows(grid))
    # Spaces above a maze are no row of it, so that its floor must be dots when it begins with them.
    return text.replace(" ", ".") if (grid[0] == OPEN).all() else text


def _rows(grid: Grid) -> list[str]:
    return ["".join(SYMBOLS[value] for value in row) for row in grid.tolist()]


class _Cell(NamedTuple):
    """What one cell shows; `level` is its confidence in `LEVELS` steps, or -1."""

    value: int
    level: int = -1
    changed: bool = False
    broken: bool = False


NOTHING = _Cell(OPEN)


def render(
    grid: Grid,
    givens: Grid,
    confidence: npt.NDArray[np.float32] | None = None,
    changed: npt.NDArray[np.bool_] | None = None,
    clamped: npt.NDArray[np.bool_] | None = None,
    compact: bool = False,
    board: object = None,
) -> Text:
    """`Domain.render`: two columns a cell, or, compact, one column for two cells.

    The path is bright, and red where the answer contradicts the maze. Confidence is the brightness
    of open cells. What changed is underlined on the path, else a dot. In two cells of one character
    a letter hides the other cell.
    """
    levels = np.full(grid.shape, -1)
    if confidence is not None:
        levels = np.rint(np.clip(confidence, 0, 1) * LEVELS).astype(int)
    marks = np.zeros(grid.shape, bool) if changed is None else changed
    broken = unmarked(grid) != givens
    layers = (grid, levels, marks, broken)
    cells = [
        [_Cell(*cell) for cell in zip(*row, strict=True)]
        for row in zip(*(layer.tolist() for layer in layers), strict=True)
    ]
    if not compact:
        return _lines(map(_whole, row) for row in cells)
    cells += [[NOTHING] * grid.shape[1]] * (len(cells) % 2)
    return _lines(map(_half, *rows) for rows in zip(cells[::2], cells[1::2], strict=True))


def _lines(rows: Iterable[Iterable[tuple[str, Style]]]) -> Text:
    """Rows of texts and their styles, one span for each run of equal ones."""
    lines = []
    for row in rows:
        line = Text(no_wrap=True)
        for (text, style), run in groupby(row):
            line.append(text * len(list(run)), style)
        lines.append(line)
    return Text("\n", no_wrap=True).join(lines)


@lru_cache(4096)
def _whole(cell: _Cell) -> tuple[str, Style]:
    """A cell in two columns."""
    if cell.value in ENDS:
        return SYMBOLS[cell.value] + " ", Style.parse(ENDS[cell.value])
    if cell.value == WALL:
        return "██", Style(color=_wall(cell))
    if cell.value == PATH:
        ink = "#5c4200"
        return "••", Style(color=ink, bgcolor=_path(cell), bold=True, underline=cell.changed)
    paper = BROKEN_INK if cell.broken else _paper(cell)
    return "··" if cell.changed else "  ", Style(color=PATH_INK, bgcolor=paper)


@lru_cache(4096)
def _half(upper: _Cell, lower: _Cell) -> tuple[str, Style]:
    """Two cells, one above the other, in one column."""
    pair = upper, lower
    for cell in pair:
        if cell.value in ENDS:
            return SYMBOLS[cell.value], Style.parse(ENDS[cell.value])
    symbol = PAIRS[upper.value, lower.value]
    walls, paths, floors = (
        [cell for cell in pair if cell.value == value] for value in (WALL, PATH, OPEN)
    )
    changed = any(cell.changed for cell in pair)
    if walls:
        ink = _wall(walls[0])
        paper = _path(paths[0]) if paths else _paper(floors[0]) if floors else None
    else:
        ink = _path(paths[0]) if paths else PATH_INK
        paper = _paper(max(pair, key=lambda cell: cell.level))
    if changed and symbol == " ":
        symbol = "·"
    return symbol, Style(color=ink, bgcolor=paper, underline=changed and bool(paths))


def _wall(cell: _Cell) -> str:
    return BROKEN_INK if cell.broken else WALL_INK


def _path(cell: _Cell) -> str:
    return BROKEN_INK if cell.broken else PATH_INK


def _paper(cell: _Cell) -> str | None:
    """The shade of an open cell."""
    if cell.level < 0:
        return None
    part = cell.level / LEVELS
    mixed = [
        round(low + part * (high - low))
        for low, high in zip(UNREACHED_PAPER, DECIDED_PAPER, strict=True)
    ]
    return "#{:02x}{:02x}{:02x}".format(*mixed)
