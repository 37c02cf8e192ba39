"""Workers that solve shards; when one dies, another one solves its shard.

In: shards, and where workers come from. Out: the shards as they are finished.

    >>> for shard in solve_in_crew(Processes(prepare), shards, count=2):
    ...     print(shard.name)
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from puzzlesolver import workers
from puzzlesolver.bulk.shards import Shard
from puzzlesolver.errors import PuzzleSolverError
from puzzlesolver.workers import MOST_DEATHS

Work = Callable[[Shard], None]
Prepare = Callable[[], Work]
"""Picklable; called once in each worker to make the function that solves a shard."""


class Worker(Protocol):
    """What solves one shard after another, somewhere.

    Attributes:
        pipe: `send(shard)`, then `recv()`, which returns None, or what went wrong; `OSError` and
            `EOFError` of either say that the worker died.
    """

    pipe: Any

    def end(self) -> None:
        """Stop it wherever it is."""


class Workplace(Protocol):
    """Where workers come from."""

    def start(self) -> Worker:
        """One more; it may still be starting."""

    def wait(self, pipes: Collection[Any]) -> Collection[Any]:
        """Those of the pipes that have an answer or are broken, as soon as there is one."""


class Processes:
    """The workplace that is this machine."""

    def __init__(self, prepare: Prepare) -> None:
        self._serve = functools.partial(_serve, prepare=prepare)

    def start(self) -> Worker:
        return workers.Worker(self._serve)

    def wait(self, pipes: Collection[Any]) -> Collection[Any]:
        return wait(pipes)


class Clerk:
    """What a worker is inside; it is prepared at its first shard."""

    def __init__(self, prepare: Prepare) -> None:
        self._work = functools.cache(prepare)

    def solve(self, shard: Shard) -> Exception | None:
        """Answers a shard with None, or with what went wrong."""
        try:
            self._work()(shard)
        except Exception as error:
            return error
        return None


def _serve(pipe: Connection, prepare: Prepare) -> None:
    """What a process does."""
    clerk = Clerk(prepare)
    while True:
        pipe.send(clerk.solve(pipe.recv()))


def solve_in_crew(workplace: Workplace, shards: Iterable[Shard], count: int) -> Iterator[Shard]:
    """Solve shards with `count` workers and yield each when it is finished.

    Raises:
        PuzzleSolverError: that of `shards`, after those before it; or workers die at one shard
            again and again.
    """
    idle: list[Worker] = []
    busy: dict[Worker, Shard] = {}
    again: list[Shard] = []
    deaths = Counter[int]()
    fault: PuzzleSolverError | None = None

    def mourn(worker: Worker, shard: Shard, death: Exception) -> None:
        """Another one shall solve it."""
        worker.end()
        again.append(shard)
        deaths[shard.index] += 1
        if deaths[shard.index] >= MOST_DEATHS:
            reason = f": {death}" if str(death) else ""
            raise PuzzleSolverError(
                f"{MOST_DEATHS} workers died at shard {shard.index}{reason}",
                where=shard.puzzles[0].source,
                hint="is there memory for so many --jobs? the same command goes on from here",
            ) from death

    remaining = iter(shards)
    try:
        while True:
            while len(busy) < count:
                try:
                    shard = again.pop() if again else next(remaining, None)
                except PuzzleSolverError as error:
                    fault, remaining = error, iter(())
                    continue
                if shard is None:
                    break
                worker = idle.pop() if idle else workplace.start()
                try:
                    worker.pipe.send(shard)
                except OSError as death:  # while it was idle
                    mourn(worker, shard, death)
                else:
                    busy[worker] = shard
            if not busy:
                break
            ready = workplace.wait([worker.pipe for worker in busy])
            for worker in [worker for worker in busy if worker.pipe in ready]:
                shard = busy.pop(worker)
                try:
                    wrong = worker.pipe.recv()
                except (EOFError, OSError) as death:
                    mourn(worker, shard, death)
                    continue
                idle.append(worker)
                if wrong is not None:
                    raise wrong
                yield shard
        if fault is not None:
            raise fault
    finally:  # a shard that is not finished leaves nothing that counts
        for worker in [*busy, *idle]:
            worker.end()
