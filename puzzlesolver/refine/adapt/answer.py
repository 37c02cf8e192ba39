"""What several fits of a task answer together: they vote, and the two heaviest grids are it.

In: a task, whose test outputs are never looked at, and reports of its fits. Out: a `TaskAnswer`.

    >>> merge(task, fits).attempts[0]
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from puzzlesolver.domains.arc.task import Task
from puzzlesolver.domains.base import Grid
from puzzlesolver.models.arc.objects import BLACK
from puzzlesolver.refine.adapt.canvas.rule import MAX_SIDE
from puzzlesolver.refine.adapt.fit import FitReport
from puzzlesolver.refine.adapt.trust import Signs, chance
from puzzlesolver.refine.adapt.votes import KEPT, LOSS_WEIGHT, POWER, Ballot, Vote

LARGEST = MAX_SIDE**2
"""Cells of the largest grid of ARC."""


@dataclass(frozen=True, eq=False)
class TaskAnswer:
    """Two attempts at every test input of a task, and how sure they are.

    Attributes:
        attempts: for each test input, the two heaviest grids; they always differ.
        shares: of the votes that the two have, for each test input; the second may have more, but
            of fewer fits.
        rule: name of the size rule; "" where none fits.
        demos: share of the demonstrations that the best fit reproduces exactly.
        signs: what speaks for the attempts; None where no size rule fits.
        seconds: CPU seconds of all fits.
        fits: how each of them stands, by their seeds.
    """

    attempts: list[tuple[Grid, Grid]]
    shares: list[tuple[float, float]]
    rule: str
    demos: float
    signs: Signs | None
    seconds: float
    fits: tuple[FitReport, ...]

    @property
    def chance(self) -> float:
        """Probability that one of two attempts is right at every test input; an estimate."""
        return 0.0 if self.signs is None else chance(self.signs)

    @property
    def unanswered(self) -> tuple[int, ...]:
        """Test inputs, from 1, without votes: the attempts are the input, and a guess."""
        return tuple(number for number, (share, _) in enumerate(self.shares, 1) if not share)


def merge(task: Task, fits: Iterable[FitReport]) -> TaskAnswer:
    """The answer that several fits of a task give together."""
    fits = tuple(sorted(fits, key=lambda fit: fit.seed))
    attempts, shares, counts = [], [], []
    for number, pair in enumerate(task.test):
        ranked, counted = Ballot(), Ballot()
        for fit in fits:
            for vote in fit.votes[number][:KEPT]:
                weight = math.exp(-LOSS_WEIGHT * fit.loss)
                ranked.add(vote.grid, vote.share**POWER * weight)
                counted.add(vote.grid, vote.share * weight)
        votes = [Vote(vote.grid, counted.share(vote.grid)) for vote in ranked.shares()]
        counts.append(len(votes))
        votes = votes or [Vote(pair.input, 0.0)]
        first, second = (*votes, Vote(_another(votes[0].grid, task, number, fits), 0.0))[:2]
        attempts.append((first.grid, second.grid))
        shares.append((first.share, second.share))
    return TaskAnswer(
        attempts,
        shares,
        fits[0].rule if fits else "",
        max((fit.demos for fit in fits), default=0.0),
        _signs(attempts, shares, counts, fits) if fits else None,
        sum(fit.seconds for fit in fits),
        fits,
    )


def _another(grid: Grid, task: Task, number: int, fits: Sequence[FitReport]) -> Grid:
    """What to try where nothing else was voted for.

    Of the fits the second likeliest output, the best fit's first; else the output of a
    demonstration; else one colour.
    """
    ranked = sorted((fit for fit in fits if fit.runners_up), key=lambda fit: fit.loss)
    told = [*(fit.runners_up[number] for fit in ranked), *(pair.output for pair in task.train)]
    plain = [np.full_like(grid, colour) for colour in (BLACK, BLACK + 1)]
    return next(
        other for other in (*told, *plain) if other is not None and not np.array_equal(other, grid)
    )


def _signs(
    attempts: Sequence[tuple[Grid, Grid]],
    shares: Sequence[tuple[float, float]],
    counts: Sequence[int],
    fits: Sequence[FitReport],
) -> Signs:
    smallest = min(first.size for first, _ in attempts)
    return Signs(
        demos=fmean(fit.demos for fit in fits),
        share=min(map(sum, shares)),
        cells=math.log(smallest) / math.log(LARGEST),
        steps=fmean(map(_steps, fits)),
        grids=math.log(max(1, *counts)) / math.log(KEPT * len(fits)),
    )


def _steps(fit: FitReport) -> float:
    """As `Signs.steps` of one fit."""
    return max(0.0, 1 + math.log10(fit.step / fit.steps)) if fit.ended == "sure" else 1.0
