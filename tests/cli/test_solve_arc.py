"""Tasks of ARC from the command line: attempts, what speaks for them, and the view of the fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import ONE_BLANK, Run, run_on_terminal

SHORT = ("--max-steps", "20", "--restarts", "1")
"""Two fits of ten steps: enough to vote, not to learn."""


def pair(colour: int, width: int = 4) -> dict[str, Any]:
    row = [0] * (width - 1) + [colour]
    return {"input": [row, row], "output": [[5 * (cell > 0) for cell in row]] * 2}


TASK = {"train": [pair(1), pair(2), pair(3, 6)], "test": [pair(4), pair(6, 5)]}


@pytest.fixture
def task(tmp_path: Path) -> Path:
    path = tmp_path / "paint.json"
    path.write_text(json.dumps(TASK))
    return path


def without_answers(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"test": [{"input": each["input"]} for each in document["test"]]}


def test_json_tells_the_attempts_and_what_speaks_for_them(run: Run, task: Path) -> None:
    done = run("solve", task, *SHORT, "-f", "json")
    assert done.code == 0
    told = json.loads(done.stdout)
    assert told["status"] == "answered" and told["verdict"] in ("verified", "wrong")
    assert told["right"][1] == 2 and told["reason"].startswith("compared with the outputs in")
    assert told["data"]["source"] == str(task) and len(told["data"]["sha256"]) == 64
    assert (told["name"], told["domain"], told["model"]) == ("paint", "arc", "arc-stem")
    assert (told["steps"], told["restarts"], told["rule"]) == (20, 1, "same size")
    assert 0 <= told["demos"] <= 1 and told["cpu_seconds"] > 0
    assert [len(both["attempt_1"][0]) for both in told["attempts"]] == [4, 5]
    assert all(1 >= first >= second >= 0 for first, second in told["shares"])


def test_known_outputs_change_nothing(run: Run, task: Path) -> None:
    with_answers = json.loads(run("solve", task, *SHORT, "-f", "json").stdout)
    task.write_text(json.dumps(without_answers(TASK)))
    without = json.loads(run("solve", task, *SHORT, "-f", "json").stdout)
    assert with_answers["attempts"] == without["attempts"]
    assert with_answers["shares"] == without["shares"]


def test_a_submission_is_what_verify_reads(run: Run, task: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps(without_answers(TASK)))
    assert run("solve", task, other, *SHORT, "-f", "submission", "-o", "all.json").code == 0
    assert list(json.loads((tmp_path / "all.json").read_text())) == ["paint", "other"]
    verified = run("verify", task, "all.json")
    assert verified.code in (0, 1) and "paint" in verified.stdout
    assert "no output is known" in run("verify", other, "all.json").stdout


def test_text_shows_the_task_with_the_attempts(run: Run, task: Path) -> None:
    done = run("solve", task, *SHORT)
    assert done.code == 0
    for part in ("demo 3", "test 2", "attempt 1", "size rule: same size", "of 3 demonstrations"):
        assert part in done.stdout
    assert "compared with the outputs in its file: test 1" in " ".join(done.stdout.split())
    task.write_text(json.dumps(without_answers(TASK)))
    assert "ARC has examples and no rules" in run("solve", task, *SHORT).stdout


def test_grid_and_line_have_one_answer_for_every_test(run: Run, task: Path) -> None:
    lines = run("solve", task, *SHORT, "-f", "line").stdout.splitlines()
    assert [len(line) for line in lines] == [9, 11]


def test_a_task_among_puzzles_of_other_kinds(run: Run, task: Path, model: Path) -> None:
    done = run("solve", ONE_BLANK, "-m", model, "-f", "jsonl")
    assert json.loads(done.stdout)["domain"] == "sudoku"
    refused = run("solve", ONE_BLANK, task, "-m", model, "-f", "jsonl")
    assert refused.code == 4 and "--model" in refused.stderr
    assert len(refused.stdout.splitlines()) == 1, "the board before it is answered"


@pytest.mark.parametrize(
    "options", [("--engine", "onnx"), ("--mode", "raw"), ("--rollouts", "4"), ("--noise", "0.5")]
)
def test_what_means_nothing_for_a_fit_is_refused(
    run: Run, task: Path, options: tuple[str, str]
) -> None:
    done = run("solve", task, *options)
    assert done.code == 2
    assert options[0] in done.stderr and "fitted" in done.stderr


def test_sudokus_make_no_submission(run: Run, model: Path) -> None:
    done = run("solve", ONE_BLANK, "-m", model, "-f", "submission")
    assert done.code == 2 and "ARC" in done.stderr


def test_a_folder_takes_no_tasks(run: Run, task: Path) -> None:
    done = run("solve", task, "-f", "jsonl", "-o", "out/")
    assert done.code == 2 and "name a file" in done.stderr


def test_a_time_limit_ends_with_an_answer(run: Run, task: Path) -> None:
    done = run("solve", task, "--time-limit", "0.01", "-f", "json", "--threads", "1")
    assert done.code == 0
    told = json.loads(done.stdout)
    assert told["steps"] < 100 and not told["settled"]
    assert len(told["attempts"]) == 2


def test_sizes_without_a_rule_are_answered_and_told(run: Run, tmp_path: Path) -> None:
    shrunk = [{"input": [[1, 1, 1]] * 2, "output": [[1] * width]} for width in (3, 1, 2)]
    path = tmp_path / "odd.json"
    path.write_text(json.dumps({"train": shrunk, "test": [{"input": [[1, 1]]}]}))
    done = run("solve", path, "-f", "json")
    assert done.code == 0
    told = json.loads(done.stdout)
    assert told["rule"] is None and told["shares"] == [[0, 0]] and not told["settled"]
    assert "no rule gives the sizes" in told["reason"]


def test_the_view_shows_the_fits_and_both_lamps(task: Path) -> None:
    task.write_text(json.dumps(without_answers(TASK)))
    # Fresh: `tests/warm.py` hurries frames, and a fast machine would skip all that a fit says.
    screen = run_on_terminal(["solve", task, *SHORT], 100, 40, fresh=True)
    assert screen.code == 0
    text = str(screen)
    for fact in ("puzzle 1 of 1 paint", "fit 1 ", "fit 2 ", "○ not verified"):
        assert text.count(fact) == 1, f"{fact!r} once, in one frame:\n{text}"
    assert text.count("step 10 of 10") == 2
    assert "demo 1" not in text, "the attempts are on the screen already"
    assert "getting ready" in screen.sent
    assert "fit 1 now" in screen.sent or "fit 2 now" in screen.sent
    assert text.count("of votes") >= 2
    assert "ARC has examples and no rules" in text


def test_a_fit_can_be_saved(run: Run, task: Path, tmp_path: Path) -> None:
    for name in ("fit.html", "fit.svg"):
        assert run("solve", task, *SHORT, "--save", name, "--threads", "1").code == 0
        assert "paint" in (tmp_path / name).read_text()
