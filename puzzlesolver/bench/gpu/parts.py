"""The parts of `make gpu-check`: each uses the GPU in one way, or the CPU where there is none.

A part returns a sentence for people and facts for the report. It raises `Skipped` where it cannot
run, and any other error where something is wrong.

    >>> told, facts = PARTS["onnx"]()
"""

from __future__ import annotations

import csv
import functools
import importlib.util
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from puzzlesolver.bench.gpu.measures import (
    COUNT,
    PUZZLES,
    SEED,
    batch_independent,
    has_cuda,
    made,
    on,
    replay_difference,
    seconds_by_rows,
    seconds_of,
    step_seconds,
)
from puzzlesolver.domains.base import Puzzle
from puzzlesolver.pipeline import load_solver
from puzzlesolver.runtime import Runtime

if TYPE_CHECKING:
    from puzzlesolver.refine.report import Result
    from puzzlesolver.train.config import TrainConfig

Facts = tuple[str, dict[str, Any]]
"""What a part says, and what it found."""

PARTS: dict[str, Callable[[], Facts]] = {}

MAX_STEPS = 2_000

SPEED_SECONDS = 45.0
"""What has not begun by then is left out of the table of speeds."""

KINDS: dict[str, dict[str, bool]] = {
    "eager": {"replay": False},
    "replay": {},
    "compiled and replayed": {"compiled": True},
    "compiled": {"compiled": True, "replay": False},
}
"""Settings of an engine; the last one compiles anew for every batch size."""

BATCHES = (1, 16, 256, 1_024)

UPDATES = 60

TINY = {
    "precision": "fp32", "compile": False, "batch_size": 32, "size": 4, "train_puzzles": 128,
    "augment": True, "log_every": 10, "eval_every": 0, "eval_puzzles": 16, "eval_steps": [8],
    "warmup_updates": 5, "reveal": 3.0, "reveal_floor_clues": 2, "max_age": 6, "mix": {"easy": 1.0},
    "model": {"layers": 2, "width": 16, "messages": 16, "hidden": 32},
}  # fmt: skip
"""Boards of 4×4, whose loss falls within seconds."""


class Skipped(Exception):
    """A part cannot run here; says why."""


def part(run: Callable[[], Facts]) -> Callable[[], Facts]:
    """Decorator: one of `PARTS`, which run in the order of this file."""
    PARTS[run.__name__] = run
    return run


