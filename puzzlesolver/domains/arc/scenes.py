"""Grids with things on them, as tasks of our own show them.

In: random numbers. Out: black grids with connected blobs, frames and dots, and small patterns.

    >>> scene = blobs(np.random.default_rng(0), colours=[3, 4])
    >>> len(scene.things) > 1
    True
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.arc.task import COLOURS
from puzzlesolver.domains.base import Grid

Cells = npt.NDArray[np.int64]
"""Rows and columns of some cells, `[2, N]`."""

SIDES = (6, 12)
"""Rows and columns of an input, at least and at most."""

TRIES = 20
"""For a place where a thing touches no other one."""

BLACK = 0
DIRECTIONS = ((0, 1), (1, 0), (0, -1), (-1, 0))
NEAR: Cells = np.indices((3, 3)).reshape(2, -1) - 1
"""Steps to a cell and its eight neighbours."""


@dataclass
class Scene:
    """A black grid with things that do not touch each other.

    Attributes:
        grid: of all of them.
        things: the cells of each.
    """

    grid: Grid
    things: list[Cells] = field(default_factory=list)

    @property
    def sizes(self) -> list[int]:
        """How many cells each thing has."""
        return [thing.shape[1] for thing in self.things]

    def painted(self, things: Iterable[Cells], colour: int) -> Grid:
        """The grid with some cells in another colour."""
        grid = self.grid.copy()
        for thing in things:
            grid[tuple(thing)] = colour
        return grid

    def place(self, rng: np.random.Generator, cells: Cells, colour: int) -> None:
        """Put a thing where there is room; without any, leave it out."""
        room = np.array(self.grid.shape) - cells.max(1)
        for _ in range(TRIES if (room > 0).all() else 0):
            place = cells + rng.integers(room)[:, None]
            if not self.grid[tuple(around(place, self.grid.shape))].any():
                self.grid[tuple(place)] = colour
                self.things.append(place)
                return


def around(cells: Cells, shape: tuple[int, ...]) -> Cells:
    """The cells and all their neighbours on the grid, some of them more than once."""
    near = (cells[:, :, None] + NEAR[:, None]).reshape(2, -1)
    inside = ((near >= 0) & (near < np.array(shape)[:, None])).all(0)
    return near[:, inside]


def black(rng: np.random.Generator) -> Grid:
    """An empty grid of drawn sides."""
    return np.zeros(rng.integers(*SIDES, size=2, endpoint=True), np.uint8)


def blob(rng: np.random.Generator, cells: int) -> Cells:
    """A connected thing of so many cells, grown from one."""
    grown = [(0, 0)]
    while len(grown) < cells:
        row, column = grown[rng.integers(len(grown))]
        down, right = DIRECTIONS[rng.integers(4)]
        if (cell := (row + down, column + right)) not in grown:
            grown.append(cell)
    found: Cells = np.array(grown).T
    found -= found.min(1, keepdims=True)
    return found


def frame(rng: np.random.Generator) -> Cells:
    """The border of a rectangle."""
    sides = rng.integers(3, 6, size=2)
    solid = np.ones(sides, np.bool_)
    solid[1:-1, 1:-1] = False
    return np.array(np.nonzero(solid))


def draw_colours(rng: np.random.Generator, count: int) -> list[int]:
    """Different ones, none of them black."""
    return [int(colour) for colour in 1 + rng.permutation(COLOURS - 1)[:count]]


def blobs(rng: np.random.Generator, colours: list[int], most: int = 8) -> Scene:
    """Two to five blobs of one to `most` cells, no two of the same size, each in a drawn colour."""
    while True:
        scene = Scene(black(rng))
        for size in 1 + rng.permutation(most)[: rng.integers(2, 6)]:
            scene.place(rng, blob(rng, size), colours[rng.integers(len(colours))])
        if len(scene.things) > 1:
            return scene


def pattern(rng: np.random.Generator, colours: list[int], low: int = 2, high: int = 5) -> Grid:
    """A small grid of random colours and black."""
    palette = np.array([BLACK, *colours], np.uint8)
    return palette[rng.integers(len(palette), size=rng.integers(low, high, size=2))]
