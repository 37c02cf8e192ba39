"""Several processes with gloo, through the command line: one training, whoever takes part."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from safetensors.torch import load_file

from puzzlesolver.cli.app import main
from puzzlesolver.errors import UsageError
from puzzlesolver.train.distributed import Ranks, check_divides, launch
from tests.cli.support import start

TINY = {
    "batch_size": 8, "train_puzzles": 32, "eval_puzzles": 0, "compile": False, "precision": "fp32",
    "model.H_cycles": 1, "model.L_cycles": 1, "log_every": 1, "eval_every": 0,
    "warmup_updates": 2, "floor": 1.0, "checkpoint_minutes": 0.0,
}  # fmt: skip
"""Of a constant rate, so that the number of steps changes none of them."""
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
        "train", "sudoku", "--preset", preset, *sets,
        "--steps", str(steps), "--nproc", str(processes), "--device", "cpu", "--out", str(out),
    ]  # fmt: skip


def run(
    out: Path,
    steps: int,
    processes: int,
    preset: str = "trm-mlp-sudoku4",
    settings: dict[str, object] = TINY,
) -> dict[str, torch.Tensor]:
    """The weights after so many updates, of ranks with the environment that torchrun gives them."""
    words = command(out, steps, 1, preset, settings)
    if processes == 1:
        assert main(words) == 0
        return weights(out)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    group = {"WORLD_SIZE": f"{processes}", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": f"{port}"}
    ranks = [
        start(words, out.parent, err=out.parent / f"rank-{k}", RANK=k, LOCAL_RANK=k, **group)
        for k in map(str, range(processes))
    ]
    for rank in ranks:
        rank.join()
    assert [rank.exitcode for rank in ranks] == [0] * processes
    return weights(out)


def torchrun(out: Path, steps: int, processes: int) -> dict[str, torch.Tensor]:
    """The same by way of torch's own launcher."""
    words = command(out, steps, 1, "trm-mlp-sudoku4", TINY)
    at = words.index("--nproc")  # torchrun would take it for its own
    words[at : at + 2] = []
    launcher = ("torch.distributed.run", "--standalone", f"--nproc-per-node={processes}")
    new_process("-m", *launcher, "-m", "puzzlesolver", *words)
    return weights(out)


def new_process(*words: str) -> None:
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr


def weights(out: Path) -> dict[str, torch.Tensor]:
    return load_file(out / "model" / "model.safetensors")


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def close(some: dict[str, torch.Tensor], others: dict[str, torch.Tensor], atol: float) -> None:
    assert some.keys() == others.keys()
    for key, values in some.items():
        torch.testing.assert_close(others[key], values, rtol=0, atol=atol)


class Stopped(NamedTuple):
    """A run of two processes of which one was killed."""

    out: Path
    steps: int  # two more than its last checkpoint has


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    out = tmp_path_factory.mktemp("stopped") / "run"
    process = start(command(out, 9999, 2, "trm-mlp-sudoku4", TINY), out.parent)
    while not list(out.glob("checkpoints/*/COMPLETE")):
        assert process.is_alive()
        time.sleep(0.02)
    assert process.pid is not None
    os.kill(ranks_below(process.pid)[-1], signal.SIGKILL)
    process.join()
    assert process.exitcode == 4
    last = max(int(mark.parent.name[len("step-") :]) for mark in out.glob("checkpoints/*/COMPLETE"))
    return Stopped(out, last + 2)


@pytest.fixture(scope="module")
def pair(stopped: Stopped, tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    """Two processes, never interrupted."""
    return run(tmp_path_factory.mktemp("pair") / "run", stopped.steps, 2)


@pytest.fixture(scope="module")
def alone(stopped: Stopped, tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    """One process, never interrupted."""
    return run(tmp_path_factory.mktemp("alone") / "run", stopped.steps, 1)


def test_two_processes_learn_what_one_learns(
    pair: dict[str, torch.Tensor], alone: dict[str, torch.Tensor]
) -> None:
    assert not same(alone, pair) or torch.equal(alone["puzzle_emb.weights"], torch.zeros(1, 64))
    close(alone, pair, atol=1e-4)


@pytest.mark.soak  # `--nproc` starts torch's launcher, too
def test_what_torchrun_starts_learns_the_same(
    stopped: Stopped, alone: dict[str, torch.Tensor], pair: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """One process of it is a group, too."""
    assert same(torchrun(tmp_path / "one", stopped.steps, 1), alone)
    assert same(torchrun(tmp_path / "two", stopped.steps, 2), pair)


def test_two_or_one_go_on_where_one_of_two_was_killed(
    stopped: Stopped, pair: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    """Two of them as if nothing had been, bit by bit, whoever started them."""
    fewer = shutil.copytree(stopped.out, tmp_path / "fewer")
    assert same(run(stopped.out, stopped.steps, 2), pair)
    close(pair, run(fewer, stopped.steps, 1), atol=1e-4)


def test_carried_states_are_shared_by_processes(tmp_path: Path) -> None:
    alone = run(tmp_path / "alone", 6, 1, "sudoku", STEM)
    pair = run(tmp_path / "pair", 6, 2, "sudoku", STEM)
    close(alone, pair, atol=1e-3)
    rows = [
        [json.loads(line) for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()]
        for name in ("alone", "pair")
    ]
    assert [row.get("puzzles") for row in rows[0]] == [row.get("puzzles") for row in rows[1]]


def test_the_launcher_leaves_our_options_to_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--start` also begins an option of its own."""
    seen: list[Any] = []
    monkeypatch.setattr("torch.distributed.run.run", seen.append)
    words = ["train", "sudoku", "--start", "sudoku", "-q"]
    launch(2, words)
    assert (seen[0].training_script, seen[0].training_script_args) == ("puzzlesolver", words)


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
