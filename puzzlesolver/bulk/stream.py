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
from puzzlesolver.bulk.crew import Processes, Work, solve_in_crew
from puzzlesolver.bulk.ray import solve_on_ray
from puzzlesolver.bulk.shards import Folder, Shard, check_run, cut, write_shard
from puzzlesolver.errors import UsageError
from puzzlesolver.files import held
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.runtime import choose_runtime

if TYPE_CHECKING:
    from puzzlesolver.domains.base import Puzzle
    from puzzlesolver.refine.report import Result
    from puzzlesolver.solver import Solver

SPEED = ("model", "runtime", "batch_size", "trained_side")
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
    cluster: str | None = None,
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
        cluster: where Ray runs the jobs instead, as in `solve_on_ray`; all its machines must see
            the folder and have this version installed. None = without Ray.

    Returns:
        How many results have each status, earlier runs included.

    Raises:
        UsageError: the folder is of other puzzles or settings, the puzzles are of several kinds,
            the policy has a time limit, another run fills the folder, or there is no such cluster.
        ParseError: the input is unreadable; shards before the fault are finished.
    """
    solver = load()
    if solver.policy.time_limit is not None:
        what = "with a time limit the results would depend on the machine's load"
        hint = "limit --max-steps, or stop the command and go on with it later"
        raise UsageError(what, where="--time-limit", hint=hint)
    settings = _settings(solver, shard_size)
    results = Folder(folder, settings)
    shards = results.unfinished(cut(puzzles, shard_size))
    prepare = Prepare(load, describe, folder, shard_size)
    finished: Iterator[Shard]
    if cluster is not None:
        gpus = int(settings["device"] == "cuda")
        finished = solve_on_ray(prepare, shards, jobs, cluster, gpus)
    elif jobs == 1:
        finished = _solve_here(prepare.work(solver), shards)
    else:
        finished = solve_in_crew(Processes(prepare), shards, jobs)
    with held(folder, "another run"):
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
    shard_size: int

    def __call__(self) -> Work:
        """Load the model; raises `UsageError` when it is not the one the run began with."""
        solver = self.load()
        check_run(self.folder, _settings(solver, self.shard_size))
        return self.work(solver)

    def work(self, solver: Solver) -> Work:
        """The function, for a solver that is loaded already."""

        def solve_shard(shard: Shard) -> None:
            write_shard(self.folder / shard.name, map(self._line, solver.solve(shard.puzzles)))

        return solve_shard

    def _line(self, result: Result) -> str:
        fields = self.describe(result)
        fields.pop("seconds", None)
        return json.dumps(fields)


def _solve_here(work: Work, shards: Iterable[Shard]) -> Iterator[Shard]:
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
    policy = dataclasses.asdict(solver.policy)
    place = _place(solver)
    return {"version": __version__, **fields, "policy": policy, **place, "shard_size": shard_size}


def _place(solver: Solver) -> dict[str, str]:
    """Where the arithmetic runs: this decides the last bits of every number."""
    if not isinstance(solver.model, RecursiveModel):
        return {"engine": "onnx", "device": solver.model.device.partition(":")[0]}
    runtime = solver.runtime or choose_runtime()
    return {"engine": "torch", "device": runtime.device.type, "dtype": str(runtime.dtype)}
