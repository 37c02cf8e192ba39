"""Speed tables: every engine and batch size is there, or told why not; and what else is known."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from puzzlesolver.bench.accuracy.overlap import state_overlap
from puzzlesolver.bench.cost import families
from puzzlesolver.bench.cost.profile import profiled
from puzzlesolver.bench.cost.throughput import Cell
from puzzlesolver.bench.suites import get_suite
from puzzlesolver.loading import load_network
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.runtime import choose_runtime

SPEEDS = {"eager": 2.56, "onnx": 2.0, "fused": 1.28}
"""Seconds of a step."""


@pytest.mark.usefixtures("quick_exports")
@pytest.mark.filterwarnings("default")  # torch warns about itself while compiling
def test_cost_measures_or_tells_why_not(boards_csv: Path, tmp_path: Path) -> None:
    options = {"limit": 2, "systems": (), "batches": (1, 4), "threads": 1, "data": boards_csv}
    out = tmp_path / "cost.json"
    report = families.run("cost", out_json=out, longest_step=1e-9, **options)
    assert {cell["batch"] for cell in report["cells"]} == {1, 4}
    left_out = [cell for cell in report["cells"] if cell["step_seconds"] is None]
    assert left_out and all(cell["skipped"] for cell in left_out)
    assert {row["system"] for row in report["rows"]} == {"ours, sudoku", "ours, maze"}
    assert all(row["seconds"] > 0 for row in report["rows"])
    (ours, _) = report["rows"]
    (alone, *_) = report["cells"]
    assert alone["seconds"] == pytest.approx(alone["step_seconds"] * ours["steps_per_answer"])
    assert alone["times_ours"] == 1
    assert not families.compare(report, report)
    slower = copy.deepcopy(report)
    slower["cells"][0]["step_seconds"] *= 3
    assert "ours, sudoku on sudoku, eager, batch 1" in families.compare(report, slower)[0]

    lines = out.with_suffix(".jsonl").read_text().splitlines(keepends=True)
    out.with_suffix(".partial.jsonl").write_text("".join(lines[:-2]))
    resumed = families.run("cost", out_json=out, longest_step=1e-9, resume=True, **options)
    assert resumed["cells"][:2] == report["cells"][:2]
    assert len(resumed["cells"]) == len(report["cells"])


def test_an_overlap_with_training_is_counted(boards_csv: Path, tmp_path: Path) -> None:
    puzzles = get_suite("sudoku-extreme").load(boards_csv, None, 0).puzzles
    seen = tmp_path / "seen.csv"
    seen.write_text("".join(boards_csv.read_text().splitlines(keepends=True)[:7]))
    known = state_overlap({"data": "some"}, puzzles, seen)
    assert known["shared"]["count"] >= 6 and known["shared"]["of"] == len(puzzles)
    assert state_overlap({}, puzzles, None)["shared"] is None


def test_products_of_a_step_are_counted_and_timed() -> None:
    puzzles = get_suite("maze-hard").load(None, 1, 0).puzzles
    model = load_network(None, "maze").network
    assert isinstance(model, RecursiveModel)
    cells = [Cell("maze", "ours", engine, 256, seconds) for engine, seconds in SPEEDS.items()]
    eager, fused = profiled(cells, model, puzzles, choose_runtime("cpu", 1), peak=100.0)
    # 900 nodes of width 32: a message, four relations, a gated unit of 64.
    multiplied = 900 * 32 * (32 + 4 * 32 + 128 + 64)
    assert eager["gflop"] == pytest.approx(2e-9 * multiplied, rel=1e-3) == fused["gflop"]
    assert fused["times_eager"] == 2
    assert eager["products"] > 0 and fused["products"] > 0
    assert fused["of_peak"] == pytest.approx(2 * eager["of_peak"], rel=0.1)
