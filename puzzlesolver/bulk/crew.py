"""Worker processes that solve shards; when one dies, another one solves its shard.

In: a picklable `prepare`, called once in each worker to make the function that solves a shard. Out:
the shards as they are finished.

    >>> for shard in solve_in_processes(prepare, shards, count=2):
    ...     print(shard.name)
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait

from puzzlesolver.bulk.shards import Shard
from puzzlesolver.errors import PuzzleSolverError
from puzzlesolver.workers import Worker

Work = Callable[[Shard], None]
Prepare = Callable[[], Work]

MOST_DEATHS = 3
"""Workers that may die at one shard; more and it is the shard that kills them."""


def solve_in_processes(prepare: Prepare, shards: Iterable[Shard], count: int) -> Iterator[Shard]:
    """Solve shards in `count` processes and yield each when it is finished.

    Raises:
        PuzzleSolverError: that of `shards`, after those before it; or workers die at one shard
            again and again.
    """
    crew = _Crew(prepare)
    fault = None
    remaining = iter(shards)
    try:
        while True:
            try:
                shard = next(remaining, None)
            except PuzzleSolverError as error:
                fault, shard = error, None
            if shard is None:
                break
            if len(crew.busy) == count:
                yield from crew.collect()
            crew.give(shard)
        while crew.busy:
            yield from crew.collect()
        if fault is not None:
            raise fault
    finally:
        crew.dismiss()


class _Crew:
    """The processes, started when there is work for them."""

    def __init__(self, prepare: Prepare) -> None:
        self.busy: dict[Worker, Shard] = {}
        self._idle: list[Worker] = []
        self._serve = functools.partial(_work, prepare=prepare)
        self._deaths: Counter[int] = Counter()

    def give(self, shard: Shard) -> None:
        """Let a worker begin; one that died while it was idle is replaced."""
        while True:
            worker = self._idle.pop() if self._idle else Worker(self._serve)
            try:
                worker.pipe.send(shard)
            except OSError:
                worker.end()
                self._mourn(shard)
            else:
                self.busy[worker] = shard
                return

    def collect(self) -> list[Shard]:
        """Wait until something happens; returns what is finished."""
        ready = wait([worker.pipe for worker in self.busy])
        finished = []
        for worker in [worker for worker in self.busy if worker.pipe in ready]:
            shard = self.busy.pop(worker)
            try:
                error = worker.pipe.recv()
            except (EOFError, OSError):
                worker.end()
                self._mourn(shard)
                self.give(shard)
                continue
            self._idle.append(worker)
            if error is not None:
                raise error
            finished.append(shard)
        return finished

    def dismiss(self) -> None:
        """End all; a shard that is not finished leaves nothing that counts."""
        for worker in [*self.busy, *self._idle]:
            worker.end()

    def _mourn(self, shard: Shard) -> None:
        self._deaths[shard.index] += 1
        if self._deaths[shard.index] >= MOST_DEATHS:
            raise PuzzleSolverError(
                f"{MOST_DEATHS} workers died at shard {shard.index}",
                where=shard.puzzles[0].source,
                hint="is there memory for so many --jobs? the same command goes on from here",
            )


def _work(pipe: Connection, prepare: Prepare) -> None:
    """What a worker does: answers each shard with None, or with what went wrong."""
    work: Work | None = None
    while True:
        shard = pipe.recv()
        try:
            work = work or prepare()
            work(shard)
        except Exception as error:
            pipe.send(error)
        else:
            pipe.send(None)
