"""`puzzlesolver bench`: a thin layer over `puzzlesolver.bench`, which does the work.

$ puzzlesolver bench list
$ puzzlesolver bench sudoku-extreme --data sudoku.csv --json benchmarks/sudoku-extreme.json
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from puzzlesolver.cli.options import (
    BatchSize,
    Choose,
    Device,
    Engine,
    Model,
    Noise,
    Rollouts,
    Symmetries,
    Threads,
)
from puzzlesolver.errors import UsageError

EPILOG = (
    "Exit codes: 0 measured; 1 an answer was unsound, or worse than in --compare; 2 usage; "
    "3 unreadable puzzles; 4 model problem; 130 interrupted, go on with --resume."
)


def bench(
    suite: Annotated[
        str, typer.Argument(metavar="list|SUITE", help="A suite; list prints what there is.")
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="CSV",
            show_default="puzzles made for the suite",
            help="Measure on these puzzles (source,question,answer,rating).",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="N",
            min=1,
            show_default="all",
            help="Only the first so many puzzles.",
        ),
    ] = None,
    modes: Annotated[
        list[str] | None,
        typer.Option(
            "--mode",
            metavar="settle|raw|verified",
            show_default="the suite's",
            help="May be given several times.",
        ),
    ] = None,
    max_steps: Annotated[
        int | None,
        typer.Option(
            "--max-steps",
            metavar="N",
            min=1,
            show_default="the suite's",
            help="Steps a puzzle may spend.",
        ),
    ] = None,
    noise: Noise = 0.0,
    rollouts: Rollouts = 1,
    symmetries: Symmetries = None,
    choose: Choose = "weighted",
    model: Model = None,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", metavar="N", min=0, help="Of the puzzles that are made, and of all noise."
        ),
    ] = 0,
    batch_size: BatchSize = 1_024,
    engine: Engine = "torch",
    device: Device = "auto",
    threads: Threads = None,
    cost: Annotated[
        bool, typer.Option("--cost", help="Also measure throughput at batch sizes 1, 64, 1024.")
    ] = False,
    compiled: Annotated[
        bool,
        typer.Option(
            "--compile", help="Compile the step: half a minute once, then about twice as fast."
        ),
    ] = False,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="FILE", show_default=False, help="Write the report, every number."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the unfinished run kept beside --json.")
    ] = False,
    compare: Annotated[
        Path | None,
        typer.Option(
            "--compare",
            metavar="OLD.json",
            show_default=False,
            help="Print what got worse since an earlier report.",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot", metavar="FILE.png", show_default=False, help="Draw accuracy against steps."
        ),
    ] = None,
) -> None:
    """Measure a model on a suite: accuracy against steps, what settling is worth, cost."""
    if suite == "list":
        from puzzlesolver.bench.suites import SUITES

        for name, entry in SUITES.items():
            typer.echo(f"{name}: {entry.description}")
        typer.echo(f"{COST}: seconds an answer, of shipped models and published ones at paper size")
        return
    if suite == COST:
        _cost(data, limit or COSTED, seed, device, threads, json_file)
        return

    from rich.console import Console

    from puzzlesolver.bench import report as reports
    from puzzlesolver.bench.runner import run_suite
    from puzzlesolver.bench.suites import get_suite
    from puzzlesolver.runtime import choose_runtime

    if compiled and engine == "onnx":
        raise UsageError("only torch compiles steps", where="--compile")
    get_suite(suite)
    old = reports.read_report(compare) if compare else None
    policy = {"noise": noise, "rollouts": rollouts, "symmetries": symmetries, "choose": choose}
    if max_steps is not None:
        policy["max_steps"] = max_steps
    new = run_suite(
        suite,
        model=model,
        data=data,
        limit=limit,
        modes=modes,
        policy=policy,
        seed=seed,
        batch_size=batch_size,
        runtime=choose_runtime("cpu" if engine == "onnx" else device, threads),
        engine=engine,
        device=device,
        out_json=json_file,
        resume=resume,
        cost=cost,
        compiled=compiled,
        console=Console(stderr=True),
    )
    if plot:
        reports.plot(new, plot)
    worse = reports.compare(old, new) if old else reports.faults(new)
    for sentence in worse:
        typer.echo(sentence)
    raise typer.Exit(1 if worse else 0)


COST = "cost"
COSTED = 64
"""Puzzles of each kind that `cost` solves with the shipped models."""


def _cost(
    data: Path | None,
    count: int,
    seed: int,
    device: str,
    threads: int | None,
    json_file: Path | None,
) -> None:
    """Time every family in one run; `--data` are the Sudokus, mazes are generated."""
    import json

    from rich.console import Console

    from puzzlesolver.bench.families import cost_table, measure_families
    from puzzlesolver.bench.suites import get_suite
    from puzzlesolver.hub.folder import write_atomically
    from puzzlesolver.runtime import choose_runtime

    console = Console(stderr=True)
    cases = {
        "sudoku": get_suite("sudoku-extreme").load(data, count, seed),
        "maze": get_suite("maze-hard").load(None, count, seed),
    }
    report = measure_families(
        choose_runtime(device, threads),
        {domain: each.puzzles for domain, each in cases.items()},
        tell=lambda line: console.print(line, highlight=False),
    )
    report["data"] = {
        domain: {"name": each.name, "sha256": each.sha256} for domain, each in cases.items()
    }
    console.print(cost_table(report))
    if json_file is not None:
        write_atomically(json_file, json.dumps(report, indent=1).encode() + b"\n")
