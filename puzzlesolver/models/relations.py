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

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


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


@dataclass(frozen=True)
class Overlap:
    """What a cell sees of a unit that it is not in; it follows from the other relations.

    A cell sees those with which it shares one of them. Where all places of a digit in a unit are
    seen by one cell outside, that cell cannot hold it: locked candidates, on any board.
    """

    name: str
    weights: str


IMPLIED = frozenset({"segment", "overlap"})
"""Weights of relations that follow from others: a model may go without."""

Relation = Pool | Neighbour | Units | Links | Overlap


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
    """The cells of units that cells outside of them see, at least two, each set once.

    Attributes:
        units: cells of the units, `int64[U, S]`.
        unit: of every set, `int64[G]`.
        inside: whether a set holds a cell, `bool[G, C]`.
        seen: whether a cell, outside of its unit, sees a set, `bool[C, G]`.
    """

    units: npt.NDArray[np.int64]
    unit: npt.NDArray[np.int64]
    inside: npt.NDArray[np.bool_]
    seen: npt.NDArray[np.bool_]


def overlaps(layout: Layout) -> Overlaps:
    """Of the units that hold every symbol."""
    number = np.arange(layout.cells).reshape(layout.lattice[:-1])
    groups: list[npt.NDArray[np.int64]] = []
    sees = np.zeros((layout.cells, layout.cells), np.bool_)
    for each in layout.relations:
        if isinstance(each, Pool) and each.over[-1] < number.ndim:
            places = range(number.ndim - len(each.over), number.ndim)
            size = math.prod(layout.lattice[axis] for axis in each.over)
            groups.append(np.moveaxis(number, each.over, places).reshape(-1, size))
        elif isinstance(each, Units):
            groups.append(np.array(each.cells))
        elif isinstance(each, Links):
            one, other = np.array(each.pairs).T
            sees[one, other] = sees[other, one] = True
    for cells in groups:
        sees[cells[:, :, None], cells[:, None]] = True
    full = [cells for cells in groups if cells.shape[1] == layout.symbols]
    units = np.concatenate(full) if full else np.empty((0, layout.symbols), np.int64)
    unit: list[int] = []
    inside: list[npt.NDArray[np.bool_]] = []
    seen: list[npt.NDArray[np.bool_]] = []
    for number_of_unit, cells in enumerate(units):
        outside = np.ones(layout.cells, np.bool_)
        outside[cells] = False
        lookers = np.flatnonzero(outside & (sees[:, cells].sum(1) > 1))
        sets, which = np.unique(sees[np.ix_(lookers, cells)], axis=0, return_inverse=True)
        for number_of_set, members in enumerate(sets):
            unit.append(number_of_unit)
            inside.append(np.isin(np.arange(layout.cells), cells[members]))
            seen.append(np.isin(np.arange(layout.cells), lookers[which.ravel() == number_of_set]))
    none = np.empty((0, layout.cells), np.bool_)
    return Overlaps(
        units, np.array(unit, np.int64), np.array(inside or none), np.array(seen or none).T
    )
