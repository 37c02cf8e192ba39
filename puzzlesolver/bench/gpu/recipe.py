"""Parts of `make gpu-check` that time updates of the recipe `sudoku-gpu`.

The share of the peak is FLOP of matrix products, counted, by seconds, by the FLOP a second that one
large product reaches in the same process. Each way of compiling is a part, for one may fail.

>>> PARTS["recipe"]()[0]
'1,024 puzzles: 0.17 s an update, 187 of 681 TFLOP/s, 27 % of the peak (default)'
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from puzzlesolver.bench.gpu.measures import SEED, Facts, Skipped, has_cuda, matmul_rate, part
from puzzlesolver.train.config import CompileMode, TrainConfig
from puzzlesolver.train.data.labelled import collect
from puzzlesolver.train.data.published.boards import build_sudoku, generated
from puzzlesolver.train.presets import get_preset
from puzzlesolver.train.run import Run

WARM_UPS, TIMED = 4, 32
"""Updates. CUDA graphs are made in the second one, and in so many all puzzles are replaced once."""

MINIATURE: dict[str, Any] = {
    "batch_size": 4, "grad_steps": 2, "compile": False,
    "model": {"layers": 2, "width": 16, "messages": 8, "hidden": 32},
}  # fmt: skip
"""Of the recipe, for a CPU."""


@part
def recipe() -> Facts:
    """Compiled steps."""
    return _timed("default")


@part
def recipe_graphs() -> Facts:
    """Compiled steps as CUDA graphs."""
    if not has_cuda():
        raise Skipped("CUDA graphs need CUDA")
    return _timed("reduce-overhead")


def flop_of_update(config: TrainConfig) -> int:
    """FLOP of the matrix products of one update, forward and backward; all grow with the batch."""
    one = replace(config, batch_size=1, compile=False, device="cpu", precision="fp32")
    run = Run(one)
    with FlopCounterMode(display=False) as counter:
        torch.autograd.backward(run.objective(0.0).loss)
    return config.batch_size * int(counter.get_total_flops())


def _timed(mode: CompileMode) -> Facts:
    """Updates of the recipe, of as many puzzles as fit in the memory of the GPU."""
    changes: dict[str, Any] = {"device": "cuda"} if has_cuda() else MINIATURE | {"device": "cpu"}
    peak = matmul_rate(torch.bfloat16, 8_192 if has_cuda() else 512)
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent, "boards")
        boards = collect(generated("sudoku", 1_024 if has_cuda() else 8, SEED, difficulty="easy"))
        build_sudoku(folder, boards, None)
        config = get_preset(
            "sudoku-gpu", data=str(folder), steps=1_000, compile_mode=mode, **changes
        )
        while (seconds := _seconds_of_update(config)) is None:
            torch.compiler.reset()
            torch.cuda.empty_cache()
            config = replace(config, batch_size=config.batch_size // 2)
        flop = flop_of_update(config)
    rate = flop / seconds
    told = f"{config.batch_size:,} puzzles: {seconds:.2g} s an update, {rate / 1e12:.3g} of "
    told += f"{peak / 1e12:.3g} TFLOP/s, {rate / peak:.0%} of the peak ({mode})"
    return told, {
        "compile_mode": mode, "batch_size": config.batch_size, "model": config.model,
        "update_seconds": float(f"{seconds:.4g}"), "update_flop": flop,
        "tflops": float(f"{rate / 1e12:.4g}"), "peak_tflops": float(f"{peak / 1e12:.4g}"),
        "share_of_peak": round(rate / peak, 4),
        "memory_gib": round(torch.cuda.max_memory_allocated() / 2**30, 1) if has_cuda() else None,
    }  # fmt: skip


def _seconds_of_update(config: TrainConfig) -> float | None:
    """The mean of some updates, each of which waits for the GPU; None = too little memory."""
    try:
        run = Run(config)
        for _ in range(WARM_UPS):
            run.update()
        started = time.perf_counter()
        for _ in range(TIMED):
            run.update()
        return (time.perf_counter() - started) / TIMED
    except torch.cuda.OutOfMemoryError:
        if config.batch_size == 1:
            raise
        return None
