"""Millions of puzzles: a stream in, a folder of results out, in the order of the input.

The input is read once, a shard at a time, and what is finished is skipped, so the same command goes
on where it was stopped. Every shard is solved from its own start, whatever came before it, so its
results are the same in every run; the time a puzzle took is not in them, because it never is.

    >>> load = functools.partial(load_solver, "sudoku", None, {"max_steps": 512})
    >>> solve_stream(read_puzzles(["big.csv"]), Path("out"), load, record, 2_000, jobs=2)
    {'solved': 999_998, 'unsolved': 2}
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from puzzlesolver import __version__
from puzzlesolver.bulk.crew import solve_in_processes
from puzzlesolver.bulk.shards import Folder, Shard, cut, write_shard
from puzzlesolver.errors import ModelError, UsageError

if TYPE_CHECKING:
    from puzzlesolver.domains.base import Puzzle
    from puzzlesolver.solver import Result, Solver

SPEED = ("model", "runtime", "batch_size")
"""Fields of a `Solver` that are no settings: the model has a hash, the others change no answer."""

Describe = Callable[["Result"], dict[str, Any]]


def solve_stream(
    puzzles: Iterable[Puzzle],
    folder: Path,
    load: Callable[[], Solver],
    describe: Describe,
    shard_size: int,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
) -> dict[str, int]:
    """Solve all puzzles of one kind that have no result in the folder yet.

    Args:
        puzzles: read lazily; at most `jobs + 1` shards are held.
        folder: for the results, `*.jsonl` in the order of their names; see `shards.py`.
        load: makes the solver; picklable, because every worker loads its own.
        describe: a result as JSON data; picklable. The field `seconds` is left out.
        shard_size: puzzles a shard; what is interrupted begins its shard again.
        jobs: worker processes; 1 = this process alone.
        progress: told how many puzzles each finished shard has.

    Returns:
        How many results have each status, earlier runs included.

    Raises:
        UsageError: the folder is of other puzzles or settings, the puzzles are of several kinds, or
            the policy has a time limit.
        ParseError: the input is unreadable; shards before the fault are finished.
    """
    solver = load()
    if solver.policy.time_limit is not None:
        raise UsageError(
            "with a time limit the results would depend on the machine's load",
            where="--time-limit",
            hint="limit --max-steps, or stop the command and go on with it later",
        )
    results = Folder(folder, _settings(solver, shard_size))
    shards = results.unfinished(cut(puzzles, shard_size))
    prepare = Prepare(load, describe, folder, solver.model_sha256)
    finished: Iterator[Shard]
    if jobs == 1:
        finished = _solve_here(prepare.work(solver), shards)
    else:
        finished = solve_in_processes(prepare, shards, jobs)
    for shard in finished:
        if progress is not None:
            progress(len(shard.puzzles))
    statuses: dict[str, int] = results.finish()["statuses"]
    return statuses


@dataclass(frozen=True)
class Prepare:
    """Makes the function that solves a shard, in whichever process it is called."""

    load: Callable[[], Solver]
    describe: Describe
    folder: Path
    sha256: str

    def __call__(self) -> Callable[[Shard], None]:
        """Load the model; raises `ModelError` when it is no longer the one the run began with."""
        solver = self.load()
        if solver.model_sha256 != self.sha256:
            raise ModelError("the weights have changed during the run", where=solver.model_name)
        return self.work(solver)

    def work(self, solver: Solver) -> Callable[[Shard], None]:
        """The function, for a solver that is loaded already."""

        def solve_shard(shard: Shard) -> None:
            write_shard(self.folder / shard.name, map(self._line, solver.solve(shard.puzzles)))

        return solve_shard

    def _line(self, result: Result) -> str:
        fields = self.describe(result)
        fields.pop("seconds", None)
        return json.dumps(fields)


def _solve_here(work: Callable[[Shard], None], shards: Iterable[Shard]) -> Iterator[Shard]:
    for shard in shards:
        work(shard)
        yield shard


def _settings(solver: Solver, shard_size: int) -> dict[str, Any]:
    """All that the results depend on beside the puzzles."""
    fields = {
        field.name: getattr(solver, field.name)
        for field in dataclasses.fields(solver)
        if field.name not in SPEED
    }
    runtime = solver.runtime
    place = {"device": runtime.device.type, "dtype": str(runtime.dtype)} if runtime else {}
    policy = dataclasses.asdict(solver.policy)
    return {"version": __version__, **fields, "policy": policy, **place, "shard_size": shard_size}
