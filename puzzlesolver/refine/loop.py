"""The only step loop: puzzles of one layout go in, reports come out until every puzzle has ended.

Each puzzle owns one row of the batch and leaves it when the rules accept its answer, when it has
settled and the policy says stop, or when its budget is spent. A row that settled on a wrong answer,
or wandered too long, goes on with the next attempt of its search (`refine/search.py`). Solving one
puzzle or a million is this loop.

    >>> for report in refine(engine, domain, puzzles, Policy(max_steps=2_000)):
    ...     for outcome in report.outcomes:
    ...         print(outcome.index, outcome.verdict.status, outcome.steps)
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from puzzlesolver.domains.base import Answer, Domain, Puzzle, Verdict
from puzzlesolver.models.interface import Batch, State
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.engines import TorchEngine
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.report import Outcome, StepReport
from puzzlesolver.refine.search import Attempt, Reading, next_attempt, start_search
from puzzlesolver.refine.settle import quiet_steps

READ_EVERY = 4
"""Steps between two readings of the state; a reading costs about as much as a step."""


class Track:
    """One puzzle's way through the loop: its search, its present attempt, its last answer."""

    def __init__(self, index: int, puzzle: Puzzle, domain: Domain, policy: Policy) -> None:
        self.index = index
        self.puzzle = puzzle
        self.domain = domain
        self.policy = policy
        self.givens = puzzle.grid.reshape(-1).astype(np.int64)
        self.restarts = 0
        self.generator = torch.Generator().manual_seed(self.noise_seed)  # of all luck on the way
        self.search = start_search(puzzle, domain, policy, self.generator)
        self.attempt: Attempt = next(self.search)
        self.steps = 0
        self.age = 0  # steps of the present attempt
        self.quiet = 0  # steps for which answer and state have held still
        self.latest: Answer | None = None  # what the last reading said
        self.answer: Answer | None = None  # the same, or what the rules accepted
        self.changed = np.ones(puzzle.grid.shape, np.bool_)
        self.verdict: Verdict | None = None
        self.accepted_at: int | None = None  # steps after which the rules accepted the answer

    @property
    def settled(self) -> bool:
        return self.quiet >= self.policy.settle_window

    @property
    def clamped(self) -> npt.NDArray[np.bool_]:
        held: npt.NDArray[np.bool_] = self.attempt.tokens != self.givens
        return held.reshape(self.puzzle.grid.shape)

    @property
    def noise_seed(self) -> int:
        """A function of the policy's seed, the puzzle and the restart, never of the batch."""
        key = f"{self.policy.seed}/{self.restarts}/".encode() + self.puzzle.grid.tobytes()
        return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "big") >> 1

    def observe(self, probabilities: npt.NDArray[np.float32], residual: float, steps: int) -> None:
        """Take a reading `steps` steps after the last one, and check a new answer."""
        self.steps += steps
        self.age += steps
        answer = self.domain.decode(probabilities, self._with_clamps())
        if self.latest is not None:
            self.changed = self.latest.seen != answer.seen
        self.latest = answer
        changed = bool(self.changed.any())
        self.quiet = quiet_steps(self.quiet, steps, changed, residual, self.policy.tolerance)
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

    def _with_clamps(self) -> Puzzle:
        grid = self.attempt.tokens.reshape(self.puzzle.grid.shape).astype(np.uint8)
        return replace(self.puzzle, grid=grid)

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
        self.attempt = following
        if following.state is None:
            if self.restarts == self.policy.restarts:
                return False
            self.restarts += 1
        self.age = self.quiet = 0
        return True

    def outcome(self, seconds: float) -> Outcome:
        assert self.answer is not None
        verdict = self.verdict or self.domain.verify(self.puzzle, self.answer.grid)
        steps = self.steps if self.accepted_at is None else self.accepted_at
        return Outcome(
            self.index, self.answer, verdict, self.settled, steps, self.restarts, seconds
        )


class Rows:
    """The tensors of all running attempts, one row each, in the order of `tracks`."""

    def __init__(self, engine: TorchEngine, layout: Layout, tracks: list[Track]) -> None:
        self.engine = engine
        self.layout = layout
        self.tracks = tracks
        everyone = range(len(tracks))
        self.inputs, self.state = engine.embed(self._batch(everyone)), self._fresh(everyone)

    def advance(self, steps: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Step all rows; returns their probabilities `[B, C, S]` and relative residuals `[B]`."""
        noise = self.tracks[0].policy.noise
        generators = [track.generator for track in self.tracks]
        self.state, residual = self.engine.advance(
            self.state, self.inputs, self.layout, steps, noise, generators
        )
        self.readout = self.engine.readout(self.state, self.layout)
        return self.readout.probabilities.cpu().numpy(), residual.cpu().numpy()

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
        policy: budget, mode, search.
        deadline: `time.monotonic()` at which all unfinished puzzles end.

    Yields:
        One report per reading; every puzzle appears in exactly one report's `outcomes`.
    """
    started = time.monotonic()
    tracks = [Track(index, puzzle, domain, policy) for index, puzzle in enumerate(puzzles)]
    rows = Rows(engine, domain.encode(puzzles).layout, tracks)
    while rows.tracks:
        steps = min(READ_EVERY, min(policy.max_steps - track.steps for track in rows.tracks))
        probabilities, residuals = rows.advance(steps)
        late = deadline is not None and time.monotonic() >= deadline
        for row, track in enumerate(rows.tracks):
            track.observe(probabilities[row], float(residuals[row]), steps)
        report = _report(rows.tracks[0], float(residuals[0]))
        outcomes, going_on, beginning_again = [], [], []
        for row, track in enumerate(rows.tracks):
            failed = track.failed()
            if late or track.finished() or (failed and not track.go_on(rows.reading(row))):
                outcomes.append(track.outcome(time.monotonic() - started))
                continue
            going_on.append(row)
            if failed:
                beginning_again.append(row)
        rows.begin_again(beginning_again)
        if outcomes:
            rows.keep(going_on)
        reported = time.monotonic()
        yield replace(report, unfinished=len(going_on), outcomes=tuple(outcomes))
        started += time.monotonic() - reported  # what the caller does is not refinement


def _report(track: Track, residual: float) -> StepReport:
    assert track.answer is not None
    return StepReport(
        step=track.steps,
        index=track.index,
        answer=track.answer,
        residual=residual,
        changed=track.changed,
        clamped=track.clamped,
        settled=track.settled,
        verdict=track.verdict,
        restarts=track.restarts,
    )
