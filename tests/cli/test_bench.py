"""`bench` is a thin layer: options reach the run, and the report says what was measured."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
from pathlib import Path

import pytest

from puzzlesolver.bench.report.documents import REPORTS
from tests.cli.support import HARD, ONE_BLANK, SOLVED, Run


def test_list_names_every_suite(run: Run) -> None:
    done = run("bench", "list")
    assert done.code == 0 and done.stdout.startswith("sudoku-extreme\t")
    told = re.search(r"\nsettle\t.*\tgenerated, seed 0\t[0-9a-f]{64}\n", done.stdout)
    assert told is not None


def test_options_that_a_suite_would_ignore_are_refused(run: Run) -> None:
    for words, flag in (
        (("cost", "--mode", "raw"), "--mode"),
        (("settle", "--shard", "1/2"), "--shard"),
        (("cost", "--max-steps", "5"), "--max-steps"),
        (("cost", "--plot", "x.png"), "--plot"),
        (("settle", "old.json"), "old.json"),
    ):
        done = run("bench", *words)
        assert done.code == 2 and flag in done.stderr


def test_boards_with_rules_of_ones_own_are_measured(run: Run) -> None:
    words = ("bench", "sudoku-variants", "--rules", "X", "--size", "6", "--difficulty", "easy")
    done = run(*words, "--limit", "3", "--json", "own.json")
    assert done.code == 0, done.stderr
    report = json.loads(Path("own.json").read_text())
    assert report["model"]["name"] == "sudoku-any" and report["data"]["rows"] == 3
    assert [*report["modes"]["verified"]["by_source"]] == ["6×6 X easy"]
    for words, what in (
        (("sudoku-sizes", "--size", "6"), "sudoku-sizes has boards of its own"),
        (("sudoku-variants", "--rules", "killer"), "more than different digits"),
        (("sudoku-variants", "--size", "7"), "no Sudoku has 7 rows"),
        (("cost", "--rules", "x"), "--rules"),
    ):
        done = run("bench", *words)
        assert done.code == 2 and what in done.stderr


def test_several_models_get_a_report_each_and_share_a_page(
    run: Run, model: Path, tmp_path: Path
) -> None:
    other = model.with_name("other")
    shutil.copytree(model, other)
    words = ("bench", "settle-4x4", "--limit", "1", "--max-steps", "8", "--mode", "settle")
    models = ("-m", model, "-m", other, "--json", "out.json", "--html", "page.html")
    assert run(*words, *models, "--plot", "plot.png").code == 0
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.glob("out*.json")) == [
        "out-other.json", "out-tiny.json",
    ]  # fmt: skip
    page = (tmp_path / "page.html").read_text()
    assert "other, settle" in page and "tiny, settle" in page and "data:image/gif" in page
    report = ("bench", "report", "out-other.json", "--html", "again.html")
    done = run(*report, "-m", model)
    assert (done.code, done.stdout, done.stderr) == (0, "", "")
    assert "data:image/gif" in (tmp_path / "again.html").read_text()
    # The folder that the result names is there, and is not opened for its sake.
    done = run(*report)
    assert done.code == 0 and "shows no settling" in done.stderr and "--model" in done.stderr
    again = (tmp_path / "again.html").read_text()
    assert "settle-4x4" in again and "data:image/gif" not in again
    assert run(*report, "-q").stderr == ""
    ignored = run(*report, "--seed", "1")
    assert ignored.code == 2 and "--seed: report does not take" in ignored.stderr
    assert run(*report[:3]).code == 2
    same = run(*words, "-m", model, "-m", model, "--json", "out.json")
    assert same.code == 2 and "the same name" in same.stderr


def test_a_page_shows_what_was_learned_in_how_many_core_minutes(run: Run, tmp_path: Path) -> None:
    for name, told in (
        ("sudoku4-curves", "While they were trained"),
        ("settle-4x4-trm-att-sudoku4", "trm-att-sudoku4 while it was trained"),
    ):
        done = run("bench", "report", REPORTS / f"{name}.json", "--html", "page.html", "-q")
        assert (done.code, done.stderr) == (0, "")
        page = (tmp_path / "page.html").read_text()
        assert told in page and "core-minutes of training" in page


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
    report["modes"]["verified"]["accuracy"] |= {"share": 0.95, "low": 0.9, "high": 1.0}
    (tmp_path / "better.json").write_text(json.dumps(report))
    worse = run(*words, "--mode", "verified", "--max-steps", "40", "--compare", "better.json")
    assert worse.code == 1 and "accuracy fell" in worse.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--compare", "other.json"), "old report is of maze-hard"),
        (("--compare", "few.json"), "something else"),
        (("--html", "nowhere/page.html"), "nowhere"),
        (("--plot", "nowhere/plot.png"), "nowhere"),
        (("--json", "nowhere/out.json"), "nowhere"),
        (("--json", "."), "folder"),
    ],
)
def test_what_would_be_refused_afterwards_is_refused_before(
    run: Run, model: Path, tmp_path: Path, options: tuple[str, str], told: str
) -> None:
    (tmp_path / "data.csv").write_text(f"source,question,answer,rating\nmine,{HARD},{SOLVED},0\n")
    for name, suite in (("few", "sudoku-extreme"), ("other", "maze-hard")):
        shutil.copyfile(REPORTS / f"{suite}.json", tmp_path / f"{name}.json")
    words = ("bench", "sudoku-extreme", "--data", "data.csv", "-m", model, "--mode", "verified")
    done = run(*words, "--max-steps", "40", *options)
    assert done.code == 2 and told in done.stderr
    assert "verified" not in done.stderr.partition("error:")[0]  # nothing was measured


@pytest.mark.parametrize("option", ["--html", "--plot"])
def test_pictures_without_their_library_are_refused_before_measuring(
    run: Run, model: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "matplotlib" else found(name)
    )
    done = run("bench", "settle-4x4", "--limit", "1", "-m", model, option, "x.png")
    assert done.code == 2 and "puzzlesolver[images]" in done.stderr
    assert "settle" not in done.stderr.partition("error:")[0]


def test_a_dataset_folder_is_measured(run: Run, model: Path, tmp_path: Path) -> None:
    new = ("--count", "3", "--test-count", "2", "--size", "7")
    assert run("dataset", "maze", "folder", *new).code == 0
    measured = run(
        "bench", "maze-hard", "--data", "folder", "--mode", "raw", "--max-steps", "4",
        "--json", "out.json",
    )  # fmt: skip
    assert measured.code == 0, measured.stderr
    data = json.loads((tmp_path / "out.json").read_text())["data"]
    assert data["name"] == "folder/test" and data["rows"] == 2
    refused = run("bench", "sudoku-extreme", "--data", "folder", "-m", model)
    assert refused.code == 2 and "no sudoku set" in refused.stderr
