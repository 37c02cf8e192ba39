"""Which canvas will the answer have? The rule that the demonstrations allow and like best.

In: the demonstrations of a task. Out: a rule of `size_rules.py`, or None where none gives every
size. The fit (`fit.py`) then decides every cell of the canvas.

    >>> choose_rule(task.train).name
    'separated panels, 2 × 1'
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from puzzlesolver.domains.arc.task import Pair
from puzzlesolver.domains.base import Grid
from puzzlesolver.models.arc.features import Planes
from puzzlesolver.refine.adapt.canvas import size_rules  # noqa: F401, it fills the list
from puzzlesolver.refine.adapt.canvas.rule import RULES, Rule


def choose_rule(demos: Sequence[Pair]) -> Rule | None:
    """The rule with the plane most like the outputs, which is laid first; of equals, the earliest.

    The same size is preferred to all rules that are not exact.
    """
    fits = [(shares, rule) for rule in RULES if (shares := overlaps(rule, demos)) is not None]
    if not fits:
        return None
    shares, chosen = max(fits, key=lambda fit: max(max(fit[0]) - fit[1].handicap, fit[1].floor))
    if fits[0][1] is RULES[0] and max(shares) < 1:
        return RULES[0]
    return Rule(chosen.name, functools.partial(_lay, chosen, shares.index(max(shares))))


def overlaps(rule: Rule, demos: Sequence[Pair]) -> list[float] | None:
    """Mean share of right cells in each plane; None where a size is wrong."""
    shares = []
    for pair in demos:
        assert pair.output is not None
        planes = rule.lay(pair.input)
        if planes is None or planes.shape[1:] != pair.output.shape:
            return None
        shares.append((planes == pair.output).mean((1, 2)))
    common = min(map(len, shares))
    means: list[float] = np.mean([share[:common] for share in shares], axis=0).tolist()
    return means


def _lay(rule: Rule, first: int, grid: Grid) -> Planes | None:
    """The planes of a rule in another order."""
    planes = rule.lay(grid)
    if planes is None or first >= len(planes):
        return planes
    return planes[[first, *(plane for plane in range(len(planes)) if plane != first)]]
