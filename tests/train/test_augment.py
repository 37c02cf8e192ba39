"""Equivalent puzzles stay valid, and what is done to ARC grids can be undone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.domains.sudoku.rules import box_shape
from puzzlesolver.train.augment import (
    CANVAS,
    INVERSE_TURN,
    TURNS,
    Variant,
    from_canvas,
    parse_name,
    shuffled,
    to_canvas,
    turned,
)

SEEDS = st.integers(0, 2**32 - 1)
GRIDS = arrays(
    np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=CANVAS), elements=st.integers(0, 9)
)
VARIANTS = st.builds(
    Variant,
    st.integers(0, TURNS - 1),
    st.permutations(range(1, 10)).map(lambda colours: bytes([0, *colours])),
)


def solved_board(side: int) -> np.ndarray:
    """The board that shifts its first row, `uint8[C]`."""
    rows, columns = box_shape(side)
    cells = [
        (columns * (row % rows) + row // rows + column) % side + 1
        for row in range(side)
        for column in range(side)
    ]
    return np.array(cells, np.uint8)


def boards(side: int, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Questions with about half of the cells blank, and their solution."""
    solutions = np.repeat(solved_board(side)[None], count, axis=0)
    blank = np.random.default_rng(seed).random(solutions.shape) < 0.5
    return np.where(blank, 0, solutions).astype(np.uint8), solutions


@given(side=st.sampled_from([4, 6, 9, 16]), seed=SEEDS)
def test_shuffled_sudokus_are_solved_by_their_shuffled_solutions(side: int, seed: int) -> None:
    questions, solutions = boards(side, 4, seed)
    for question, solution in zip(
        *shuffled(questions, solutions, np.random.default_rng(seed)), strict=True
    ):
        puzzle = Puzzle("sudoku", "", question.reshape(side, side), "")
        verdict = get_domain("sudoku").verify(puzzle, solution.reshape(side, side))
        assert verdict.status == "verified", verdict.reason


@given(side=st.sampled_from([4, 6, 9]), seed=SEEDS)
def test_shuffling_keeps_the_pattern_of_clues_up_to_the_order_of_lines(
    side: int, seed: int
) -> None:
    questions, solutions = boards(side, 3, seed)
    changed, _ = shuffled(questions, solutions, np.random.default_rng(seed))

    def counts(board: np.ndarray) -> list[list[int]]:
        given_cells = board.reshape(side, side) > 0
        return sorted(sorted(given_cells.sum(axis).tolist()) for axis in (0, 1))

    for before, after in zip(questions, changed, strict=True):
        assert counts(before) == counts(after)
        labels = np.bincount(before, minlength=side + 1), np.bincount(after, minlength=side + 1)
        assert sorted(labels[0][1:]) == sorted(labels[1][1:]) and labels[0][0] == labels[1][0]


def test_every_board_is_shuffled_in_its_own_way() -> None:
    questions, solutions = boards(9, 50, 0)
    questions[:] = questions[0]
    changed, _ = shuffled(questions, solutions, np.random.default_rng(0))
    assert len({board.tobytes() for board in changed}) == 50
    again, _ = shuffled(questions, solutions, np.random.default_rng(0))
    assert (changed == again).all()


def test_one_board_and_no_board() -> None:
    questions, solutions = boards(4, 1, 0)
    one, _ = shuffled(questions[0], solutions[0], np.random.default_rng(3))
    among, _ = shuffled(questions, solutions, np.random.default_rng(3))
    assert (one == among[0]).all() and one.shape == (16,)
    none, _ = shuffled(questions[:0], solutions[:0], np.random.default_rng(3))
    assert none.shape == (0, 16)


@pytest.mark.parametrize(("side", "transposes"), [(4, True), (6, False)])
def test_boards_are_transposed_where_boxes_are_square(side: int, transposes: bool) -> None:
    # All clues in one row: only a transposition puts them into one column.
    question = np.zeros((40, side, side), np.uint8)
    question[:, 0, :3] = 1
    flat = question.reshape(40, -1)
    changed, _ = shuffled(flat, flat, np.random.default_rng(0))
    columns = (changed.reshape(40, side, side) > 0).any(1).sum(1) == 1
    assert columns.any() == transposes and not columns.all()


@given(GRIDS, st.integers(0, TURNS - 1))
def test_turns_can_be_turned_back(grid: np.ndarray, turn: int) -> None:
    assert np.array_equal(turned(turned(grid, turn), INVERSE_TURN[turn]), grid)


def test_turns_have_the_published_numbers() -> None:
    grid = np.array([[1, 2], [3, 4]], np.uint8)
    seen = [turned(grid, turn).ravel().tolist() for turn in range(TURNS)]
    assert seen == [
        [1, 2, 3, 4], [2, 4, 1, 3], [4, 3, 2, 1], [3, 1, 4, 2],
        [2, 1, 4, 3], [3, 4, 1, 2], [1, 3, 2, 4], [4, 2, 3, 1],
    ]  # fmt: skip


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


def test_the_edge_stands_below_and_right_of_the_grid() -> None:
    canvas = to_canvas(np.array([[5, 0, 7]], np.uint8), 1, 2).reshape(CANVAS, CANVAS)
    expected = np.zeros((CANVAS, CANVAS), np.uint8)
    expected[1, 2:6] = [7, 2, 9, 1]
    expected[2, 2:5] = 1
    assert np.array_equal(canvas, expected)


@given(GRIDS, st.data())
def test_grids_come_back_from_the_canvas_wherever_they_lie(
    grid: np.ndarray, data: st.DataObject
) -> None:
    row, column = (data.draw(st.integers(0, CANVAS - side)) for side in grid.shape)
    assert np.array_equal(from_canvas(to_canvas(grid, row, column), row, column), grid)


@given(arrays(np.int64, CANVAS * CANVAS, elements=st.integers(0, 11), fill=st.just(2)))
def test_the_crop_is_the_largest_rectangle_of_colours(ids: np.ndarray) -> None:
    canvas = ids.reshape(CANVAS, CANVAS)
    best = (0, 0, 0)
    for height, width in itertools.product(range(1, CANVAS + 1), repeat=2):
        if height * width > best[0] and (canvas[:height, :width] >= 2).all():
            best = (height * width, height, width)
    found = from_canvas(ids)
    assert found.size == best[0]
    if found.size:
        assert found.shape == best[1:] and (found == canvas[: best[1], : best[2]] - 2).all()
