"""Whatever is written is read back; whatever is read is tasks or a typed error."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from puzzlesolver.domains.arc.parse import parse
from puzzlesolver.domains.arc.render import format_grid, format_line, render, render_task
from puzzlesolver.domains.arc.rules import mark, verify
from puzzlesolver.domains.arc.submission import read_attempts, write_submission
from puzzlesolver.domains.arc.task import Task, TaskPuzzle
from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.errors import ParseError
from tests.domains.arc.support import GRIDS, SOLVED, TASK, TASKS, as_json, read, same


@given(TASKS, st.sampled_from([None, 1, 4]), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_is_read(task: Task, indent: int | None, bom: bool, end: str) -> None:
    text = "\ufeff" * bom + json.dumps({task.name: as_json(task)}, indent=indent) + "\n"
    (puzzle,) = read(text.replace("\n", end))
    assert same(puzzle.task, task) and puzzle.name == task.name
    (puzzle,) = read(json.dumps(as_json(task), indent=indent))
    assert same(puzzle.task, Task("task", task.train, task.test))


@given(TASKS, st.data())
def test_submissions_come_back(task: Task, data: st.DataObject) -> None:
    attempts = [(data.draw(GRIDS), data.draw(GRIDS)) for _ in task.test]
    file = io.StringIO()
    write_submission({task.name: attempts}, file)
    lines = file.getvalue().splitlines(keepends=True)
    found = read_attempts(lines, "submission.json")
    assert isinstance(found, dict)
    (again,) = found.values()
    for both, told in zip(attempts, again, strict=True):
        assert all(map(np.array_equal, both, told))
    ((_, verdict),) = mark(read({task.name: as_json(task)}), lines, "submission.json")
    assert verdict == verify(task, attempts)


@given(TASKS, st.data())
def test_known_outputs_are_right_as_either_attempt(task: Task, data: st.DataObject) -> None:
    attempts = [
        data.draw(st.permutations([pair.grids[-1], data.draw(GRIDS)]).map(tuple))
        for pair in task.test
    ]
    assert verify(task, attempts).status == ("verified" if task.known else "unverifiable")


@given(TASKS, st.booleans(), st.booleans())
def test_pictures_fit(task: Task, colour: bool, tried: bool) -> None:
    attempts = [(pair.input, pair.grids[-1]) for pair in task.test] if tried else None
    for width in (66, 80, 200):  # the least has room for two grids of 30 columns
        shown = render_task(task, attempts, width, colour).plain
        assert max(map(len, shown.split("\n"))) <= width
        assert shown.count("demo ") == len(task.train) and shown.count("test ") == len(task.test)


@given(GRIDS)
def test_every_grid_has_its_forms(grid: Grid) -> None:
    height, width = grid.shape
    assert format_grid(grid).replace("\n", "/") == format_line(grid)
    wide, half = (
        render(grid, grid, compact=compact).plain.split("\n") for compact in (False, True)
    )
    assert (len(wide), len(wide[0])) == (height, 2 * width)
    assert (len(half), len(half[0])) == (-(-height // 2), width)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["train", "test", "input", "output", "attempt_1", "id"]) | st.text(),
            inner,
            max_size=4,
        )
    ),
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A task with another value somewhere in it."""
    document: Any = json.loads(json.dumps(draw(st.sampled_from([TASK, SOLVED, {"a": TASK}]))))
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or draw(st.booleans()):
            break
        place = place[key]
    place[key] = draw(JSON)
    return json.dumps(document)


@given(
    content=st.one_of(
        st.binary(),
        st.text().map(str.encode),
        st.text('{}[]",: 019train\n').map(lambda text: ("{" + text).encode()),
        JSON.map(lambda value: json.dumps(value).encode()),
        damaged().map(str.encode),
        damaged().flatmap(
            lambda text: st.integers(0, len(text)).map(lambda end: text[:end].encode())
        ),
        st.text("arc2:x \n").map(lambda text: f"arc:{text}".encode()),
    ),
    domain=st.sampled_from(["auto", "arc"]),
    name=st.sampled_from(["task.json", "x_challenges.json"]),
)
def test_any_bytes_are_tasks_or_a_parse_error(content: bytes, domain: str, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            for puzzle in read_puzzles([path], domain):
                if isinstance(puzzle, TaskPuzzle):
                    check(puzzle.task)
        except ParseError as error:
            assert error.where.startswith(str(path)) and error.what and error.what.isprintable()


@given(damaged())
def test_damaged_submissions_are_attempts_or_a_parse_error(text: str) -> None:
    text = text.replace("input", "attempt_1").replace("output", "attempt_2")
    try:
        found = read_attempts([text], "submission.json")
        for attempts in (
            found.values() if isinstance(found, dict) else [[(grid,) for grid in found]]
        ):
            assert all(grid.size for both in attempts for grid in both)
    except ParseError as error:
        assert error.where.startswith("submission.json") and error.what


def check(task: Task) -> None:
    """Its grids are what they should be, and it can be written, read and shown."""
    for pair in (*task.train, *task.test):
        for grid in pair.grids:
            assert grid.dtype == np.uint8 and grid.max() <= 9 and min(grid.shape) >= 1
            assert max(grid.shape) <= 30
    (again,) = parse([json.dumps({task.name: as_json(task)})], "again")
    assert same(again.task, task) and render_task(task).plain
