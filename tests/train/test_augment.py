"""Shuffled and turned boards stay valid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.domains.sudoku.board import box_shape
from puzzlesolver.domains.symmetry import INVERSE_TURN, TURNS, turned
from puzzlesolver.train.data.labelled import shuffled

SEEDS = st.integers(0, 2**32 - 1)
GRIDS = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9))


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
