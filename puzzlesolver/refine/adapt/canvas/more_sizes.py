"""Size rules for tasks that no rule of `size_rules.py` fits.

In: the demonstrations of a task. Out: a rule, or None. Crops come first; then each side of the
output may be a multiple of something that is counted in the input, and a few more or less.

    >>> choose_more(task.train).name
    '4 × rows - 3 by columns'
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from puzzlesolver.domains.arc.task import COLOURS, Pair
from puzzlesolver.domains.base import Grid
from puzzlesolver.models.arc.features import Planes
from puzzlesolver.refine.adapt.canvas.crops import things
from puzzlesolver.refine.adapt.canvas.rule import SIDES, Rule
from puzzlesolver.refine.adapt.canvas.size_rules import COUNTS, constant

FACTORS = (Fraction(1), Fraction(2), Fraction(1, 2), *map(Fraction, (3, 4, 5)))
MORE = (0, 1, -1, 2, -2, 3, -3)
"""Multiples and additions, the simplest ones first."""

AMOUNTS: dict[str, Callable[[Grid], int]] = {
    "rows": lambda grid: grid.shape[0],
    "columns": lambda grid: grid.shape[1],
    **COUNTS,
    "cells of the commonest colour": lambda grid: int(np.bincount(grid.ravel())[1:].max(initial=0)),
    "cells of the largest object": lambda grid: max(_sizes(grid), default=0),
    "largest objects": lambda grid: (sizes := _sizes(grid)).count(max(sizes, default=0)),
}
"""What a side can be a multiple of."""


def choose_more(demos: Sequence[Pair]) -> Rule | None:
    """The first rule that gives the sizes of all outputs."""
    outputs = [pair.output for pair in demos if pair.output is not None]
    for colour in range(COLOURS):
        crop = functools.partial(_most_of, colour=colour)
        planes = [crop(pair.input) for pair in demos]
        shapes = [None if plane is None else plane.shape[1:] for plane in planes]
        if shapes == [output.shape for output in outputs]:
            return Rule(f"box of the object with most of colour {colour}", crop)
    inputs = [pair.input for pair in demos]
    height = _side(inputs, [output.shape[0] for output in outputs])
    width = _side(inputs, [output.shape[1] for output in outputs])
    if height is None or width is None:
        return None
    return Rule(f"{_told(*height)} by {_told(*width)}", functools.partial(_lay, height, width))


Side = tuple[str, Fraction, int]
"""A key of `AMOUNTS`, a factor, and how many more."""


def _side(inputs: Sequence[Grid], sides: Sequence[int]) -> Side | None:
    """What all sides are."""
    for more, factor, name in itertools.product(MORE, FACTORS, AMOUNTS):
        amounts = [AMOUNTS[name](grid) for grid in inputs]
        if [factor * amount + more for amount in amounts] == list(sides):
            return name, factor, more
    return None


def _lay(height: Side, width: Side, grid: Grid) -> Planes | None:
    sides = [factor * AMOUNTS[name](grid) + more for name, factor, more in (height, width)]
    if any(side not in SIDES for side in sides):
        return None
    return constant(grid, height=int(sides[0]), width=int(sides[1]))


def _told(name: str, factor: Fraction, more: int) -> str:
    multiple = name if factor == 1 else f"{factor} × {name}"
    return multiple if not more else f"{multiple} {'+' if more > 0 else '-'} {abs(more)}"


def _most_of(grid: Grid, colour: int) -> Planes | None:
    found = things(grid, one_colour=False)
    counts = [int((thing.cells == colour).sum()) for thing in found]
    if not any(counts):
        return None
    return found[int(np.argmax(counts))].inside[None].astype(np.int8)


def _sizes(grid: Grid) -> list[int]:
    return [int(thing.mask.sum()) for thing in things(grid, one_colour=True)]
