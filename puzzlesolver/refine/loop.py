"""The only step loop: puzzles of one layout go in, reports come out until every puzzle has ended.

Each rollout of a puzzle owns one row of the batch and leaves it when the rules accept its answer or
that of another rollout, when it has settled and the policy says stop, or when its budget is spent.
A row that settled on a wrong answer, or wandered too long, goes on with the next attempt of its
search (`refine/search.py`). Solving one puzzle or a million is this loop.

    >>> for report in refine(engine, domain, puzzles, Policy(max_steps=2_000)):
    ...     for outcome in report.outcomes:
    ...         print(outcome.index, outcome.verdict.status, outcome.steps)
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch

from puzzlesolver.domains.base import Domain, Puzzle
from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import Batch, Readout, State
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.engines import TorchEngine
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.report import StepReport
from puzzlesolver.refine.rollouts import Rollouts
from puzzlesolver.refine.search import Reading
from puzzlesolver.refine.track import Seen, Track

READ_EVERY = 4
"""Steps between two readings of the state; a reading costs about as much as a step."""


class Rows:
    """The tensors of all running attempts, one row each, in the order of `tracks`."""

    def __init__(self, engine: TorchEngine, layout: Layout, tracks: list[Track]) -> None:
        self.engine = engine
        self.layout = layout
        self.tracks = tracks
        everyone = range(len(tracks))
        self.inputs, self.state = engine.embed(self._batch(everyone)), self._fresh(everyone)

    def advance(self, steps: int) -> list[Seen]:
        """Step all rows and read what they say now."""
        noise = self.tracks[0].policy.noise
        generators = [track.generator for track in self.tracks]
        self.state, residual = self.engine.advance(
            self.state, self.inputs, self.layout, steps, noise, generators
        )
        self.readout = self.read()
        halt = self.readout.halt
        halts = [None] * len(self.tracks) if halt is None else halt.tolist()
        probabilities = self.readout.probabilities.cpu().numpy()
        return list(map(Seen, probabilities, residual.tolist(), halts))

    def read(self) -> Readout:
        """What the states say now."""
        return self.engine.readout(self.state, self.layout)

    def reading(self, row: int) -> Reading:
        """Where a row is now; its state is a copy, because rows are reused."""
        return Reading(
            self.readout.row(row),
            settled=self.tracks[row].settled,
            state=tuple(part[row].clone() for part in self.state),
        )

    @torch.inference_mode()
    def begin_again(self, rows: Sequence[int]) -> None:
        """Put the new attempts of these rows' tracks in their places."""
        if not rows:
            return
        attempts = [self.tracks[row].attempt for row in rows]
        self.inputs[rows] = self.engine.embed(self._batch(rows))
        anew = [row for row, attempt in zip(rows, attempts, strict=True) if attempt.state is None]
        if anew:
            for part, fresh in zip(self.state, self._fresh(anew), strict=True):
                part[anew] = fresh
        for row, attempt in zip(rows, attempts, strict=True):
            for part, parent in zip(self.state, attempt.state or (), strict=False):
                part[row] = parent

    @torch.inference_mode()  # other tensors would be another case to compile
    def keep(self, rows: Sequence[int]) -> None:
        """Drop all other rows."""
        self.tracks = [self.tracks[row] for row in rows]
        self.inputs = self.inputs[rows]
        self.state = tuple(part[rows] for part in self.state)

    def _batch(self, rows: Sequence[int]) -> Batch:
        """The givens and clamps of these rows' attempts."""
        tokens = [self.tracks[row].attempt.tokens for row in rows]
        return Batch(torch.from_numpy(np.stack(tokens)), self.layout)

    def _fresh(self, rows: Sequence[int]) -> State:
        """Starts from noise for these rows."""
        seeds = [self.tracks[row].noise_seed for row in rows]
        return self.engine.init_state(self._batch(rows), seeds)


def refine(
    engine: TorchEngine,
    domain: Domain,
    puzzles: Sequence[Puzzle],
    policy: Policy,
    deadline: float | None = None,
) -> Iterator[StepReport]:
    """Refine puzzles of one layout until each is finished.

    Args:
        engine: applies the model.
        domain: encodes, decodes and verifies.
        puzzles: of one size; their labels are not looked at.
        policy: budget, mode, rollouts, search.
        deadline: `time.monotonic()` at which all unfinished puzzles end.

    Yields:
        One report per reading; every puzzle appears in exactly one report's `outcomes`.

    Raises:
        UsageError: all rollouts would be the same, or the model has nothing to choose by.
    """
    started = time.monotonic()
    varied = policy.noise > 0 or not engine.model.fixed_start
    if policy.symmetries is None:
        policy = replace(policy, symmetries=not varied)
    together = [
        Rollouts(index, puzzle, domain, policy, varied=varied)
        for index, puzzle in enumerate(puzzles)
    ]
    layout = domain.encode(puzzles).layout
    rows = Rows(engine, layout, [track for rollouts in together for track in rollouts.tracks])
    _check(policy, rows, varied)
    while rows.tracks:
        steps = min(READ_EVERY, min(policy.share - track.steps for track in rows.tracks))
        for track, seen in zip(rows.tracks, rows.advance(steps), strict=True):
            together[track.index].observe(track, seen, steps)
        late = deadline is not None and time.monotonic() >= deadline
        foremost = rows.tracks[0]
        report = together[foremost.index].report(foremost)
        going_on, beginning_again = [], []
        for row, track in enumerate(rows.tracks):
            failed = track.failed()
            over = late or together[track.index].over(track)
            if over or (failed and not track.go_on(rows.reading(row))):
                continue
            going_on.append(row)
            if failed:
                beginning_again.append(row)
        rows.begin_again(beginning_again)
        unfinished = {rows.tracks[row].index for row in going_on}
        ended = sorted({track.index for track in rows.tracks} - unfinished)
        outcomes = [together[index].outcome(time.monotonic() - started) for index in ended]
        if len(going_on) < len(rows.tracks):
            rows.keep(going_on)
        reported = time.monotonic()
        yield replace(report, unfinished=len(unfinished), outcomes=tuple(outcomes))
        started += time.monotonic() - reported  # what the caller does is not refinement


def _check(policy: Policy, rows: Rows, varied: bool) -> None:
    """Refuse rollouts that cannot differ, or that the model cannot choose from."""
    if policy.rollouts == 1:
        return
    if not varied and not policy.symmetries:
        what = "this model starts every rollout from the same state, so all would be the same"
        raise UsageError(what, where="--rollouts", hint="add --noise 0.3, or --symmetries")
    if policy.choose == "halt" and rows.read().halt is None:
        raise UsageError("this model has no halting logit", where="--choose", hint="vote")
