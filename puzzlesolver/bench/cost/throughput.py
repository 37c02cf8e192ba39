"""Seconds a step of one model, at rising batch sizes, as eager, fused, ONNX and compiled code.

What one step would take is known from the smaller batch, so a batch that nobody would wait for, or
that does not fit into memory, is left out with the reason.

    >>> cells = list(throughput("sudoku", "ours", model, puzzles, runtime))
    >>> cells[0].engine, cells[0].batch, cells[0].step_seconds
    ('eager', 1, 0.0021)
"""

from __future__ import annotations

import functools
import itertools
import math
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from puzzlesolver.bench.cases import filled
from puzzlesolver.bench.cost.meter import Meter
from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.errors import PuzzleSolverError
from puzzlesolver.models.compiling import can_compile
from puzzlesolver.models.interface import Batch, RecursiveModel
from puzzlesolver.refine.engines.engine import Engine
from puzzlesolver.refine.engines.graph import GraphFile
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.refine.engines.sessions import CUDA, obtained_providers
from puzzlesolver.runtime import Runtime, read_proc

BATCHES = (1, 16, 256, 1_024)
ENGINES = ("eager", "fused", "onnx", "compiled")
"""In this order: compiling changes the parts of a model for good. On CUDA compiled code is replayed
as a graph, eager code is not."""

LONGEST_STEP = 20.0
"""Seconds that one step of a batch may take; each is made at least twice."""

LONGEST_CHECK = 120.0
"""Seconds that checking an exported graph may take."""

ROUND, ROUNDS, MOST_STEPS = 0.5, 3, 4_096
"""Seconds of one measurement at least, how many there are, of which the fastest counts, and the
steps of one at most."""

CHECKED = 8
"""Puzzles of the check of an exported graph, each stepped three times."""

GIB = 1 << 30
COPIES = 6
"""States that a batch holds at once on a CPU: old, new, their parts, and what is recalled."""


@dataclass(frozen=True)
class Cell:
    """One measurement.

    Attributes:
        domain: the puzzle kind.
        system: whose model it is.
        engine: one of `ENGINES`.
        batch: puzzles that are refined together.
        step_seconds: of one step of the whole batch; None where it was left out.
        step_joules: likewise; None without a meter.
        skipped: why it was left out, "" where it was not.
    """

    domain: str
    system: str
    engine: str
    batch: int
    step_seconds: float | None = None
    step_joules: float | None = None
    skipped: str = ""


def throughput(
    domain: str,
    system: str,
    model: RecursiveModel,
    puzzles: Sequence[Puzzle],
    runtime: Runtime,
    *,
    meter: Meter | None = None,
    done: Sequence[Cell] = (),
    batches: Sequence[int] = BATCHES,
    longest_step: float = LONGEST_STEP,
) -> Iterator[Cell]:
    """Measure one model.

    Args:
        domain: the puzzle kind.
        system: how cells name the model.
        model: on the CPU, in evaluation mode; it ends compiled.
        puzzles: repeated until they fill a batch.
        runtime: device and threads.
        meter: of energy, if there is one.
        done: cells of an earlier session.
        batches: rising sizes.
        longest_step: as `LONGEST_STEP`.

    Yields:
        Every cell that is not in `done`.
    """
    known = {(cell.engine, cell.batch): cell for cell in done}
    pace = 0.0  # seconds of a step and puzzle, as last measured

    @functools.cache
    def engine_of(name: str) -> Engine | str:
        return _opened(name, domain, model, puzzles, runtime, pace)

    def measured(cell: Cell) -> Cell:
        if pace * cell.batch > longest_step:
            told = f"one step would take {pace * cell.batch:,.0f} s, more than {longest_step:g}"
            return replace(cell, skipped=told)
        engine = engine_of(cell.engine)
        if isinstance(engine, str):
            return replace(cell, skipped=engine)
        batch = filled(domain, puzzles, cell.batch)
        if told := _too_large(engine, batch, runtime):
            return replace(cell, skipped=told)
        seconds, joules = _timed(engine, batch, meter)
        return replace(cell, step_seconds=seconds, step_joules=joules)

    for name, size in itertools.product(ENGINES, batches):
        cell = known.get((name, size))
        if cell is None:
            cell = measured(Cell(domain, system, name, size))
            yield cell
        if cell.step_seconds is not None:
            pace = cell.step_seconds / size


