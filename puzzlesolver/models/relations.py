"""Relations as data: which nodes hear each other.

The domain gives them; the stem never knows the puzzle. A node is a (cell, symbol) pair, or a whole
cell where a kind needs no vector for each symbol.

A layout factors the board into lattice axes so that every relation is "average over these axes". A
9×9 Sudoku is `(band, row in band, stack, column in stack, digit) = (3, 3, 3, 3, 9)`: a row pools
over (stack, column in stack), a box over (row in band, column in stack). In a maze `(row, column,
1)` every cell hears its four neighbours instead. Boards that are no lattice, such as irregular
ones, are `(cell, digit)` and list the cells of their units. Nothing depends on the sizes, so one
set of weights serves 4×4 to 25×25 boards, and mazes of any size.

Every relation has a `name` for people, and `weights`: those with the same value share one weight
matrix. Rows and columns do, which makes the step equivariant to transposition.

    >>> Layout(lattice=(3, 3, 3, 3, 9), relations=SUDOKU_RELATIONS).nodes
    729
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Pool:
    """Mean over lattice axes.

    Attributes:
        over: lattice axes that are averaged, in rising order.
    """

    name: str
    over: tuple[int, ...]
    weights: str


@dataclass(frozen=True)
class Neighbour:
    """The node next to this one along a lattice axis; beyond the edge there is silence.

    Attributes:
        axis: of the lattice.
        step: 1 or -1.
    """

    name: str
    axis: int
    step: int
    weights: str


@dataclass(frozen=True)
class Units:
    """Mean over the cells of each unit, symbol by symbol; a cell hears the sum of its units.

    Attributes:
        cells: numbers of the cells of each unit, all of one size.
    """

    name: str
    cells: tuple[tuple[int, ...], ...]
    weights: str


@dataclass(frozen=True)
class Links:
    """Pairs of cells; a cell hears the sum of those it is paired with, symbol by symbol.

    Attributes:
        pairs: numbers of two cells each, every pair once.
    """

    name: str
    pairs: tuple[tuple[int, int], ...]
    weights: str


IMPLIED = frozenset({"segment"})
"""Weights of relations that follow from others: a model may go without."""

Relation = Pool | Neighbour | Units | Links


@dataclass(frozen=True)
class Layout:
    """The lattice of nodes (last axis: those of one cell) and the relations on it; hashable.

    Attributes:
        lattice: lengths of its axes.
        relations: which nodes hear each other.
        rules: how `generate` calls such boards, where their size alone does not tell.
    """

    lattice: tuple[int, ...]
    relations: tuple[Relation, ...]
    rules: str = field(default="", compare=False)

    @property
    def nodes(self) -> int:
        """How many there are in all."""
        return math.prod(self.lattice)

    @property
    def symbols(self) -> int:
        """How many nodes a cell has: one for every symbol that it can hold, or one in all."""
        return self.lattice[-1]

    @property
    def cells(self) -> int:
        """How many cells the board has."""
        return self.nodes // self.symbols

    @property
    def columns(self) -> int:
        """How many cells a row has: the first half of the axes of the board makes its rows."""
        return math.prod(self.lattice[len(self.lattice) // 2 : -1])


class Overlaps(NamedTuple):
    """The parts of units that cells outside of them see, at least two cells each; they follow.

    Where all places of a digit in a unit are seen by one cell outside of it, that cell cannot hold
    the digit: *locked candidates*, on a board of any rules. Two cells see each other where they
    share a unit or are linked. Units are those that hold every symbol.

    Attributes:
        units: cells of every unit, `int64[units, symbols]`.
        unit: of each part, `int64[parts]`; equal parts of a unit stand here once.
        inside: which cells a part has, `bool[parts, cells]`.
        seen: by which cells it is seen, likewise.
    """

    units: Places
    unit: Places
    inside: Mask
    seen: Mask


@functools.lru_cache(64)
def overlaps(layout: Layout) -> Overlaps:
    """What cells of a layout see of units that they are not in."""
    groups = _groups(layout)
    sees = np.zeros((layout.cells, layout.cells), np.bool_)
    for cells in groups:
        sees[cells[:, :, None], cells[:, None]] = True
    full = [cells for cells in groups if cells.shape[1] == layout.symbols > 1]
    units = np.concatenate([np.empty((0, layout.symbols), np.int64), *full])
    nothing = np.empty((0, layout.cells), np.bool_)
    unit, inside, seen = [np.empty(0, np.int64)], [nothing], [nothing]
    for number, cells in enumerate(units):
        parts = sees[:, cells]
        parts[cells] = False
        names = parts @ (1 << np.arange(len(cells)))  # a bit for every cell of the unit
        names[parts.sum(1) < 2] = 0
        found, firsts = np.unique(names, return_index=True)
        firsts = firsts[found > 0]
        members = np.zeros((len(firsts), layout.cells), np.bool_)
        members[:, cells] = parts[firsts]
        unit.append(np.full(len(firsts), number))
        inside.append(members)
        seen.append(names == names[firsts, None])
    return Overlaps(units, np.concatenate(unit), np.concatenate(inside), np.concatenate(seen))


def _groups(layout: Layout) -> list[Places]:
    """Cells that see each other, `int64[groups, cells of each]` for every relation."""
    board = layout.lattice[:-1]
    number = np.arange(layout.cells).reshape(board)
    groups = []
    for each in layout.relations:
        if isinstance(each, Units):
            groups.append(np.array(each.cells))
        elif isinstance(each, Links):
            groups.append(np.array(each.pairs))
        elif isinstance(each, Pool) and max(each.over) < len(board):
            last = range(len(board) - len(each.over), len(board))
            size = math.prod(board[axis] for axis in each.over)
            groups.append(np.moveaxis(number, each.over, last).reshape(-1, size))
    return groups
