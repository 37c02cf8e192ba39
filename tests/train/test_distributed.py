"""Several processes with gloo, through the command line: one training, whoever takes part."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from puzzlesolver.errors import UsageError
from puzzlesolver.train.distributed import Ranks, check_divides

TINY = {
    "batch_size": 8, "train_puzzles": 32, "eval_puzzles": 0, "compile": False, "precision": "fp32",
    "model.H_cycles": 1, "model.L_cycles": 1, "log_every": 1, "eval_every": 0,
    "warmup_updates": 2,
}  # fmt: skip
STEM = {
    "batch_size": 8, "eval_puzzles": 8, "eval_every": 4, "eval_steps": [8], "compile": False,
    "precision": "fp32", "log_every": 1, "mix": {"easy": 1}, "max_age": 3, "suppositions": 0.5,
    "suppose_after": 1, "grad_steps": 2, "noise": 0.1,
    "model": {"layers": 1, "width": 8, "messages": 8, "hidden": 8},
}  # fmt: skip


def command(out: Path, steps: int, processes: int, preset: str, settings: dict[str, object]):
    sets = [
        word
        for name, value in settings.items()
        for word in ("--set", f"{name}={json.dumps(value)}")
    ]
    return [
        sys.executable, "-m", "puzzlesolver", "train", "sudoku", "--preset", preset, *sets,
        "--steps", str(steps), "--nproc", str(processes), "--device", "cpu", "--out", str(out),
    ]  # fmt: skip


def run(
    out: Path,
    steps: int,
    processes: int,
    preset: str = "trm-mlp-sudoku4",
    settings: dict[str, object] = TINY,
) -> dict[str, torch.Tensor]:
    """The weights after so many updates."""
    words = command(out, steps, processes, preset, settings)
    done = subprocess.run(words, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return load_file(out / "model" / "model.safetensors")


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    """Two processes, never interrupted."""
    return run(tmp_path_factory.mktemp("pair") / "run", 8, 2)


def test_two_processes_learn_what_one_learns(pair: dict[str, torch.Tensor], tmp_path: Path) -> None:
    alone = run(tmp_path / "run", 8, 1)
    assert not same(alone, pair) or torch.equal(alone["puzzle_emb.weights"], torch.zeros(1, 64))
    for key, weights in alone.items():
        torch.testing.assert_close(pair[key], weights, rtol=0, atol=1e-4)


def test_one_process_of_torchrun_is_a_group_too(tmp_path: Path) -> None:
    words = command(tmp_path / "group", 4, 1, "trm-mlp-sudoku4", TINY)
    at = words.index("--nproc")  # torchrun would take it for its own
    words[at : at + 2] = []
    words[1:1] = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=1"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    group = load_file(tmp_path / "group" / "model" / "model.safetensors")
    assert same(group, run(tmp_path / "alone", 4, 1))


def test_two_processes_repeat_bitwise(pair: dict[str, torch.Tensor], tmp_path: Path) -> None:
    assert same(run(tmp_path / "run", 8, 2), pair)


def test_two_go_on_where_two_or_one_stopped(pair: dict[str, torch.Tensor], tmp_path: Path) -> None:
    # The schedule is that of the full length, so the first part is stopped by a signal, not by
    # fewer steps; a constant rate makes both alike.
    settings = TINY | {"floor": 1.0}
    whole = run(tmp_path / "whole", 6, 2, settings=settings)
    run(tmp_path / "parts", 3, 2, settings=settings)
    assert same(run(tmp_path / "parts", 6, 2, settings=settings), whole)
    run(tmp_path / "fewer", 3, 2, settings=settings)
    fewer = run(tmp_path / "fewer", 6, 1, settings=settings)
    for key, weights in whole.items():
        torch.testing.assert_close(fewer[key], weights, rtol=0, atol=1e-4)


def test_a_killed_process_loses_nothing_but_time(tmp_path: Path) -> None:
    settings = TINY | {"floor": 1.0, "checkpoint_minutes": 0.0}
    whole = run(tmp_path / "whole", 30, 2, settings=settings)
    out = tmp_path / "killed"
    words = command(out, 30, 2, "trm-mlp-sudoku4", settings)
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not list(out.glob("checkpoints/*/COMPLETE")):
            time.sleep(0.02)
        for child in ranks_below(process.pid)[-1:]:
            os.kill(child, signal.SIGKILL)
        code = process.wait(timeout=120)
    done = sorted(out.glob("checkpoints/step-*[0-9]"))[-1].name
    assert code == 4 or done == "step-000000030"  # it may have been too late
    assert same(run(out, 30, 2, settings=settings), whole)


def test_carried_states_are_shared_by_processes(tmp_path: Path) -> None:
    alone = run(tmp_path / "alone", 6, 1, "sudoku", STEM)
    pair = run(tmp_path / "pair", 6, 2, "sudoku", STEM)
    for key, weights in alone.items():
        torch.testing.assert_close(pair[key], weights, rtol=0, atol=1e-3)
    rows = [
        [json.loads(line) for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()]
        for name in ("alone", "pair")
    ]
    assert [row.get("puzzles") for row in rows[0]] == [row.get("puzzles") for row in rows[1]]


def test_the_batch_must_divide() -> None:
    with pytest.raises(UsageError, match="shared evenly"):
        check_divides(9, 2)
    assert [Ranks(rank, 3).rows(9) for rank in range(3)] == [slice(0, 3), slice(3, 6), slice(6, 9)]


def ranks_below(process: int) -> list[int]:
    """Processes that this one started and that run our command."""
    children = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(entry.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            words = entry.joinpath("cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        if parent == process and b"puzzlesolver" in words:
            children.append(int(entry.name))
    return sorted(children)
