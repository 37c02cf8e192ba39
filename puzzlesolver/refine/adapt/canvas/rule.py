"""What a rule of canvases is, and the list of all of them, which `size_rules.py` fills.

A rule is one function with a name that is printed; a function with choices stands for one rule a
choice.

    >>> @rule("{count} rows more", count=(1, 2))
    ... def longer(grid, count):
    ...     return planes_of(np.pad(grid, ((0, count), (0, 0))))
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Grid
from puzzlesolver.models.arc.features import MAX_PLANES, Planes

MAX_SIDE = 30
"""Of any grid of ARC."""

SIDES = range(1, MAX_SIDE + 1)


@dataclass(frozen=True)
class Rule:
    """One way from an input to the canvas of its output.

    Attributes:
        name: for people.
        lay: the planes of an input, `int8[1..4, height, width]`, or None.
        handicap: by which its share of right cells must be better than that of other rules.
        floor: what it is worth at least, whatever its share.
    """

    name: str
    lay: Callable[[Grid], Planes | None]
    handicap: float = 0.0
    floor: float = 0.0


RULES: list[Rule] = []
"""All rules; of those that fit equally well the earlier one counts."""

Function = Callable[..., Planes | None]


def rule(
    name: str, handicap: float = 0.0, floor: float = 0.0, **choices: Sequence[Any]
) -> Callable[[Function], Function]:
    """Register a function of a grid as one rule for each combination of choices.

    Args:
        name: with the choices in braces.
        handicap: of all of them.
        floor: likewise.
        choices: values of the function's keyword arguments.
    """

    def register(function: Function) -> Function:
        for values in itertools.product(*choices.values()):
            chosen = dict(zip(choices, values, strict=True))
            lay = functools.partial(function, **chosen)
            RULES.append(Rule(name.format(**chosen), lay, handicap, floor))
        return function

    return register


def planes_of(*grids: npt.NDArray[np.integer]) -> Planes | None:
    """As planes, or None where no grid of ARC has this size."""
    height, width = grids[0].shape
    if not (height in SIDES and width in SIDES):
        return None
    return np.stack(grids[:MAX_PLANES]).astype(np.int8)
