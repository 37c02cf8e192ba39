"""How likely the answer to a task is right, told from how its fits went.

Logistic regression on what the fits agree about, how much that is, and how soon they were sure, as
far as they reproduce the demonstrations: a fit that does not has learned another rule.
`python -m puzzlesolver.bench.arc.trust` finds the weights on training tasks and writes them into
`trust.json`. The probability is an estimate, no verdict: ARC has no rules to ask.

In: the signs. Out: a probability.

    >>> chance(Signs(demos=1.0, share=0.9, cells=0.7, steps=0.3, grids=0.2)) > 0.5
    True
"""

from __future__ import annotations

import functools
import importlib.resources
import json
import math
from typing import Any, NamedTuple

FILE = "trust.json"

LEAST_SHARE = math.exp(-4)
"""Smaller shares of the votes say no less."""


class Signs(NamedTuple):
    """What speaks for an answer, each 0..1.

    Attributes:
        demos: share of the demonstrations that fits reproduce, the mean over all fits.
        share: of the votes for the two attempts, for the test input where it is least.
        cells: logarithm of the number of cells of the smallest attempt, as a share of that of the
            largest grid there is.
        steps: logarithm of the share of its steps after which a fit was sure, the mean over all
            fits, where 0 is a tenth of them and 1 is all, or never: what is found soon is simple.
        grids: logarithm of how many have votes, for the test input where they are most, as a share
            of that of how many could have.
    """

    demos: float
    share: float
    cells: float
    steps: float
    grids: float

    @property
    def evidence(self) -> dict[str, float]:
        """What the probability is computed from.

        Cells count as far as votes agree on them: on few, they easily do by chance.
        """
        signs = {
            "share": 1 + math.log(max(self.share, LEAST_SHARE)) / 4,
            "cells": self.share * self.cells,
            "steps": self.steps,
            "grids": self.grids,
        }
        return {name: self.demos * sign for name, sign in signs.items()}


def chance(signs: Signs) -> float:
    """The probability that one of two attempts is right at every test input."""
    model = _model()
    score = model["bias"] + sum(model["weights"][name] * x for name, x in signs.evidence.items())
    return 1 / (1 + math.exp(-score))


def calibrated_on() -> frozenset[str]:
    """SHA-256 of the tasks that the weights come from, which cannot tell how good they are."""
    return frozenset(run["data"]["sha256"] for run in _model()["from"])


@functools.cache
def _model() -> dict[str, Any]:
    text = importlib.resources.files("puzzlesolver.refine.adapt").joinpath(FILE).read_text()
    model: dict[str, Any] = json.loads(text)
    return model
