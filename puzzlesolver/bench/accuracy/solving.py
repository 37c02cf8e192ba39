"""Runs a suite: every puzzle through a `Solver` in each mode, all numbers in one JSON.

The modes are those of `refine/policy.py`: *settle*, *raw*, *verified*.

    >>> report = run("sudoku-extreme", data=Path("sudoku.csv"), out_json=Path("result.json"))
    >>> report["modes"]["verified"]["accuracy"]
    {'count': 981, 'of': 1000, 'share': 0.981, 'low': 0.970516, 'high': 0.987803}
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from puzzlesolver.bench import runner
from puzzlesolver.bench.accuracy.batches import measure_cost
from puzzlesolver.bench.accuracy.compare import compare as compare
from puzzlesolver.bench.accuracy.compare import shared_modes
from puzzlesolver.bench.accuracy.exact import time_exact_solvers
from puzzlesolver.bench.accuracy.metrics import summarise
from puzzlesolver.bench.accuracy.overlap import state_overlap
from puzzlesolver.bench.accuracy.shape import BATCHES
from puzzlesolver.bench.cases import Cases, of_boards
from puzzlesolver.bench.cost.products import flop, products
from puzzlesolver.bench.journal import Journal
from puzzlesolver.bench.machine import describe_machine, peak_memory_mib
from puzzlesolver.bench.published import PUBLISHED
from puzzlesolver.bench.records import Record
from puzzlesolver.bench.report.terminal import progress, tell
from puzzlesolver.bench.runner import about_model, finish
from puzzlesolver.bench.suites import Bands, Suite, get_suite
from puzzlesolver.domains.base import get_domain
from puzzlesolver.errors import UsageError
from puzzlesolver.export.cached import CachedGraphs
from puzzlesolver.loading import load_network
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.policy import MODES, Policy
from puzzlesolver.refine.report import Result
from puzzlesolver.runtime import choose_runtime
from puzzlesolver.solver import Solver

BATCH_SIZE = 1_024
"""A large batch keeps every core busy while its last puzzles search on."""


@dataclass(frozen=True, kw_only=True)
class Options(runner.Options):
    """How a model is measured; what is not told here is an option of `puzzlesolver bench`.

    Attributes:
        model: a name of the catalog or a model folder; None = the shipped default.
        boards: options of `generate` that replace the boards of a suite of variants.
        modes: keys of `refine.policy.MODES`; None = those of the suite.
        policy: fields of `Policy` that replace the suite's, in every mode.
    """

    model: str | Path | None = None
    data: Path | None = None
    trained_on: Path | None = None
    limit: int | None = None
    boards: Mapping[str, Any] | None = None
    modes: Iterable[str] | None = None
    policy: Mapping[str, Any] | None = None
    seed: int = 0
    batch_size: int = BATCH_SIZE
    resume: bool = False
    cost: bool = False
    compiled: bool = False
    engine: str = "torch"
    device: str = "auto"
    threads: int | None = None


def run(name: str, **given: Any) -> dict[str, Any]:
    """Measure a model.

    Raises:
        UsageError: an unknown suite, mode or setting, a file that is missing or of another run.
        ParseError: the file holds something that is no puzzle.
        ModelError: the model is unknown or damaged.
        KeyboardInterrupt: after the finished puzzles are in the journal.
    """
    options = Options(**given)
    suite = get_suite(name)
    policies = _policies(suite, options.modes, options.policy or {}, options.seed)
    if options.compiled and options.engine == "onnx":
        raise UsageError("only torch compiles steps", where="--compile")
    runtime = choose_runtime("cpu" if options.engine == "onnx" else options.device, options.threads)
    load = suite.load if options.boards is None else of_boards(options.boards)
    if load is not suite.load and not suite.variants:
        hint = "puzzlesolver bench sudoku-variants --rules NAME,…"
        raise UsageError(f"{name} has boards of its own", where="bench", hint=hint)
    model = options.model or suite.model
    loaded = load_network(model, suite.domain, options.engine, options.device, CachedGraphs)
    cases = load(options.data, options.limit, options.seed)
    settings = {
        "suite": name,
        "seed": options.seed,
        "data": {"name": cases.name, "sha256": cases.sha256, "rows": len(cases.puzzles)},
        "model": about_model(loaded),
        "policies": {mode: asdict(policy) for mode, policy in policies.items()},
    }
    if options.old is not None:
        shared_modes(options.old, settings)
    journal = _journal(options.out_json, settings, options.resume)
    solvers = [
        Solver(
            loaded.network, loaded.name, policy, runtime, options.batch_size,
            compiled=options.compiled, prove=suite.prove,
        )
        for policy in policies.values()
    ]  # fmt: skip
    if options.cost and journal.cost is None:
        # Before anything else, so that the peaks of memory are its own.
        solver = next((each for each in solvers if each.policy.mode == "verified"), solvers[-1])
        journal.add_cost(measure_cost(solver, cases.puzzles))
    found = {
        "description": suite.description,
        "batch_size": options.batch_size,
        "compiled": options.compiled,
        "engine": options.engine,
        "machine": describe_machine(runtime),
        "overlap": state_overlap(loaded.training, cases.puzzles, options.trained_on),
        "modes": {
            solver.policy.mode: _run_mode(solver, cases, suite.bands, journal, options.console)
            for solver in solvers
        },
        "cost": journal.cost,
        "exact_solvers": time_exact_solvers(cases.puzzles),
        "published": [asdict(row) for row in PUBLISHED.get(name, ())],
    }
    return finish(options.out_json, settings | found, journal)


def _journal(out_json: Path | None, settings: dict[str, Any], resume: bool) -> Journal:
    """Of the records that a run with these settings may have made."""
    rows, policies = settings["data"]["rows"], settings["policies"]

    def fits(record: dict[str, Any]) -> bool:
        policy = policies.get(record["mode"])
        return (
            policy is not None
            and 0 <= record["index"] < rows
            and 0 <= record["steps"] <= policy["max_steps"]
            and record["elapsed"] >= 0
        )

    return Journal(out_json, settings, resume, Record, fits, BATCHES)


def _policies(
    suite: Suite, modes: Iterable[str] | None, overrides: Mapping[str, Any], seed: int
) -> dict[str, Policy]:
    """The settings of each mode; `Policy` itself refuses an unknown mode."""
    chosen = list(suite.max_steps if modes is None else modes)
    if not chosen:
        raise UsageError("no mode to run", where="--mode", hint=", ".join(MODES))
    largest = max(suite.max_steps.values())
    return {
        mode: Policy(
            **{
                "max_steps": suite.max_steps.get(mode, largest),
                **overrides,
                "mode": mode,
                "seed": seed,
            }
        )
        for mode in chosen
    }


def _run_mode(
    solver: Solver, cases: Cases, bands: Bands, journal: Journal, console: Console | None
) -> dict[str, Any]:
    """Solve what the journal does not have yet; the numbers of the mode."""
    mode = solver.policy.mode
    finished = [record for record in journal.records if record.mode == mode]
    known = {record.index for record in finished}
    todo = [index for index in range(len(cases.puzzles)) if index not in known]
    before = max((record.elapsed for record in finished), default=0.0)
    started = time.perf_counter()
    unfinished = (cases.puzzles[index] for index in todo)
    right = [record.correct for record in finished]
    try:
        with progress(console, mode, right, len(cases.puzzles)) as advance:
            for place, result in solver.solve_unordered(unfinished):
                if result.status == "interrupted":
                    continue
                elapsed = before + time.perf_counter() - started
                finished.append(_record(mode, todo[place], cases, result, elapsed))
                journal.add(finished[-1])
                advance(finished[-1].correct)
    except KeyboardInterrupt:
        if journal.path is not None:
            tell(console, f"interrupted; go on with --resume, {journal.path} keeps what is done")
        raise
    summary = summarise(finished, solver.policy.max_steps, bands)
    found = {
        "gflop": _gflop(solver, cases, finished),
        "peak_memory_mib": peak_memory_mib() if todo else None,  # else of another process
    }
    return summary | found


def _gflop(solver: Solver, cases: Cases, records: Iterable[Record]) -> float | None:
    """10⁹ operations of all products with weights in all steps; None for graphs."""
    if not isinstance(solver.model, RecursiveModel):
        return None
    model = copy.deepcopy(solver.model).cpu()
    of_step: dict[Layout, int] = {}
    total = 0
    for record in records:
        puzzle = cases.puzzles[record.index]
        layout = get_domain(puzzle.domain).encode([puzzle]).layout
        if layout not in of_step:
            of_step[layout] = flop(products(model, [puzzle]))
        total += record.steps * of_step[layout]
    return float(f"{total / 1e9:.6g}")


def _record(mode: str, index: int, cases: Cases, result: Result, elapsed: float) -> Record:
    puzzle, answer = result.puzzle, result.answer
    domain = get_domain(puzzle.domain)
    matches = as_good = drawn = None
    signs = result.signs._asdict() if result.signs else {}
    if puzzle.label is not None:
        matches = answer is not None and bool(np.array_equal(answer.grid, puzzle.label))
        as_good = answer is not None and domain.as_good(answer.grid, puzzle.label)
    if answer is not None and answer.drawn is not None:
        drawn = domain.verify(puzzle, answer.drawn).status == "verified"
    return Record(
        mode=mode,
        index=index,
        name=puzzle.name.rpartition("/")[2],  # without the folders of one machine
        group=cases.groups[index],
        rating=puzzle.rating,
        status=result.status,
        verdict=result.verdict.status,
        matches=matches,
        as_good=as_good,
        drawn=drawn,
        settled=result.settled,
        steps=result.steps,
        restarts=result.restarts,
        elapsed=round(elapsed, 3),
        confidence=None if answer is None else _short(answer.confidence.prod(dtype=float)),
        **{name: _short(value) for name, value in signs.items()},
    )


def _short(number: float | None) -> float | None:
    """Six digits are enough for a journal."""
    return None if number is None else float(f"{number:.6g}")