def _opened(
    name: str,
    domain: str,
    model: RecursiveModel,
    puzzles: Sequence[Puzzle],
    runtime: Runtime,
    pace: float,
) -> Engine | str:
    """The engine, or why there is none; an exported graph is checked for one step."""
    if name == "onnx":
        if runtime.device.type == "cuda" and CUDA not in obtained_providers():
            return f"ONNX Runtime gets no {CUDA} here"
        check = 3 * CHECKED * pace
        if check > LONGEST_CHECK:
            return f"checking the exported graph would take {check:,.0f} s"
        try:
            return _exported(domain, model, puzzles, runtime)
        except PuzzleSolverError as error:
            return str(error)
    fused, compiled = name == "fused", name == "compiled"
    layout = get_domain(domain).encode(puzzles[:1]).layout
    if fused and (runtime.device.type != "cpu" or model.fused_step(layout) is None):
        return "there is no machine code of this step"
    if compiled and not can_compile(runtime.device):
        return "no C++ compiler was found"
    return TorchEngine(model, runtime, fused=fused, compiled=compiled, replay=compiled)


def _exported(
    domain: str, model: RecursiveModel, puzzles: Sequence[Puzzle], runtime: Runtime
) -> Engine:
    from puzzlesolver.export.cached import board_size
    from puzzlesolver.export.onnx import export_graph
    from puzzlesolver.refine.engines.onnx import OnnxEngine

    layout = get_domain(domain).encode(puzzles[:1]).layout
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "step.onnx"
        size, rules = board_size(layout.lattice), layout.rules
        export_graph(model.cpu(), domain, size, path, sha256="", rules=rules, longest=1)
        return OnnxEngine(GraphFile(path, str(runtime.device)), runtime)


def _too_large(engine: Engine, batch: Batch, runtime: Runtime) -> str:
    """Why the batch does not fit, "" if it does."""
    one = batch.rows(slice(1))
    parts = (*engine.init_state(one, [0]), engine.embed(one))
    needed = COPIES * len(batch.tokens) * sum(part.nbytes for part in parts)
    free = _free_memory(runtime.device)
    if free is None or needed < free:
        return ""
    return f"its states take {needed / GIB:,.0f} GiB, and {free / GIB:,.0f} are free"


def _free_memory(device: torch.device) -> int | None:
    """Bytes; None where nobody tells."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    found = re.search(r"MemAvailable: *(\d+)", read_proc("meminfo"))
    return 1024 * int(found[1]) if found else None


def _timed(engine: Engine, batch: Batch, meter: Meter | None) -> tuple[float, float | None]:
    """Seconds and joules of a step."""
    inputs = engine.embed(batch)
    state = engine.init_state(batch, range(len(batch.tokens)))

    def advance(steps: int) -> tuple[float, float | None]:
        before = meter.read() if meter else ()
        started = time.perf_counter()
        engine.advance(state, inputs, batch.layout, steps)[1].cpu()  # the result is waited for
        seconds = time.perf_counter() - started
        return seconds / steps, meter.since(before) / steps if meter else None

    advance(1)  # compiles
    steps = min(MOST_STEPS, math.ceil(ROUND / advance(1)[0]))
    # A step that nobody would repeat for fun is not.
    rounds = ROUNDS if steps > 1 else 1
    seconds, joules = min((advance(steps) for _ in range(rounds)), key=lambda round_: round_[0])
    return float(f"{seconds:.4g}"), None if joules is None else float(f"{joules:.4g}")
