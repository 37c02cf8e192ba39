"""Every file that people had and that failed, with what must come out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.domains.marking import mark
from puzzlesolver.domains.sudoku.render import format_line
from puzzlesolver.errors import ParseError

CASES = Path(__file__).parents[2] / "cases"
BOARD = "..2.537.....6..2...59..1...34.......9..84.5......2............68..1...7.5.7.6..4."
LAST = {"row": 8, "col": 8, "value": 9}
TWICE = ("comment_end.txt", "euler.txt", "num_colon.txt", "opensudoku.opensudoku")
LARGE = ("hex0F.txt", "num2.txt")
WITH_RULES = {"link_antiknight.txt": "anti-knight"}


@pytest.mark.parametrize("path", sorted((CASES / "sudoku").iterdir()), ids=lambda path: path.name)
def test_sudokus(path: Path) -> None:
    puzzles = list(read_puzzles([path]))
    assert {puzzle.domain for puzzle in puzzles} == {"sudoku"}
    if path.name in LARGE:
        assert puzzles[0].grid.shape == (16, 16)
    else:
        assert [format_line(puzzle.grid) for puzzle in puzzles] == [BOARD] * len(puzzles)
    assert {puzzle.rules for puzzle in puzzles} == {WITH_RULES.get(path.name, "")}
    assert len(puzzles) == 1 + (path.name in TWICE)
    assert all(puzzle.label is None for puzzle in puzzles)


def test_ratings() -> None:
    assert next(read_puzzles([CASES / "sudoku/rating_first.txt"])).rating == 1.2
    assert [puzzle.rating for puzzle in read_puzzles([CASES / "sudoku/comment_end.txt"])] == [
        None,
        1.5,
    ]


def test_digits_from_0_to_F() -> None:
    text = (CASES / "sudoku/hex0F.txt").read_text().strip()
    (puzzle,) = read_puzzles([CASES / "sudoku/hex0F.txt"])
    assert puzzle.spell(format_line(puzzle.grid)) == text and "0 to F" in puzzle.note
    (other,) = read_puzzles([CASES / "sudoku/num2.txt"])
    assert other.spell("123G") == "123G" and not other.note


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("arc-agi_evaluation_challenges.json", ["bbbb0001", "bbbb0002"]),
        ("labelled.json", ["labelled"]),
        ("lines.jsonl", ["x", "y"]),
        ("one_demo.json", ["one_demo"]),
    ],
)
def test_tasks(name: str, names: list[str]) -> None:
    assert [puzzle.name for puzzle in read_puzzles([CASES / "arc" / name])] == names


@pytest.mark.parametrize(
    ("name", "where", "told"),
    [
        ("rearc.json", ": [0]", "as re-arc lists them"),
        ("trunc.json", ":1:201", "this is no JSON"),
        ("submission_partial.json", ": bbbb0001", "expected a task"),
        ("arc-agi_evaluation_solutions.json", ": bbbb0001", "expected a task"),
    ],
)
def test_what_is_no_task(name: str, where: str, told: str) -> None:
    with pytest.raises(ParseError, match=told) as caught:
        list(read_puzzles([CASES / "arc" / name]))
    assert caught.value.where == f"{CASES}/arc/{name}{where}"


def test_a_folder_is_read_to_its_end_and_then_names_what_failed(tmp_path: Path) -> None:
    found = []
    for path in (CASES / "sudoku").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    killer = {"size": 9, "grid": [[{}] * 9] * 9, "killercage": [{"cells": ["R1C1"], "value": 3}]}
    (tmp_path / "killer.json").write_text(json.dumps(killer))
    with pytest.raises(ParseError, match="killercage"):
        for puzzle in read_puzzles([tmp_path]):
            found.append(puzzle.name)
    assert len(found) == len(list((CASES / "sudoku").iterdir())) + len(TWICE)


def test_numbers_from_0_with_minus_one_for_blanks(tmp_path: Path) -> None:
    numbers = np.array([-1 if cell == "." else int(cell) - 1 for cell in BOARD]).reshape(9, 9)
    np.save(tmp_path / "board.npy", numbers)
    (puzzle,) = read_puzzles([tmp_path / "board.npy"])
    assert format_line(puzzle.grid) == BOARD


@pytest.mark.parametrize("blank", ["", " "])
def test_rows_that_show_no_blanks_are_no_columns(blank: str, tmp_path: Path) -> None:
    """The digits of a picture, as text recognition often gives them."""
    rows = (BOARD[start : start + 9].replace(".", "") for start in range(0, 81, 9))
    (tmp_path / "digits.txt").write_text("\n".join(blank.join(row) for row in rows))
    with pytest.raises(ParseError):
        list(read_puzzles([tmp_path / "digits.txt"]))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"puzzle": "53', "it ends too early"),
        ('{"puzzle": "53",\n\n', "it ends too early"),
        ('{"puzzle": "5\n3"}', "invalid control character"),
    ],
)
def test_what_is_no_json_is_told_in_whole_words(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "cut.json").write_text(text)
    with pytest.raises(ParseError) as caught:
        list(read_puzzles([tmp_path / "cut.json"]))
    assert caught.value.what == f"this is no JSON: {told}"


def test_rich_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "board.rtf").write_text(r"{\rtf1\ansi 53..7....\par 6..195...\par}")
    with pytest.raises(ParseError, match="this is rich text"):
        list(read_puzzles([tmp_path / "board.rtf"]))


SOLVED = "182453769473698215659271483348519627926847531715326894291784356864135972537962148"


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([[BOARD, SOLVED], [BOARD, SOLVED]]),
        json.dumps({"1": [BOARD, SOLVED], "2": {BOARD: SOLVED}}),
        str([{"puzzle": BOARD, "solution": SOLVED}] * 2),
        f"{ {'puzzle': BOARD, 'solution': SOLVED} }\n" * 2,
        f"INSERT INTO p (id, puzzle, solution) VALUES\n(1, '{BOARD}', '{SOLVED}'),\n"
        f"(2, '{BOARD}', '{SOLVED}');",
    ],
)
def test_answers_beside_boards(text: str, tmp_path: Path) -> None:
    (tmp_path / "list").write_text(text)
    puzzles = list(read_puzzles([tmp_path / "list"]))
    assert [format_line(puzzle.grid) for puzzle in puzzles] == [BOARD] * 2
    assert all(puzzle.label is not None for puzzle in puzzles)


@pytest.mark.parametrize("part", ["***", "* * *", "~~~", "%%", "[1]", "=====", "No. 2"])
def test_lines_between_boards(part: str, tmp_path: Path) -> None:
    rows = "".join(f"{BOARD[start : start + 9]}\n" for start in range(0, 81, 9))
    (tmp_path / "list").write_text(f"{rows}{part}\n{rows}")
    assert [format_line(each.grid) for each in read_puzzles([tmp_path / "list"])] == [BOARD] * 2


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"sha256": "a3f5" * 16, "id": "550e8400-e29b-41d4-a716-446655440000"}),
        json.dumps({"n": "1234567890123456", "name": "my puzzles of this week"}),
        json.dumps({"phone": "1234123412341234", "id": "1" * 36}),
        json.dumps([{"row": 3, "col": 4, "value": 5}, {"row": 5, "col": 6, "value": 7}]),
        "{(0, 0): 5, (0, 1): 3}",
        "{'1......32..1...4'}",
        "numbers <- c(" + ", ".join(map(str, range(60))) + ")",
        json.dumps([[{"clue": n} if n else {} for n in map(int, BOARD.replace(".", "0"))]] * 9),
        json.dumps([{"row": n, "col": n, "clue": n} for n in range(9)]),
        *(
            json.dumps({"cells": [{"row": n, "col": n, "value": value} for n in range(8)] + [LAST]})
            for value in (123, "A", "abc")
        ),
        "\n".join(f"cell({n},{n},{n})." for n in range(1, 9)),  # from 0 or from 1?
        " ".join(f"a1={n}" for n in range(1, 9)),
        json.dumps([{"index": 10 * n, "value": n} for n in range(1, 9)]),  # from 0 or from 1?
        json.dumps([{"index": n, "variable": "A", "value": n} for n in range(9)]),
        json.dumps([{"i": n, "k": n, "value": n} for n in range(9)]),
        json.dumps([dict.fromkeys(("a", "b", "d", "e"), n) for n in range(4)]),
        json.dumps([{"A": n, "C": 0, "B": 0, "D": 0} for n in range(4)]),
        json.dumps({str(n): {str(m): n == m for m in range(9)} for n in range(9)}),
        "\n".join(f"s.add(X[{n}][{n}] != {n + 1})" for n in range(9)),
        "\n".join(f"s.add(Not(X[{n}][{n}] == {n + 1}))" for n in range(9)),
    ],
)
def test_what_only_resembles_a_board_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "other").write_text(text)
    with pytest.raises(ParseError):
        list(read_puzzles([tmp_path / "other"]))


@pytest.mark.parametrize(
    "text",
    [
        "# rules: anti-knight\n" + " ".join(f"r{n}c{n}=1" for n in range(1, 10)),
        "// Rules: anti-knight\n" + "\n".join(f"grid[{n}][0] = {n};" for n in range(9)),
        json.dumps({"rules": "anti-knight", "cells": [{"r": n, "c": 0, "v": n} for n in range(9)]}),
    ],
)
def test_rules_beside_cells_that_are_told_one_by_one(text: str, tmp_path: Path) -> None:
    (tmp_path / "board").write_text(text)
    (puzzle,) = read_puzzles([tmp_path / "board"])
    assert puzzle.rules == "anti-knight"


@pytest.mark.parametrize("form", [json.dumps, str])
def test_tasks_that_python_printed(form: Callable[[object], str], tmp_path: Path) -> None:
    task = {"train": [{"input": [[1]], "output": [[2]]}], "test": [{"input": [[3]]}]}
    open_task = {"train": task["train"], "test": [{"input": [[3]], "output": None}]}
    for value in (task, [task], {"a": task}, open_task):
        text = form(value)
        fenced = f"A task:\n```\n{text}\n```\n" if isinstance(value, dict) else text
        for each in (text, fenced):
            (tmp_path / "tasks").write_text(each)
            assert [puzzle.domain for puzzle in read_puzzles([tmp_path / "tasks"])] == ["arc"]


@pytest.mark.parametrize(
    "answers",
    [{"answer": SOLVED}, [{"name": "a", "solution": SOLVED}], {"solution": SOLVED, "note": "mine"}],
)
def test_answers_alone(answers: object, tmp_path: Path) -> None:
    (tmp_path / "answers").write_text(json.dumps(answers))
    ((_, verdict),) = mark(BOARD, str(tmp_path / "answers"))
    assert verdict is not None and verdict.status == "verified"


@pytest.mark.parametrize("empty", ["{}", "[]", "null", "", " \n"])
def test_what_is_empty_is_no_task(empty: str, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(empty)
    with pytest.raises(ParseError, match="there is nothing in"):
        list(read_puzzles([tmp_path / "empty"]))


@pytest.mark.parametrize("first", [0, 1])
def test_cells_counted_from_0_or_1_where_the_digits_show_which(first: int, tmp_path: Path) -> None:
    board = "." + SOLVED[1:-1] + "."
    cells = [{"index": n + first, "value": int(v)} for n, v in enumerate(board) if v != "."]
    (tmp_path / "board").write_text(json.dumps({"cells": cells}))
    assert [format_line(puzzle.grid) for puzzle in read_puzzles([tmp_path / "board"])] == [board]


def test_facts_of_the_numbers_tell_the_size(tmp_path: Path) -> None:
    facts = "size(16). number(1..16). " + " ".join(f"given({n},{n},{n + 1})." for n in range(9))
    (tmp_path / "board").write_text(facts)
    assert [puzzle.grid.shape for puzzle in read_puzzles([tmp_path / "board"])] == [(16, 16)]


def test_a_table_of_pandas_whose_columns_are_numbers(tmp_path: Path) -> None:
    rows = [[*map(int, BOARD.replace(".", "0")[n : n + 9])] for n in range(0, 81, 9)]
    table = {"columns": [*range(9)], "index": [*range(9)], "data": rows}
    (tmp_path / "board").write_text(json.dumps(table))
    assert [format_line(puzzle.grid) for puzzle in read_puzzles([tmp_path / "board"])] == [BOARD]


@pytest.mark.parametrize(
    ("beside", "others"),
    [
        ({"sudoku": BOARD}, ["sudoku"]),
        ({"boards": [BOARD, BOARD]}, ["sudoku", "sudoku"]),
        ({"x": {"board": BOARD}, "notes": ["two", "notes"], "version": 1}, ["sudoku"]),
        ({"name": "my tasks", "notes": ["two", "notes"], "meta": {"version": 1}}, []),
    ],
)
def test_what_stands_beside_sets_of_tasks(
    beside: dict[str, object], others: list[str], tmp_path: Path
) -> None:
    task = {"train": [{"input": [[1]], "output": [[2]]}], "test": [{"input": [[3]]}]}
    (tmp_path / "mixed").write_text(json.dumps({"tasks": {"a": task}, **beside}))
    assert [puzzle.domain for puzzle in read_puzzles([tmp_path / "mixed"])] == ["arc", *others]


@pytest.mark.parametrize("other", [BOARD, "#####\n#S G#\n#####"])
def test_an_object_among_puzzles_drops_none_of_them(other: str, tmp_path: Path) -> None:
    (tmp_path / "mixed").write_text(f'{other}\n\nx = {{"puzzle": "{SOLVED}"}}\n')
    try:
        count = len(list(read_puzzles([tmp_path / "mixed"])))
    except ParseError:
        return
    assert count == 2
