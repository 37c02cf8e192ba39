"""Sudoku boards as text: one line, a frame of ASCII, and a coloured grid for a terminal.

In: grids `uint8[n, n]`, 0 = blank. Out: strings that `parse` reads back, or a rich `Text`.

    >>> format_line(grid)
    '53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79'
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from rich.style import Style
from rich.text import Text

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.sudoku.board import HOLE, Board, make_board
from puzzlesolver.domains.sudoku.reading.cells import SYMBOLS
from puzzlesolver.domains.sudoku.units import ANTI, LATIN

CLASH_INK, CLASH_PAPER = "#ffffff", "#b3202c"
SHADE_INK, SHADE_PAPER = "#e8e8e8", "#33415c"

Marks = npt.NDArray[np.bool_]


def format_line(grid: Grid) -> str:
    """All cells row by row, `.` = blank, without holes."""
    return "".join(SYMBOLS[digit] for digit in grid.flat if digit != HOLE)


def format_grid(grid: Grid, board: Board | None = None) -> str:
    """The rows with lines between the regions."""
    return _framed(board or make_board(len(grid)), lambda *place: Text(_sign(grid[place]))).plain


def _sign(digit: int) -> str:
    return " " if digit == HOLE else SYMBOLS[digit]


def render(
    grid: Grid,
    givens: Grid,
    confidence: npt.NDArray[np.float32] | None = None,
    changed: npt.NDArray[np.bool_] | None = None,
    clamped: npt.NDArray[np.bool_] | None = None,
    compact: bool = False,
    board: Board | None = None,
) -> Text:
    """`Domain.render`: 11 rows of 21 columns for 9×9; rules of pairs stand below.

    Confidence goes from red over yellow to green, and is dim below a half. What changed is in
    reverse, what a hypothesis holds underlined. Digits that stand twice in a unit are red, further
    regions shaded. Compact, borders have no lines of their own.
    """
    board = board or make_board(len(grid))
    clashing = board.grid(board.clashes(board.values(grid)), False)
    extra = [unit.cells for unit in board.units if unit.kind == "extra"]
    shaded = np.isin(np.arange(grid.size), board.numbers[np.concatenate(extra)]) if extra else None

    def cell(row: int, column: int) -> Text:
        place = row, column
        clash = bool(clashing[place])
        given = bool(givens[place])
        dark = shaded is not None and shaded[row * grid.shape[1] + column]
        ink, paper = (SHADE_INK, SHADE_PAPER) if dark else (None, None)
        trust = None if given or confidence is None else float(confidence[place])
        style = Style(
            bold=given,
            dim=trust is not None and trust < 0.5 and not clash,
            color=CLASH_INK if clash else ink if trust is None else _colour(trust),
            bgcolor=CLASH_PAPER if clash else paper,
            reverse=changed is not None and bool(changed[place]),
            underline=clamped is not None and bool(clamped[place]),
        )
        return Text(_sign(grid[place]), style)

    drawn = _framed(board, cell, "dim", compact)
    if pairs := [rule for rule in board.rules if rule in ANTI]:
        drawn.append("\n" + ", ".join(pairs), "dim")
    return drawn


def _framed(
    board: Board, cell: Callable[[int, int], Text], line_style: str = "", compact: bool = False
) -> Text:
    """Put the texts of cells in rows with `|`, `-` and `+` between the regions.

    A border that runs straight through the board gets a space on either side, unless it shall be
    compact; then only borders between cells of a row are drawn.
    """
    regions = np.full(board.shape, -1)
    for number, unit in enumerate(each for each in board.units if each.kind == "region"):
        regions.reshape(-1)[board.numbers[list(unit.cells)]] = number
    if LATIN in board.rules:
        regions[:] = 0
    rows, columns = board.shape
    beside, below = regions[:, 1:] != regions[:, :-1], regions[1:] != regions[:-1]
    inside = (regions[:, 1:] >= 0) | (regions[:, :-1] >= 0)
    wide = beside.any(0) & (beside | ~inside).all(0) & (not compact)
    lines = []
    for row in range(rows):
        parts = [cell(row, 0)]
        for column in range(1, columns):
            bar = "|" if beside[row, column - 1] else " "
            parts += [Text(f" {bar} " if wide[column - 1] else bar, line_style), cell(row, column)]
        lines.append(Text("").join(parts))
        if row < rows - 1 and below[row].any() and not compact:
            lines.append(Text(_border(beside[row : row + 2], below[row], wide), line_style))
    for line in lines:
        line.rstrip()
    return Text("\n", no_wrap=True).join(lines)


def _border(beside: Marks, below: Marks, wide: Marks) -> str:
    """The line between two rows: where regions differ `below`, and what lies `beside` in both."""
    signs = ["-" if border else " " for border in below]
    line = signs[0]
    for gap, (left, right) in enumerate(pairwise(signs)):
        upright, level = beside[:, gap], {left, right}
        flat = left if len(level) == 1 else " "
        cross = ("+" if "-" in level else "|") if upright.any() else flat
        line += f"{left}{cross}{right}{right}" if wide[gap] else cross + right
    return line


def _colour(trust: float) -> str:
    """Red at 0, yellow at a half, green at 1."""
    trust = min(max(trust, 0.0), 1.0)
    red, green = min(1.0, 2 - 2 * trust), min(1.0, 2 * trust)
    return f"#{round(red * 220):02x}{round(green * 200):02x}00"
