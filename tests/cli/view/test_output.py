"""What the six formats say, and that files appear whole."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from puzzlesolver.cli.view.output import FIELDS, ResultWriter, open_output, summarise
from puzzlesolver.domains.base import Answer, Verdict
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.errors import UsageError
from puzzlesolver.refine.report import Result
from tests.cli.support import GRID, ONE_BLANK, PUZZLE, SOLVED

RESULT = Result(
    puzzle=PUZZLE,
    answer=Answer(GRID, np.full((9, 9), 0.75, np.float32)),
    verdict=Verdict("verified"),
    settled=True,
    steps=1_430,
    restarts=2,
    seconds=0.91,
    model="sudoku",
    seed=0,
    status="solved",
)
WRONG = replace(
    RESULT, verdict=Verdict("wrong", "two 5s in row 3"), status="unsolved", settled=False
)


def written(*results: Result, format: str) -> str:
    file = io.StringIO()
    writer = ResultWriter(file, format)
    for result in results:
        writer.write(result)
    writer.close()
    return file.getvalue()


def test_text_keeps_settled_and_verified_apart() -> None:
    assert summarise(RESULT) == (
        "puzzle.txt: solved ✓ verified · settled · 1,430 steps · 2 restarts · 0.9 s"
    )
    assert summarise(WRONG) == (
        "puzzle.txt: unsolved · not settled · 1,430 steps · 2 restarts · 0.9 s"
    )
    assert summarise(replace(RESULT, settled=False)) == (
        "puzzle.txt: solved ✓ verified · not settled · 1,430 steps · 2 restarts · 0.9 s"
    )


def test_exact_answers_are_labelled_in_every_format_that_describes() -> None:
    exact = replace(RESULT, solver="exact")
    assert "exact solver" in written(exact, format="text")
    assert json.loads(written(exact, format="json"))["solver"] == "exact"
    assert next(csv.DictReader(io.StringIO(written(exact, format="csv"))))["solver"] == "exact"


def test_json_is_one_object_for_one_result_and_a_list_for_more() -> None:
    one = json.loads(written(RESULT, format="json"))
    assert one["schema"] == 1 and one["answer"] == SOLVED and one["question"] == ONE_BLANK
    assert (one["status"], one["verdict"], one["settled"]) == ("solved", "verified", True)
    assert one["confidence"] == 0.75
    many = json.loads(written(RESULT, WRONG, format="json"))
    assert [entry["status"] for entry in many] == ["solved", "unsolved"]


def test_jsonl_and_csv_agree() -> None:
    lines = [json.loads(line) for line in written(RESULT, WRONG, format="jsonl").splitlines()]
    rows = list(csv.DictReader(io.StringIO(written(RESULT, WRONG, format="csv"))))
    assert [[str(line[name]) for name in FIELDS] for line in lines] == [
        [row[name] for name in FIELDS] for row in rows
    ]


@pytest.mark.parametrize("format", ["line", "grid"])
def test_wrong_answers_never_pass_for_answers(format: str) -> None:
    solved, unsolved = written(RESULT, format=format), written(WRONG, format=format)
    assert [p.grid.tolist() for p in read_puzzles([solved])] == [GRID.tolist()]
    assert [p.grid.tolist() for p in read_puzzles([unsolved])] == [PUZZLE.grid.tolist()]


def test_contradiction_has_no_answer() -> None:
    result = replace(
        RESULT,
        answer=None,
        steps=0,
        status="contradiction",
        reason="two 5s in row 1",
        verdict=Verdict("wrong"),
    )
    assert written(result, format="text") == "puzzle.txt: contradiction\n  two 5s in row 1\n"
    record = json.loads(written(result, format="json"))
    assert (record["answer"], record["confidence"]) == (None, None)


def test_output_file_appears_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    with open_output(path) as file:
        file.write("new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("before_the_error", "left"), [("half", "half"), ("", "old")])
def test_an_error_keeps_what_was_finished_and_else_the_old_file(
    tmp_path: Path, before_the_error: str, left: str
) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), open_output(path) as file:
        file.write(before_the_error)
        raise KeyboardInterrupt
    assert path.read_text() == left
    assert list(tmp_path.iterdir()) == [path]


def test_devices_are_not_replaced_by_files() -> None:
    null = Path("/dev/null")
    with open_output(null) as file:
        file.write("gone")
    assert null.is_char_device()


def test_unwritable_output_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"), open_output(tmp_path / "no" / "out"):
        pass


def test_conflicts_of_an_unsolved_board_are_red() -> None:
    grid = GRID.copy()
    grid[0, 1] = grid[0, 0]
    answer = Answer(grid, np.ones((9, 9), np.float32))
    picture = replace(WRONG, answer=answer).picture(80, colour=True)
    red = [span for span in picture.spans if getattr(span.style, "bgcolor", None) is not None]
    assert {picture.plain[span.start : span.end] for span in red} == {"1"}
    assert not any(getattr(s.style, "bgcolor", None) for s in RESULT.picture(80, True).spans)


def test_reasons_stand_below_the_line() -> None:
    assert written(WRONG, format="text").splitlines()[-1] == "  two 5s in row 3"
    unproved = replace(RESULT, reason="whether it has another solution was not decided")
    assert written(unproved, format="text").splitlines()[-1].strip() == unproved.reason
    assert "restart" not in summarise(replace(RESULT, restarts=0))
