"""Sudoku boards as text: one line, a frame of ASCII, and a coloured grid for a terminal.

In: grids `uint8[n, n]`, 0 = blank. Out: strings that `parse` reads back, or a rich `Text`.

    >>> format_line(grid)
    '53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79'
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from rich.style import Style
from rich.text import Text

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.sudoku.board import box_shape, make_board
from puzzlesolver.domains.sudoku.cells import SYMBOLS

CLASH_INK, CLASH_PAPER = "#ffffff", "#b3202c"


def format_line(grid: Grid) -> str:
    """All cells row by row, `.` = blank."""
    return "".join(SYMBOLS[digit] for digit in grid.flat)


def format_grid(grid: Grid) -> str:
    """The rows with lines between the boxes."""
    return _frame(grid, lambda row, column: Text(SYMBOLS[grid[row, column]])).plain


def render(
    grid: Grid,
    givens: Grid,
    confidence: npt.NDArray[np.float32] | None = None,
    changed: npt.NDArray[np.bool_] | None = None,
    clamped: npt.NDArray[np.bool_] | None = None,
    compact: bool = False,
) -> Text:
    """The board for a terminal, 11 rows of 21 columns for 9×9.

    Args:
        grid: what is shown; digits that a row, column or box holds twice are red.
        givens: clues; they are bold.
        confidence: `float32[n, n]` in [0, 1], from red over yellow to green; below a half also dim.
        changed: `bool[n, n]`, cells shown in reverse.
        clamped: `bool[n, n]`, cells that a hypothesis holds; they are underlined.
        compact: changes nothing, for boards are small.
    """
    board = make_board(len(grid))
    clashing = board.grid(board.clashes(board.values(grid)), False)

    def cell(row: int, column: int) -> Text:
        place = row, column
        clash = bool(clashing[place])
        given = bool(givens[place])
        trust = None if given or confidence is None else float(confidence[place])
        style = Style(
            bold=given,
            dim=trust is not None and trust < 0.5 and not clash,
            color=CLASH_INK if clash else None if trust is None else _colour(trust),
            bgcolor=CLASH_PAPER if clash else None,
            reverse=changed is not None and bool(changed[place]),
            underline=clamped is not None and bool(clamped[place]),
        )
        return Text(SYMBOLS[grid[place]], style)

    return _frame(grid, cell, "dim")


def _frame(grid: Grid, cell: Callable[[int, int], Text], line_style: str = "") -> Text:
    """Put the texts of cells in rows with `|` and `-+-` between the boxes."""
    side = len(grid)
    box_rows, box_columns = box_shape(side)
    bar = Text("|", line_style)
    line = Text("-+-".join(["-" * (2 * box_columns - 1)] * (side // box_columns)), line_style)
    lines = []
    for row in range(side):
        if row and row % box_rows == 0:
            lines.append(line)
        parts: list[Text] = []
        for column in range(side):
            if column and column % box_columns == 0:
                parts.append(bar)
            parts.append(cell(row, column))
        lines.append(Text(" ").join(parts))
    return Text("\n", no_wrap=True).join(lines)


def _colour(trust: float) -> str:
    """Red at 0, yellow at a half, green at 1."""
    trust = min(max(trust, 0.0), 1.0)
    red, green = min(1.0, 2 - 2 * trust), min(1.0, 2 * trust)
    return f"#{round(red * 220):02x}{round(green * 200):02x}00"
