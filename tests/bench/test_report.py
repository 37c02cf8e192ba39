from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from puzzlesolver.bench.accuracy import solving as runner
from puzzlesolver.bench.accuracy.compare import compare
from puzzlesolver.bench.accuracy.solving_page import plot, sections
from puzzlesolver.bench.report.terminal import show
from puzzlesolver.bench.schema import read_report
from puzzlesolver.errors import UsageError

MODES = ("settle", "raw", "verified")


@pytest.fixture
def report(model_folder: Path, boards_csv: Path) -> dict[str, Any]:
    policy = {"max_steps": 32, "patience": 16}
    return runner.run(
        "sudoku-extreme", model=model_folder, data=boards_csv, policy=policy, cost=True
    )


def test_tables_name_what_a_reader_needs(report: dict[str, Any]) -> None:
    text = io.StringIO()
    show(report, Console(file=text, width=160))
    shown = text.getvalue()
    for told in (
        "boards.csv",
        "raw",
        "verified",
        "unrated",
        "source 1",
        "python-sat",
        "RSM",
        "3.8 million",
    ):
        assert told in shown
    assert "on Sudoku-Extreme itself" in shown
    assert "unsound" not in shown


def test_progress_is_shown_on_the_console(model_folder: Path, boards_csv: Path) -> None:
    text = io.StringIO()
    console = Console(file=text, width=120, force_terminal=True)
    runner.run(
        "sudoku-extreme", model=model_folder, data=boards_csv, policy={"max_steps": 16},
        modes=["raw"], console=console,
    )  # fmt: skip
    assert "24/24" in text.getvalue()


def test_plot_is_a_picture(report: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "steps.png"
    plot([report], path)
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UsageError, match="cannot write"):
        plot([report], tmp_path / "no folder" / "steps.png")


def test_the_steps_to_right_answers_are_counted(report: dict[str, Any]) -> None:
    steps = next(each for each in sections([report]) if each.title == "Steps").panels[1]
    assert steps.caption == "Steps to a right answer" and steps.columns == ("up to", *MODES)
    for number, mode in enumerate(MODES, 1):
        right = report["modes"][mode]["accuracy"]["count"]
        assert sum(int(row[number]) for row in steps.rows) == right
    assert steps.chart is not None and "up to so many steps" in steps.chart()


def test_comparing_with_itself_finds_nothing(report: dict[str, Any]) -> None:
    assert compare(report, report) == []


def test_a_fall_beyond_the_interval_is_a_regression(report: dict[str, Any]) -> None:
    old, new = copy.deepcopy(report), copy.deepcopy(report)
    old["modes"]["raw"]["accuracy"] |= {"share": 0.9, "low": 0.85}
    new["modes"]["raw"]["accuracy"]["share"] = 0.86
    assert compare(old, new) == []
    new["modes"]["raw"]["accuracy"]["share"] = 0.84
    (worse,) = compare(old, new)
    assert "raw accuracy fell to 84.0%, below 85.0%" in worse


def test_details_regress_when_intervals_lie_apart(report: dict[str, Any]) -> None:
    old, new = copy.deepcopy(report), copy.deepcopy(report)
    old["modes"]["raw"]["by_rating"]["0"] |= {"share": 0.9, "low": 0.8, "high": 0.95}
    new["modes"]["raw"]["by_rating"]["0"] |= {"share": 0.7, "low": 0.6, "high": 0.81}
    assert compare(old, new) == []
    new["modes"]["raw"]["by_rating"]["0"]["high"] = 0.79
    (worse,) = compare(old, new)
    assert "rating 0: at most 79.0% now, at least 80.0% before" in worse
    sign = {"auroc": 0.9, "low": 0.85, "high": 0.95}
    old["modes"]["raw"]["settling"]["signs"]["all"]["residual"] = sign
    new["modes"]["raw"]["settling"]["signs"]["all"]["residual"] = sign | {"high": 0.8, "low": 0.7}
    assert "AUROC of residual" in compare(old, new)[1]


def test_time_counts_on_the_same_machine_alone(report: dict[str, Any]) -> None:
    old, new = copy.deepcopy(report), copy.deepcopy(report)
    new["modes"]["raw"]["seconds"] = 2.1 * old["modes"]["raw"]["seconds"]
    (worse,) = compare(old, new)
    assert "more than 2 times the old" in worse
    new["machine"]["cpu"] = "another"
    assert compare(old, new) == []


def test_an_unsound_answer_is_a_regression(report: dict[str, Any]) -> None:
    new = copy.deepcopy(report)
    new["modes"]["verified"]["wrong_verified"] = ["boards.csv:3"]
    (worse,) = compare(report, new)
    assert "boards.csv:3" in worse


def test_only_reports_of_the_same_puzzles_compare(report: dict[str, Any]) -> None:
    other = copy.deepcopy(report)
    other["data"]["sha256"] = "0"
    with pytest.raises(UsageError, match="something else"):
        compare(other, report)
    other = copy.deepcopy(report)
    other["policies"]["raw"]["max_steps"] = 16
    with pytest.raises(UsageError, match="16 steps, not 32 steps"):
        compare(other, report)
    other = copy.deepcopy(report)
    del other["modes"]["settle"], other["modes"]["raw"], report["policies"]["verified"]
    with pytest.raises(UsageError, match="no mode"):
        compare(other, report)


def test_reading_a_report(report: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report))
    assert read_report(path) == report
    for text in ("", "[]", '{"schema": 1}'):
        path.write_text(text)
        with pytest.raises(UsageError, match="no report"):
            read_report(path)
    with pytest.raises(UsageError, match="cannot read"):
        read_report(tmp_path / "nowhere.json")
