"""`verify` says what the rules say, and where."""

from __future__ import annotations

import json
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


def test_tasks_of_arc_by_a_submission(run: Run, tmp_path: Path) -> None:
    pair = {"input": [[1, 2]], "output": [[2, 1]]}
    task = {"train": [pair], "test": [dict(pair), {"input": [[3, 4]], "output": [[4, 3]]}]}
    right = [{"attempt_1": [[0]], "attempt_2": test["output"]} for test in task["test"]]
    wrong = [right[0], {"attempt_1": [[4, 4]], "attempt_2": [[3]]}]
    (tmp_path / "swap.json").write_text(json.dumps(task))
    (tmp_path / "submission.json").write_text(json.dumps({"other": right, "swap": right}))
    done = run("verify", "swap.json", "submission.json")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout == "swap: verified - test 1 by attempt 2, test 2 by attempt 2\n"
    done = run("verify", "swap.json", "-", stdin=json.dumps({"swap": wrong}))
    assert done.code == 1
    assert done.stdout == (
        "swap: wrong - test 2: attempt 1 is closest, 1 of 2 cells differs, the first is r1c2\n"
    )
    for test in task["test"]:
        del test["output"]
    (tmp_path / "swap.json").write_text(json.dumps(task))
    done = run("verify", "swap.json", "submission.json")
    assert done.code == 1 and "swap: unverifiable - no output is known" in done.stdout


def test_tasks_of_arc_say_where_they_are_wrong(run: Run, tmp_path: Path) -> None:
    pair = {"input": [[1, 2]], "output": [[2, 11]]}
    (tmp_path / "swap.json").write_text(json.dumps({"train": [pair], "test": [pair]}))
    done = run("verify", "swap.json", "submission.json")
    assert done.code == 3
    assert done.stderr.startswith(
        "error: swap.json: train[0].output[0][1]: expected a colour 0 to 9, found 11\n"
    )


def test_submissions_that_do_not_fit(run: Run, tmp_path: Path) -> None:
    task = {"train": [{"input": [[1]], "output": [[2]]}], "test": [{"input": [[1]]}]}
    (tmp_path / "one.json").write_text(json.dumps(task))
    (tmp_path / "submission.json").write_text(json.dumps({"two": [{"attempt_1": [[1]]}]}))
    done = run("verify", "one.json", "submission.json")
    assert done.code == 3 and 'submission.json: two[0]: there is no "attempt_2"' in done.stderr
    both = {"attempt_1": [[1]], "attempt_2": [[2]]}
    (tmp_path / "submission.json").write_text(json.dumps({"two": [both]}))
    done = run("verify", "one.json", "submission.json")
    assert done.code == 2 and "submission.json: there are no attempts at one" in done.stderr
    assert run("verify", "one.json", "nowhere.json").code == 3
    done = run("verify", "one.json")
    assert done.code == 2 and "without an answer" in done.stderr
