"""Sudoku boards as tensors, and probabilities as boards.

The lattice of a standard n×n board with boxes of r×c cells is (band, row in band, stack, column in
stack, digit); any other board lists the cells of its units.

    >>> batch = encode([puzzle])
    >>> batch.tokens.shape
    torch.Size([1, 81])
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from puzzlesolver.domains.base import Answer, Grid, Puzzle
from puzzlesolver.domains.sudoku.board import Board, board_of, make_board
from puzzlesolver.domains.sudoku.units import box_shape
from puzzlesolver.models.interface import Batch
from puzzlesolver.models.relations import Layout, Links, Pool, Relation, Units

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
    """The lattice and relations of a standard board with `side` rows."""
    return layout_of(make_board(side))


@functools.lru_cache(256)
def layout_of(board: Board) -> Layout:
    """The nodes of a board and its relations; those of a standard board are axes, which is faster.

    Axes or lists, the step is the same (tests/models/test_units.py).
    """
    if not board.is_standard:
        return listed(board)
    rows, columns = box_shape(board.symbols)
    lattice = (board.symbols // rows, rows, board.symbols // columns, columns, board.symbols)
    return Layout(lattice, RELATIONS)


def listed(board: Board) -> Layout:
    """The same for any board, with the cells of its units listed.

    Units that hold every digit are heard by kind. Whatever else two cells must not share is a pair:
    nothing more can be concluded from a smaller unit.
    """
    relations: list[Relation] = [Pool("digits of a cell", (1,), "cell")]
    differ = board.peers.copy()
    for kind, weights in (("line", "line"), ("region", "box"), ("extra", "extra")):
        cells = tuple(unit.cells for unit in board.full if unit.kind == kind)
        if cells:
            relations.append(Units(kind, cells, weights))
        for unit in cells:
            differ[np.ix_(unit, unit)] = False
    if differ.any():
        pairs = tuple((one, other) for one, other in np.argwhere(np.triu(differ)).tolist())
        relations.append(Links("pair", pairs, "pair"))
    return Layout((board.cells, board.symbols), tuple(relations), board.told)


def encode(puzzles: Sequence[Puzzle]) -> Batch:
    """Stack puzzles of one board; labels become targets when every puzzle has one."""
    boards = {board_of(puzzle) for puzzle in puzzles}
    if len(boards) != 1:
        raise ValueError(f"a batch holds puzzles of one board, not of {len(boards)}")
    (board,) = boards
    labels = [puzzle.label for puzzle in puzzles if puzzle.label is not None]
    return Batch(
        tokens=_flat(board, [puzzle.grid for puzzle in puzzles]),
        layout=layout_of(board),
        targets=_flat(board, labels) if len(labels) == len(puzzles) else None,
    )


def _flat(board: Board, grids: Sequence[Grid]) -> torch.Tensor:
    return torch.from_numpy(np.stack([board.values(grid) for grid in grids]).astype(np.int64))


def decode(probabilities: npt.NDArray[np.float32], puzzle: Puzzle) -> Answer:
    """The most probable digit of every cell, from `[cells, digits]`; givens are kept."""
    board = board_of(puzzle)
    best = board.grid((probabilities.argmax(-1) + 1).astype(np.uint8))
    confidence = board.grid(probabilities.max(-1), hole=1)
    given = puzzle.grid > 0
    return Answer(np.where(given, puzzle.grid, best), np.where(given, np.float32(1), confidence))
