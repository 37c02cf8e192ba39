"""Several trajectories of one puzzle side by side, and the one whose answer counts.

Noise on the way sends them to different answers (PTRM, arXiv 2605.19943); so do equivalent forms of
the puzzle, for a model that does not see that they are equivalent. What the rules accept counts,
and stops the others. Where they accepted nothing, or are not asked, the rollouts vote
(`policy.CHOICES`); of equally many votes those count that have settled, then that of the one that
moves least, then that of the first.

    >>> rollouts = Rollouts(0, puzzle, domain, Policy(rollouts=8, noise=0.3), varied=True)
    >>> rollouts.outcome(seconds=0.5).answer
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from puzzlesolver.domains.base import Domain, Puzzle
from puzzlesolver.domains.symmetry import UNCHANGED, Symmetry
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.report import Outcome, Signs, StepReport
from puzzlesolver.refine.track import Seen, Track, seed_of


class Rollouts:
    """All rollouts of one puzzle.

    Args:
        index: position of the puzzle in the list given to `refine`.
        puzzle: as it is.
        domain: of the puzzle.
        policy: of the puzzle; every rollout has an equal share of its steps.
        varied: whether two starts in the same form can go different ways.

    Attributes:
        tracks: in order; fewer than the policy says where one more would repeat another.
        accepted: the one whose answer the rules accepted first, or None.
    """

    def __init__(
        self, index: int, puzzle: Puzzle, domain: Domain, policy: Policy, *, varied: bool
    ) -> None:
        self.index = index
        self.puzzle = puzzle
        self.domain = domain
        self.choose = policy.choose
        share = replace(policy, max_steps=policy.share, rollouts=1)
        forms = _forms(puzzle, domain, policy, varied)
        self.tracks = [
            Track(index, puzzle, domain, share, form, forms, number)
            for number, form in zip(range(policy.rollouts), forms, strict=False)
        ]
        self.accepted: Track | None = None

    def observe(self, track: Track, seen: Seen, steps: int) -> None:
        """A reading of one of them; of two answers accepted at once, the first rollout's counts."""
        track.observe(seen, steps)
        if self.accepted is None and track.accepted_at is not None:
            self.accepted = track

    def over(self, track: Track) -> bool:
        """Whether the policy says stop to one of them, or the rules accepted another."""
        return track.finished() or self.accepted not in (None, track)

    @property
    def restarts(self) -> int:
        """Over all rollouts."""
        return sum(track.restarts for track in self.tracks)

    def report(self, track: Track) -> StepReport:
        """One of them now."""
        assert track.answer is not None
        return StepReport(
            step=sum(track.steps for track in self.tracks),
            index=self.index,
            answer=track.answer,
            residual=track.residual,
            changed=track.changed,
            clamped=track.clamped,
            settled=track.settled,
            verdict=track.verdict,
            restarts=self.restarts,
        )

    def outcome(self, seconds: float, late: bool = False) -> Outcome:
        """How they ended together; `late`: because of the deadline."""
        chosen = self._chosen()
        assert chosen.answer is not None
        return Outcome(
            self.index,
            chosen.answer,
            chosen.verdict or self.domain.verify(self.puzzle, chosen.answer.grid),
            chosen.settled,
            sum(track.spent for track in self.tracks),
            self.restarts,
            seconds,
            Signs(chosen.residual, chosen.halt, chosen.contradiction),
            late,
        )

    def _chosen(self) -> Track:
        if self.accepted is not None:
            return self.accepted
        if self.choose == "halt":
            return max(
                self.tracks, key=lambda track: -math.inf if track.halt is None else track.halt
            )
        votes: defaultdict[bytes, float] = defaultdict(float)
        for track in self.tracks:
            votes[_said(track)] += 1 if self.choose == "vote" else _belief(track)
        return max(
            self.tracks,
            key=lambda track: (votes[_said(track)], track.settled, -track.residual),
        )


def _said(track: Track) -> bytes:
    assert track.answer is not None
    return track.answer.grid.tobytes()


def _belief(track: Track) -> float:
    """σ(halt), the model's probability that its answer is right; 1 where it says nothing."""
    return 1.0 if track.halt is None else math.exp(-np.logaddexp(0, -track.halt))


def _forms(puzzle: Puzzle, domain: Domain, policy: Policy, varied: bool) -> Iterator[Symmetry]:
    """The form of every start; ends where one more would go the way of an earlier one."""
    rng = np.random.default_rng(seed_of(puzzle, policy))
    while True:
        yield UNCHANGED
        if policy.symmetries:
            yield from domain.symmetries(puzzle, rng)
        if not varied:
            return
