"""Parts of `make gpu-check` that solve: each uses the GPU in one way, or the CPU without one."""

from __future__ import annotations

import csv
import importlib.util
import itertools
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from puzzlesolver.bench.cost import families
from puzzlesolver.bench.gpu import measures
from puzzlesolver.domains.base import Puzzle
from puzzlesolver.hub.store import load_model
from puzzlesolver.pipeline import load_solver
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.refine.report import Result
from puzzlesolver.runtime import Runtime

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


@measures.part
def machine() -> measures.Facts:
    """The GPU, and what it reaches in products of matrices and in copies."""
    if not measures.has_cuda():
        return "no CUDA device", {"torch": torch.__version__, "cuda": torch.version.cuda}
    card = torch.cuda.get_device_properties(0)
    gib = 1 << 30
    peaks = {}
    for name, dtype, precision in (
        ("bf16", torch.bfloat16, "highest"),
        ("tf32", torch.float32, "high"),
        ("fp32", torch.float32, "highest"),
    ):
        torch.set_float32_matmul_precision(precision)
        peaks[name] = round(measures.matmul_rate(dtype, 8_192) / 1e12, 1)
    source = torch.empty(gib, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    bandwidth = 2 * gib / measures.seconds_of(lambda: target.copy_(source)) / 1e9
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


@measures.part
def refinement() -> measures.Facts:
    """Answers of the GPU beside those of the CPU."""
    facts: dict[str, Any] = {"seed": measures.SEED, "max_steps": MAX_STEPS}
    same = verified = total = 0
    for domain in measures.PUZZLES:
        puzzles = measures.made(domain)
        total += len(puzzles)
        runs = {"cpu": _solved(domain, puzzles, measures.on("cpu", torch.float32))}
        if measures.has_cuda():
            runs |= {
                "cuda float32": _solved(domain, puzzles, measures.on("cuda", torch.float32)),
                "cuda bfloat16": _solved(domain, puzzles, measures.on("cuda", torch.bfloat16)),
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
    facts["batch_independent"] = measures.batch_independent()
    told = f"{verified} of {total} verified"
    if measures.has_cuda():
        told = f"{told} on cuda, {same} answers are those of the cpu"
        if not facts["batch_independent"]:
            told += "; answers depend on the batch"
    assert same == total, f"{told}: {facts}"
    assert verified, told
    return told, facts


@measures.part
def replay() -> measures.Facts:
    """CUDA graphs: the same numbers as eager code, and what all kinds of code cost a step."""
    if not measures.has_cuda():
        raise measures.Skipped("CUDA graphs need CUDA")
    started = time.monotonic()
    runtimes = {name: measures.on("cuda", getattr(torch, name)) for name in ("float32", "bfloat16")}
    facts: dict[str, Any] = {
        name: {
            "difference_from_eager": measures.replay_difference(runtime),
            "step_seconds": {},
        }
        for name, runtime in runtimes.items()
    }
    model, puzzles = load_model("sudoku"), measures.made("sudoku")
    for (kind, options), name in itertools.product(KINDS.items(), runtimes):
        engine = TorchEngine(model, runtimes[name], **options)
        cells = facts[name]["step_seconds"][kind] = dict.fromkeys(map(str, BATCHES))
        for size in BATCHES:
            if time.monotonic() - started < SPEED_SECONDS:
                cells[str(size)] = measures.step_seconds(engine, puzzles, size)
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


@measures.part
def onnx() -> measures.Facts:
    """An exported graph with the CUDA provider answers as torch does."""
    for package in ("onnxruntime", "onnx", "onnxscript"):
        if importlib.util.find_spec(package) is None:
            raise measures.Skipped(f"package {package} is missing")
    from puzzlesolver.export.onnx import export_model
    from puzzlesolver.refine.engines.graph import StepGraph
    from puzzlesolver.refine.engines.sessions import CUDA, obtained_providers

    got = obtained_providers()
    if measures.has_cuda() and CUDA not in got:
        raise measures.Skipped(f"ONNX Runtime gets no {CUDA} here, only {', '.join(got)}")
    device = "cuda" if measures.has_cuda() else "cpu"
    puzzles, runtime = measures.made("sudoku"), measures.on(device, torch.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sudoku.onnx")
        export_model("sudoku", path, size=(9, 9), longest=16)
        providers = StepGraph(path, device).providers
        theirs = _solved("sudoku", puzzles, runtime, str(path), engine="onnx", device=device)
    same = _alike(theirs, _solved("sudoku", puzzles, runtime))
    told = f"{same} of {len(puzzles)} answers are those of torch, by {providers[0]}"
    assert same == len(puzzles), told
    return told, {"providers": providers, "alike": same, "verified": _verified(theirs)}


@measures.part
def cost() -> measures.Facts:
    """A small `bench cost`."""
    options: dict[str, Any] = {"batches": (1,), "longest_step": 1e-9, "systems": (), "limit": 2}
    if measures.has_cuda():
        options = {
            "batches": (1, 256), "longest_step": 2.0, "limit": measures.COUNT,
            "systems": [each for each in families.SETTINGS if each.system == "TRM-MLP"],
        }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "easy.csv")
        with data.open("w", newline="") as file:
            _write_csv(csv.writer(file), measures.made("sudoku"))
        report = families.run("cost", data=data, **options)
    measured = sum(cell["step_seconds"] is not None for cell in report["cells"])
    seconds = {row["system"]: row["seconds"] for row in report["rows"]}
    told = f"{measured} of {len(report['cells'])} cells measured; seconds an answer: {seconds}"
    return told, {name: report[name] for name in ("puzzles", "cells", "rows", "meter")}


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
    options = {"runtime": runtime, "batch_size": measures.COUNT, "prove": False, **options}
    return list(load_solver(domain, model, settings, **options).solve(puzzles))


def _verified(results: Iterable[Result]) -> int:
    return sum(each.verdict.status == "verified" for each in results)


def _alike(some: list[Result], others: list[Result]) -> int:
    """How many have the same verdict, and where it is a right one the same answer."""

    def fact(result: Result) -> tuple[str, object]:
        right = result.verdict.status == "verified"
        return result.verdict.status, right and [grid.tolist() for grid in result.answers]

    return sum(fact(one) == fact(other) for one, other in zip(some, others, strict=True))


def _write_csv(writer: Any, puzzles: list[Puzzle]) -> None:
    writer.writerow(("source", "question", "answer", "rating"))
    for puzzle in puzzles:
        assert puzzle.label is not None
        texts = ("".join(map(str, grid.flat)) for grid in (puzzle.grid, puzzle.label))
        writer.writerow((puzzle.name, *texts, 0))
