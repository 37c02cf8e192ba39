"""Many tasks of ARC at once: what a Kaggle participant relies on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from puzzlesolver.cli.app import main
from tests.cli.support import (
    ONE_BLANK,
    Done,
    Run,
    run_in,
    run_on_terminal,
    small_disk,
    start,
)

CASES = Path(__file__).parents[1] / "cases/arc"
SHORT = ("--max-steps", "10", "--restarts", "0", "-f", "submission")
"""One fit of ten steps."""


@pytest.fixture
def challenges(tmp_path: Path) -> Path:
    return write_challenges(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a run that nothing interrupts answers."""
    folder = tmp_path_factory.mktemp("whole")
    out = folder / "whole.json"
    assert main([*map(str, ("solve", write_challenges(folder), *SHORT, "-o", out))]) == 0
    return out.read_text()


def write_challenges(folder: Path) -> Path:
    """Six tasks with one or two test inputs; the outputs of the last two are not known."""
    rng = np.random.default_rng(0)

    def pair() -> dict[str, Any]:
        grid = rng.integers(0, 3, (3, 4))
        return {"input": grid.tolist(), "output": grid[:, ::-1].tolist()}

    tasks = {
        f"0000000{number}": {
            "train": [pair(), pair()],
            "test": [pair() for _ in range(1 + number % 2)],
        }
        for number in range(6)
    }
    solutions = {
        name: [test.pop("output") for test in task["test"]] for name, task in tasks.items()
    }
    (folder / "solutions.json").write_text(json.dumps(dict(list(solutions.items())[:4])))
    path = folder / "challenges.json"
    path.write_text(json.dumps(tasks))
    return path


def differ(submission: dict[str, Any]) -> bool:
    return all(
        both["attempt_1"] != both["attempt_2"] for task in submission.values() for both in task
    )


def test_a_submission_is_summed_up_and_two_attempts_differ(run: Run, challenges: Path) -> None:
    done = run("solve", challenges, *SHORT, "-o", "sub.json", "--jobs", "2")
    assert (done.code, done.stdout) == (0, "")
    submission = json.loads((challenges.parent / "sub.json").read_text())
    assert [len(tests) for tests in submission.values()] == [1, 2, 1, 2, 1, 2]
    assert list(submission) == list(json.loads(challenges.read_text())) and differ(submission)
    lines = done.stderr.splitlines()
    for number, line in enumerate(lines[:6], 1):
        assert line.startswith(f"{number} of 6  0000000{number - 1}: answered, probability ")
        assert line.endswith(" left")
    assert ", verified" in lines[0] or ", wrong" in lines[0]
    assert lines[6].startswith("6 tasks with 9 test inputs in ") and "expected number" in lines[6]
    assert "known outputs: " in lines[7] and " of 6 test inputs right" in lines[7]
    assert "challenges.json, SHA-256 " in lines[8] and len(lines) == 9
    verified = run("verify", challenges, "sub.json")
    right = lines[7].split(": ")[1].split()[0]
    assert f"score as on Kaggle: {right} of 6 test inputs" in verified.stderr
    assert not (challenges.parent / "sub.partial.jsonl").exists()


@pytest.mark.parametrize(
    ("to_file", "sent", "jobs"),
    [
        (True, signal.SIGKILL, "2"),
        (False, signal.SIGKILL, "1"),
        (True, signal.SIGINT, "1"),
        pytest.param(True, signal.SIGINT, "2", marks=pytest.mark.soak),
    ],
)
def test_after_any_kill_the_same_command_goes_on(
    challenges: Path, whole: str, to_file: bool, sent: signal.Signals, jobs: str, tmp_path: Path
) -> None:
    words = ["solve", challenges, *SHORT, *(["-o", "sub.json"] if to_file else [])]
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    process = start([*words, "--jobs", jobs], tmp_path, err=tmp_path / "err", **cache)
    while "\n2 of 6" not in (tmp_path / "err").read_text():
        assert process.is_alive()
        time.sleep(0.01)
    assert process.pid is not None
    os.kill(process.pid, sent)
    process.join()
    if sent == signal.SIGINT:
        summary = (tmp_path / "err").read_text()
        assert " of 6 tasks with " in summary and "hint: the same command goes on" in summary
        assert len(json.loads((tmp_path / "sub.json").read_text())) < 6
    else:
        assert not (tmp_path / "sub.json").exists()
    if to_file:  # as a disk may leave the line that was being written
        with (tmp_path / "sub.partial.jsonl").open("a") as journal:
            journal.write('{"puzzle": {"task": "0000')
    again = run_in(tmp_path, *words, "--jobs", "1", **cache)
    assert again.code == 0
    assert again.stderr.splitlines()[0].endswith(" of 6 tasks were answered before")
    told = (tmp_path / "sub.json").read_text() if to_file else again.stdout
    assert told == whole
    assert [*tmp_path.rglob("*.partial.jsonl")] == []


def test_after_a_full_disk_the_same_command_goes_on(
    run: Run, challenges: Path, whole: str, tmp_path: Path
) -> None:
    words = ["solve", challenges, *SHORT, "-o", "sub.json", "--jobs", "1"]
    with small_disk(4096):
        done = run(*words)
    assert done.code == 2 and "sub.partial.jsonl: cannot write it: File too" in done.stderr
    assert "hint: the same command goes on" in done.stderr
    again = run(*words)
    assert again.code == 0 and "tasks were answered before" in again.stderr
    assert (tmp_path / "sub.json").read_text() == whole


