"""Sudokus that are the same puzzle: digits relabelled, lines permuted, transposed.

>>> cells, digits = shufflings(1_000, 9, np.random.default_rng(0))
>>> digits[0][board.ravel()[cells[0]]]
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Grid, Puzzle
from puzzlesolver.domains.sudoku.board import board_of
from puzzlesolver.domains.sudoku.units import box_shape
from puzzlesolver.domains.symmetry import Symmetry


def symmetries(puzzle: Puzzle, rng: np.random.Generator) -> Iterator[Symmetry]:
    """Random ones without end; those of boards with further rules keep the cells in place."""
    board = board_of(puzzle)
    while True:
        if board.is_standard:
            (cells,), (digits,) = shufflings(1, board.symbols, rng)
            yield Symmetry(cells, digits)
        else:
            values = np.arange(256, dtype=np.uint8)  # holes keep their value
            values[1 : board.symbols + 1] = rng.permutation(board.symbols) + 1
            yield Symmetry(values=values)


def shufflings(
    count: int, side: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], Grid]:
    """Random symmetries of boards with `side` rows, as HRM and TRM augment theirs.

    Digits are relabelled, bands and the rows within them permuted, stacks and columns likewise, and
    half of the boards transposed, unless boxes are not square.

    Returns:
        `cells` and `values` of `Symmetry`: `int64[count, side, side]`, `uint8[count, side + 1]`.
    """
    box_rows, box_columns = box_shape(side)
    rows = _line_orders(count, side, box_rows, rng)
    columns = _line_orders(count, side, box_columns, rng)
    cells = rows[:, :, None] * side + columns[:, None, :]
    if box_rows == box_columns:
        transposed = rng.random(count) < 0.5
        cells[transposed] = cells[transposed].swapaxes(1, 2)
    digits = np.zeros((count, side + 1), np.uint8)
    digits[:, 1:] = _permutations(count, side, rng) + 1
    return cells, digits


def _line_orders(
    count: int, side: int, thickness: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Orders of lines that keep bands of `thickness` lines together, `int64[count, side]`."""
    bands = _permutations(count, side // thickness, rng)
    within = _permutations(count * bands.shape[1], thickness, rng).reshape(*bands.shape, thickness)
    return (bands[..., None] * thickness + within).reshape(count, side)


def _permutations(count: int, length: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return rng.random((count, length)).argsort(axis=1)
