"""Equivalent grids: cells moved, values renamed, and everything put back again.

In: a grid. Out: one of the same shape that means the same, and the way back for whatever a network
says of it.

    >>> for symmetry in turns(grid.shape, np.random.default_rng(0)):
    ...     assert np.array_equal(symmetry.undo(symmetry.apply(grid)), grid)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Answer, Grid

Cells = npt.NDArray[Any]
"""One entry a cell, `[height, width]`."""

_TURNS: tuple[Callable[[Cells], Cells], ...] = (
    lambda cells: cells,
    lambda cells: np.rot90(cells, 1),
    lambda cells: np.rot90(cells, 2),
    lambda cells: np.rot90(cells, 3),
    np.fliplr,
    np.flipud,
    np.transpose,
    lambda cells: np.fliplr(np.rot90(cells)),
)
TURNS = len(_TURNS)
"""Dihedral symmetries by their published numbers: 0 none, 1-3 quarter turns to the left, 4 left-
right, 5 up-down, 6 transposed, 7 transposed along the other diagonal."""

INVERSE_TURN = (0, 3, 2, 1, 4, 5, 6, 7)


def turned(cells: Cells, turn: int) -> Cells:
    """The grid `[height, width]` after symmetry number `turn`; a view."""
    return _TURNS[turn](cells)


@dataclass(frozen=True, eq=False)
class Symmetry:
    """A way to write a grid as an equivalent one of the same shape.

    Attributes:
        cells: `int64[height, width]`, the row-major number of the cell that comes to stand here;
            None = all stay.
        values: `uint8[values]`, what becomes of every cell value, no two the same; None = they
            stay.
    """

    cells: npt.NDArray[np.int64] | None = None
    values: Grid | None = None

    def apply(self, grid: Grid) -> Grid:
        """The equivalent grid."""
        moved = grid if self.cells is None else grid.reshape(-1)[self.cells]
        return moved if self.values is None else self.values[moved]

    def undo(self, grid: Grid) -> Grid:
        """The inverse of `apply`."""
        back = self.put_back(grid)
        return back if self.values is None else self.values.argsort().astype(np.uint8)[back]

    def put_back(self, cells: Cells) -> Cells:
        """What is known of the cells of the equivalent grid, at the places they came from."""
        if self.cells is None:
            return cells
        back = np.empty(cells.shape, cells.dtype)
        back.reshape(-1)[self.cells] = cells
        return back

    def undo_answer(self, answer: Answer) -> Answer:
        """What an answer to the equivalent puzzle says of the original one."""
        return replace(
            answer,
            grid=self.undo(answer.grid),
            confidence=self.put_back(answer.confidence),
            field=None if answer.field is None else self.put_back(answer.field),
            drawn=None if answer.drawn is None else self.undo(answer.drawn),
        )


UNCHANGED = Symmetry()


def turns(shape: tuple[int, ...], rng: np.random.Generator) -> Iterator[Symmetry]:
    """Turns and flips that keep a grid's shape, in random order: seven of a square, else three."""
    cells = np.arange(math.prod(shape)).reshape(shape)
    others = [turned(cells, turn) for turn in range(1, TURNS)]
    kept = [each for each in others if each.shape == shape]
    for number in rng.permutation(len(kept)):
        yield Symmetry(kept[number])
