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
