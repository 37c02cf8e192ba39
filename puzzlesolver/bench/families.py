"""What an answer costs: published models at paper size beside the shipped ones, in one run.

The published models have random weights here: nothing they answer counts, only what the published
number of steps takes. Ours is the time of a *verified* answer, failures included in it.

In: puzzles of both kinds. Out: a report with seconds a puzzle, and ratios.

    >>> measure_families(runtime, {"sudoku": puzzles, "maze": mazes})["rows"][0]["seconds"]
    9.3
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from puzzlesolver.bench.cost import describe_machine
from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.pipeline import load_solver
from puzzlesolver.runtime import Runtime

if TYPE_CHECKING:
    from rich.table import Table
    from torch.nn import Module

SCHEMA = 1

BATCH = {"sudoku": 16, "maze": 4}
"""Puzzles of a published model that are refined together."""

TIMED_STEPS = 2
"""Steps that are timed; every step of a published model costs the same."""

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
    Setting("HRM", "maze", "hrm", MAZE, 16, "74.5"),
    Setting("TRM-Att", "maze", "trm", MAZE | {"L_cycles": 4}, 16, "85.3"),
    Setting(
        "RSM, trained depth", "maze", "rsm",
        MAZE | {"L_layers": 2, "L_cycles": 5, "mlp_t": False, "pos_encodings": "rope"}, 9, "~80",
    ),
)  # fmt: skip


def measure_families(
    runtime: Runtime,
    puzzles: Mapping[str, Sequence[Puzzle]],
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Time every model on the same machine.

    Args:
        runtime: device and threads.
        puzzles: by kind; the shipped models solve all of them.
        tell: called with a line for people before each measurement.
    """
    rows = []
    for domain, given in puzzles.items():
        tell(f"the shipped {domain} model solves {len(given)} puzzles")
        ours = _shipped(runtime, domain, given)
        rows.append(ours)
        for setting in (setting for setting in SETTINGS if setting.domain == domain):
            tell(f"{setting.system} on {domain}, random weights")
            row = _published(runtime, setting, given[: BATCH[domain]])
            times = row["seconds"] / ours["seconds"] if ours["seconds"] else None
            rows.append(row | {"times_ours": times and round(times, 1)})
    return {
        "schema": SCHEMA,
        "suite": "cost",
        "machine": describe_machine(runtime),
        "puzzles": {domain: len(given) for domain, given in puzzles.items()},
        "rows": rows,
    }


def cost_table(report: Mapping[str, Any]) -> Table:
    """The rows for a terminal."""
    from rich.table import Table

    table = Table("puzzle", "system", "weights", "parameters", "steps", "s/puzzle", "× ours")
    for row in report["rows"]:
        seconds = "–" if row["seconds"] is None else f"{row['seconds']:.3g}"
        times = row.get("times_ours")
        table.add_row(
            row["domain"],
            row["system"],
            row["weights"],
            f"{row['parameters']:,}",
            f"{row['steps']:,}",
            seconds,
            "" if times is None else f"{times:g}",
        )
    return table


def _shipped(runtime: Runtime, domain: str, puzzles: Sequence[Puzzle]) -> dict[str, Any]:
    """Seconds for each verified answer, with the time of the others in it."""
    solver = load_solver(domain, None, {}, runtime=runtime, compiled=True, batch_size=len(puzzles))
    assert isinstance(solver.model, RecursiveModel)
    list(solver.solve(puzzles[:1]))  # compiles
    started = time.perf_counter()
    results = list(solver.solve(puzzles))
    seconds = time.perf_counter() - started
    verified = sum(result.verdict.status == "verified" for result in results)
    return {
        "system": f"ours, {solver.model_name}",
        "domain": domain,
        "weights": "shipped",
        "parameters": _parameters(solver.model),
        "puzzles": len(puzzles),
        "verified": verified,
        "steps": round(sum(result.steps for result in results) / len(results)),
        "seconds": round(seconds / verified, 4) if verified else None,
    }


def _published(runtime: Runtime, setting: Setting, puzzles: Sequence[Puzzle]) -> dict[str, Any]:
    """Seconds a puzzle at the published number of steps."""
    import torch

    from puzzlesolver.models.registry import build_model
    from puzzlesolver.refine.engines import TorchEngine

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_model(setting.family, setting.model)
    engine = TorchEngine(model, runtime, compiled=True)
    batch = get_domain(setting.domain).encode(puzzles)
    inputs = engine.embed(batch)
    state = engine.init_state(batch, range(len(puzzles)))
    engine.advance(state, inputs, batch.layout, 1)  # compiles
    started = time.perf_counter()
    engine.advance(state, inputs, batch.layout, TIMED_STEPS)
    seconds = time.perf_counter() - started
    return {
        "system": setting.system,
        "domain": setting.domain,
        "weights": "random, cost only",
        "parameters": _parameters(model),
        "puzzles": len(puzzles),
        "score": setting.score,
        "steps": setting.steps,
        "timed_steps": TIMED_STEPS,
        "seconds": round(seconds * setting.steps / TIMED_STEPS / len(puzzles), 4),
    }


def _parameters(model: Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
