"""Two attempts at every test input, compared with known outputs and nothing else."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest

from puzzlesolver.domains.arc.rules import mark, score, verify
from puzzlesolver.domains.arc.submission import read_attempts, write_submission
from puzzlesolver.domains.arc.task import Pair, Task
from puzzlesolver.errors import ParseError, UsageError
from tests.domains.arc.support import SOLVED, TASK, grid, read

RIGHT, WRONG = grid("12/34"), grid("12/30")
INPUT = grid("0")


def task(*outputs: str | None) -> Task:
    """One whose tests have these outputs."""
    test = (Pair(INPUT, None if output is None else grid(output)) for output in outputs)
    return Task("t", (Pair(INPUT, INPUT),), tuple(test))


@pytest.mark.parametrize(
    ("attempts", "right", "inputs", "solved", "at_once"),
    [
        ([(RIGHT, WRONG), (RIGHT, RIGHT)], ((True, False), (True, True)), 2, True, True),
        ([(RIGHT, WRONG), (WRONG, RIGHT)], ((True, False), (False, True)), 2, True, False),
        ([(WRONG, RIGHT), (WRONG, WRONG)], ((False, True), (False, False)), 1, False, False),
        ([(INPUT, INPUT), (WRONG, WRONG)], ((False, False), (False, False)), 0, False, False),
    ],
)
def test_scores(attempts: Any, right: Any, inputs: int, solved: bool, at_once: bool) -> None:
    found = score(task("12/34", "12/34"), attempts)
    assert found.right == right and found.inputs == inputs
    assert (found.solved, found.solved_at_once) == (solved, at_once)


def test_no_score_without_all_outputs() -> None:
    with pytest.raises(ValueError, match="not all known"):
        score(task("0", None), [(INPUT, INPUT)] * 2)


@pytest.mark.parametrize(
    ("outputs", "attempts", "status", "reason"),
    [
        (["12/34"], [(WRONG, RIGHT)], "verified", "test 1 by attempt 2"),
        (["12/34", "0"], [(RIGHT, RIGHT), (INPUT, WRONG)], "verified",
         "test 1 by attempt 1, test 2 by attempt 1"),
        (["12/34", "0"], [(RIGHT, RIGHT), (WRONG, RIGHT)], "wrong",
         "test 2: the output is 1×1, the attempts are 2×2; 1 of 2 tests are right"),
        (["12/34"], [(INPUT, grid("11"))], "wrong",
         "test 1: the output is 2×2, the attempts are 1×1 and 1×2"),
        (["12/34"], [(INPUT, WRONG)], "wrong",
         "test 1: attempt 2 is closest, 1 of 4 cells differs, the first is r2c2"),
        (["12/34"], [(grid("02/04"), WRONG)], "wrong",
         "test 1: attempt 2 is closest, 1 of 4 cells differs, the first is r2c2"),
        (["12/34"], [(grid("02/04"), INPUT)], "wrong",
         "test 1: attempt 1 is closest, 2 of 4 cells differ, the first is r1c1"),
        ([None], [(RIGHT, WRONG)], "unverifiable", "no output is known of test 1"),
        (["0", None, None], [(INPUT, WRONG)] * 3, "unverifiable",
         "no output is known of tests 2, 3"),
        ([None, "0"], [(RIGHT, WRONG)] * 2, "wrong",
         "test 2: the output is 1×1, the attempts are 2×2"),
    ],
)  # fmt: skip
def test_verdicts(outputs: Any, attempts: Any, status: str, reason: str) -> None:
    verdict = verify(task(*outputs), attempts)
    assert (verdict.status, verdict.reason) == (status, reason)


def test_wrong_cells() -> None:
    assert verify(task("12/34"), [(grid("02/04"), INPUT)]).where == ((0, 0), (1, 0))


ANSWERS: dict[str, Any] = {
    "task": [
        {"attempt_1": [[1]], "attempt_2": [[4]]},
        {"attempt_1": [[2]], "attempt_2": [[4, 4]]},
    ],
    "other": [{"attempt_1": [[1]], "attempt_2": [[4]]}],
}


def test_submissions_are_read_and_written() -> None:
    text = json.dumps(ANSWERS, indent=1)
    submission = read_attempts(text.splitlines(), "submission.json")
    assert submission["task"][1][1].tolist() == [[4, 4]]
    assert submission["task"][1][1].dtype == np.uint8
    file = io.StringIO()
    write_submission(submission, file)
    assert json.loads(file.getvalue()) == ANSWERS
    assert len(file.getvalue().splitlines()) == len(ANSWERS)
    empty = io.StringIO()
    write_submission({}, empty)
    assert json.loads(empty.getvalue()) == {}


def test_no_task_has_fewer_or_more_than_two_attempts() -> None:
    for attempts in ([(INPUT,)], [(INPUT, INPUT, INPUT)]):
        with pytest.raises(ValueError):
            write_submission({"a": attempts}, io.StringIO())  # type: ignore[dict-item]


def attempt(value: Any) -> Any:
    return {"a": [{"attempt_1": [[1]], "attempt_2": value}]}


@pytest.mark.parametrize(
    ("document", "where", "told"),
    [
        (attempt([[1, 17]]), "a[0].attempt_2[0][1]", "found 17"),
        (attempt([]), "a[0].attempt_2", "1 to 30 rows, found 0"),
        (attempt(None), "a[0].attempt_2", "found null"),
        ({"a": [{"attempt_1": [[1]]}]}, "a[0]", 'there is no "attempt_2"'),
        ({"a": [{**attempt([[1]])["a"][0], "attempt_3": [[1]]}]}, "a[0]", 'found "attempt_3"'),
        ({"a": []}, "a", "1 to 64 pairs of attempts, found 0"),
        ({"a": [[[1]]]}, "a[0]", "expected an object, found a list"),
        (TASK, "train[0]", 'expected attempt_1 and attempt_2, found "input"'),
        ({"\x07": []}, '["\\u0007"]', "printable"),
    ],
)
def test_damaged_submissions(document: Any, where: str, told: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_attempts([json.dumps(document)], "s.json")
    assert caught.value.where == "s.json" + f": {where}" * bool(where)
    assert told in caught.value.what


def test_tasks_find_their_attempts_by_name() -> None:
    ((puzzle, verdict),) = mark(read(SOLVED), [json.dumps(ANSWERS)], "s.json")
    assert puzzle.name == "task" and verdict.reason == "test 1 by attempt 2, test 2 by attempt 1"


def test_no_attempts_at_a_task() -> None:
    with pytest.raises(UsageError, match="no attempts at lost") as caught:
        list(mark(read({"lost": SOLVED}), [json.dumps(ANSWERS)], "s.json"))
    assert caught.value.where == "s.json" and "attempts at task, other;" in caught.value.hint
    with pytest.raises(UsageError) as caught:
        list(mark(read(SOLVED), ["{}"], "s.json"))
    assert "no task" in caught.value.hint


def test_attempts_at_other_tests() -> None:
    with pytest.raises(ParseError) as caught:
        list(mark(read({"other": SOLVED}), [json.dumps(ANSWERS)], "s.json"))
    assert caught.value.where == "s.json: other"
    assert caught.value.what == "expected attempts at 2 test inputs, found them at 1"
