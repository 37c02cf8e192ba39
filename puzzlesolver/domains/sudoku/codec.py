"""Sudoku boards as tensors, and probabilities as boards.

The lattice of an n×n board with boxes of r×c cells is (band, row in band, stack, column in stack,
digit).

    >>> batch = encode([puzzle])
    >>> batch.tokens.shape
    torch.Size([1, 81])
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from puzzlesolver.domains.base import Answer, Grid, Puzzle
from puzzlesolver.domains.sudoku.rules import box_shape
from puzzlesolver.models.interface import Batch
from puzzlesolver.models.relations import Layout, Pool

BAND, ROW, STACK, COLUMN, DIGIT = range(5)

RELATIONS = (
    Pool("digits of a cell", (DIGIT,), "cell"),
    Pool("row", (STACK, COLUMN), "line"),
    Pool("column", (BAND, ROW), "line"),
    Pool("box", (ROW, COLUMN), "box"),
    # The three cells that a box shares with a row or a column: locked candidates live here.
    Pool("row segment", (COLUMN,), "segment"),
    Pool("column segment", (ROW,), "segment"),
)


def layout(side: int) -> Layout:
    """The lattice and relations of a board with `side` rows."""
    box_rows, box_columns = box_shape(side)
    lattice = (side // box_rows, box_rows, side // box_columns, box_columns, side)
    return Layout(lattice, RELATIONS)


def encode(puzzles: Sequence[Puzzle]) -> Batch:
    """Stack boards of one size; labels become targets when every puzzle has one."""
    sides = {puzzle.grid.shape[0] for puzzle in puzzles}
    if len(sides) != 1:
        raise ValueError(f"a batch holds boards of one size, not {sorted(sides)}")
    labels = [puzzle.label for puzzle in puzzles if puzzle.label is not None]
    return Batch(
        tokens=_flat([puzzle.grid for puzzle in puzzles]),
        layout=layout(sides.pop()),
        targets=_flat(labels) if len(labels) == len(puzzles) else None,
    )


def _flat(grids: Sequence[Grid]) -> torch.Tensor:
    return torch.from_numpy(np.stack(grids).reshape(len(grids), -1).astype(np.int64))


def decode(probabilities: npt.NDArray[np.float32], puzzle: Puzzle) -> Answer:
    """The most probable digit of every cell, from `[cells, digits]`; givens are kept."""
    shape = puzzle.grid.shape
    best = (probabilities.argmax(-1) + 1).astype(np.uint8).reshape(shape)
    given = puzzle.grid > 0
    confidence = np.where(given, np.float32(1), probabilities.max(-1).reshape(shape))
    return Answer(np.where(given, puzzle.grid, best), confidence)
