"""Votes for the answer of one test input: of the checks of one fit, then of several fits.

In: guesses with weights. Out: the grids by their share of the votes.

    >>> ballot = Ballot()
    >>> ballot.add(grid, 0.3)
    >>> ballot.shares()[0].share
    1.0
"""

from __future__ import annotations

from dataclasses import dataclass, field

from puzzlesolver.domains.base import Grid

LOSS_WEIGHT = 8.0
"""A fit whose loss is greater by 1 counts e⁻⁸ times as much."""


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
        """One more vote."""
        key = bytes(grid.shape) + grid.tobytes()
        self.grids[key] = grid
        self.weights[key] = self.weights.get(key, 0.0) + weight

    def shares(self) -> tuple[Vote, ...]:
        """All grids voted for, the heaviest first."""
        total = sum(self.weights.values()) or 1.0
        ranked = sorted(self.weights.items(), key=lambda entry: -entry[1])
        return tuple(Vote(self.grids[key], weight / total) for key, weight in ranked)
