"""Which canvas will the answer have? The rule that the demonstrations allow and like best.

In: the demonstrations of a task. Out: a rule from `sizes_rules.py`, or None where none gives every
size. The fit (`refine/adapt.py`) then decides every cell of the canvas.

    >>> choose_rule(task.train).name
    'separated panels, 2 × 1'
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from puzzlesolver.domains.arc.task import Pair
from puzzlesolver.refine.sizes_rules import RULES, Rule


def choose_rule(demos: Sequence[Pair]) -> Rule | None:
    """The same size where that fits, else the rule whose planes are most like the outputs."""
    first, *others = RULES
    if overlap(first, demos) is not None:
        return first
    fits = [(share, each) for each in others if (share := overlap(each, demos)) is not None]
    return max(fits, key=lambda fit: fit[0])[1] if fits else None


def overlap(rule: Rule, demos: Sequence[Pair]) -> float | None:
    """Mean share of right cells in the best plane of each; None where a size is wrong."""
    shares = []
    for pair in demos:
        assert pair.output is not None
        planes = rule.lay(pair.input)
        if planes is None or planes.shape[1:] != pair.output.shape:
            return None
        shares.append((planes == pair.output).mean((1, 2)).max())
    return float(np.mean(shares))
