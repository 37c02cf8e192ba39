"""Millions of puzzles: how many a second, in how much memory, and what a full batch is worth.

Most puzzles of a large input are easy and a few are not. A batch that waits for its hardest puzzle
wastes most of its steps; so finished puzzles leave ours and others take their place. Here the same
puzzles are solved in that way and in fixed batches, and then a long file by the command itself,
while somebody watches the memory of all its processes.

In: how many puzzles. Out: a report.

    >>> run("stream", limit=1_000_000)["stream"]["peak_gib"]
    1.4
"""

from __future__ import annotations

import csv
import itertools
import json
import math
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from puzzlesolver.bench import runner
from puzzlesolver.bench.cost.stream_page import WAYS
from puzzlesolver.bench.machine import describe_machine
from puzzlesolver.bench.report.terminal import tell
from puzzlesolver.bench.settling.boards import settle_boards
from puzzlesolver.bulk.shards import MANIFEST
from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.errors import PuzzleSolverError
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.pipeline import load_solver
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.refine.report import Result
from puzzlesolver.runtime import Runtime, choose_runtime, read_proc
from puzzlesolver.solver import Solver

MILLION = 1_000_000

MIX = {"nearly full": 9, "one solution": 1}
"""How many of ten boards are of each kind of `settle_boards`. The second is a third each of random
minimal boards, of boards that want a guess, and of hard ones."""

BASES = 200
"""Boards of each kind; the others are equivalent to one of them."""

SAMPLE = 2_000
"""Puzzles that are solved in each way, at most."""

MAX_STEPS = 64
"""Of one puzzle."""

ROUNDS = 2
"""Times that each way is measured, in turn; the faster one counts."""

WATCH = 0.5
"""Seconds between looks at the memory."""


@dataclass(frozen=True, kw_only=True)
class Options(runner.Options):
    """What is solved, and where; what is not told here is an option of `puzzlesolver bench`.

    Attributes:
        limit: puzzles of the long file.
        threads: of the ways to fill a batch; None = torch's own number.
        processes: that solve the long file, one thread each; None = one a core.
    """

    limit: int = MILLION
    seed: int = 0
    max_steps: int = MAX_STEPS
    batch_size: int = 256
    device: str = "auto"
    threads: int | None = None
    processes: int | None = None


def run(name: str, **given: Any) -> dict[str, Any]:
    """Measure both.

    Raises:
        UsageError: the old report is of another machine or of other puzzles.
    """
    options = Options(**given)
    runtime = choose_runtime(options.device, options.threads)
    machine = describe_machine(runtime)
    limit, size = options.limit, options.batch_size
    if options.old is not None:
        _check_same(options.old, {"machine": machine, "stream": {"puzzles": limit}})
    policy = {"max_steps": options.max_steps}
    solver = load_solver("sudoku", None, policy, runtime=runtime, batch_size=size)
    sample = list(mixed(min(limit, SAMPLE), options.seed))
    told = f"{len(sample):,} puzzles in batches of {size:,}, filled in {len(WAYS)} ways"
    tell(options.console, told)
    filling = fillings(solver, sample, runtime)
    jobs = options.processes or runtime.threads
    tell(options.console, f"{limit:,} puzzles as one file, {jobs} processes")
    words = [  # nobody watches a million answers settle
        f"--max-steps={options.max_steps}",
        "--linger=0",
        f"--jobs={jobs}",
        f"--device={options.device}",
        "--threads=1",
    ]
    found = {
        "suite": name,
        "seed": options.seed,
        "mix": MIX,
        "max_steps": options.max_steps,
        "machine": machine,
        "filling": filling,
        "stream": {"processes": jobs, **streamed(mixed(limit, options.seed), words)},
    }
    return runner.finish(options.out_json, found)


def mixed(count: int, seed: int) -> Iterator[Puzzle]:
    """Boards in the proportions of `MIX`, each equivalent to one of a few, all different."""
    cases = settle_boards(None, min(count, BASES), seed)
    bases: dict[str, list[Puzzle]] = {kind: [] for kind in MIX}
    for puzzle, group in zip(cases.puzzles, cases.groups, strict=True):
        if group in MIX:
            bases[group].append(puzzle)
    kinds = [kind for kind, share in MIX.items() for _ in range(share)]
    rng = np.random.default_rng((seed, count))
    symmetries = get_domain("sudoku").symmetries(bases[kinds[0]][0], rng)
    for number in range(count):
        some = bases[kinds[rng.integers(len(kinds))]]
        grid = next(symmetries).apply(some[rng.integers(len(some))].grid)
        yield Puzzle("sudoku", f"{number}", grid, source=f"mixed, seed {seed}")