def test_text_is_read_as_it_comes_or_has_lines_about_it(run: Run, challenges: Path) -> None:
    piped = run("solve", challenges, *SHORT[:4])
    assert "\n2 of 6  00000001: answered, " in piped.stderr and " left\n" in piped.stderr
    seen = run_on_terminal(["solve", challenges, *SHORT[:4], "--no-live"], 100, 200)
    assert "2 of 6" not in seen.sent and "6 tasks with 9 test inputs" in seen.sent


def test_another_run_is_not_gone_on_with(run: Run, challenges: Path, tmp_path: Path) -> None:
    (tmp_path / "sub.partial.jsonl").write_text('{"schema": 1, "run": {"version": "other"}}\n')
    done = run("solve", challenges, *SHORT, "-o", "sub.json")
    assert done.code == 2 and "another run" in done.stderr


def test_what_no_rule_can_size_is_named_and_no_input_twice(run: Run, tmp_path: Path) -> None:
    shrunk = [{"input": [[1, 1, 1]] * 2, "output": [[1] * width]} for width in (3, 1, 2)]
    odd = {"train": shrunk, "test": [{"input": [[1, 1]]}]}
    same = {"train": [{"input": [[0]], "output": [[0]]}], "test": [{"input": [[0]]}]}
    (tmp_path / "tasks.json").write_text(json.dumps({"odd": odd, "same": same}))
    done = run("solve", "tasks.json", *SHORT)
    assert done.code == 0 and differ(json.loads(done.stdout))
    assert "odd: answered, no votes for a test" in done.stderr
    assert "1 not answered, their attempts are guesses: odd\n" in done.stderr
    (record,) = (
        json.loads(line)
        for line in run("solve", "tasks.json", *SHORT[:4], "-f", "jsonl").stdout.splitlines()
        if '"odd"' in line
    )
    assert "the attempts at test 1 are the input and" in record["reason"]


def test_json_has_a_row_of_a_grid_on_a_line(run: Run, challenges: Path) -> None:
    done = run("solve", challenges, *SHORT[:4], "-f", "json")
    records = json.loads(done.stdout)
    row = records[0]["attempts"][0]["attempt_1"][0]
    assert f"          [{', '.join(map(str, row))}]" in done.stdout.replace(",\n", "\n").split("\n")
    assert [len(each["answer"].split()) for each in records] == [1, 2, 1, 2, 1, 2]


def test_two_tasks_of_one_name_make_no_submission(run: Run, challenges: Path) -> None:
    done = run("solve", challenges, challenges, *SHORT)
    assert done.code == 2 and "two tasks are called 00000000" in done.stderr


def test_efforts_and_jobs_are_for_tasks(run: Run, challenges: Path, model: Path) -> None:
    for option in (("--effort", "quick"), ("--jobs", "2")):
        done = run("solve", ONE_BLANK, "-m", model, *option)
        assert done.code == 2 and option[0] in done.stderr


def test_a_folder_of_kaggle_is_read_without_its_sample(run: Run, tmp_path: Path) -> None:
    def verify(*words: str) -> Done:
        return run("verify", *words)

    (tmp_path / "kaggle").mkdir()
    for ending in ("challenges", "solutions"):
        shutil.copy(CASES / f"arc-agi_evaluation_{ending}.json", tmp_path / "kaggle")
    shutil.copy(CASES / "submission_partial.json", tmp_path / "kaggle/sample_submission.json")
    done = verify("kaggle", "kaggle/sample_submission.json")
    assert "score as on Kaggle: 3 of 4 test inputs, 75.00 %" in done.stderr


def test_tasks_beside_damaged_ones_are_answered(run: Run, tmp_path: Path) -> None:
    pairs = [{"input": [[1, 0]], "output": [[0, 1]]}, {"input": [[2, 0]], "output": [[0, 2]]}]
    task = json.dumps({"train": pairs, "test": [{"input": [[3, 0]]}]})
    (tmp_path / "tasks").mkdir()
    texts = {"a.json": task, "b.json": task[:60], "c.json": "", "README.md": "# Tasks\n"}
    for name, text in texts.items():
        (tmp_path / "tasks" / name).write_text(text)
    done = run("solve", "tasks", *SHORT)
    assert done.code == 3 and list(json.loads(done.stdout)) == ["a"]
    assert "passed over, no puzzles: README.md\n" in done.stderr
    for name in ("b.json:1:61: this is no JSON", "c.json: there is nothing in it"):
        assert f"error: tasks/{name}" in done.stderr


@pytest.mark.parametrize("text", ["[PAIR]", '{"00576224": [PAIR]}', '{"abc": [PAIR, PAIR]}'])
def test_lists_of_pairs_are_refused_by_name(run: Run, tmp_path: Path, text: str) -> None:
    pairs = text.replace("PAIR", '{"input": [[1]], "output": [[2]]}')
    (tmp_path / "pairs.json").write_text(pairs)
    done = run("verify", "pairs.json", "pairs.json")
    assert done.code == 3 and "re-arc" in done.stderr


def test_the_folder_of_re_arc_is_refused_by_name(run: Run, tmp_path: Path) -> None:
    (tmp_path / "re_arc/tasks").mkdir(parents=True)
    for name in ("007bbfb7", "00d62c1b"):
        shutil.copy(CASES / "rearc.json", tmp_path / f"re_arc/tasks/{name}.json")
    (tmp_path / "re_arc/metadata.json").write_text('{"007bbfb7": {"n_tasks": 2}}')
    done = run("solve", "re_arc", "-f", "submission")
    assert done.code == 3 and "re-arc" in done.stderr
    assert "2 more of the 3 files cannot be read" in done.stderr


def test_an_effort_and_a_number_of_fits_exclude_each_other(run: Run, challenges: Path) -> None:
    done = run("solve", challenges, *SHORT, "--effort", "quick")
    assert done.code == 2 and "--effort, --restarts: both say how many fits" in done.stderr
