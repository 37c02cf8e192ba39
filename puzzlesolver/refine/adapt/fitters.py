"""Fit networks to tasks that nobody has trained for, as many as a task needs, in some processes.

In: tasks; their test outputs are never looked at. Out: what `fit_task` reports, as it comes. Fits
run one after another in this process, or side by side in others.

    >>> with Fitters(processes=2) as fitters:
    ...     for number, report in fitters.fit(tasks, FitSettings()):
    ...         ...  # report is None when no fit of tasks[number] is left
"""

from __future__ import annotations

import functools
import itertools
import math
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from multiprocessing.connection import Connection, wait

import torch

from puzzlesolver.domains.arc.task import Task
from puzzlesolver.errors import PuzzleSolverError
from puzzlesolver.refine.adapt.answer import merge
from puzzlesolver.refine.adapt.fit import FitReport, compile_fit, fit_task
from puzzlesolver.refine.adapt.settings import FitSettings
from puzzlesolver.workers import MOST_DEATHS, Worker, WorkerDeath, receive

GRACE = 0.25
"""Seconds after a deadline in which a fit may still end by itself."""


class _Course:
    """The fits of one task: those of a round side by side, and as many rounds as it needs."""

    def __init__(self, number: int, task: Task, settings: FitSettings) -> None:
        self.number, self.task, self.settings = number, task.without_answers(), settings
        self.begun, self.ended = 0, 0
        self.fits: dict[int, FitReport] = {}
        self.deaths = Counter[int]()
        self.deadline: float | None = None

    def begin(self) -> int | None:
        """The seed of the next fit; None where none shall begin now."""
        settings = self.settings
        if self.begun % settings.seeds == 0 and self.begun:
            if self.ended < self.begun or self.begun == settings.seeds * settings.rounds:
                return None
            if merge(self.task, self.fits.values()).chance >= settings.enough_chance:
                return None
        if self.ended and not self.fits:  # there is no size rule, nor will there be
            return None
        self.begun += 1
        return settings.first_seed + self.begun - 1


Report = tuple[int, FitReport | None]
"""Number of a task, from 0, and how a fit of it stands; None = it has no more of them."""

Made = Mapping[tuple[str, int], FitReport]
"""Fits that ended before, by the name of the task and the seed."""


