"""How far to go with one puzzle: step budget, settle test, restarts, rollouts, guided search.

>>> Policy(max_steps=20_000, seed=7)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from puzzlesolver.errors import UsageError

if TYPE_CHECKING:  # torch takes a second to import
    from puzzlesolver.models.interface import Habits

MODES = {
    "settle": "the answer where the state first settles, nothing else",
    "raw": "the network alone: it supposes digits and drops them by its own belief, on one "
    "trajectory, until it settles without a doubt; no rules, no restart",
    "verified": "hypotheses and restarts until the rules accept an answer",
}
"""What is done until a puzzle counts as answered, from the least help to the most."""

CHOICES = {
    "weighted": "the answer with most votes, each as much as the model's own belief that it is "
    "right, by its halting logit; whole votes where a model has none",
    "vote": "the answer that most rollouts give",
    "halt": "the answer of the rollout with the highest halting logit",
}
"""Which answer counts where the rules have accepted none."""

LINGER = {True: 32, False: 512}
"""Steps to watch whether an accepted answer also settles, by `Domain.clamps`: an answer found under
a hypothesis settles soon or never, a trajectory left to itself takes its time."""


@dataclass(frozen=True)
class Policy:
    """Settings of one refinement.

    Attributes:
        max_steps: steps one puzzle may spend, over all its restarts and hypotheses together;
            rollouts have equal shares of it. More than a model was trained to is fine.
        mode: one of `MODES`.
        restarts: how often a rollout may start again from fresh noise; None = as often as the
            budget allows. None is made that would go the way of an earlier start.
        search: verified: whether hypotheses (a cell clamped to a digit) are tried before a restart.
        patience: steps a start has to settle before the first supposition, half as many before the
            first hypothesis (`search.HASTE`); fewer for a model with a `stride`
            (`models/interface.py: Habits`).
        branch_patience: the same for what follows a supposition or hypothesis.
        refuted: raw: belief in a contradiction that turns or drops the latest supposition; None =
            as the model was trained.
        deepest: raw: so many suppositions stand at once; where they decide nothing, all are
            dropped. None = as the model was trained.
        noise: standard deviation of Gaussian noise added to the state after every step.
        rollouts: trajectories of one puzzle side by side, each with its own noise; the first is the
            one that a single rollout would be. They end with the first answer that the rules
            accept.
        symmetries: whether every start but the first solves the puzzle in an equivalent form:
            relabelled, permuted, turned or flipped, whatever its kind allows. None = where starts
            would be alike otherwise, because the model's start is fixed and there is no noise.
        choose: one of `CHOICES`.
        linger: steps to go on after the rules accepted an answer, to see whether it also settles;
            they do not count as steps of the solution.
        settle_window: steps over which answer and state must hold still.
        tolerance: relative residual ‖z' - z‖ / ‖z‖ below which a state holds still.
        time_limit: seconds for all puzzles together; None = no limit.
        seed: of all noise; the same seed gives the same answers whatever the batch size.
    """

    max_steps: int = 2_000
    mode: str = "verified"
    restarts: int | None = None
    search: bool = True
    patience: int = 48
    branch_patience: int = 16
    refuted: float | None = None
    deepest: int | None = None
    noise: float = 0.0
    rollouts: int = 1
    symmetries: bool | None = None
    choose: str = "weighted"
    linger: int = 0
    settle_window: int = 8
    tolerance: float = 0.02
    time_limit: float | None = None
    seed: int = 0

    @property
    def share(self) -> int:
        """Steps that one rollout may spend."""
        return self.max_steps // self.rollouts

    def suiting(self, habits: Habits) -> Policy:
        """The same for a model of these habits."""
        return replace(
            self,
            patience=max(1, self.patience // habits.stride),
            branch_patience=max(1, self.branch_patience // habits.stride),
            refuted=habits.refuted if self.refuted is None else self.refuted,
            deepest=habits.deepest if self.deepest is None else self.deepest,
        )

    def __post_init__(self) -> None:
        if self.max_steps < 1:
            raise UsageError("at least one step is needed", where="--max-steps")
        if self.mode not in MODES:
            hint = ", ".join(MODES)
            raise UsageError(f"unknown mode {self.mode!r}", where="--mode", hint=hint)
        if self.restarts is not None and self.restarts < 0:
            raise UsageError("restarts cannot be negative", where="--restarts")
        if not 0 <= self.noise < math.inf:
            raise UsageError("expected a finite number from 0", where="--noise")
        if self.refuted is not None and not 0 <= self.refuted <= 1:
            raise UsageError("expected a probability", where="refuted")
        if self.deepest is not None and self.deepest < 1:
            raise UsageError("at least one supposition is needed", where="deepest")
        if self.rollouts < 1:
            raise UsageError("at least one rollout is needed", where="--rollouts")
        if self.rollouts > self.max_steps:
            what = f"{self.max_steps:,} steps are too few for {self.rollouts:,} rollouts"
            raise UsageError(what, where="--max-steps", hint="rollouts share the steps of a puzzle")
        if self.choose not in CHOICES:
            hint = ", ".join(CHOICES)
            raise UsageError(f"unknown choice {self.choose!r}", where="--choose", hint=hint)
        if self.time_limit is not None and not 0 < self.time_limit < math.inf:
            raise UsageError("expected a finite number above 0", where="--time-limit")
