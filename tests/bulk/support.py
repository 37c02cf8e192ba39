"""Runs that fill a folder, whole ones and ones that are killed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from puzzlesolver.cli.app import main

SHARD_SIZE = 10
MANY = 20
KILLS = [pytest.param(2, id="few"), pytest.param(MANY, id="many", marks=pytest.mark.soak)]
"""Every other one is that of the run itself."""


def options(model: Path, out: Path, *more: str) -> list[str]:
    usual = {"--max-steps": "40", "--device": "cpu", "--shard-size": str(SHARD_SIZE)}
    words = [word for name, value in usual.items() if name not in more for word in (name, value)]
    return ["-m", str(model), "-f", "jsonl", "-o", f"{out}/", *words, *more]


def run(many: Path, model: Path, out: Path, *more: str) -> int:
    return main(["solve", str(many), *options(model, out, *more)])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def kill_often(
    words: list[str], env: dict[str, str], worker: bytes, out: Path, whole: Path, kills: int
) -> None:
    """Start a run again and again; kill -9 its workers at any time, and every other time itself.

    Args:
        words: of the command line.
        env: of the run.
        worker: what the command line of a worker has.
        out: the folder that is filled.
        whole: what it must be whenever it says that it is complete.
        kills: how many.
    """
    rng, done = random.Random(0), 0
    while done < kills:
        process = subprocess.Popen(words, env=env, stderr=subprocess.DEVNULL)
        while done < kills and process.poll() is None:
            before = set(out.glob("*")) if rng.random() < 0.7 else None
            while process.poll() is None and (
                not workers(process.pid, worker) or before == set(out.glob("*"))
            ):  # most often until something is written; sometimes while a worker is starting
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.2))
            mortal = [process.pid] if done % 2 else workers(process.pid, worker)
            if mortal:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(rng.choice(mortal), signal.SIGKILL)
                    done += 1
        if done == kills:
            process.kill()
        process.wait()
        if (out / "manifest.json").exists():
            assert contents(out) == contents(whole)
            (out / "manifest.json").unlink()  # more to do
            for path in rng.sample(sorted(out.glob("*.jsonl")), 4):
                path.unlink()


def workers(pid: int, named: bytes) -> list[int]:
    """Processes below one whose command line has these words."""
    found = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in map(int, children.read_text().split()):
                found += [child] if named in Path(f"/proc/{child}/cmdline").read_bytes() else []
                found += workers(child, named)
    return found