def fillings(solver: Solver, puzzles: Sequence[Puzzle], runtime: Runtime) -> dict[str, Any]:
    """Seconds of each of `WAYS`; the ratios are to the first."""
    assert isinstance(solver.model, RecursiveModel)
    engine = TorchEngine(solver.model, runtime)
    size = solver.batch_size
    batches = [puzzles[start : start + size] for start in range(0, len(puzzles), size)]
    results: list[Result] = []

    def refilled() -> None:
        results[:] = solver.solve(puzzles)

    def shrinking() -> None:
        for batch in batches:
            list(solver.solve(batch))

    def fixed() -> None:
        steps = iter(results)
        for each in batches:
            longest = max(result.steps for result in itertools.islice(steps, len(each)))
            batch = get_domain("sudoku").encode(each)
            state, inputs = engine.init_state(batch, range(len(each))), engine.embed(batch)
            engine.advance(state, inputs, batch.layout, longest)[1].cpu()

    list(solver.solve(puzzles[:1]))  # compiles
    ways: dict[str, Callable[[], None]] = {
        "refilled": refilled, "shrinking": shrinking, "fixed": fixed,
    }  # fmt: skip
    seconds = dict.fromkeys(ways, math.inf)
    for (way, solve), _ in itertools.product(ways.items(), range(ROUNDS)):
        started = time.perf_counter()
        solve()
        seconds[way] = min(seconds[way], time.perf_counter() - started)
    return {
        "puzzles": len(puzzles),
        "verified": sum(result.verdict.status == "verified" for result in results),
        "batch_size": size,
        "mean_steps": round(float(np.mean([result.steps for result in results])), 2),
        "seconds": {way: float(f"{spent:.4g}") for way, spent in seconds.items()},
        "times_refilled": {
            way: round(spent / seconds["refilled"], 2) for way, spent in seconds.items()
        },
    }


def streamed(puzzles: Iterator[Puzzle], options: Sequence[str]) -> dict[str, Any]:
    """`puzzlesolver solve FILE -f jsonl -o FOLDER` in a process of its own.

    Raises:
        PuzzleSolverError: it failed; puzzles without an answer are no failure.
    """
    with tempfile.TemporaryDirectory() as place:
        path, out = Path(place, "big.csv"), Path(place, "out")
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("source", "question"))
            rows.writerows((p.name, get_domain("sudoku").format_line(p.grid)) for p in puzzles)
        words = ["solve", str(path), "--format=jsonl", f"--output={out}/", *options]
        started, peak = time.perf_counter(), 0
        with subprocess.Popen(
            [sys.executable, "-m", "puzzlesolver", *words], stderr=subprocess.PIPE, text=True
        ) as process:
            while True:
                try:
                    _, complaints = process.communicate(timeout=WATCH)
                    break
                except subprocess.TimeoutExpired:
                    peak = max(peak, _resident(process.pid))
        seconds = time.perf_counter() - started
        if process.returncode not in (0, 1):
            raise PuzzleSolverError(f"solving the file failed: {complaints.strip()[-500:]}")
        manifest = json.loads((out / MANIFEST).read_text())
    return {
        "puzzles": manifest["puzzles"],
        "statuses": manifest["statuses"],
        "shards": len(manifest["shards"]),
        "seconds": round(seconds, 1),
        "puzzles_per_second": round(manifest["puzzles"] / seconds, 1),
        "peak_gib": round(peak / 2**30, 3) if peak else None,
    }


def _resident(pid: int) -> int:
    """Bytes that a process and its descendants hold, shared ones each time; 0 = nobody tells."""
    found = re.search(r"VmRSS:\s*(\d+)", read_proc(f"{pid}/status"))
    children = read_proc(f"{pid}/task/{pid}/children").split()
    return (1024 * int(found[1]) if found else 0) + sum(_resident(int(each)) for each in children)


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What got much worse, one sentence each; raises `UsageError` on other machines or puzzles."""
    _check_same(old, new)
    worse = []
    before, now = old["stream"], new["stream"]
    if runner.MUCH * now["puzzles_per_second"] < before["puzzles_per_second"]:
        worse.append(
            f"{now['puzzles_per_second']:,} puzzles/s, before {before['puzzles_per_second']:,}"
        )
    if (
        now["peak_gib"]
        and before["peak_gib"]
        and now["peak_gib"] > runner.MUCH * before["peak_gib"]
    ):
        worse.append(f"{now['peak_gib']} GiB at most, before {before['peak_gib']}")
    return worse


def _check_same(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    runner.same(*(
        f"{each['stream']['puzzles']:,} puzzles on {each['machine']['cpu']}" for each in (old, new)
    ))  # fmt: skip
