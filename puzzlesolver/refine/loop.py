"""The only step loop: puzzles of one layout go in, reports come out until every puzzle has ended.

Each rollout of a puzzle owns one row of the batch and leaves it when the rules accept its answer or
that of another rollout, when it has settled and the policy says stop, or when its budget is spent;
the next puzzle takes its place, so the batch stays full until the input ends, however unequal the
puzzles are. A row that settled on a wrong answer, or wandered too long, goes on with the next
attempt of its search (`refine/search.py`). Solving one puzzle or a million is this loop.

    >>> for report in refine(engine, domain, puzzles, Policy(max_steps=2_000)):
    ...     for outcome in report.outcomes:
    ...         print(outcome.index, outcome.verdict.status, outcome.steps)
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from puzzlesolver.domains.base import Domain, Puzzle
from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import Batch, Readout, State
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.engines.engine import Engine
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.report import StepReport
from puzzlesolver.refine.rollouts import Rollouts
from puzzlesolver.refine.search import Reading
from puzzlesolver.refine.track import Seen, Track

READ_EVERY = 4
"""Steps between two readings of the state; a reading costs about as much as a step."""
HUGE = 50_000
"""Nodes in a batch whose steps take so long that a deadline has the first one measured alone."""


class Rows:
    """The tensors of all running attempts, one row each, in the order of `tracks`."""

    def __init__(self, engine: Engine, layout: Layout) -> None:
        self.engine = engine
        self.layout = layout
        self.tracks: list[Track] = []
        self.inputs: Tensor
        self.state: State

    @torch.inference_mode()
    def join(self, tracks: Sequence[Track]) -> None:
        """Rows for more tracks, below the others."""
        present = len(self.tracks)
        self.tracks += tracks
        rows = range(present, len(self.tracks))
        inputs, state = self.engine.embed(self._batch(rows)), self._fresh(rows)
        if present:
            inputs = torch.cat([self.inputs, inputs])
            state = tuple(map(torch.cat, zip(self.state, state, strict=True)))
        self.inputs, self.state = inputs, state

    def advance(self, due: Sequence[int]) -> list[Seen]:
        """Step each row as often as it is due, and read what all rows say now."""
        residual = torch.zeros(len(due))
        calmed = [row for row, track in enumerate(self.tracks) if track.attempt.calming]
        before = tuple(part[calmed] for part in self.state)
        for steps in set(due) - {0}:
            rows = [row for row, its in enumerate(due) if its == steps]
            residual[rows] = self._advance(rows, steps).cpu()
        self._calm(calmed, before)
        self.readout = self.read()
        nothing = [None] * len(self.tracks)
        beliefs = (self.readout.halt, self.readout.contradiction)
        said = (nothing if belief is None else belief.tolist() for belief in beliefs)
        probabilities = self.readout.probabilities.cpu().numpy()
        return list(map(Seen, probabilities, residual.tolist(), *said))

    @torch.inference_mode()
    def _advance(self, rows: Sequence[int], steps: int) -> Tensor:
        """Step these rows and no others; returns their residuals."""
        noise = self.tracks[0].policy.noise
        generators = [self.tracks[row].generator for row in rows]
        if len(rows) == len(self.tracks):  # nearly always, and then nothing is copied
            self.state, residual = self.engine.advance(
                self.state, self.inputs, self.layout, steps, noise, generators
            )
            return residual
        state = tuple(part[rows] for part in self.state)
        state, residual = self.engine.advance(
            state, self.inputs[rows], self.layout, steps, noise, generators
        )
        for part, stepped in zip(self.state, state, strict=True):
            part[rows] = stepped
        return residual

    @torch.inference_mode()
    def _calm(self, rows: Sequence[int], before: State) -> None:
        """Draw these rows half the way back to where they were."""
        if rows:
            for part, old in zip(self.state, before, strict=True):
                part[rows] = (part[rows] + old) / 2

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

    def go_on(self, over: Sequence[bool]) -> list[int]:
        """The rows that are not over; those of them that failed begin again."""
        going_on, failed = [], []
        for row, track in enumerate(self.tracks):
            has_failed = track.failed()
            if over[row] or (has_failed and not track.go_on(self.reading(row))):
                continue
            going_on.append(row)
            if has_failed:
                failed.append(row)
        self.begin_again(failed)
        return going_on

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


@dataclass
class Pace:
    """How many steps fit before a deadline.

    Attributes:
        deadline: `time.monotonic()`, or None.
        nodes: in all rows that the first step advances.
        seconds: a step takes; before the first one those of the start, which takes less.
        stepped: whether there was a first one.
    """

    deadline: float | None
    nodes: int = 0
    seconds: float = 0.0
    stepped: bool = False

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """Within the block the states are made."""
        began = time.monotonic()
        yield
        if not self.stepped:
            self.seconds = time.monotonic() - began

    @contextlib.contextmanager
    def stepping(self, steps: int) -> Iterator[None]:
        """Within the block so many steps are made."""
        began = time.monotonic()
        yield
        if steps:
            self.stepped, self.seconds = True, (time.monotonic() - began) / steps

    def steps(self) -> int:
        """Steps until the next reading; at 0 the start is read as it is."""
        if self.deadline is None:
            return READ_EVERY
        first = 1 if self.nodes >= HUGE else READ_EVERY
        most, now = READ_EVERY if self.stepped else first, time.monotonic()
        while most and now + most * self.seconds >= self.deadline:
            most -= 1
        return most

    def is_late(self) -> bool:
        """Whether no step fits any more."""
        return self.deadline is not None and time.monotonic() + self.seconds >= self.deadline


def refine(
    engine: Engine,
    domain: Domain,
    puzzles: Iterable[Puzzle],
    policy: Policy,
    deadline: float | None = None,
    batch_size: int = sys.maxsize,
) -> Iterator[StepReport]:
    """Refine puzzles of one layout until each is finished.

    Args:
        engine: applies the model.
        domain: encodes, decodes and verifies.
        puzzles: of one size, each taken when there is room for it; labels are not looked at.
        policy: budget, mode, rollouts, search.
        deadline: `time.monotonic()` at which all unfinished puzzles end.
        batch_size: rows at most, one for each rollout of a puzzle; one puzzle fits in any case.

    Yields:
        One report per reading; every puzzle appears in exactly one report's `outcomes`. New puzzles
        are taken afterwards, so no outcome waits for the input.

    Raises:
        UsageError: all rollouts would be the same, or the model has nothing to choose by.
    """
    varied = policy.noise > 0 or not engine.fixed_start
    if policy.symmetries is None:
        policy = replace(policy, symmetries=not varied)
    policy = policy.suiting(engine.habits)
    arrivals = iter(puzzles)
    if (first := next(arrivals, None)) is None:
        return
    numbered = enumerate(itertools.chain([first], arrivals))
    rows = Rows(engine, domain.encode([first]).layout)
    pace = Pace(deadline)
    together: dict[int, Rollouts] = {}
    joined: dict[int, float] = {}
    elsewhere = 0.0  # seconds; what the caller does is not refinement

    def fill() -> None:
        tracks: list[Track] = []
        while (used := len(rows.tracks) + len(tracks)) + policy.rollouts <= batch_size or not used:
            index, puzzle = next(numbered, (0, None))
            if puzzle is None:
                break
            together[index] = Rollouts(index, puzzle, domain, policy, varied=varied)
            joined[index] = time.monotonic() - elsewhere
            tracks += together[index].tracks
        if tracks:
            with pace.starting():
                rows.join(tracks)

    fill()
    pace.nodes = rows.layout.nodes * len(rows.tracks)
    _check(policy, rows, varied)
    while rows.tracks:
        # Each by its own age: when a row is read must not depend on its neighbours.
        most = pace.steps()
        due = [min(most, policy.share - track.steps) for track in rows.tracks]
        with pace.stepping(max(due)):
            for track, seen, steps in zip(rows.tracks, rows.advance(due), due, strict=True):
                together[track.index].observe(track, seen, steps)
        late, foremost = pace.is_late(), rows.tracks[0]
        report = together[foremost.index].report(foremost)
        going_on = rows.go_on([late or together[each.index].over(each) for each in rows.tracks])
        unfinished = {rows.tracks[row].index for row in going_on}
        ended = sorted({track.index for track in rows.tracks} - unfinished)
        now = time.monotonic()
        outcomes = [
            together.pop(index).outcome(now - elsewhere - joined.pop(index), late)
            for index in ended
        ]
        if len(going_on) < len(rows.tracks):
            rows.keep(going_on)
        yield replace(report, unfinished=len(unfinished), outcomes=tuple(outcomes))
        elsewhere += time.monotonic() - now
        fill()


def _check(policy: Policy, rows: Rows, varied: bool) -> None:
    """Refuse rollouts that cannot differ, or that the model cannot choose from."""
    if policy.rollouts == 1:
        return
    if not varied and not policy.symmetries:
        what = "this model starts every rollout from the same state, so all would be the same"
        raise UsageError(what, where="--rollouts", hint="add --noise 0.3, or --symmetries")
    if policy.choose == "halt" and rows.read().halt is None:
        raise UsageError("this model has no halting logit", where="--choose", hint="vote")
