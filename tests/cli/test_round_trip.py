"""What `solve` prints, `verify` accepts: every kind of puzzle, every format."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from puzzlesolver.errors import UsageError
from puzzlesolver.pipeline import verify
from tests.cli.support import ONE_BLANK, SOLVED, TWO_BLANKS, Run

PUZZLES = Path(__file__).parents[2] / "examples/puzzles"
MAZES = "####\n#SG#\n####\n\nS   #\n  # G\n\nS #/  G\n"
"""Without a wall to mark its end, without one cell of path, and without a border."""


@pytest.mark.parametrize("form", ["grid", "line", "csv", "json", "jsonl"])
@pytest.mark.parametrize("kind", ["sudoku", "maze"])
def test_of_many(run: Run, model: Path, tmp_path: Path, kind: str, form: str) -> None:
    texts = {"sudoku": f"{ONE_BLANK}\n{TWO_BLANKS}\n{SOLVED}\n", "maze": MAZES}
    (tmp_path / "puzzles.txt").write_text(texts[kind])
    chosen = ["-m", model] if kind == "sudoku" else []
    solved = run("solve", "puzzles.txt", "-f", form, *chosen)
    assert solved.code == 0
    done = run("verify", "puzzles.txt", "-", stdin=solved.stdout)
    assert done.stdout.count(": verified") == 3 and done.code == 0


@pytest.mark.parametrize("form", ["text", "grid", "line", "csv", "json", "jsonl"])
@pytest.mark.parametrize("name", ["ascii.txt", "dataset.txt", "maze.png"])
def test_of_mazes(run: Run, tmp_path: Path, name: str, form: str) -> None:
    path = PUZZLES / "maze" / name
    answer = tmp_path / f"answer.{form}"
    answer.write_text(run("solve", path, "-f", form, "--fallback", "exact").stdout)
    done = run("verify", path, answer)
    assert done.code == 0 and ": verified" in done.stdout
    if name == "dataset.txt":  # has two, and Python's verify takes one
        with pytest.raises(UsageError, match="found several"):
            verify(str(path), str(answer))
    else:
        assert verify(str(path), str(answer)).status == "verified"


RULES = {
    "jigsaw": (), "diagonal": (), "samurai": (), "anti-knight": (), "windoku": (), "twin": (),
    "anti-king": (), "latin": ("--size", "7"),
}  # fmt: skip


@pytest.mark.parametrize("form", ["text", "grid", "line", "csv", "json", "jsonl"])
@pytest.mark.parametrize("rule", RULES)
def test_of_rules(run: Run, tmp_path: Path, rule: str, form: str) -> None:
    """What is printed says the rules; a standard board that follows has none of them."""
    options = ("--rules", rule, "--difficulty", "easy", *RULES[rule])
    made = run("generate", "sudoku", "--seed", "3", *options, "-f", "line").stdout
    (tmp_path / "puzzles.txt").write_text(f"{made}{ONE_BLANK}\n")
    printed = run("solve", "puzzles.txt", "-f", form, "--max-steps", "1", "--fallback", "exact")
    assert printed.code == 0, printed.stderr
    alone = run("verify", "-", stdin=printed.stdout)
    assert alone.stdout.count(": verified") == 2 and alone.code == 0, alone.stdout + alone.stderr
    done = run("verify", "puzzles.txt", "-", stdin=printed.stdout)
    assert done.stdout.count(": verified") == 2 and done.code == 0


@pytest.mark.parametrize("form", ["grid", "line", "csv", "json", "jsonl"])
def test_of_several_kinds(run: Run, tmp_path: Path, form: str) -> None:
    (tmp_path / "mixed.txt").write_text(f"{ONE_BLANK}\n\n####\n#SG#\n####\n\n{TWO_BLANKS}\n")
    solved = run("solve", "mixed.txt", "-f", form, "--fallback", "exact")
    done = run("verify", "mixed.txt", "-", stdin=solved.stdout)
    assert done.stdout.count(": verified") == 3 and done.code == 0, done.stderr


def test_a_maze_is_answered_with_confidence(run: Run) -> None:
    """Also where a room is cut off, of which the network says nothing."""
    done = run("solve", "S  #/ # # /  G# /####", "-f", "json")
    assert json.loads(done.stdout)["confidence"] > 0.5


def test_what_was_inferred_is_told_once(run: Run, tmp_path: Path) -> None:
    maze = "XXXXX\nXA BX\nXXXXX\n"
    (tmp_path / "two.txt").write_text(f"{maze}\n{maze}")
    done = run("solve", "two.txt", "-f", "line")
    told = "note: two.txt:1: X is wall, A is the start, B is the goal"
    assert done.code == 0 and done.stderr.count("X is wall") == 1 and told in done.stderr
    assert run("verify", "two.txt", "-", stdin=done.stdout).stderr.count("X is wall") == 1
    assert "note" not in run("solve", "two.txt", "-f", "line", "-q").stderr


@pytest.mark.parametrize("form", ["grid", "line", "csv", "json", "jsonl", "submission"])
def test_of_tasks(run: Run, tmp_path: Path, form: str) -> None:
    """Two tasks of two tests each, whose outputs are their inputs."""
    rows = [[0, 0, 0, 1]] * 2
    task = {part: [{"input": rows, "output": rows}] * 2 for part in ("train", "test")}
    (tmp_path / "tasks.json").write_text(json.dumps({"one": task, "two": task}))
    solved = run("solve", "tasks.json", "-f", form, "--max-steps", "20", "--restarts", "1")
    assert solved.code == 0
    done = run("verify", "tasks.json", "-", stdin=solved.stdout)
    assert done.code == 0 and "4 of 4 test inputs, 100.00 %" in done.stdout + done.stderr
