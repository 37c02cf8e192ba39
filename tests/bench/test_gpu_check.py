"""`make gpu-check`: every part has its row, whatever becomes of the others."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from puzzlesolver.bench.gpu import check as gpu_check
from puzzlesolver.bench.gpu.check import check, main, row_of, run_apart
from puzzlesolver.bench.gpu.measures import PARTS, Facts, Skipped


def good() -> Facts:
    return "well", {"speed": 3}


def absent() -> Facts:
    raise Skipped("no such device")


def bad() -> Facts:
    raise ValueError("wrong")


TINY = {"good": good, "absent": absent, "bad": bad, "after": good}


def fake(name: str, seconds: float) -> dict[str, Any]:
    return row_of(TINY[name])


def test_a_failure_and_a_skipped_part_stop_nothing() -> None:
    console = Console(file=io.StringIO(), width=200)
    report = check(list(TINY), 1.0, console, fake)
    rows = report["parts"]
    statuses = {name: row["status"] for name, row in rows.items()}
    assert statuses == {"good": "ok", "absent": "skipped", "bad": "failed", "after": "ok"}
    assert rows["good"]["speed"] == 3 and rows["absent"]["reason"] == "no such device"
    assert rows["bad"]["error"].startswith("ValueError: wrong") and "bad()" not in rows["good"]
    assert report["machine"]["torch"] == torch.__version__
    assert report["cuda"] == torch.cuda.is_available()
    told = console.file.getvalue()
    assert ("no CUDA device" in told) != report["cuda"]
    assert all(name in told for name in TINY)


def test_when_the_time_is_over_the_rest_is_skipped() -> None:
    report = check(["good"], 0.0, Console(quiet=True), fake)
    assert report["parts"]["good"]["reason"] == "the 0 minutes are over"


@pytest.mark.parametrize(("names", "code"), [(["good", "absent"], 0), (["bad", "good"], 1)])
def test_only_a_failure_is_told_by_the_exit_code(
    names: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpu_check, "PARTS", dict.fromkeys(names))
    monkeypatch.setattr(gpu_check, "run_apart", fake)
    out = tmp_path / "report.json"
    assert main(["--json", str(out), "--minutes", "1"]) == code
    assert list(json.loads(out.read_text())["parts"]) == names


def test_a_part_runs_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = run_apart("machine", 100)
    assert row["status"] == "ok" and row["told"], row
    assert run_apart("machine", 0.01)["status"] == "skipped"
    deadly = tmp_path / "python"
    deadly.write_text("#!/bin/sh\necho no room >&2\nexit 9\n")
    deadly.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(deadly))
    died = run_apart("machine", 100)
    assert died["status"] == "failed" and "exit code 9\nno room" in died["error"]


def test_the_gpu_would_have_to_agree_with_the_cpu() -> None:
    """The quickest of the real parts."""
    row = row_of(PARTS["refinement"])
    assert row["status"] == "ok", row
    assert row["sudoku"]["alike"] == row["sudoku"]["puzzles"]
    assert row["batch_independent"]


def test_the_share_of_the_peak_is_told() -> None:
    row = row_of(PARTS["recipe"])
    assert row["status"] == "ok" and "of the peak (default)" in row["told"], row
    rate = row["update_flop"] / row["update_seconds"] / 1e12
    assert row["tflops"] == pytest.approx(rate, rel=0.01)
    assert row["share_of_peak"] == pytest.approx(rate / row["peak_tflops"], rel=0.05)
    if not torch.cuda.is_available():
        assert row_of(PARTS["recipe_graphs"])["status"] == "skipped"
