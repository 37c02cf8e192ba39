"""`verify` says what the rules say, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import puzzlesolver
from tests.cli.support import HARD, ONE_BLANK, SOLVED, TWO_BLANKS, TWO_FIVES, Run


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
    assert done.code == 2 and "2 puzzles, but 1 answer" in done.stderr
    done = run("verify", SOLVED, "puzzles.txt")
    assert done.code == 2 and "1 puzzle, but 2 answers" in done.stderr


def test_answers_of_the_file_itself(run: Run, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        f"source,question,answer,rating\nmine,{ONE_BLANK},{SOLVED},0\n"
    )
    assert run("verify", "list.csv").code == 0


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
    assert done.code == 0 and "score as on Kaggle: 2 of 2 test inputs, 100.00 % (" in done.stderr
    assert done.stdout == "swap: verified - test 1 by attempt 2, test 2 by attempt 2\n"
    done = run("verify", "swap.json", "-", stdin=json.dumps({"swap": wrong}))
    assert done.code == 1
    assert done.stdout == (
        "swap: wrong - test 2: attempt 1 is closest, 1 of 2 cells differs, the first is r1c2; "
        "1 of 2 tests are right\n"
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
    assert done.code == 2 and "come without attempts" in done.stderr


def test_a_finished_board_alone(run: Run) -> None:
    done = run("verify", SOLVED)
    assert (done.code, done.stdout.split(": ")[1], done.stderr) == (0, "verified\n", "")
    done = run("verify", "1" + SOLVED[1:-1] + "1")
    assert done.code == 1 and "wrong - row 9 holds 1 twice" in done.stdout
    done = run("verify", HARD)
    assert done.code == 1 and f"first of {HARD.count('.')} blank cells" in done.stdout
    assert "verify PUZZLES ANSWERS" in done.stderr


def test_python_checks_a_board_alone() -> None:
    assert puzzlesolver.verify(SOLVED).status == "verified"
    assert puzzlesolver.verify(HARD).status == "wrong"


def test_a_maze_alone_is_checked_by_the_path_drawn_in_it(run: Run) -> None:
    assert run("verify", "#####\n#Soo#\n###o#\n#Goo#\n#####").code == 0
    assert "stops at" in run("verify", "#####\n#So #\n### #\n#Goo#\n#####").stdout
    done = run("verify", "#####\n#S  #\n### #\n#G  #\n#####")
    assert done.code == 1 and "no path is drawn" in done.stdout


def test_what_was_inferred_is_said_once(run: Run, tmp_path: Path) -> None:
    maze = "#####\n oo #\n##o##\n# o #\n##o##\n"
    (tmp_path / "mazes.txt").write_text(f"{maze}\n{maze}")
    done = run("verify", "mazes.txt")
    assert done.code == 0 and done.stderr.count("note: ") == 1 and "opening" in done.stderr
    assert run("verify", "mazes.txt", "-q").stderr == ""


def test_several_are_counted(run: Run, tmp_path: Path) -> None:
    (tmp_path / "puzzles.txt").write_text(f"{ONE_BLANK}\n" * 4)
    answers = f"{SOLVED}\n{SOLVED}\n2{SOLVED[1:]}\n{ONE_BLANK}\n"
    done = run("verify", "puzzles.txt", "-", stdin=answers)
    assert (done.code, done.stderr) == (1, "2 of 4 verified, 1 wrong, 1 without an answer\n")
    assert done.stdout.splitlines()[3].endswith(": without an answer")
    assert run("verify", "puzzles.txt", "-", "-q", stdin=answers).stderr == ""


def test_records_find_their_questions(run: Run, tmp_path: Path) -> None:
    others = [ONE_BLANK, TWO_BLANKS, HARD]
    (tmp_path / "puzzles.txt").write_text("\n".join(others))
    rows = [f"{TWO_BLANKS},{SOLVED}", f"{HARD},", f"{ONE_BLANK},2{SOLVED[1:]}"]
    (tmp_path / "answers.csv").write_text("\n".join(["question,answer", *rows]))
    done = run("verify", "puzzles.txt", "answers.csv")
    told = [line.partition(": ")[2].split(" - ")[0] for line in done.stdout.splitlines()]
    assert told == ["wrong", "verified", "without an answer"]
    assert done.stderr == "1 of 3 verified, 1 wrong, 1 without an answer\n"
    (tmp_path / "puzzles.txt").write_text("\n".join(others[1:]))
    done = run("verify", "puzzles.txt", "answers.csv")
    assert done.code == 2 and "1 answer too many" in done.stderr


def arc_case(tmp_path: Path) -> list[dict[str, object]]:
    """Two tasks with two tests each, and attempts of which three are right."""
    tests = [[[1, 2]], [[3], [4]], [[5]], [[6]]]
    pair = {"input": [[1]], "output": [[2]]}
    tasks = {name: {"train": [pair], "test": [{"input": [[0]]}, {"input": [[0]]}]} for name in "ab"}
    (tmp_path / "x_challenges.json").write_text(json.dumps(tasks))
    (tmp_path / "x_solutions.json").write_text(json.dumps({"a": tests[:2], "b": tests[2:]}))
    second = [{"attempt_1": [[0]], "attempt_2": output} for output in tests]
    first = {"attempt_1": tests[2], "attempt_2": [[0]]}
    return [
        {"schema": 1, "name": "a", "attempts": second[:2]},
        {"schema": 1, "name": "b", "attempts": [first, first]},
    ]


def test_a_submission_is_scored(run: Run, tmp_path: Path) -> None:
    records = arc_case(tmp_path)
    submission = {record["name"]: record["attempts"] for record in records}
    forms = {
        "submission.json": json.dumps(submission),
        "answers.json": json.dumps(records, indent=2),
        "answers.jsonl": "\n".join(map(json.dumps, records)),
    }
    for name, text in forms.items():
        (tmp_path / name).write_text(text)
        done = run("verify", "x_challenges.json", name)
        assert done.code == 1 and done.stdout.startswith("a: verified"), name
        assert done.stderr.startswith(
            "1 of 2 verified, 1 wrong\nscore as on Kaggle: 3 of 4 test inputs, 75.00 % (right: one"
        )
    (tmp_path / "line.txt").write_text("12\n3/4\n5\n5\n")
    (tmp_path / "grid.txt").write_text("12\n\n3\n4\n\n5\n\n5\n")
    for name in ("line.txt", "grid.txt"):
        assert "3 of 4 test inputs" in run("verify", "x_challenges.json", name).stderr
    (tmp_path / "short.txt").write_text("12\n3/4\n5\n")
    done = run("verify", "x_challenges.json", "short.txt")
    assert done.code == 2 and "3 grids, but 4 test inputs" in done.stderr


def test_a_missing_task_counts_as_wrong(run: Run, tmp_path: Path) -> None:
    (record, _) = arc_case(tmp_path)
    (tmp_path / "answers.json").write_text(json.dumps(record))
    done = run("verify", "x_challenges.json", "answers.json")
    assert "b: wrong - there are no attempts at it" in done.stdout
    assert "2 of 4 test inputs, 50.00 %" in done.stderr and "tasks are wrong" in done.stderr


def test_solutions_may_have_any_name(run: Run, tmp_path: Path) -> None:
    records = arc_case(tmp_path)
    (tmp_path / "x_solutions.json").rename(tmp_path / "truth.json")
    (tmp_path / "answers.json").write_text(json.dumps(records))
    unknown = run("verify", "x_challenges.json", "answers.json")
    assert unknown.code == 1 and "score" not in unknown.stderr
    assert "hint: name a file of the known outputs: " in unknown.stderr
    done = run("verify", "x_challenges.json", "answers.json", "truth.json")
    assert done.code == 1 and "score as on Kaggle: 3 of 4 test inputs" in done.stderr
    piped = run(
        "verify", "x_challenges.json", "answers.json", "-", stdin=Path("truth.json").read_text()
    )
    assert piped.stderr == done.stderr
    twice = run("verify", "x_challenges.json", "-", "-", stdin="{}")
    assert twice.code == 2 and "only one of the files can be stdin" in twice.stderr
    (tmp_path / "truth.json").write_text('{"b": [[[5]], [[6]]]}')
    done = run("verify", "x_challenges.json", "answers.json", "truth.json")
    assert "a: unverifiable" in done.stdout and "1 of 2 test inputs" in done.stderr


@pytest.mark.parametrize(
    ("solutions", "code", "told"),
    [
        ("{}", 3, "truth.json: there are no solutions of a"),
        ('{"a": [[[1]]]}', 3, "truth.json: a: expected 2 grids, one a test, found 1"),
        ('{"a": [{"attempt_1": [[1]]}, [[1]]]}', 3, "truth.json: a[0]: expected a list of rows"),
        ("nothing", 3, "truth.json:1:1: this is no JSON"),
    ],
)
def test_solutions_that_do_not_fit(
    run: Run, tmp_path: Path, solutions: str, code: int, told: str
) -> None:
    (tmp_path / "answers.json").write_text(json.dumps(arc_case(tmp_path)))
    (tmp_path / "truth.json").write_text(solutions)
    done = run("verify", "x_challenges.json", "answers.json", "truth.json")
    assert (done.code, done.stdout) == (code, "") and told in done.stderr


def test_tasks_and_attempts_the_wrong_way_round(run: Run, tmp_path: Path) -> None:
    submission = {each["name"]: each["attempts"] for each in arc_case(tmp_path)}
    (tmp_path / "sub.json").write_text(json.dumps(submission))
    done = run("verify", "sub.json", "x_challenges.json")
    assert done.code == 3 and "looks like a submission: `puzzlesolver verify TASKS" in done.stderr


def test_boards_have_no_file_of_solutions(run: Run) -> None:
    done = run("verify", ONE_BLANK, SOLVED, "truth.json")
    assert done.code == 2 and "truth.json: only tasks of ARC" in done.stderr


def test_attempts_at_other_tasks_are_noted(run: Run, tmp_path: Path) -> None:
    records = arc_case(tmp_path)
    more = [{"schema": 1, "name": f"more{n}", "attempts": records[0]["attempts"]} for n in range(4)]
    (tmp_path / "answers.json").write_text(json.dumps([*records, *more]))
    done = run("verify", "x_challenges.json", "answers.json")
    assert "attempts at 4 other tasks, which count for nothing: more0, more1, more2, …" in (
        done.stderr
    )
    assert "3 of 4 test inputs" in done.stderr


def test_a_submission_of_another_form_is_an_error_before_any_verdict(
    run: Run, tmp_path: Path
) -> None:
    first, second = ({each["name"]: each["attempts"]} for each in arc_case(tmp_path))
    both = {"attempt_1": [[1]], "attempt_2": [[1]]}
    faults = {
        'b[0]: there is no "attempt_2"': [{"attempt_1": [[1]]}, both],
        'b[0]: expected attempt_1 and attempt_2, found "1"': [{"1": [[1]], "2": [[1]]}, both],
        "b[1]: expected an object, found a list": [both, [[[1]], [[1]]]],
        "b[1].attempt_1: expected a list of rows, found null": [both, both | {"attempt_1": None}],
        "b: expected a list of pairs of attempts, found an object": both,
        "b: expected attempts at 2 test inputs, found them at 1": [both],
        "b: expected attempts at 2 test inputs, found them at 3": [both] * 3,
    }
    for told, attempts in faults.items():
        (tmp_path / "sub.json").write_text(json.dumps({**first, "b": attempts}))
        done = run("verify", "x_challenges.json", "sub.json")
        assert (done.code, done.stdout) == (3, ""), told
        assert f"sub.json: {told}\n" in done.stderr
        assert 'hint: a submission is {"ID": [{"attempt_1": GRID, "attempt_2": GRID}' in done.stderr
    assert second
