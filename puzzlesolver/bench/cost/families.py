"""What an answer costs: published models at paper size beside the shipped ones, in one run.

The published models have random weights here: nothing they answer counts, only what the published
number of steps takes. Ours is the time of a *verified* answer, failures included in it.

In: a suite's name. Out: a report with the time of a step of every model, engine and batch size, of
an answer, and ratios.

    >>> run("cost", limit=64)["rows"][1]["times_ours"]
    5.4
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from puzzlesolver.bench import runner
from puzzlesolver.bench.cost.families_page import OURS
from puzzlesolver.bench.cost.meter import find_meter
from puzzlesolver.bench.cost.profile import peak_gflops, profiled
from puzzlesolver.bench.cost.throughput import BATCHES, LONGEST_STEP, Cell, throughput
from puzzlesolver.bench.journal import Journal
from puzzlesolver.bench.machine import describe_machine
from puzzlesolver.bench.report.terminal import tell
from puzzlesolver.bench.suites import get_suite
from puzzlesolver.domains.base import Puzzle
from puzzlesolver.loading import load_network
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.models.registry import build_model
from puzzlesolver.pipeline import load_solver
from puzzlesolver.runtime import Runtime, choose_runtime
from puzzlesolver.train.recipes.papers import MAZE, MLP

SOLVED = 64
"""Puzzles of each kind that the shipped models solve."""

DATA = {"sudoku": "sudoku-extreme", "maze": "maze-hard"}
"""By kind: the suite whose puzzles are solved."""

SHIPPED, RANDOM = "shipped", "random, cost only"


@dataclass(frozen=True)
class Setting:
    """A published model and how many steps its reported score takes."""

    system: str
    domain: str
    family: str
    model: dict[str, Any]
    steps: int
    score: str


SETTINGS = (
    Setting("HRM", "sudoku", "hrm", {}, 16, "55.0"),
    Setting("TRM-MLP", "sudoku", "trm", MLP, 16, "87.4"),
    Setting("TRM-Att", "sudoku", "trm", {}, 16, "74.7"),
    Setting("RSM, trained depth", "sudoku", "rsm", {"L_cycles": 12}, 8, "72.1"),
    Setting("RSM, 640 steps", "sudoku", "rsm", {"L_cycles": 8}, 640, "97.5"),
    Setting("SE-RRM", "sudoku", "se-rrm", {}, 16, "93.7"),
    Setting("HRM", "maze", "hrm", MAZE, 16, "74.5"),
    Setting("TRM-Att", "maze", "trm", MAZE | {"L_cycles": 4}, 16, "85.3"),
    Setting(
        "SE-RRM", "maze", "se-rrm",
        MAZE | {"L_cycles": 4, "equivariant_symbols": False, "add_tokens": 0}, 16, "88.8",
    ),
    Setting(
        "RSM, trained depth", "maze", "rsm",
        MAZE | {"L_layers": 2, "L_cycles": 5, "mlp_t": False, "pos_encodings": "rope"}, 9, "~80",
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Options(runner.Options):
    """What is timed, and where; what is not told here is an option of `puzzlesolver bench`.

    Attributes:
        data: the Sudokus; None = generated ones, as the mazes always are.
        limit: puzzles of each kind that the shipped models solve.
        systems: published models.
        batches: puzzles that are refined together.
        longest_step: seconds that one step of a batch may take; what would take longer is left out.
    """

    data: Path | None = None
    limit: int = SOLVED
    seed: int = 0
    device: str = "auto"
    threads: int | None = None
    resume: bool = False
    systems: Sequence[Setting] = SETTINGS
    batches: Sequence[int] = BATCHES
    longest_step: float = LONGEST_STEP


def run(name: str, **given: Any) -> dict[str, Any]:
    """Time every model on the same machine.

    Raises:
        UsageError: the old report is of another machine.
    """
    options = Options(**given)
    runtime = choose_runtime(options.device, options.threads)
    machine = describe_machine(runtime)
    if options.old is not None:
        _check_same_machine(options.old, {"machine": machine})
    meter = find_meter(runtime.device)
    cases = {
        domain: get_suite(suite).load(
            options.data if domain == "sudoku" else None, options.limit, options.seed
        )
        for domain, suite in DATA.items()
    }
    settings = {
        "suite": name,
        "seed": options.seed,
        "data": {
            domain: {"name": each.name, "sha256": each.sha256} for domain, each in cases.items()
        },
        "puzzles": {domain: len(each.puzzles) for domain, each in cases.items()},
        "machine": machine,
        "batches": list(options.batches),
        "longest_step": options.longest_step,
    }
    journal = Journal(
        options.out_json, settings, options.resume, Cell, cost=dict.fromkeys(cases, OURS)
    )
    if journal.cost is None:
        tell(options.console, "the shipped models solve puzzles")
        journal.add_cost({kind: _solved(runtime, kind, c.puzzles) for kind, c in cases.items()})
    assert journal.cost is not None
    peak = peak_gflops(runtime) if runtime.device.type == "cpu" else None
    rows, cells, profiles = [], [], []
    for domain, each in cases.items():
        ours = journal.cost[domain]
        fastest: dict[tuple[str, int], float | None] = {}  # ours come first
        for row, model in _contenders(ours, options.systems):
            tell(options.console, f"{row['system']} on {domain}, weights: {row['weights']}")
            done = [
                cell for cell in journal.records
                if (cell.domain, cell.system) == (domain, row["system"])
            ]  # fmt: skip
            for cell in throughput(
                domain, row["system"], model, each.puzzles, runtime, meter=meter, done=done,
                batches=options.batches, longest_step=options.longest_step,
            ):  # fmt: skip
                journal.add(cell)
                done.append(cell)
            if peak and row is ours:
                profiles += profiled(done, model, each.puzzles, runtime, peak)
            told = [_answer(cell, row, fastest) for cell in done]
            if row is not ours:
                row |= _at_best(told, ours)
            rows.append(row | {"parameters": sum(part.numel() for part in model.parameters())})
            cells += told
    found = {
        "meter": meter and meter.name,
        "cells": cells,
        "peak_gflops": peak,
        "profiles": profiles,
        "rows": rows,
    }
    return runner.finish(options.out_json, settings | found, journal)


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What became much slower, one sentence each.

    Raises:
        UsageError: the reports are of different machines.
    """
    _check_same_machine(old, new)
    before = {_key(cell): cell["step_seconds"] for cell in old.get("cells", ())}
    return [
        f"{cell['system']} on {cell['domain']}, {cell['engine']}, batch {cell['batch']:,}: "
        f"{now:.3g} s a step, more than {runner.MUCH:g} times the old {then:.3g}"
        for cell in new["cells"]
        if (now := cell["step_seconds"])
        and (then := before.get(_key(cell)))
        and now > runner.MUCH * then
    ]


