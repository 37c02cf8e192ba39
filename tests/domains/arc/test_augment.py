"""What is done to tasks of ARC can be undone exactly."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from puzzlesolver.domains.arc.augment import Variant, draw_place, parse_name
from puzzlesolver.domains.arc.codec import from_canvas, to_canvas
from puzzlesolver.domains.arc.task import Task
from puzzlesolver.domains.symmetry import INVERSE_TURN, TURNS, turned
from tests.domains.arc.support import GRIDS, TASKS, VARIANTS, as_json, grid, only, same


@given(GRIDS, VARIANTS)
def test_variants_can_be_undone(grid: np.ndarray, variant: Variant) -> None:
    changed = variant.apply(grid)
    assert np.array_equal(variant.undo(changed), grid)
    assert np.array_equal(changed == 0, turned(grid, variant.turn) == 0)


@given(VARIANTS, st.sampled_from(["007bbfb7", "Above_Below1", "a|||b"]))
def test_names_of_both_kinds_tell_the_variant(variant: Variant, task: str) -> None:
    for separator in ("|||", "_"):
        assert parse_name(variant.name(task, separator)) == (task, variant)
    assert parse_name(task) == (task, Variant(0, bytes(range(10))))


def test_names_look_as_published() -> None:
    variant = Variant(3, bytes([0, 1, 5, 2, 3, 4, 6, 7, 8, 9]))
    assert variant.name("007bbfb7", "|||") == "007bbfb7|||t3|||0152346789"
    assert parse_name("007bbfb7_t3_0152346788")[0] == "007bbfb7_t3_0152346788"


@given(TASKS, st.integers(0, TURNS - 1), st.permutations(range(10)).map(bytes))
def test_whole_tasks_come_back(task: Task, turn: int, colours: bytes) -> None:
    variant = Variant(turn, colours)
    changed = variant.apply_task(task)
    for pair, other in zip(task.test, changed.test, strict=True):
        assert all(map(np.array_equal, map(variant.undo, other.grids), pair.grids))
    inverse = np.frombuffer(colours, np.uint8).argsort().astype(np.uint8).tobytes()
    unturned = Variant(INVERSE_TURN[turn], bytes(range(10))).apply_task(changed)
    assert same(Variant(0, inverse).apply_task(unturned), task) and changed.name == task.name


def test_every_pair_of_a_task_changes_alike() -> None:
    task = only({"train": [{"input": [[0, 1, 2]], "output": [[2]]}], "test": [{"input": [[3, 0]]}]})
    changed = Variant(1, bytes([5, 6, 7, 8, 9, 0, 1, 2, 3, 4])).apply_task(task)
    assert as_json(changed) == {
        "train": [{"input": [[7], [6], [5]], "output": [[7]]}],
        "test": [{"input": [[5], [8]]}],
    }
    assert all(cells.flags.c_contiguous for pair in changed.train for cells in pair.grids)


@given(st.lists(GRIDS, min_size=1, max_size=3), st.integers(0, 2**32 - 1))
def test_all_grids_move_to_one_place_and_back(grids: list[np.ndarray], seed: int) -> None:
    row, column = draw_place(grids, np.random.RandomState(seed))
    for each in grids:
        assert np.array_equal(from_canvas(to_canvas(each, row, column), row, column), each)


def test_places_reach_every_corner_that_fits() -> None:
    rng = np.random.RandomState(0)
    places = {draw_place([grid("0" * 29), grid("0/0/0")], rng) for _ in range(500)}
    assert places == {(row, column) for row in range(28) for column in range(2)}
