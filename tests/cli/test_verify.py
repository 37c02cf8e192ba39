"""`verify` says what the rules say, and where."""

from __future__ import annotations

from pathlib import Path

from tests.cli.support import HARD, ONE_BLANK, SOLVED, TWO_FIVES, Run


def test_right_answer(run: Run, tmp_path: Path) -> None:
    (tmp_path / "puzzle.txt").write_text(ONE_BLANK + "\n")
    (tmp_path / "answer.txt").write_text(SOLVED + "\n")
    done = run("verify", "puzzle.txt", "answer.txt")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith("puzzle.txt") and done.stdout.endswith(": verified\n")


def test_wrong_answer_names_the_conflict(run: Run) -> None:
    done = run("verify", ONE_BLANK, "2" + SOLVED[1:])
    assert done.code == 1
    assert "wrong - " in done.stdout and "2" in done.stdout


def test_changed_clue_is_wrong(run: Run) -> None:
    assert run("verify", HARD, SOLVED).code == 1


def test_givens_that_clash_are_5(run: Run) -> None:
    done = run("verify", TWO_FIVES, SOLVED)
    assert done.code == 5 and "contradiction" in done.stdout


def test_lists_are_paired_in_order(run: Run, tmp_path: Path) -> None:
    (tmp_path / "puzzles.txt").write_text(f"{ONE_BLANK}\n{ONE_BLANK}\n")
    done = run("verify", "puzzles.txt", "-", stdin=f"{SOLVED}\n2{SOLVED[1:]}\n")
    first, second = done.stdout.splitlines()
    assert "verified" in first and "wrong" in second and done.code == 1


def test_lists_of_different_length_are_a_usage_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "puzzles.txt").write_text(f"{ONE_BLANK}\n{ONE_BLANK}\n")
    done = run("verify", "puzzles.txt", SOLVED)
    assert done.code == 2 and "more puzzles than answers" in done.stderr
    done = run("verify", SOLVED, "puzzles.txt")
    assert done.code == 2 and "more answers than puzzles" in done.stderr


def test_answers_of_the_file_itself(run: Run, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        f"source,question,answer,rating\nmine,{ONE_BLANK},{SOLVED},0\n"
    )
    assert run("verify", "list.csv").code == 0
    done = run("verify", ONE_BLANK)
    assert done.code == 2 and "without an answer" in done.stderr


def test_it_takes_what_solve_prints(run: Run, model: Path, tmp_path: Path) -> None:
    for form in ("line", "grid"):
        answer = run("solve", ONE_BLANK, "-m", model, "-f", form).stdout
        assert run("verify", ONE_BLANK, "-", stdin=answer).code == 0
