"""`generate` prints puzzles that every other command reads."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from puzzlesolver.domains.base import get_domain
from puzzlesolver.domains.detect import read_puzzles
from tests.cli.support import Run, run_on_terminal


def test_lines_are_reproducible_and_different(run: Run) -> None:
    first = run("generate", "sudoku", "-n", "3", "--seed", "5")
    assert first.code == 0 and len(set(first.stdout.splitlines())) == 3
    assert run("generate", "sudoku", "-n", "3", "--seed", "5").stdout == first.stdout
    assert run("generate", "sudoku", "-n", "3", "--seed", "6").stdout != first.stdout


@pytest.mark.parametrize("form", ["csv", "line", "grid"])
def test_every_format_is_readable_and_has_one_solution(run: Run, model: Path, form: str) -> None:
    made = run("generate", "sudoku", "-n", "2", "--format", form).stdout
    solved = run(
        "solve",
        "-",
        "-m",
        model,
        "--max-steps",
        "4",
        "--fallback",
        "exact",
        "-f",
        "csv",
        stdin=made,
    )
    assert [row["status"] for row in csv.DictReader(io.StringIO(solved.stdout))] == ["solved"] * 2


@pytest.mark.parametrize(
    ("size", "form"), [(4, "csv"), (8, "grid"), (10, "csv"), (10, "grid"), (12, "line")]
)
def test_boards_of_every_size_are_read_solved_and_verified(
    run: Run, model: Path, size: int, form: str
) -> None:
    run("generate", "sudoku", "-n", "2", "--size", str(size), "--format", form, "-o", "made")
    search = ("-m", model, "--max-steps", "4", "--fallback", "exact")
    assert run("solve", "made", *search, "-f", "line", "-o", "answers").code == 0
    assert [puzzle.grid.shape for puzzle in read_puzzles(["answers"])] == [(size, size)] * 2
    first = next(read_puzzles(["made"], "sudoku"))
    assert get_domain("sudoku").count_solutions(first) == 1
    assert run("verify", "made", "answers").code == 0


@pytest.mark.parametrize("size", ["10x20", "2x1", "2x2", "1x9", "5x11", "3x70", "40x7"])
def test_mazes_of_every_shape(run: Run, size: str) -> None:
    done = run("generate", "maze", "-n", "3", "--size", size, "-o", "made")
    assert done.code == 0, done.stderr
    shapes = ["x".join(map(str, puzzle.grid.shape)) for puzzle in read_puzzles(["made"], "maze")]
    assert shapes == [size] * 3


@pytest.mark.parametrize("kind", ["sudoku", "maze"])
def test_people_get_grids_and_pipes_get_lines(kind: str) -> None:
    words = ["generate", kind, "-n", "2", "--size", "4"]
    seen = run_on_terminal(words, 80, 24)
    assert seen.lines[4 + (kind == "sudoku")] == "" and len(seen.lines[0]) < 16
    assert len(run_on_terminal(words, 80, 24, stdout_piped=True).stdout.splitlines()) == 2


def test_csv_carries_the_answers(run: Run, tmp_path: Path) -> None:
    run("generate", "sudoku", "-n", "4", "--format", "csv", "-o", "made.csv")
    assert run("verify", "made.csv").code == 0
    text = (tmp_path / "made.csv").read_text()
    assert text.startswith("source,question,answer,rating\n") and len(text.splitlines()) == 5


def test_excluded_puzzles_are_not_made_again(run: Run, tmp_path: Path) -> None:
    made = run("generate", "sudoku", "-n", "3", "--seed", "5").stdout
    (tmp_path / "seen.txt").write_text(made)
    again = run("generate", "sudoku", "-n", "3", "--seed", "5", "--exclude", "seen.txt").stdout
    assert len(again.splitlines()) == 3 and not set(again.splitlines()) & set(made.splitlines())


def test_unknown_difficulty_is_a_usage_error(run: Run) -> None:
    done = run("generate", "sudoku", "--difficulty", "impossible")
    assert done.code == 2 and "impossible" in done.stderr


def test_tasks_of_arc_carry_their_answers(run: Run) -> None:
    made = run("generate", "arc", "-n", "3", "--seed", "5", "-o", "tasks.json")
    assert made.code == 0 and made.stdout == ""
    again = run("generate", "arc", "-n", "3", "--seed", "5")
    tasks = json.loads(again.stdout)
    assert len(tasks) == 3
    assert all(pair["output"] for task in tasks.values() for pair in task["test"])
    solved = run("solve", "tasks.json", "--max-steps", "2", "--restarts", "0", "-f", "jsonl")
    assert [json.loads(line)["name"] for line in solved.stdout.splitlines()] == list(tasks)
