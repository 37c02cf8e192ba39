"""Speed tables: every engine and batch size is there, or told why not; and what else is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from puzzlesolver.bench import families
from puzzlesolver.bench.overlap import state_overlap
from puzzlesolver.bench.suites import get_suite


@pytest.mark.filterwarnings("default")  # torch warns about itself while compiling
def test_cost_measures_or_tells_why_not(tmp_path: Path) -> None:
    options = {"limit": 2, "systems": (), "batches": (1, 4), "threads": 1}
    out = tmp_path / "cost.json"
    report = families.run("cost", out_json=out, longest_step=1e-9, **options)
    assert {cell["batch"] for cell in report["cells"]} == {1, 4}
    left_out = [cell for cell in report["cells"] if cell["step_seconds"] is None]
    assert left_out and all(cell["skipped"] for cell in left_out)
    assert {row["system"] for row in report["rows"]} == {"ours, sudoku", "ours, maze"}
    assert all(row["seconds"] > 0 for row in report["rows"])
    assert not families.compare(report, report)


def test_an_overlap_with_training_is_counted(boards_csv: Path, tmp_path: Path) -> None:
    puzzles = get_suite("sudoku-extreme").load(boards_csv, None, 0).puzzles
    seen = tmp_path / "seen.csv"
    seen.write_text("".join(boards_csv.read_text().splitlines(keepends=True)[:7]))
    known = state_overlap({"data": "some"}, puzzles, seen)
    assert known["shared"]["count"] >= 6 and known["shared"]["of"] == len(puzzles)
    assert state_overlap({}, puzzles, None)["shared"] is None
