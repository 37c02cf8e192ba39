"""Parts of an input that an output may be cut from: boxes around objects and colours.

In: a grid. Out: a box, rows and columns; None where the description fits nothing.

    >>> CROPS["box of the largest object"](grid)
    (slice(2, 5, None), slice(0, 3, None))
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.arc.task import COLOURS
from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.symmetry import TURNS, turned
from puzzlesolver.models.arc.objects import BLACK, background, box_of, label, most_common

Box = tuple[slice, slice]
Crop = Callable[[Grid], Box | None]


@dataclass(frozen=True, eq=False)
class Thing:
    """An object: its box, the grid inside the box, and which cells of that belong to it."""

    box: Box
    inside: Grid
    mask: npt.NDArray[np.bool_]

    @property
    def cells(self) -> Grid:
        """The colours of its cells, in reading order."""
        return self.inside[self.mask]


CROPS: dict[str, Crop] = {}
"""Boxes by the name that is printed."""

MEASURES: dict[str, Callable[[Thing], int]] = {
    "cells": lambda thing: int(thing.mask.sum()),
    "box area": lambda thing: thing.mask.size,
    "colours": lambda thing: len(np.unique(thing.cells)),
    "odd-coloured cells": lambda thing: int((thing.cells != most_common(thing.cells)).sum()),
    "symmetries": lambda thing: sum(
        np.array_equal(turned(thing.inside, turn), thing.inside) for turn in range(TURNS)
    ),
}
"""What can be most or least of an object."""


def things(grid: Grid, one_colour: bool) -> list[Thing]:
    """The objects of a grid: figures on the background, or its one-coloured components."""
    return _things_of(grid.tobytes(), grid.shape, one_colour)


@functools.lru_cache(maxsize=64)
def _things_of(cells: bytes, shape: tuple[int, ...], one_colour: bool) -> list[Thing]:
    grid = np.frombuffer(cells, np.uint8).reshape(shape)
    figure = grid != background(grid)
    labels = np.where(figure, label(grid if one_colour else figure, straight=None), -1)
    found = []
    for number in np.unique(labels[figure]):
        box = box_of(labels == number)
        assert box is not None
        found.append(Thing(box, grid[box], labels[box] == number))
    return found


def _extreme(grid: Grid, measure: str, most: bool, one_colour: bool) -> Box | None:
    """The box of the object with most or least of something; of equals, the first."""
    sign = 1 if most else -1
    found = things(grid, one_colour)
    return max(found, key=lambda thing: sign * MEASURES[measure](thing)).box if found else None


def _of_colour(grid: Grid, colour: int) -> Box | None:
    return box_of(grid == colour)


def _of_rank(grid: Grid, rank: int) -> Box | None:
    """Around the colour that is most or least common, the background left out."""
    counts = np.bincount(grid.ravel(), minlength=COLOURS)
    counts[background(grid)] = 0
    ranked = sorted(np.nonzero(counts)[0], key=lambda colour: -counts[colour])
    return box_of(grid == ranked[rank]) if ranked else None


CROPS["box of all but black"] = lambda grid: box_of(grid != BLACK)
CROPS["box of all but the commonest colour"] = lambda grid: box_of(grid != most_common(grid))
for _kind, _one_colour in (("object", False), ("one-coloured object", True)):
    for _measure in MEASURES:
        for _end, _most in (("most", True), ("least", False)):
            CROPS[f"box of the {_kind} with {_end} {_measure}"] = functools.partial(
                _extreme, measure=_measure, most=_most, one_colour=_one_colour
            )
for _end, _rank in (("most", 0), ("least", -1)):
    CROPS[f"box of the {_end} common colour"] = functools.partial(_of_rank, rank=_rank)
for _colour in range(COLOURS):
    CROPS[f"box of colour {_colour}"] = functools.partial(_of_colour, colour=_colour)
