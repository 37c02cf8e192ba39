"""What a part of `make gpu-check` is, and what parts measure.

A part is a function that uses the GPU in one way. It returns a sentence for people and facts for
the report. It raises `Skipped` where it cannot run, and any other error where something is wrong.

>>> told, facts = PARTS["onnx"]()
>>> step_seconds(TorchEngine(load_model("sudoku"), on("cuda", torch.float32)), made("sudoku"), 1)
0.0008
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch.utils.benchmark import Timer

from puzzlesolver.bench.cases import filled
from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.hub.store import load_model
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.refine.engines.replay import ReplayWarning, rows_at_once
from puzzlesolver.runtime import Runtime, available_devices, choose_runtime

Facts = tuple[str, dict[str, Any]]
"""What a part says, and what it found."""

PARTS: dict[str, Callable[[], Facts]] = {}


class Skipped(Exception):
    """A part cannot run here; says why."""


def part(run: Callable[[], Facts]) -> Callable[[], Facts]:
    """Decorator: one of `PARTS`, which run in this order."""
    PARTS[run.__name__] = run
    return run


SEED = 20_251_126
PUZZLES: dict[str, dict[str, Any]] = {"sudoku": {"difficulty": "easy"}, "maze": {"size": 15}}
"""By kind: how its puzzles are made."""

COUNT = 24

MEASURED = 0.2
"""Seconds of one measurement at least."""

STEPS = 16
"""Steps of one call of the engine, where speed is measured."""


def has_cuda() -> bool:
    """Whether torch finds a CUDA device."""
    return "cuda" in available_devices()


def on(device: str, dtype: torch.dtype) -> Runtime:
    """A runtime with another number format than it would choose itself."""
    return replace(choose_runtime(device), dtype=dtype, dtype_reason="as asked")


def made(domain: str) -> list[Puzzle]:
    """The puzzles of one kind, the same ones everywhere."""
    return list(get_domain(domain).generate(COUNT, SEED, **PUZZLES[domain]))


def seconds_of(work: Callable[[], object]) -> float:
    """Seconds of one call, after a first one; waits for the GPU, where there is one."""
    timer = Timer("work()", globals={"work": work}, num_threads=torch.get_num_threads())
    return float(timer.blocked_autorange(min_run_time=MEASURED).median)


def matmul_rate(dtype: torch.dtype, side: int) -> float:
    """FLOP a second of the product of two square matrices."""
    one = torch.randn(side, side, device="cuda" if has_cuda() else "cpu", dtype=dtype)
    out = torch.empty_like(one)
    return 2 * side**3 / seconds_of(functools.partial(torch.mm, one, one, out=out))


def batch_independent() -> bool:
    """Whether states are bit by bit the same, however many puzzles step together."""
    runtime = on("cuda" if has_cuda() else "cpu", torch.float32)
    engine = TorchEngine(load_model("sudoku"), runtime)
    batch = get_domain("sudoku").encode(made("sudoku"))
    inputs, state = engine.embed(batch), engine.init_state(batch, range(COUNT))
    (together,), _ = engine.advance(state, inputs, batch.layout, STEPS)
    alone = [
        engine.advance(tuple(p[i : i + 1] for p in state), inputs[i : i + 1], batch.layout, STEPS)
        for i in range(3)
    ]
    return all(torch.equal(together[i], each[0][0]) for i, (each, _) in enumerate(alone))


def replay_difference(runtime: Runtime) -> float:
    """Largest difference of a state from that of eager code, made for as many rows."""
    model, puzzles = load_model("sudoku"), made("sudoku")
    states = []
    for replayed in (True, False):
        engine = TorchEngine(model, runtime, replay=replayed)
        one = engine.init_state(get_domain("sudoku").encode(puzzles[:1]), [0])
        rows = rows_at_once(one)
        batch = filled("sudoku", puzzles, rows)
        state = engine.init_state(batch, range(rows))
        generators = [torch.Generator().manual_seed(row) for row in range(rows)]
        with warnings.catch_warnings():
            warnings.simplefilter("error", ReplayWarning)
            (now,), _ = engine.advance(
                state, engine.embed(batch), batch.layout, STEPS, 0.1, generators
            )
        states.append(now)
    return float((states[0] - states[1]).abs().max())


def step_seconds(engine: Any, puzzles: list[Puzzle], size: int) -> float:
    """Of one step of a batch."""
    batch = filled("sudoku", puzzles, size)
    inputs, state = engine.embed(batch), engine.init_state(batch, range(size))
    seconds = seconds_of(lambda: engine.advance(state, inputs, batch.layout, STEPS)) / STEPS
    return float(f"{seconds:.4g}")
