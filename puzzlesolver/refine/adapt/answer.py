"""Answer a task that nobody has trained for: several fits vote, and the two heaviest grids are it.

In: a task; its test outputs are never looked at. Out: while fitting, what `fit_task` reports; in
the end a `TaskAnswer`. Fits run one after another in this process, or side by side in others.

    >>> with Fitters(processes=2) as fitters:
    ...     fits = {report.seed: report for report in fitters.fit(task, FitSettings())}
    >>> merge(task, fits.values()).attempts[0]
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from statistics import fmean
from types import TracebackType

import numpy as np
import torch

from puzzlesolver.domains.arc.task import Task
from puzzlesolver.domains.base import Grid
from puzzlesolver.refine.adapt.fit import FitReport, compile_fit, fit_task
from puzzlesolver.refine.adapt.settings import FitSettings
from puzzlesolver.refine.adapt.trust import UNKNOWN, Signs, chance
from puzzlesolver.refine.adapt.votes import LOSS_WEIGHT, Ballot, Vote
from puzzlesolver.workers import Worker, receive

GRACE = 0.25
"""Seconds after a deadline in which a fit may still end by itself."""


@dataclass(frozen=True, eq=False)
class TaskAnswer:
    """Two attempts at every test input of a task, and how sure they are.

    Attributes:
        attempts: for each test input, the two heaviest grids; the same one twice if there was only
            one.
        shares: of the votes that the two have, for each test input.
        rule: name of the size rule; "" where none fits, then the attempts are the input.
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


def merge(task: Task, fits: Iterable[FitReport]) -> TaskAnswer:
    """The answer that several fits of a task give together."""
    fits = tuple(sorted(fits, key=lambda fit: fit.seed))
    attempts, shares = [], []
    for number, pair in enumerate(task.test):
        ballot = Ballot()
        for fit in fits:
            for vote in fit.votes[number]:
                ballot.add(vote.grid, vote.share * math.exp(-LOSS_WEIGHT * fit.loss))
        votes = ballot.shares() or (Vote(pair.input, 0.0),)
        first, second = votes[0], votes[1] if len(votes) > 1 else Vote(votes[0].grid, 0.0)
        attempts.append((first.grid, second.grid))
        shares.append((first.share, second.share))
    return TaskAnswer(
        attempts,
        shares,
        fits[0].rule if fits else "",
        max((fit.demos for fit in fits), default=0.0),
        _signs(attempts, shares, fits) if fits else None,
        sum(fit.seconds for fit in fits),
        fits,
    )


def _signs(
    attempts: Sequence[tuple[Grid, Grid]],
    shares: Sequence[tuple[float, float]],
    fits: Sequence[FitReport],
) -> Signs:
    agreements = []
    for number, both in enumerate(attempts):
        heaviest = [fit.votes[number][0].grid for fit in fits if fit.votes[number]]
        agreeing = [any(np.array_equal(grid, each) for each in both) for grid in heaviest]
        agreements.append(sum(agreeing) / len(fits))
    left_out = [fit.left_out for fit in fits if fit.left_out is not None]
    return Signs(
        demos=fmean(fit.demos for fit in fits),
        share=min(map(sum, shares)),
        agreement=min(agreements),
        left_out=fmean(left_out) if left_out else UNKNOWN,
    )


def answer_task(
    task: Task,
    settings: FitSettings | None = None,
    deadline: float | None = None,
    start: str | None = None,
) -> TaskAnswer:
    """Fit one seed after another, in this process, and let them vote; arguments of `fit_task`."""
    with Fitters(start=start) as fitters:
        reports = fitters.fit(task, settings or FitSettings(), deadline)
        return merge(task, {report.seed: report for report in reports}.values())


class Fitters:
    """What runs the fits of one task after another.

    Args:
        processes: that fit side by side, with one thread each; 1 = this one, which has one thread
            meanwhile, unless there is a deadline.
        start: of the fits, as in `fit_task`.

    Attributes:
        startup: seconds that processes took to start and to compile, which move every deadline.
    """

    def __init__(self, processes: int = 1, start: str | None = None) -> None:
        self.processes, self.start = processes, start
        self.startup = 0.0
        self._idle: list[Worker] = []

    def __enter__(self) -> Fitters:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._idle:
            worker.end()
        self._idle = []

    def fit(
        self, task: Task, settings: FitSettings, deadline: float | None = None
    ) -> Iterator[FitReport]:
        """Reports of all fits as they come; none if no size rule fits.

        Args:
            task: test outputs are not looked at.
            settings: of every fit.
            deadline: in seconds of `time.monotonic`, without `startup`. Fits end themselves before
                it; one that does not is cut off soon after it, and none begins after it.

        Raises:
            PuzzleSolverError: a process died.
        """
        task = task.without_answers()
        seeds = range(settings.first_seed, settings.first_seed + settings.seeds)
        if self.processes == 1 and deadline is None:
            threads = torch.get_num_threads()
            torch.set_num_threads(1)  # the operations are small
            try:
                for seed in seeds:
                    yield from fit_task(task, seed, settings, deadline, self.start)
            finally:
                torch.set_num_threads(threads)
            return
        if self.startup and deadline is not None and _left(deadline + self.startup) <= 0:
            return
        self._start_workers(min(self.processes, settings.seeds))
        ends = None if deadline is None else deadline + self.startup
        waiting, busy = list(seeds), dict[Connection, Worker]()
        try:
            while True:
                while waiting and self._idle and _left(ends) > 0:
                    worker = self._idle.pop()
                    worker.pipe.send((task, waiting.pop(0), settings, ends, self.start))
                    busy[worker.pipe] = worker
                if not busy:
                    return
                # What cannot end by itself in time, such as the reading of a huge task, is ended.
                ready = wait(list(busy), None if ends is None else max(0.0, _left(ends) + GRACE))
                if not ready:
                    return
                for pipe in ready:
                    assert isinstance(pipe, Connection)
                    worker = busy.pop(pipe)
                    said = receive(worker)
                    if said is None:
                        self._idle.append(worker)
                    else:
                        busy[pipe] = worker
                        yield said
        finally:
            for worker in busy.values():
                worker.end()

    def _start_workers(self, count: int) -> None:
        """Have so many that are idle and have all machine code."""
        began = time.monotonic()
        fresh = [Worker(_serve) for _ in range(count - len(self._idle))]
        self._idle += fresh
        for worker in fresh:
            receive(worker)
        self.startup += time.monotonic() - began


def _left(ends: float | None) -> float:
    """Seconds until then."""
    return math.inf if ends is None else ends - time.monotonic()


def _serve(pipe: Connection) -> None:
    """What a process does: says when it can begin; of each fit reports and None, or an error."""
    torch.set_num_threads(1)
    compile_fit()
    pipe.send(None)
    while True:
        try:
            for report in fit_task(*pipe.recv()):
                pipe.send(report)
            pipe.send(None)
        except Exception as error:
            pipe.send(error)
