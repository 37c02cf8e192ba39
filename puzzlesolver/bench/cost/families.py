"""What an answer costs: published models at paper size beside the shipped ones, in one run.

The published models have random weights here: nothing they answer counts, only what the published
number of steps takes. Ours is the time of a *verified* answer, failures included in it.

In: a suite's name. Out: a report with the time of a step of every model, engine and batch size, of
an answer, and ratios.

    >>> run("cost", limit=64)["rows"][1]["times_ours"]
    5.4
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from puzzlesolver.bench import runner
from puzzlesolver.bench.compare import MUCH, same
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

Contender = tuple[dict[str, Any], Callable[[], RecursiveModel]]
"""What is known of a system, and how its model is made."""

SOLVED = 64
"""Puzzles of each kind that the shipped models solve."""

DATA = {"sudoku": "sudoku-extreme", "maze": "maze-hard"}
"""By kind: the suite whose puzzles are solved."""

SHIPPED, RANDOM = "shipped", "random, cost only"

MLP = {"mlp_t": True, "pos_encodings": "none"}
MAZE = {"vocab_size": 6, "seq_len": 900}


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
    """What is timed, and where.

    Attributes:
        data: the Sudokus; None = generated ones, as the mazes always are.
        limit: puzzles of each kind that the shipped models solve.
        seed: of the puzzles that are made.
        device: where everything runs.
        threads: of the CPU; None = torch's own number.
        resume: go on with an unfinished journal.
        old: the report that the new one will be compared with.
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
    old: Mapping[str, Any] | None = None
    systems: Sequence[Setting] = SETTINGS
    batches: Sequence[int] = BATCHES
    longest_step: float = LONGEST_STEP


def run(name: str, **given: Any) -> dict[str, Any]:
    """Time every model on the same machine.

    Args:
        name: of the suite.
        given: fields of `Options`.

    Raises:
        UsageError: the old report is of another machine.
    """
    options = Options(**given)
    runtime = choose_runtime(options.device, options.threads)
    machine = describe_machine(runtime)
    if options.old is not None:  # refuse now what `compare` would refuse after the run
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
    rows, profiles = [], []
    for domain, each in cases.items():
        for row, make in _contenders(domain, journal.cost[domain], options.systems):
            tell(options.console, f"{row['system']} on {domain}, weights: {row['weights']}")
            model = make()
            rows.append(row | {"parameters": sum(part.numel() for part in model.parameters())})
            done = [cell for cell in journal.records if _whose(asdict(cell)) == _whose(row)]
            for cell in throughput(
                domain, row["system"], model, each.puzzles, runtime, meter=meter, done=done,
                batches=options.batches, longest_step=options.longest_step,
            ):  # fmt: skip
                journal.add(cell)
                done.append(cell)
            if peak and row["weights"] == SHIPPED:
                profiles += profiled(done, model, each.puzzles, runtime, peak)
    cells = _answers(journal.records, rows)
    found = {
        "meter": meter and meter.name,
        "cells": cells,
        "peak_gflops": peak,
        "profiles": profiles,
        "rows": [_with_seconds(row, rows, cells) for row in rows],
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
        f"{now:.3g} s a step, more than {MUCH:g} times the old {then:.3g}"
        for cell in new["cells"]
        if (now := cell["step_seconds"]) and (then := before.get(_key(cell))) and now > MUCH * then
    ]


def _check_same_machine(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    same(*(f"{each['machine']['cpu']}, {each['machine']['device']}" for each in (old, new)))


def _contenders(
    domain: str, ours: dict[str, Any], systems: Sequence[Setting]
) -> Iterator[Contender]:
    """Ours, then the published ones."""

    def shipped() -> RecursiveModel:
        network = load_network(None, domain).network
        assert isinstance(network, RecursiveModel)
        return network

    yield ours, shipped
    for system in systems:
        if system.domain == domain:
            row = {
                "system": system.system,
                "domain": domain,
                "weights": RANDOM,
                "score": system.score,
                "steps": system.steps,
            }
            yield row, functools.partial(_random, system)


def _random(system: Setting) -> RecursiveModel:
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build_model(system.family, system.model).eval()


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


def _answers(cells: Sequence[Cell], rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Cells with what they mean for whole answers, at the number of steps of each system."""
    steps = {_whose(row): row.get("steps_per_answer", row["steps"]) for row in rows}
    ours = {row["domain"]: row["system"] for row in rows if row["weights"] == SHIPPED}

    def per_answer(cell: Cell, spent: float | None) -> float | None:
        count = steps[cell.domain, cell.system]
        return None if spent is None or count is None else spent * count / cell.batch

    seconds = {_key(asdict(cell)): per_answer(cell, cell.step_seconds) for cell in cells}
    told = []
    for cell in cells:
        its = seconds[_key(asdict(cell))]
        best = seconds.get((cell.domain, ours[cell.domain], cell.engine, cell.batch))
        told.append(
            asdict(cell)
            | {
                "seconds": its,
                "joules": per_answer(cell, cell.step_joules),
                "times_ours": its / best if its and best else None,
            }
        )
    return told


def _with_seconds(
    row: dict[str, Any], rows: Sequence[dict[str, Any]], cells: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """A published system's answer at the engine and batch size that suit it best."""
    if row["weights"] == SHIPPED:
        return row
    seconds = [cell["seconds"] for cell in cells if _whose(cell) == _whose(row) and cell["seconds"]]
    best = min(seconds, default=None)
    ours = next(other["seconds"] for other in rows if other["domain"] == row["domain"])
    return row | {
        "seconds": best and round(best, 4),
        "times_ours": float(f"{best / ours:.3g}") if best and ours else None,
    }


def _whose(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["domain"], row["system"]


def _key(cell: Mapping[str, Any]) -> tuple[str, str, str, int]:
    return cell["domain"], cell["system"], cell["engine"], cell["batch"]
