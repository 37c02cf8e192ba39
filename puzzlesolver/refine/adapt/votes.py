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

KEPT = 4
"""Grids of one fit that count, the heaviest ones."""

POWER = 0.3
"""Of the shares of one fit before those of several are added: its votes repeat each other, so a
grid that two fits found counts more than one that a single fit found often."""


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
        key = _key(grid)
        self.grids[key] = grid
        self.weights[key] = self.weights.get(key, 0.0) + weight

    def share(self, grid: Grid) -> float:
        """That of one grid."""
        return self.weights.get(_key(grid), 0.0) / (sum(self.weights.values()) or 1.0)

    def shares(self) -> tuple[Vote, ...]:
        """All grids voted for, the heaviest first."""
        total = sum(self.weights.values()) or 1.0
        ranked = sorted(self.weights.items(), key=lambda entry: -entry[1])
        return tuple(Vote(self.grids[key], weight / total) for key, weight in ranked)


def _key(grid: Grid) -> bytes:
    return bytes(grid.shape) + grid.tobytes()
