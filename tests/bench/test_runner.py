from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from puzzlesolver.bench.accuracy import solving as runner
from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.errors import ModelError, ParseError, UsageError
from puzzlesolver.models.stem import RelationalStem

ROWS = 24
SHORT = {"max_steps": 64, "patience": 16, "branch_patience": 8}


def run(model: Path, data: Path | None, **options: Any) -> dict[str, Any]:
    return runner.run("sudoku-extreme", model=model, data=data, **{"policy": SHORT, **options})


def without_clock(report: dict[str, Any]) -> dict[str, Any]:
    """The numbers that a second run must repeat."""
    clock = ("seconds", "puzzles_per_second", "verified_per_second", "peak_memory_mib")
    return {
        mode: {key: value for key, value in numbers.items() if key not in clock}
        for mode, numbers in report["modes"].items()
    }


@pytest.fixture
def finished(model_folder: Path, boards_csv: Path, tmp_path: Path) -> tuple[dict[str, Any], Path]:
    """An uninterrupted run and where it was written."""
    out = tmp_path / "results" / "report.json"
    return run(model_folder, boards_csv, out_json=out), out


def test_report_and_journal(
    finished: tuple[dict[str, Any], Path], model_folder: Path, boards_csv: Path
) -> None:
    report, out = finished
    assert json.loads(out.read_text()) == report
    assert report["data"] == {
        "name": "boards.csv",
        "sha256": hashlib.sha256(boards_csv.read_bytes()).hexdigest(),
        "rows": ROWS,
    }
    weights = (model_folder / "model.safetensors").read_bytes()
    assert report["model"]["sha256"] == hashlib.sha256(weights).hexdigest()
    assert report["model"]["training"] == {"data": "nothing"}
    assert report["policies"]["raw"]["max_steps"] == 64
    assert report["machine"]["cores"] >= 1

    header, *lines = [
        json.loads(line) for line in out.with_suffix(".jsonl").read_text().splitlines()
    ]
    assert header["run"]["suite"] == "sudoku-extreme"
    puzzles = [line["puzzle"] for line in lines]
    for mode, numbers in report["modes"].items():
        records = [puzzle for puzzle in puzzles if puzzle["mode"] == mode]
        assert sorted(record["index"] for record in records) == list(range(ROWS))
        verified = sum(record["verdict"] == "verified" for record in records)
        assert numbers["accuracy"]["count"] == verified
        assert numbers["wrong_verified"] == numbers["wrong_contradictions"] == []
        assert sum(part["of"] for part in numbers["by_rating"].values()) == ROWS
        assert set(numbers["by_rating"]) == {"0", "1-9", "10-19", "20-49", "50+", "unrated"}
        assert set(numbers["by_source"]) == {"source 0", "source 1"}
        shares = [numbers["by_budget"][budget]["count"] for budget in ("16", "32", "64")]
        assert shares == sorted(shares)
        assert shares[-1] == verified
        assert sum(numbers["steps"]["histogram"].values()) == verified
    verified = report["modes"]["verified"]["accuracy"]["count"]
    assert 0 < report["modes"]["raw"]["accuracy"]["count"] < verified


def test_operations_are_counted(
    finished: tuple[dict[str, Any], Path], tiny_model: RelationalStem
) -> None:
    report, out = finished
    puzzles = [
        json.loads(line).get("puzzle")
        for line in out.with_suffix(".jsonl").read_text().splitlines()
    ]
    batch = get_domain("sudoku").encode([Puzzle("sudoku", "", np.eye(4, dtype=np.uint8), "")])
    state, inputs = tiny_model.init_state(batch, torch.randn), tiny_model.embed(batch)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        tiny_model.step(state, inputs, batch.layout)
    for mode, numbers in report["modes"].items():
        steps = sum(each["steps"] for each in puzzles if each and each["mode"] == mode)
        assert numbers["gflop"] == pytest.approx(steps * counter.get_total_flops() / 1e9, rel=1e-5)


def test_batch_size_changes_nothing(
    finished: tuple[dict[str, Any], Path], model_folder: Path, boards_csv: Path
) -> None:
    small = run(model_folder, boards_csv, batch_size=5)
    assert without_clock(small) == without_clock(finished[0])


