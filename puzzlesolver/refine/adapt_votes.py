"""Votes for grids: of the checks of one fit, then of several fits, then two attempts.

In: guesses with weights. Out: for every test input the grids by their share of the votes.

    >>> ballot = Ballot()
    >>> ballot.add(grid, 0.3)
    >>> ballot.shares()[0].share
    1.0
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from puzzlesolver.domains.arc.task import Task
from puzzlesolver.domains.base import Grid

LOSS_WEIGHT = 8.0
"""A fit whose loss is greater by 1 counts e⁻⁸ times as much."""

BELIEF_WEIGHT = 20.0
"""So does, with this factor, a guess whose mean log probability is less by 1."""


@dataclass(frozen=True, eq=False)
class Vote:
    """A grid and its share of the votes, 0..1."""

    grid: Grid
    share: float


@dataclass
class Ballot:
    """Votes for the answer of one test input."""

    weights: dict[bytes, float] = field(default_factory=dict)
    grids: dict[bytes, Grid] = field(default_factory=dict)

    def add(self, grid: Grid, weight: float) -> None:
        key = bytes(grid.shape) + grid.tobytes()
        self.grids[key] = grid
        self.weights[key] = self.weights.get(key, 0.0) + weight

    def shares(self) -> tuple[Vote, ...]:
        """All grids voted for, the heaviest first."""
        total = sum(self.weights.values()) or 1.0
        ranked = sorted(self.weights.items(), key=lambda entry: -entry[1])
        return tuple(Vote(self.grids[key], weight / total) for key, weight in ranked)


@dataclass(frozen=True, eq=False)
class SeedVotes:
    """How one fit ended.

    Attributes:
        seed: of the fit.
        votes: for each test input, the grids voted for, the heaviest first.
        loss: of the demonstrations, smoothed, at the end.
        demos: share of them that the fit reproduces exactly, at best.
        steps: of the optimizer.
        seconds: CPU seconds.
        rule: name of the size rule; "" where none fits.
    """

    seed: int
    votes: tuple[tuple[Vote, ...], ...]
    loss: float
    demos: float
    steps: int
    seconds: float
    rule: str


@dataclass(frozen=True, eq=False)
class TaskAnswer:
    """Two attempts at every test input of a task, and how sure they are.

    Attributes:
        attempts: for each test input, the two heaviest grids; the same one twice if there was only
            one.
        shares: of the votes that the two have, for each test input.
        rule: name of the size rule; "" where none fits, then the attempts are the input.
        demos: share of the demonstrations that the best fit reproduces exactly.
        seconds: CPU seconds of all fits.
        seeds: the fits, in order.
    """

    attempts: list[tuple[Grid, Grid]]
    shares: list[tuple[float, float]]
    rule: str
    demos: float
    seconds: float
    seeds: tuple[SeedVotes, ...]


def merge(task: Task, seeds: Sequence[SeedVotes]) -> TaskAnswer:
    """The answer that several fits of a task give together."""
    attempts, shares = [], []
    for number, pair in enumerate(task.test):
        ballot = Ballot()
        for seed in seeds:
            for vote in seed.votes[number]:
                ballot.add(vote.grid, vote.share * math.exp(-LOSS_WEIGHT * seed.loss))
        votes = ballot.shares() or (Vote(pair.input, 0.0),)
        first, second = votes[0], votes[1] if len(votes) > 1 else Vote(votes[0].grid, 0.0)
        attempts.append((first.grid, second.grid))
        shares.append((first.share, second.share))
    return TaskAnswer(
        attempts,
        shares,
        next((seed.rule for seed in seeds), ""),
        max((seed.demos for seed in seeds), default=0.0),
        float(np.sum([seed.seconds for seed in seeds])),
        tuple(seeds),
    )
