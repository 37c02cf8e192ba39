"""`make gpu-check`: does everything that can use a CUDA GPU work on this one, and how fast?

Each part (`gpu/measures.py`) runs in a process of its own, so that none can stop the others. In:
the machine. Out: one JSON to send back, and a line a part while they run. Without a CUDA device the
parts run on the CPU.

    $ python -m puzzlesolver.bench.gpu.check --json gpu-check.json
    ok      refinement    41.2 s  48 of 48 answers of cuda are those of the cpu; …
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from puzzlesolver.bench.gpu import learning, parts, recipe  # noqa: F401 – they fill PARTS
from puzzlesolver.bench.gpu.measures import PARTS, Facts, Skipped
from puzzlesolver.bench.machine import describe_machine
from puzzlesolver.bench.runner import finish
from puzzlesolver.runtime import available_devices, choose_runtime

OK, SKIPPED, FAILED = "ok", "skipped", "failed"
COLOURS = {OK: "green", SKIPPED: "yellow", FAILED: "red"}

MINUTES = 9.0
LONGEST = 120.0
"""Seconds that one part may take; what hangs must not cost the others their time."""

Row = dict[str, Any]
"""A part's `status` and `seconds`, with its facts, the reason it was skipped, or the error."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all parts; the exit code is 1 if one failed."""
    parser = argparse.ArgumentParser(prog="gpu_check", description="Check this machine's GPU.")
    parser.add_argument("--json", type=Path, default=Path("gpu-check.json"), help="the report")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="for all parts together")
    parser.add_argument("--part", choices=PARTS, help="run this one here and print its row")
    asked = parser.parse_args(arguments)
    if asked.part:
        with contextlib.redirect_stdout(sys.stderr):
            row = row_of(PARTS[asked.part])
        sys.stdout.write(f"\n{json.dumps(row)}\n")
        return int(row["status"] == FAILED)
    console = Console(stderr=True)
    report = check(list(PARTS), asked.minutes, console)
    finish(asked.json, report)
    console.print(f"report: {asked.json}", highlight=False, soft_wrap=True)
    return int(any(row["status"] == FAILED for row in report["parts"].values()))


def check(
    names: Sequence[str],
    minutes: float,
    console: Console,
    run: Callable[[str, float], Row] | None = None,
) -> dict[str, Any]:
    """The report of all parts.

    Args:
        names: of the parts, in their order.
        minutes: for all of them; what would begin later is skipped.
        console: told of each part as it ends.
        run: runs the part of a name within so many seconds; None = `run_apart`.
    """
    cuda = "cuda" in available_devices()
    if not cuda:
        console.print("no CUDA device found: the parts run on the CPU")
    deadline = time.monotonic() + 60 * minutes
    rows: dict[str, Row] = {}
    for name in names:
        left = min(LONGEST, deadline - time.monotonic())
        if left > 0:
            rows[name] = (run or run_apart)(name, left)
        else:
            rows[name] = _row(SKIPPED, 0.0, reason=f"the {minutes:g} minutes are over")
        _tell(console, name, rows[name])
    machine = describe_machine(choose_runtime())
    return {"suite": "gpu-check", "cuda": cuda, "machine": machine, "parts": rows}


def run_apart(name: str, seconds: float) -> Row:
    """The row of one part, run in another process for so many seconds at most."""
    words = [sys.executable, "-m", "puzzlesolver.bench.gpu.check", "--part", name]
    started = time.monotonic()
    pipes: Mapping[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, **pipes, start_new_session=os.name == "posix") as process:
        try:
            output, complaints = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            _kill(process)
            _, complaints = process.communicate()
            spent = time.monotonic() - started
            if seconds < LONGEST:
                return _row(SKIPPED, spent, reason=f"the time was over after {seconds:.0f} s of it")
            error = f"it had not ended after {seconds:.0f} s\n{complaints[-2_000:]}"
            return _row(FAILED, spent, error=error)
    try:
        row: Row = json.loads(output.splitlines()[-1])
    except (IndexError, ValueError):
        error = f"it died with exit code {process.returncode}\n{complaints[-2_000:]}"
        return _row(FAILED, time.monotonic() - started, error=error)
    return row


def row_of(part: Callable[[], Facts]) -> Row:
    """Run a part here."""
    started = time.monotonic()
    try:
        told, facts = part()
    except Skipped as reason:
        return _row(SKIPPED, time.monotonic() - started, reason=str(reason))
    except Exception as error:  # whatever it is, the report tells it
        first = f"{type(error).__name__}: {error}"
        text = f"{first}\n{traceback.format_exc()[-4_000:]}"
        return _row(FAILED, time.monotonic() - started, error=text)
    return _row(OK, time.monotonic() - started, told=told, **facts)


def _row(status: str, seconds: float, **facts: Any) -> Row:
    return {"status": status, "seconds": round(seconds, 1), **facts}


def _kill(process: subprocess.Popen[str]) -> None:
    """With all that it has started, where that can be told."""
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _tell(console: Console, name: str, row: Row) -> None:
    said = row.get("told") or row.get("reason") or row.get("error", "")
    status = row["status"]
    console.print(
        f"[{COLOURS[status]}]{status:8}[/]{name:12} {row['seconds']:6.1f} s  ", end="",
        highlight=False,
    )  # fmt: skip
    console.print(said.partition("\n")[0][:200], markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
