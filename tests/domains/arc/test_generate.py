"""Tasks of our own: every rule shows itself, the same seed gives the same tasks."""

from __future__ import annotations

import io

import numpy as np
import pytest

from puzzlesolver.domains.arc.document import write_tasks
from puzzlesolver.domains.arc.generate import DEMONSTRATIONS, RULES, generate
from puzzlesolver.domains.arc.parse import parse
from puzzlesolver.domains.arc.scenes import Scene
from puzzlesolver.domains.arc.task import Pair, Task

MANY = 300


@pytest.fixture(scope="module")
def tasks() -> list[Task]:
    return [puzzle.task for puzzle in generate(MANY, seed=0)]


def keys(task: Task) -> list[bytes]:
    return [pair.key for pair in (*task.train, *task.test)]


def rule_of(task: Task) -> str:
    return task.name.rsplit("-", 2)[0].replace("-", "_")


def of_rule(tasks: list[Task], rule: str) -> list[Pair]:
    found = [task for task in tasks if rule_of(task) == rule]
    return [pair for task in found for pair in (*task.train, *task.test)]


def test_every_rule_takes_its_turn(tasks: list[Task]) -> None:
    assert {rule_of(task) for task in tasks} == set(RULES)


def test_pairs_differ_and_change(tasks: list[Task]) -> None:
    low, high = DEMONSTRATIONS
    for task in tasks:
        assert low <= len(task.train) <= high and len(task.test) == 1
        assert len(set(keys(task))) == len(task.train) + 1, task.name
        for pair in (*task.train, *task.test):
            assert not np.array_equal(pair.input, pair.output), task.name


def test_the_first_ones_do_not_depend_on_the_number(tasks: list[Task]) -> None:
    few = [puzzle.task for puzzle in generate(5, seed=0)]
    assert [keys(task) for task in few] == [keys(task) for task in tasks[:5]]
    (other,) = generate(1, seed=1)
    assert keys(other.task) != keys(tasks[0])


def test_what_is_written_is_read_again(tasks: list[Task]) -> None:
    file = io.StringIO()
    write_tasks(tasks, file)
    read = [puzzle.task for puzzle in parse(io.StringIO(file.getvalue()), "tasks.json")]
    assert [task.name for task in read] == [task.name for task in tasks]
    assert [keys(task) for task in read] == [keys(task) for task in tasks]


def test_things_do_not_touch() -> None:
    rng = np.random.default_rng(0)
    scene, dot = Scene(np.zeros((6, 6), np.uint8)), np.zeros((2, 1), np.int64)
    for _ in range(40):
        scene.place(rng, dot, 3)
    rows, columns = np.nonzero(scene.grid)
    apart = np.maximum(abs(rows[:, None] - rows), abs(columns[:, None] - columns))
    assert len(rows) == len(scene.things) > 3
    assert apart[~np.eye(len(rows), dtype=bool)].min() > 1
    scene.place(rng, np.array([[0, 0], [0, 9]]), 3)
    assert len(scene.things) == len(rows), "what has no room is left out"


def test_some_rules_hold_as_they_say(tasks: list[Task]) -> None:
    for pair in of_rule(tasks, "enlarge"):
        times = len(pair.output) // len(pair.input)
        assert np.array_equal(pair.output[::times, ::times], pair.input)
    for pair in of_rule(tasks, "fall"):
        assert np.array_equal(np.bincount(pair.input.ravel()), np.bincount(pair.output.ravel()))
    for pair in of_rule(tasks, "mirror_half"):
        assert any(np.array_equal(pair.output, np.flip(pair.output, axis)) for axis in (0, 1))
    for pair in of_rule(tasks, "outline"):
        assert np.array_equal(pair.output[pair.input > 0], pair.input[pair.input > 0])
        assert (pair.output > 0).sum() > (pair.input > 0).sum()
    for pair in of_rule(tasks, "cut_out"):
        rows, columns = np.nonzero(pair.output)
        assert {*rows} == {*range(len(pair.output))} and {*columns} == {
            *range(pair.output.shape[1])
        }
    for pair in of_rule(tasks, "shoot"):
        assert (pair.output[pair.input > 0] == pair.input[pair.input > 0]).all()
