"""One rollout of one puzzle: what is tried, what came out, and whether that is the end of it.

In: readings of a state, one every few steps. Out: the present answer, whether it has settled, what
the rules say of it, and what to run next.

    >>> track = Track(0, puzzle, domain, policy, UNCHANGED, forms, number=0)
    >>> track.observe(Seen(probabilities, residual=0.01), steps=4)
    >>> track.answer.grid, track.finished()
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from puzzlesolver.domains.base import Answer, Domain, Puzzle, Verdict
from puzzlesolver.domains.symmetry import Symmetry
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.search import Attempt, Reading, next_attempt, start_search


class Seen(NamedTuple):
    """What is read of one state.

    Attributes:
        probabilities: `float32[C, S]`.
        residual: since the last reading.
        halt: the model's logit that its answer is right, or None.
        contradiction: the model's probability that there is no answer, or None.
    """

    probabilities: npt.NDArray[np.float32]
    residual: float
    halt: float | None = None
    contradiction: float | None = None


class Track:
    """One rollout's way through the loop: its search, its present attempt, its last answer.

    The network solves the puzzle in the form of the present start; its answers are turned back as
    they are decoded, so that all that leaves here is about the puzzle itself.

    Args:
        index: position of the puzzle in the list given to `refine`.
        puzzle: as it is.
        domain: of the puzzle.
        policy: with the budget of this rollout.
        form: how the puzzle is written at the first start.
        forms: the same for every restart, of all rollouts of the puzzle; where they end, no restart
            would be new.
        number: of the rollout, from 0.
    """

    def __init__(
        self,
        index: int,
        puzzle: Puzzle,
        domain: Domain,
        policy: Policy,
        form: Symmetry,
        forms: Iterator[Symmetry],
        number: int,
    ) -> None:
        self.index = index
        self.puzzle = puzzle
        self.domain = domain
        self.policy = policy
        self.forms = forms
        self.number = number
        self.restarts = 0
        self.generator = torch.Generator().manual_seed(self.noise_seed)  # of all luck on the way
        self.steps = 0
        self.latest: Answer | None = None  # what the last reading said
        self.answer: Answer | None = None  # the same, or what the rules accepted
        self.changed = np.ones(puzzle.grid.shape, np.bool_)
        self.verdict: Verdict | None = None
        self.accepted_at: int | None = None  # steps after which the rules accepted the answer
        self.residual = math.inf
        self.halt: float | None = None
        self.contradiction: float | None = None
        self._start(form)

    def _start(self, form: Symmetry) -> None:
        self.form = form
        self.posed = replace(self.puzzle, grid=form.apply(self.puzzle.grid), label=None)
        self.givens = self.posed.values
        self.search = start_search(self.posed, self.domain, self.policy, self.generator)
        self.attempt: Attempt = next(self.search)
        self.age = 0  # steps of the present attempt
        self.quiet = 0  # steps for which answer and state have held still

    @property
    def settled(self) -> bool:
        return self.quiet >= self.policy.settle_window

    @property
    def clamped(self) -> npt.NDArray[np.bool_]:
        held = self.attempt.tokens != self.givens
        return self.form.put_back(self.puzzle.as_grid(held, hole=0))

    @property
    def spent(self) -> int:
        """Steps until the answer."""
        return self.steps if self.accepted_at is None else self.accepted_at

    @property
    def noise_seed(self) -> int:
        """Of the present start."""
        return seed_of(self.puzzle, self.policy, self.restarts, self.number)

    def observe(self, seen: Seen, steps: int) -> None:
        """Take a reading `steps` steps after the last one, and check a new answer."""
        self.residual, self.halt, self.contradiction = seen[1:]
        self.steps += steps
        self.age += steps
        answer = self._decoded(seen.probabilities)
        if self.latest is not None:
            self.changed = self.latest.seen != answer.seen
        self.latest = answer
        changed = bool(self.changed.any())
        still = not changed and seen.residual < self.policy.tolerance
        self.quiet = self.quiet + steps if still else 0
        if self.accepted_at is not None:  # what is left to see is whether the answer also settles
            assert self.answer is not None
            if not np.array_equal(answer.grid, self.answer.grid):
                self.quiet = 0
            return
        self.answer = answer
        if changed and self.policy.mode == "verified":
            self.verdict = self.domain.verify(self.puzzle, answer.grid)
            if self.verdict.status == "verified":
                self.accepted_at = self.steps

    def _decoded(self, probabilities: npt.NDArray[np.float32]) -> Answer:
        grid = self.puzzle.as_grid(self.attempt.tokens.astype(np.uint8))
        return self.form.undo_answer(
            self.domain.decode(probabilities, replace(self.posed, grid=grid))
        )

    def finished(self) -> bool:
        """Whether the policy says stop."""
        if self.steps >= self.policy.max_steps:
            return True
        waited = -1 if self.accepted_at is None else self.steps - self.accepted_at
        return waited >= self.policy.linger or (waited >= 0 and self.settled)

    def failed(self) -> bool:
        """Whether the present attempt has had its chance."""
        over = self.settled or self.age >= self.attempt.patience
        return over and self.accepted_at is None

    def go_on(self, reading: Reading) -> bool:
        """Begin the next attempt; False when the search is over, or no restart is left."""
        following = next_attempt(self.search, reading)
        if following is None:
            return False
        if following.state is not None:
            self.attempt = following
            self.age = self.quiet = 0
            return True
        if self.restarts == self.policy.restarts:
            return False
        form = next(self.forms, None)
        if form is None:
            return False
        self.restarts += 1
        self._start(form)
        return True


def seed_of(puzzle: Puzzle, policy: Policy, restart: int = 0, rollout: int = 0) -> int:
    """A function of the policy's seed, the puzzle and the start's numbers, never of the batch."""
    start = f"{policy.seed}/{restart}/{rollout}/" if rollout else f"{policy.seed}/{restart}/"
    key = start.encode() + puzzle.grid.tobytes()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") >> 1
