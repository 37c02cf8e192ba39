"""`dataset` builds folders that can be trained on, and shows what is in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from puzzlesolver.train.data.folders import FolderSource
from puzzlesolver.train.data.published.dataset import DatasetFolder
from puzzlesolver.train.presets import get_preset
from tests.cli.support import Run


def test_sudokus_of_a_file(run: Run, tmp_path: Path) -> None:
    for name, seed in (("train", "1"), ("test", "2")):
        run("generate", "sudoku", "-n", "6", "--seed", seed, "--difficulty", "easy",
            "--format", "csv", "-o", f"{name}.csv")  # fmt: skip
    files = ("--train", "train.csv", "--test", "test.csv")
    done = run("dataset", "sudoku", "set", *files, "--subsample", "4", "--num-aug", "3")
    assert (done.code, done.stdout) == (0, "set\n")
    assert "puzzlesolver train sudoku --data set" in done.stderr
    shown = run("dataset", "show", "set")
    assert shown.code == 0
    assert shown.stdout.splitlines() == [
        "cells       81",
        "vocabulary  11",
        "names       1 puzzle identifiers, the last is <blank>",
        "train       4 groups, 16 puzzles, 16 examples",
        "test        6 groups, 6 puzzles, 6 examples",
    ]
    config = get_preset("sudoku", data=str(tmp_path / "set"), steps=1)
    assert FolderSource(config).draw(8).tokens.shape == (8, 81)


def test_sudokus_of_several_files(run: Run, tmp_path: Path) -> None:
    for number, difficulty in ((3, "easy"), (2, "1")):
        run("generate", "sudoku", "-n", str(number), "--difficulty", difficulty, "--format", "csv",
            "-o", f"{difficulty}.csv")  # fmt: skip
    assert run("dataset", "sudoku", "set", "--train", "easy.csv", "--train", "1.csv").code == 0
    assert DatasetFolder(tmp_path / "set").train.groups == 5
    both = run("dataset", "sudoku", "other", "--train", "easy.csv", "--count", "3")
    assert both.code == 2 and "exactly one of --train and --count" in both.stderr


def test_new_sudokus_of_another_size(run: Run, tmp_path: Path) -> None:
    new = ("-n", "5", "--test-count", "2", "--size", "4")
    assert run("dataset", "sudoku", "set", *new).code == 0
    folder = DatasetFolder(tmp_path / "set")
    assert folder.train.groups == 5 and folder.test is not None and folder.test.groups == 2
    rows = {row.tobytes() for split in folder.splits.values() for row in split.inputs}
    assert len(rows) == 7


def test_new_mazes_turned_and_flipped(run: Run, tmp_path: Path) -> None:
    new = ("-n", "3", "--size", "8", "--difficulty", "easy")
    assert run("dataset", "maze", "set", *new, "--dihedral").code == 0
    folder = DatasetFolder(tmp_path / "set")
    assert (folder.train.groups, folder.train.examples, folder.test) == (3, 24, None)


def test_arc_tasks_of_kaggle(run: Run, tmp_path: Path) -> None:
    pair = {"input": [[1, 2]], "output": [[2], [1]]}
    for subset, name in (("training", "aa"), ("evaluation", "bb")):
        tests = [{"input": [[3, int(name == "aa")]]}]
        challenges = {name: {"train": [pair], "test": tests}}
        Path(f"arc_{subset}_challenges.json").write_text(json.dumps(challenges))
        Path(f"arc_{subset}_solutions.json").write_text(json.dumps({name: [[[4]]]}))
    subsets = ("--subset", "training", "--subset", "evaluation")
    done = run("dataset", "arc", "set", "--kaggle", "arc", *subsets, "--num-aug", "2")
    assert done.code == 0 and "7 puzzle identifiers; 0 pairs kept out" in done.stderr
    shown = run("dataset", "show", "set").stdout
    assert "train       2 groups, 6 puzzles, 9 examples" in shown
    assert "test        1 groups, 3 puzzles, 3 examples" in shown


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("sudoku", "set"), 2, "puzzles come from files, or are new"),
        (("sudoku", "set", "-n", "3", "--train", "here"), 2, "from files, or are new"),
        (("sudoku", "set", "-n", "3", "--test", "here"), 2, "--test: this would change nothing"),
        (("sudoku", "set", "-n", "3", "--min-difficulty", "3"), 2, "--min-difficulty"),
        (("maze", "set", "--train", "here", "--size", "9"), 2, "--size: this would change"),
        (("maze", "set", "--train", "missing.csv"), 2, "does not exist"),
        (("sudoku", "here", "-n", "3"), 2, "here: it exists already"),
        (("arc", "set"), 2, "tasks come from one place"),
        (("arc", "set", "--kaggle", "none"), 3, "none_training_challenges.json: cannot read it"),
        (("show", "here"), 2, "this is no dataset"),
        (("show", "nowhere"), 2, "this is no dataset"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Run, tmp_path: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    (tmp_path / "here").mkdir()
    done = run("dataset", *words)
    assert done.code == code and message in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here"]


def test_an_unknown_subset_is_named(run: Run, tmp_path: Path) -> None:
    task = {"a": {"train": [{"input": [[1]], "output": [[1]]}], "test": [{"input": [[1]]}]}}
    (tmp_path / "arc_training_challenges.json").write_text(json.dumps(task))
    done = run("dataset", "arc", "set", "--kaggle", "arc", "--subset", "training")
    assert done.code == 2 and "no subset 'evaluation'" in done.stderr


def test_a_damaged_folder_is_not_shown_as_whole(run: Run, tmp_path: Path) -> None:
    run("dataset", "sudoku", "set", "-n", "2", "--size", "4")
    labels = tmp_path / "set" / "train" / "all__labels.npy"
    labels.write_bytes(labels.read_bytes()[:-1] + b"\x63")
    done = run("dataset", "show", "set")
    assert done.code == 3 and "holds id 99" in done.stderr
