"""Parts of `make gpu-check` that train: on one GPU, and on all of them.

>>> PARTS["training"]()[0]
'fp32: loss 1.31 to 0.82, resumed bitwise'
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from safetensors.torch import load_file
from torch.nn.utils import parameters_to_vector

from puzzlesolver.bench.gpu.measures import Facts, has_cuda, part
from puzzlesolver.train.checkpoint import load_checkpoint, save_checkpoint
from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.loop import train
from puzzlesolver.train.presets import arguments, get_preset
from puzzlesolver.train.run import Run

UPDATES = 60

TINY = {
    "precision": "fp32", "compile": False, "batch_size": 32, "size": 4, "train_puzzles": 128,
    "augment": True, "log_every": 10, "eval_every": 0, "eval_puzzles": 16, "eval_steps": [8],
    "warmup_updates": 5, "reveal": 3.0, "reveal_floor_clues": 2, "max_age": 6,
    "model": {"layers": 2, "width": 16, "messages": 16, "hidden": 32},
}  # fmt: skip
"""Boards of 4×4, whose loss falls within seconds."""


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
    processes = torch.cuda.device_count() if has_cuda() else 2
    # Rounding grows with the rate.
    config = config_of(8, batch_size=8 * processes, warmup_updates=200)
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


def config_of(updates: int, **changes: Any) -> TrainConfig:
    """A short training on the GPU, or else on the CPU."""
    device = "cuda" if has_cuda() else "cpu"
    return get_preset("sudoku", steps=updates, device=device, **{**TINY, **changes})


def _trained(config: TrainConfig) -> dict[str, Any]:
    """Mean losses of the first and the last updates; half of them are made once more, resumed."""
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
    one, other = (
        parameters_to_vector([*each.model.parameters(), *each.average.parameters()]).detach()
        for each in (run, resumed)
    )
    some = max(1, half // 6)
    return {
        "updates": 2 * half,
        "first": sum(losses[:some]) / some,
        "last": sum(later[-some:]) / some,
        "bitwise": torch.equal(one, other),
        "apart": float((one - other).abs().max()),
        "evaluated": resumed.evaluate(),
    }