def test_resuming_gives_the_report_of_an_uninterrupted_run(
    finished: tuple[dict[str, Any], Path], model_folder: Path, boards_csv: Path, tmp_path: Path
) -> None:
    report, out = finished
    lines = out.with_suffix(".jsonl").read_text().splitlines(keepends=True)
    for kept in (1, 8, ROWS + 4):  # nothing, a part of one mode, one mode and a part of the other
        again = tmp_path / f"again{kept}.json"
        partial = again.with_suffix(".partial.jsonl")
        partial.write_text("".join(lines[:kept]) + lines[kept][:30])  # killed while writing
        resumed = run(model_folder, boards_csv, out_json=again, resume=True)
        assert without_clock(resumed) == without_clock(report)
        assert not partial.exists()
        assert again.with_suffix(".jsonl").read_text().startswith("".join(lines[:kept]))


def test_an_unfinished_run_is_not_overwritten(
    finished: tuple[dict[str, Any], Path], model_folder: Path, boards_csv: Path, tmp_path: Path
) -> None:
    out = tmp_path / "again.json"
    partial = out.with_suffix(".partial.jsonl")
    partial.write_text(finished[1].with_suffix(".jsonl").read_text())
    with pytest.raises(UsageError, match="unfinished"):
        run(model_folder, boards_csv, out_json=out)
    with pytest.raises(UsageError, match="its seed is 0, not 1"):
        run(model_folder, boards_csv, out_json=out, resume=True, seed=1)
    with pytest.raises(UsageError, match=r"its policies\.settle\.max_steps is 64, not 32"):
        run(model_folder, boards_csv, out_json=out, resume=True, policy={**SHORT, "max_steps": 32})
    partial.write_text("no JSON\n")
    with pytest.raises(UsageError, match="damaged"):
        run(model_folder, boards_csv, out_json=out, resume=True)


def test_resume_needs_a_file(model_folder: Path, boards_csv: Path) -> None:
    with pytest.raises(UsageError, match="without a file"):
        run(model_folder, boards_csv, resume=True)


def test_cost(model_folder: Path, boards_csv: Path) -> None:
    report = run(model_folder, boards_csv, modes=["verified"], cost=True)
    rows = report["cost"]["batches"]
    assert [row["batch_size"] for row in rows] == [1, 64, 1_024]
    assert [row["puzzles"] for row in rows] == [20, ROWS, ROWS]
    assert (
        rows[1]["verified"]
        == rows[2]["verified"]
        == report["modes"]["verified"]["accuracy"]["count"]
    )
    assert rows[0]["relative"] == 1
    assert 0 < report["cost"]["puzzle_seconds"]["median"] <= report["cost"]["puzzle_seconds"]["p95"]


def test_limit_takes_the_first_rows(model_folder: Path, boards_csv: Path) -> None:
    report = run(model_folder, boards_csv, limit=3, modes=["raw"])
    assert report["data"]["rows"] == 3
    assert list(report["modes"]) == ["raw"]


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("sudoku-extrem", {}, "unknown suite"),
        ("sudoku-extreme", {"modes": ["rare"]}, "unknown mode"),
        ("sudoku-extreme", {"modes": []}, "no mode"),
        ("sudoku-extreme", {"data": Path("nowhere.csv")}, "cannot read"),
        ("sudoku-sizes", {"data": Path("nowhere.csv")}, "makes its own"),
        ("sudoku-sound", {}, "needs puzzles"),
    ],
)
def test_wrong_use(model_folder: Path, name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        runner.run(name, model=model_folder, **options)


def test_wrong_files(model_folder: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("source,question,answer,rating\nx,12,12,0\n")
    with pytest.raises(ParseError, match=r"bad\.csv:2"):
        run(model_folder, bad)
    empty = tmp_path / "empty.csv"
    empty.write_text("source,question,answer,rating\n")
    with pytest.raises((ParseError, UsageError)):
        run(model_folder, empty)
    with pytest.raises(ModelError, match="no folder"):
        run(tmp_path / "nothing", bad)