def _check_same_machine(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    runner.same(*(f"{each['machine']['cpu']}, {each['machine']['device']}" for each in (old, new)))


def _contenders(
    ours: dict[str, Any], systems: Sequence[Setting]
) -> Iterator[tuple[dict[str, Any], RecursiveModel]]:
    """What is known of a system, and its model: ours, then the published ones."""
    network = load_network(None, ours["domain"]).network
    assert isinstance(network, RecursiveModel)
    yield ours, network
    for each in systems:
        if each.domain == ours["domain"]:
            row = {
                "system": each.system, "domain": each.domain, "weights": RANDOM,
                "score": each.score, "steps": each.steps,
            }  # fmt: skip
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                model = build_model(each.family, each.model).eval()
            yield row, model


def _solved(runtime: Runtime, domain: str, puzzles: Sequence[Puzzle]) -> dict[str, Any]:
    """Seconds and steps for each verified answer, with those of the others in it."""
    solver = load_solver(domain, None, {}, runtime=runtime, batch_size=len(puzzles))
    list(solver.solve(puzzles[:1]))  # compiles
    started = time.perf_counter()
    results = list(solver.solve(puzzles))
    seconds = time.perf_counter() - started
    verified = sum(result.verdict.status == "verified" for result in results)
    steps = sum(result.steps for result in results)
    return {
        "system": f"ours, {solver.model_name}",
        "domain": domain,
        "weights": SHIPPED,
        "puzzles": len(puzzles),
        "verified": verified,
        "steps": round(steps / len(results)),
        "steps_per_answer": steps / verified if verified else None,
        "seconds": round(seconds / verified, 4) if verified else None,
    }


def _answer(
    cell: Cell, row: Mapping[str, Any], fastest: dict[tuple[str, int], float | None]
) -> dict[str, Any]:
    """A cell with what it means for a whole answer, at the number of steps of its system."""
    count = row.get("steps_per_answer", row["steps"])
    seconds, joules = (
        None if spent is None or count is None else spent * count / cell.batch
        for spent in (cell.step_seconds, cell.step_joules)
    )
    best = fastest.setdefault((cell.engine, cell.batch), seconds)
    ratio = seconds / best if seconds and best else None
    return asdict(cell) | {"seconds": seconds, "joules": joules, "times_ours": ratio}


def _at_best(cells: Sequence[Mapping[str, Any]], ours: Mapping[str, Any]) -> dict[str, Any]:
    """A published system's answer at the engine and batch size that suit it best."""
    best = min((cell["seconds"] for cell in cells if cell["seconds"]), default=None)
    known = best and ours["seconds"]
    return {
        "seconds": best and round(best, 4),
        "times_ours": float(f"{best / ours['seconds']:.3g}") if known else None,
    }


def _key(cell: Mapping[str, Any]) -> tuple[str, str, str, int]:
    return cell["domain"], cell["system"], cell["engine"], cell["batch"]