@part
def machine() -> Facts:
    """The GPU, and what it reaches in products of matrices and in copies."""
    import torch

    if not has_cuda():
        return "no CUDA device", {"torch": torch.__version__, "cuda": torch.version.cuda}
    card = torch.cuda.get_device_properties(0)
    side, gib = 8_192, 1 << 30
    peaks = {}
    for name, dtype, precision in (
        ("bf16", torch.bfloat16, "highest"),
        ("tf32", torch.float32, "high"),
        ("fp32", torch.float32, "highest"),
    ):
        torch.set_float32_matmul_precision(precision)
        one = torch.randn(side, side, device="cuda", dtype=dtype)
        out = torch.empty_like(one)
        seconds = seconds_of(functools.partial(torch.mm, one, one, out=out))
        peaks[name] = round(2 * side**3 / seconds / 1e12, 1)
    source = torch.empty(gib, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    bandwidth = 2 * gib / seconds_of(lambda: target.copy_(source)) / 1e9
    facts = {
        "gpu": card.name,
        "gpus": torch.cuda.device_count(),
        "capability": f"{card.major}.{card.minor}",
        "memory_gib": round(card.total_memory / gib, 1),
        "driver": _driver(),
        "cuda": torch.version.cuda,
        "nccl": ".".join(map(str, torch.cuda.nccl.version())),  # type: ignore[no-untyped-call]
        "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
        "tflops": peaks,
        "copy_gb_per_second": round(bandwidth),
    }
    rates = ", ".join(f"{name} {peak:g}" for name, peak in peaks.items())
    return f"{card.name}; TFLOP/s: {rates}; copies {bandwidth:,.0f} GB/s", facts


@part
def refinement() -> Facts:
    """Answers of the GPU beside those of the CPU."""
    import torch

    facts: dict[str, Any] = {"seed": SEED, "max_steps": MAX_STEPS}
    same = verified = total = 0
    for domain in PUZZLES:
        puzzles = made(domain)
        total += len(puzzles)
        runs = {"cpu": _solved(domain, puzzles, on("cpu", torch.float32))}
        if has_cuda():
            runs |= {
                "cuda float32": _solved(domain, puzzles, on("cuda", torch.float32)),
                "cuda bfloat16": _solved(domain, puzzles, on("cuda", torch.bfloat16)),
            }
        exact = runs.get("cuda float32", runs["cpu"])
        alike = _alike(runs["cpu"], exact)
        same, verified = same + alike, verified + _verified(exact)
        facts[domain] = {
            "puzzles": len(puzzles),
            "alike": alike,
            "steps_alike": sum(
                one.steps == other.steps for one, other in zip(runs["cpu"], exact, strict=True)
            ),
            "verified": {name: _verified(results) for name, results in runs.items()},
            "steps": {name: sum(each.steps for each in results) for name, results in runs.items()},
        }
    facts["batch_independent"] = batch_independent()
    told = f"{verified} of {total} verified"
    if has_cuda():
        told = f"{told} on cuda, {same} answers are those of the cpu"
        if not facts["batch_independent"]:
            told += "; answers depend on the batch"
    assert same == total, f"{told}: {facts}"
    assert verified, told
    return told, facts


@part
def replay() -> Facts:
    """CUDA graphs: the same numbers as eager code, and what all kinds of code cost a step."""
    import torch

    from puzzlesolver.hub.store import load_model
    from puzzlesolver.refine.engines.pytorch import TorchEngine

    if not has_cuda():
        raise Skipped("CUDA graphs need CUDA")
    started = time.monotonic()
    runtimes = {name: on("cuda", getattr(torch, name)) for name in ("float32", "bfloat16")}
    facts: dict[str, Any] = {
        name: {
            "difference_from_eager": replay_difference(runtime),
            "seconds_by_rows": seconds_by_rows(runtime),
            "step_seconds": {},
        }
        for name, runtime in runtimes.items()
    }
    model, puzzles = load_model("sudoku"), made("sudoku")
    for (kind, options), name in itertools.product(KINDS.items(), runtimes):
        engine = TorchEngine(model, runtimes[name], **options)
        cells = facts[name]["step_seconds"][kind] = dict.fromkeys(map(str, BATCHES))
        for size in BATCHES:
            if time.monotonic() - started < SPEED_SECONDS:
                cells[str(size)] = step_seconds(engine, puzzles, size)
    for found in facts.values():
        eager = found["step_seconds"]["eager"]
        found["times_as_fast"] = {
            kind: {size: each and round(eager[size] / each, 2) for size, each in cells.items()}
            for kind, cells in found["step_seconds"].items()
        }
    worst = facts["float32"]["difference_from_eager"]
    assert worst < 1e-4, f"a replayed state is {worst:.2g} from the eager one: {facts}"
    ratios = facts["bfloat16"]["times_as_fast"]["replay"].items()
    told = ", ".join(f"{ratio} at batch {size}" for size, ratio in ratios)
    return f"as eager within {worst:.1g}; times as fast in bf16: {told}", facts


@part
def training() -> Facts:
    """The loss falls, and a resumed run is bit by bit the one that was not interrupted."""
    kinds: dict[str, dict[str, Any]] = {"fp32": {}}
    if has_cuda():
        kinds |= {"bf16": {"precision": "bf16"}, "compiled": {"compile": True}}
    facts = {name: _trained(config_of(UPDATES, **changes)) for name, changes in kinds.items()}
    told = "; ".join(
        f"{name}: loss {each['first']:.2f} to {each['last']:.2f}, "
        f"resumed {'bitwise' if each['bitwise'] else 'NOT bitwise'}"
        for name, each in facts.items()
    )
    assert all(each["last"] < each["first"] for each in facts.values()), f"{told}: {facts}"
    assert all(each["bitwise"] for each in facts.values()), f"{told}: {facts}"
    return told, facts


@part
def ddp() -> Facts:
    """`torchrun` with nccl on all GPUs, even on one, or with gloo; as one process learns it."""
    import torch
    from rich.console import Console
    from safetensors.torch import load_file

    from puzzlesolver.train.loop import train
    from puzzlesolver.train.presets import arguments

    processes = torch.cuda.device_count() if has_cuda() else 2
    config = config_of(
        8, batch_size=8 * processes, warmup_updates=200
    )  # rounding grows with the rate
    with tempfile.TemporaryDirectory() as folder:
        out, alone = Path(folder, "shared"), Path(folder, "alone")
        words = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
        words += ["-m", "puzzlesolver", *arguments(config, out)]
        done = subprocess.run(
            [sys.executable, *words], capture_output=True, text=True, timeout=90,
            env={**os.environ, "NCCL_DEBUG": "VERSION", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert done.returncode == 0, f"exit code {done.returncode}: {said[-2_000:]}"
        train(config, alone, resume=False, dry_run=False, console=Console(quiet=True))
        one, other = (load_file(each / "model" / "model.safetensors") for each in (out, alone))
    apart = max(float((one[key] - other[key]).abs().max()) for key in one)
    backend = "nccl" if has_cuda() else "gloo"
    version = [line.strip() for line in said.splitlines() if "NCCL version" in line]
    told = f"{processes} process{'es' * (processes > 1)} through {backend}"
    told += f", weights within {apart:.1g} of those of a run without"
    assert apart < 1e-3, told
    return told, {
        "backend": backend, "processes": processes, "apart": apart, "said": version[:1],
    }  # fmt: skip


@part
def onnx() -> Facts:
    """An exported graph with the CUDA provider answers as torch does."""
    import torch

    for package in ("onnxruntime", "onnx", "onnxscript"):
        if importlib.util.find_spec(package) is None:
            raise Skipped(f"package {package} is missing")
    from puzzlesolver.export.onnx import export_model
    from puzzlesolver.refine.engines.graph import CUDA, StepGraph, obtained_providers

    got = obtained_providers()
    if has_cuda() and CUDA not in got:
        raise Skipped(f"ONNX Runtime gets no {CUDA} here, only {', '.join(got)}")
    device = "cuda" if has_cuda() else "cpu"
    puzzles, runtime = made("sudoku"), on(device, torch.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sudoku.onnx")
        export_model("sudoku", path, size=(9, 9), longest=16)
        providers = StepGraph(path, device).providers
        theirs = _solved("sudoku", puzzles, runtime, str(path), engine="onnx", device=device)
    same = _alike(theirs, _solved("sudoku", puzzles, runtime))
    told = f"{same} of {len(puzzles)} answers are those of torch, by {providers[0]}"
    assert same == len(puzzles), told
    return told, {"providers": providers, "alike": same, "verified": _verified(theirs)}


@part
def cost() -> Facts:
    """A small `bench cost`."""
    from puzzlesolver.bench.cost import families

    options: dict[str, Any] = {"batches": (1,), "longest_step": 1e-9, "systems": (), "limit": 2}
    if has_cuda():
        options = {
            "batches": (1, 256), "longest_step": 2.0, "limit": COUNT,
            "systems": [each for each in families.SETTINGS if each.system == "TRM-MLP"],
        }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "easy.csv")
        with data.open("w", newline="") as file:
            _write_csv(csv.writer(file), made("sudoku"))
        report = families.run("cost", data=data, **options)
    measured = sum(cell["step_seconds"] is not None for cell in report["cells"])
    seconds = {row["system"]: row["seconds"] for row in report["rows"]}
    told = f"{measured} of {len(report['cells'])} cells measured; seconds an answer: {seconds}"
    return told, {name: report[name] for name in ("puzzles", "cells", "rows", "meter")}


def config_of(updates: int, **changes: Any) -> TrainConfig:
    """A short training on the GPU, or else on the CPU."""
    from puzzlesolver.train.presets import get_preset

    device = "cuda" if has_cuda() else "cpu"
    return get_preset("sudoku", steps=updates, device=device, **{**TINY, **changes})


def _driver() -> str | None:
    words = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.split()[0]


def _solved(
    domain: str, puzzles: list[Puzzle], runtime: Runtime, model: str | None = None, **options: Any
) -> list[Result]:
    settings = {"max_steps": MAX_STEPS, "seed": 7}
    options = {"runtime": runtime, "batch_size": COUNT, "prove": False, **options}
    return list(load_solver(domain, model, settings, **options).solve(puzzles))


def _verified(results: Iterable[Result]) -> int:
    return sum(each.verdict.status == "verified" for each in results)


def _alike(some: list[Result], others: list[Result]) -> int:
    """How many have the same verdict, and where it is a right one the same answer."""

    def fact(result: Result) -> tuple[str, object]:
        right = result.verdict.status == "verified"
        return result.verdict.status, right and [grid.tolist() for grid in result.answers]

    return sum(fact(one) == fact(other) for one, other in zip(some, others, strict=True))


def _trained(config: TrainConfig) -> dict[str, Any]:
    """Mean losses of the first and the last updates; half of them are made once more, resumed."""
    import torch

    from puzzlesolver.train.checkpoint import load_checkpoint, save_checkpoint
    from puzzlesolver.train.run import Run

    run = Run(config)
    half = config.steps // 2 if config.steps else 0
    losses = [run.update().loss for _ in range(half)]
    with tempfile.TemporaryDirectory() as folder:
        save_checkpoint(Path(folder), run.updates, run.state_dict())
        saved = load_checkpoint(Path(folder))
    assert saved is not None
    resumed = Run(config)
    resumed.load_state_dict(saved)
    for each in (run, resumed):
        later = [each.update().loss for _ in range(half)]
    pairs = [
        (one, other)
        for name in ("model", "average")
        for one, other in zip(
            getattr(run, name).parameters(), getattr(resumed, name).parameters(), strict=True
        )
    ]
    some = max(1, half // 6)
    return {
        "updates": 2 * half,
        "first": sum(losses[:some]) / some,
        "last": sum(later[-some:]) / some,
        "bitwise": all(torch.equal(one, other) for one, other in pairs),
        "apart": max(float((one - other).detach().abs().max()) for one, other in pairs),
        "evaluated": resumed.evaluate(),
    }


def _write_csv(writer: Any, puzzles: list[Puzzle]) -> None:
    writer.writerow(("source", "question", "answer", "rating"))
    for puzzle in puzzles:
        assert puzzle.label is not None
        texts = ("".join(map(str, grid.flat)) for grid in (puzzle.grid, puzzle.label))
        writer.writerow((puzzle.name, *texts, 0))
