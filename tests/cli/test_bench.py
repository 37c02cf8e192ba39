"""`bench` is a thin layer: options reach the run, and the report says what was measured."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.support import HARD, ONE_BLANK, SOLVED, Run


def test_list_names_every_suite(run: Run) -> None:
    done = run("bench", "list")
    assert done.code == 0 and "sudoku-extreme: " in done.stdout


def test_unknown_suite_is_a_usage_error(run: Run) -> None:
    done = run("bench", "sudoku-extrem")
    assert done.code == 2 and "did you mean 'sudoku-extreme'" in done.stderr


def test_report_holds_what_was_asked_for(run: Run, model: Path, tmp_path: Path) -> None:
    rows = "".join(f"mine,{question},{SOLVED},0\n" for question in (ONE_BLANK, HARD, HARD))
    (tmp_path / "data.csv").write_text(f"source,question,answer,rating\n{rows}")
    words = ("bench", "sudoku-extreme", "--data", "data.csv", "--limit", "2", "-m", model)
    options = ("--mode", "verified", "--max-steps", "40", "--json", "out.json")
    done = run(*words, *options)
    report = json.loads((tmp_path / "out.json").read_text())
    assert done.code == 0
    assert report["data"]["rows"] == 2 and list(report["modes"]) == ["verified"]
    assert report["modes"]["verified"]["accuracy"]["count"] == 1
    assert report["policies"]["verified"]["max_steps"] == 40
    report["modes"]["verified"]["accuracy"]["low"] = 0.9
    (tmp_path / "better.json").write_text(json.dumps(report))
    worse = run(*words, "--mode", "verified", "--max-steps", "40", "--compare", "better.json")
    assert worse.code == 1 and "accuracy fell" in worse.stdout
