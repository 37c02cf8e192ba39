"""`train` is a thin layer: what was typed reaches the run, and the printed folder holds a model."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

from tests.cli.support import Run, run_on_terminal, start

SMALL = (
    "--set",
    'model={"width": 4, "messages": 4, "hidden": 4}',
    "--set",
    "compile=false",
    "--set",
    "batch_size=4",
    "--set",
    "eval_every=0",
    "--set",
    "grad_steps=1",
    "--set",
    'mix={"easy": 1.0}',
    "--threads",
    "1",
)


def test_presets_are_listed(run: Run) -> None:
    done = run("train", "sudoku", "--list-presets")
    assert done.code == 0
    assert done.stdout.startswith("sudoku\t") and "\nsudoku-1k\t" in done.stdout


@pytest.fixture
def data(run: Run) -> str:
    assert run("generate", "sudoku", "-n", "12", "-f", "csv", "-o", "data.csv").code == 0
    return "data.csv"


def test_trains_resumes_and_prints_the_model(run: Run, data: str, tmp_path: Path) -> None:
    words = ("train", "sudoku", "--data", data, "--out", "run", *SMALL)
    first = run(*words, "--steps", "2")
    assert (first.code, first.stdout) == (0, "run/model\n")
    assert run("models", "verify", "run/model").code == 0
    again = run("train", "sudoku", "--out", "run", "--steps", "3", "--resume", "auto")
    assert again.code == 0 and "going on after update 2" in again.stderr
    refused = run(*words, "--steps", "3", "--resume", "none")
    assert refused.code == 2 and "--resume auto" in refused.stderr
    changed = run("train", "sudoku", "--out", "run", "--steps", "4", "--seed", "9")
    assert changed.code == 2 and "--seed" in changed.stderr


def test_a_finished_run_cannot_become_shorter(run: Run, data: str, tmp_path: Path) -> None:
    words = ("train", "sudoku", "--data", data, "--out", "run", *SMALL)
    assert run(*words, "--steps", "3").code == 0
    card = (tmp_path / "run" / "model" / "README.md").read_text()
    shorter = run(*words, "--steps", "2")
    assert shorter.code == 2 and "--steps 2: the run in run has had 3 updates" in shorter.stderr
    assert (tmp_path / "run" / "model" / "README.md").read_text() == card
    assert run(*words, "--steps", "3").code == 0


def test_data_are_sound_and_different(run: Run, data: str, tmp_path: Path) -> None:
    head, *rows = (tmp_path / data).read_text().splitlines()
    (tmp_path / "twice.csv").write_text("\n".join([head, *rows[:3], *rows[:3], ""]))
    words = ("train", "sudoku", "--out", "run", *SMALL, "--steps", "1", "--data")
    limit = ("--set", 'mix={"file": 1.0}', "--set", "train_puzzles=4")
    done = run(*words, "twice.csv", *limit)
    assert done.code == 2 and "there are 3 different ones" in done.stderr
    assert "--set train_puzzles=3 takes them all" in done.stderr
    answer = rows[1].split(",")[2]
    broken = rows[1].replace(answer, answer[1] + answer[0] + answer[2:])
    (tmp_path / "wrong.csv").write_text("\n".join([head, rows[0], broken, ""]))
    done = run(*words, "wrong.csv")
    assert done.code == 2 and "wrong.csv:3: the answer breaks the rules" in done.stderr


def test_start_of_another_kind(run: Run) -> None:
    done = run("train", "sudoku", "--start", "maze", "--out", "run", *SMALL, "--steps", "1")
    assert done.code == 4 and "--start: model 'maze' was trained for maze" in done.stderr
    assert "shipped for sudoku: sudoku, " in done.stderr


def test_names_of_files_are_printed_harmlessly(run: Run, data: str, tmp_path: Path) -> None:
    name = "[red]\x1b[2J.csv"
    (tmp_path / data).rename(tmp_path / name)
    done = run("train", "sudoku", "--data", name, "--out", "run", *SMALL, "--steps", "1")
    assert done.code == 0 and "[red]\\x1b[2J.csv" in done.stderr and "\x1b" not in done.stderr


def test_dry_run_writes_nothing(run: Run, data: str, tmp_path: Path) -> None:
    done = run(
        "train", "sudoku", "--data", data, "--out", "run", *SMALL, "--steps", "2", "--dry-run"
    )
    assert (done.code, done.stdout) == (0, "") and "nothing was written" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (("--set", "nonsense=1"), "nonsense"),
        (("--set", "batch_size"), "NAME=VALUE"),
        (("--minutes", "1", "--steps", "1"), "--minutes"),
        (("--minutes", "-1"), "--minutes"),
    ],
)
def test_wrong_settings_are_usage_errors(run: Run, option: tuple[str, ...], told: str) -> None:
    done = run("train", "sudoku", *option)
    assert done.code == 2 and told in done.stderr


def test_weights_for_fits_of_arc_tasks(run: Run) -> None:
    assert run("generate", "arc", "-n", "2", "--seed", "5", "-o", "tasks.json").code == 0
    few = ("--set", 'mix={"own": 1.0}', "--set", "train_puzzles=2", "--set", "batch_size=2")
    done = run("train", "arc", *few, "--steps", "1", "--out", "run")
    assert (done.code, done.stdout) == (0, "run/model\n")
    assert "next: puzzlesolver solve PUZZLE --model run/model" in done.stderr
    short = ("--max-steps", "2", "--restarts", "0", "-f", "line")
    assert run("solve", "tasks.json", "--model", "run/model", *short).code == 0
    refused = run("solve", "123456789" * 9, "--domain", "sudoku", "--model", "run/model")
    assert refused.code == 4 and "arc" in refused.stderr


def test_what_people_see_without_a_terminal(run: Run, data: str) -> None:
    words = ("train", "sudoku", "--data", data, "--out", "run", *SMALL, "--steps", "2")
    done = run(*words, "--set", "eval_every=1", "--set", "eval_puzzles=2")
    lines = done.stderr.splitlines()
    assert re.fullmatch(
        r"update 1  loss \d.* puzzles/s  \d+:\d\d:\d\d left", _one(lines, "update 1")
    )
    assert _one(lines, "evaluating") == "evaluating …"
    assert lines.index("evaluating …") < lines.index(_one(lines, "held-out after update 1:"))


def test_what_people_see_on_a_terminal(run: Run, data: str) -> None:
    words = ("train", "sudoku", "--data", data, "--out", "run", *SMALL, "--steps", "3")
    seen = run_on_terminal(words, 80, 24)
    assert seen.code == 0
    assert all(len(line) <= 80 for line in seen.lines)
    assert re.search(r"loss \d.* puzzles/s  0:00:00 left", _one(seen.lines, "100%"))
    assert "saving …" in seen.sent


def test_a_dry_run_tries_few_puzzles_and_tells_of_many(
    run: Run, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("puzzlesolver.train.estimate.MOST_SECONDS", 0.001)
    words = ("train", "sudoku", "--data", data, "--out", "run", *SMALL, "--steps", "2")
    done = run(*words, "--set", "batch_size=1000000", "--dry-run")
    assert done.code == 0
    assert "(estimated from 1 puzzle)" in done.stderr
    sizes = re.findall(r"estimated memory (\S+) GiB a process", done.stderr)
    assert len(sizes) == 2 and all(float(size) > 10 for size in sizes)


def test_ctrl_c_saves_and_says_how_to_go_on(data: str, tmp_path: Path) -> None:
    words = ("train", "sudoku", "--data", data, "--out", "run", *SMALL, "--minutes", "9")
    told = tmp_path / "told"
    process = start(words, tmp_path, err=told)
    while "update 1 " not in told.read_text():
        assert process.is_alive()
        time.sleep(0.01)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGINT)
    process.join()
    assert process.exitcode == 130
    again = re.search(r"go on with\n  puzzlesolver (train .* --resume auto)\n", told.read_text())
    assert again is not None and (tmp_path / "run" / "model" / "config.json").is_file()


def _one(lines: list[str], start: str) -> str:
    return next(line for line in lines if line.lstrip().startswith(start))
