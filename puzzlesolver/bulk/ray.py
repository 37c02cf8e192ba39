"""Workers on a Ray cluster: what `crew.py` does with processes, done with actors.

In: shards, and the address of a cluster. Out: the shards as they are finished. A shard travels to
an actor, which has its own model and writes the results, so all machines must see the folder.

    >>> for shard in solve_on_ray(prepare, shards, count=2):
    ...     print(shard.name)
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from puzzlesolver.bulk.crew import Clerk, Prepare, Work, solve_in_crew
from puzzlesolver.bulk.shards import Shard
from puzzlesolver.errors import UsageError
from puzzlesolver.extras import require

LOCAL = "local"
"""Address of a cluster of our own, on this machine, that ends with the run."""

PATIENCE = 5.0
"""Seconds in which an address must answer; Ray itself would wait for minutes."""


def solve_on_ray(
    prepare: Prepare, shards: Iterable[Shard], count: int, address: str = LOCAL, gpus: int = 0
) -> Iterator[Shard]:
    """Solve shards with `count` actors and yield each when it is finished.

    Args:
        prepare: called in each actor, in the folder that this process works in.
        shards: read when an actor is free.
        count: of actors; each has a CPU.
        address: `LOCAL`, or of a cluster to join: `HOST:PORT`, or `auto` for that of this machine.
        gpus: that each actor needs.

    Raises:
        UsageError: Ray is not installed, or the cluster does not answer or is too small.
        PuzzleSolverError: as in `solve_in_crew`.
    """
    with _connect(address, count):
        _check_room({"CPU": count, "GPU": count * gpus})
        prepare = functools.partial(_prepare_in, Path.cwd(), prepare)
        yield from solve_in_crew(_Actors(prepare, gpus), shards, count)


class _Actors:
    """The workplace that is a cluster."""

    def __init__(self, prepare: Prepare, gpus: int) -> None:
        import ray

        self._hire = ray.remote(num_cpus=1, num_gpus=gpus)(Clerk).remote
        self._prepare = prepare

    def start(self) -> _Actor:
        return _Actor(self._hire(self._prepare))

    def wait(self, pipes: Collection[_Actor]) -> Collection[_Actor]:
        import ray

        ready, _ = ray.wait([pipe.answer for pipe in pipes])
        return [pipe for pipe in pipes if pipe.answer in ready]


class _Actor:
    """A worker of that workplace, which is asked one thing at a time."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle
        self.pipe: Any = self
        self.answer: Any = None

    def end(self) -> None:
        import ray

        ray.kill(self._handle)

    def send(self, shard: Shard) -> None:
        self.answer = self._handle.solve.remote(shard)

    def recv(self) -> Exception | None:
        import ray

        try:
            error: Exception | None = ray.get(self.answer)
        except ray.exceptions.RayError as death:
            raise EOFError(str(death).splitlines()[-1]) from death
        return error


def _connect(address: str, count: int) -> AbstractContextManager[Any]:
    """A connection, and for `LOCAL` a cluster of `count` CPUs, until the context ends."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    require("scale", "--ray")
    import ray

    own = {"num_cpus": count, "include_dashboard": False} if address == LOCAL else {}
    try:
        if ":" in address:
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), PATIENCE).close()
        connection: AbstractContextManager[Any] = ray.init(
            address, log_to_driver=False, logging_level="CRITICAL", **own
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(
            f"no Ray cluster can be reached at {address!r}: {error}",
            where="--ray",
            hint="give HOST:PORT of its head, on a machine that `ray start` has made part of it; "
            "a cluster that checks tokens needs RAY_AUTH_MODE=token",
        ) from error
    return connection


def _check_room(needed: dict[str, int]) -> None:
    """Actors without room would wait for those that have it, and these never leave."""
    import ray

    room = ray.cluster_resources()
    for kind, count in needed.items():
        if room.get(kind, 0) < count:
            what = f"the cluster has {room.get(kind, 0):g} {kind}s, and {count} are needed"
            raise UsageError(what, where="--jobs", hint="each worker needs one")


def _prepare_in(folder: Path, prepare: Prepare) -> Work:
    """`prepare` where relative paths mean what they mean in the process that started the run."""
    with contextlib.suppress(OSError):  # what is missed is told when it is opened
        os.chdir(folder)
    return prepare()