class Fitters:
    """What runs the fits of one task after another.

    Args:
        processes: that fit side by side, with one thread each; 1 = this one, which has one thread
            meanwhile, unless there is a deadline.
        start: of the fits, as in `fit_task`.

        made: fits that need not be made again.

    Attributes:
        startup: seconds that processes took to start and to compile, which move every deadline.
        late: numbers of the tasks some of whose fits had no time to begin.
    """

    def __init__(
        self, processes: int = 1, start: str | None = None, made: Made | None = None
    ) -> None:
        self.processes, self.start, self._made = processes, start, made or {}
        self.startup = 0.0
        self.late = set[int]()
        self._idle: list[Worker] = []

    def __enter__(self) -> Fitters:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._idle:
            worker.end()
        self._idle = []

    def fit(
        self,
        tasks: Iterable[Task],
        settings: FitSettings,
        deadline: float | None = None,
        count: int = 1,
    ) -> Iterator[Report]:
        """Reports of all fits as they come.

        Args:
            tasks: read when a process has nothing else to do; test outputs are not looked at.
            settings: of every fit.
            deadline: in seconds of `time.monotonic`, without `startup`. Fits end themselves before
                it; one that does not is cut off soon after it, and none begins after it.
            count: of the tasks. Each may take an equal part of the time that is left when it
                begins; what it does not need is for those behind it.

        Raises:
            PuzzleSolverError: processes die at one fit again and again.
        """
        courses = itertools.starmap(functools.partial(_Course, settings=settings), enumerate(tasks))
        if self.processes > 1 or deadline is not None:
            yield from self._side_by_side(courses, deadline, count)
            return
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # the operations are small
        began = time.monotonic()
        compile_fit()
        self.startup += time.monotonic() - began
        try:
            for course in courses:
                while (seed := course.begin()) is not None:
                    made = self._made.get((course.task.name, seed))
                    fit = fit_task(course.task, seed, settings, deadline, self.start)
                    for report in fit if made is None else (made,):
                        course.fits[seed] = report
                        yield course.number, report
                    course.ended += 1
                yield course.number, None
        finally:
            torch.set_num_threads(threads)

    def _side_by_side(
        self, courses: Iterator[_Course], deadline: float | None, count: int
    ) -> Iterator[Report]:
        """The same in other processes."""
        going, waiting = list[_Course](), deque[tuple[_Course, int]]()
        busy = dict[Connection, tuple[Worker, _Course, int]]()

        def plan(fits: int) -> None:
            """Have so many fits wait, if there are, those of tasks that began first."""
            begun = itertools.chain(going, self._begun(courses, going, deadline, count))
            while len(waiting) < fits and (course := next(begun, None)) is not None:
                while len(waiting) < fits and (seed := course.begin()) is not None:
                    waiting.append((course, seed))

        late = self.startup > 0 and _left(deadline, self.startup) <= 0
        if not late:
            plan(self.processes)
            self._start_workers(min(self.processes, len(waiting)))
        try:
            while not late:
                for course in [each for each in going if each.begun == each.ended]:
                    if (seed := course.begin()) is not None:
                        waiting.append((course, seed))
                        continue
                    going.remove(course)
                    yield course.number, None
                plan(len(self._idle))
                if not busy and not waiting:
                    break
                while waiting and self._idle:
                    course, seed = waiting.popleft()
                    if (made := self._made.get((course.task.name, seed))) is not None:
                        course.fits[seed] = made
                        course.ended += 1
                        yield course.number, made
                        continue
                    if _left(course.deadline, self.startup) <= 0:
                        self.late.add(course.number)
                        course.ended += 1
                        continue
                    worker = self._idle.pop()
                    ends = None if course.deadline is None else course.deadline + self.startup
                    try:
                        worker.pipe.send((course.task, seed, course.settings, ends, self.start))
                    except OSError as death:  # while it was idle
                        worker.end()
                        self._replace_worker(course, seed, death)
                        waiting.appendleft((course, seed))
                    else:
                        busy[worker.pipe] = worker, course, seed
                if not busy:  # the time of all that waited was over
                    continue
                # What cannot end by itself in time, such as the reading of a huge task, is ended.
                left = _left(deadline, self.startup)
                ready = wait(list(busy), None if deadline is None else max(0.0, left + GRACE))
                late = not ready
                for pipe in ready:
                    assert isinstance(pipe, Connection)
                    worker, course, seed = busy.pop(pipe)
                    try:
                        said = receive(worker)
                    except WorkerDeath as death:
                        self._replace_worker(course, seed, death)
                        waiting.appendleft((course, seed))
                        continue
                    if said is None:
                        self._idle.append(worker)
                        course.ended += 1
                    else:
                        busy[pipe] = worker, course, seed
                        course.fits[seed] = said
                        yield course.number, said
        finally:
            for worker, _, _ in busy.values():
                worker.end()
        for course in itertools.chain(going, courses):  # time is up
            self.late.add(course.number)
            yield course.number, None

    def _begun(
        self, courses: Iterator[_Course], going: list[_Course], deadline: float | None, count: int
    ) -> Iterator[_Course]:
        """Courses that begin, remembered, with the part of the time that each may take."""
        for course in courses:
            if deadline is not None:
                side_by_side = min(self.processes, course.settings.seeds)
                part = self.processes / side_by_side / max(1, count - course.number)
                left = max(0.0, _left(deadline, self.startup))
                course.deadline = deadline - left * (1 - min(1.0, part))
            going.append(course)
            yield course

    def _replace_worker(self, course: _Course, seed: int, death: Exception) -> None:
        """Start another process than the one that died at a fit."""
        course.deaths[seed] += 1
        if course.deaths[seed] == MOST_DEATHS:
            raise PuzzleSolverError(
                f"{MOST_DEATHS} processes died at task {course.task.name}",
                where="--jobs",
                hint="is there memory for so many? the same command goes on from here",
            ) from death
        self._start_workers(len(self._idle) + 1)

    def _start_workers(self, count: int) -> None:
        """Have so many that are idle and have all machine code."""
        began = time.monotonic()
        fresh = [Worker(_serve) for _ in range(count - len(self._idle))]
        self._idle += fresh
        for worker in fresh:
            receive(worker)
        self.startup += time.monotonic() - began


def _left(deadline: float | None, startup: float) -> float:
    """Seconds until then."""
    return math.inf if deadline is None else deadline + startup - time.monotonic()


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
