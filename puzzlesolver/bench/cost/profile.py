"""Where the time of a step goes: its matrix products, and how near it comes to the machine's peak.

The products of a step are found by watching one, and timed again alone: as torch makes them, and in
the tiles of machine code. What is left of the step's time is everything between them.

    >>> profiled(cells, model, puzzles, runtime, peak_gflops(runtime))[0]
    {'domain': 'sudoku', ..., 'products': 0.31, 'of_peak': 0.14}
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.benchmark import Timer

from puzzlesolver.bench.cost.products import Shape, flop, products
from puzzlesolver.bench.cost.throughput import Cell
from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.models.code import amx, matrices
from puzzlesolver.models.code.fused import factors_of
from puzzlesolver.models.code.routes import CHUNK, rounded_up
from puzzlesolver.models.code.simd import LANES
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.refine.engines.engine import micro_batch_of
from puzzlesolver.runtime import Runtime

BATCH = 256
"""Puzzles that are refined together in the steps that are looked at."""

PEAK_SIZE = 1_024
"""Rows and columns of the product that is the peak."""

ROUNDS, REPEATS = 5, 20
"""The fastest of so many rounds counts, each of so many repetitions."""


def peak_gflops(runtime: Runtime) -> float:
    """10⁹ operations a second in a large product of torch, on all threads of the runtime."""
    square = torch.randn(PEAK_SIZE, PEAK_SIZE).to(runtime.dtype)
    seconds = _fastest(lambda: square @ square)
    return round(2 * PEAK_SIZE**3 / seconds / 1e9 * runtime.threads, 1)


def profiled(
    cells: Sequence[Cell],
    model: RecursiveModel,
    puzzles: Sequence[Puzzle],
    runtime: Runtime,
    peak: float,
) -> list[dict[str, Any]]:
    """The eager and the fused step of a model at a batch of `BATCH`, where they were measured.

    Args:
        cells: of the model.
        model: on the CPU, not compiled.
        puzzles: of its kind.
        runtime: what the cells were measured with; a CPU.
        peak: from `peak_gflops`.

    Returns:
        For each: `gflop` of a puzzle's products in one step, `milliseconds` of that, the share of
        this time that the `products` alone take, its speed as a share `of_peak`, and how many
        `times_eager` it is as fast, None if that was not measured.
    """
    alone = {"eager": _by_torch, "fused": _by_tiles}
    found: list[dict[str, Any]] = []
    eager = None
    for cell in cells:
        if cell.batch != BATCH or cell.engine not in alone or cell.step_seconds is None:
            continue
        layout = get_domain(cell.domain).encode(puzzles[:1]).layout
        count = 1 if cell.engine == "fused" else micro_batch_of(layout)
        shapes = products(model, [puzzles[0]] * count)
        gflop = flop(shapes) / count / 1e9
        seconds = cell.step_seconds / cell.batch
        eager = seconds if cell.engine == "eager" else eager
        own = alone[cell.engine](shapes, runtime.dtype) / count / runtime.threads
        found.append(
            {
                "domain": cell.domain,
                "system": cell.system,
                "engine": cell.engine,
                "gflop": float(f"{gflop:.4g}"),
                "milliseconds": float(f"{1e3 * seconds:.4g}"),
                "products": round(own / seconds, 3),
                "of_peak": round(gflop / seconds / peak, 3),
                "times_eager": eager and round(eager / seconds, 2),
            }
        )
    return found


def _by_torch(shapes: Sequence[Shape], dtype: torch.dtype) -> float:
    """Seconds of these products."""

    def drawn(*shape: int) -> Tensor:
        return torch.randn(shape).to(dtype)

    operands = [(drawn(m, k), drawn(n, k).T, drawn(m, n)) for m, k, n in shapes]

    def once() -> None:
        for a, b, out in operands:
            torch.mm(a, b, out=out)

    return _fastest(once)


@matrices.inlined
def _repeat(a: Any, b: Any, out: Any, times: int) -> None:
    amx.begin(a)
    for _ in range(times):
        matrices.tiled_product(a, b, out)
    amx.end(a)


def _by_tiles(shapes: Sequence[Shape], dtype: torch.dtype) -> float:
    """The same in chunks of nodes, padded to whole vectors, as the fused step makes them."""
    kind = factors_of(dtype)
    operands = []
    for _, k, n in shapes:
        inner, columns = (rounded_up(length, LANES) for length in (k, n))
        inner = inner // 2 if kind is np.uint32 else inner
        a, b = np.zeros((CHUNK, inner), kind), np.zeros((inner, columns), kind)
        operands.append((a, b, np.empty((CHUNK, columns), np.float32)))

    def once() -> None:
        for (a, b, out), (m, _, _) in zip(operands, shapes, strict=True):
            _repeat(a, b, out, -(-m // CHUNK))

    return _fastest(once)


def _fastest(once: Callable[[], object]) -> float:
    """Seconds of one call, on one thread, after a first one, which compiles."""
    timer = Timer("once()", globals={"once": once})
    return min(float(timer.timeit(REPEATS).mean) for _ in range(ROUNDS))
