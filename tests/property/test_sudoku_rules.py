"""The verifier and the counter against other statements of the same rules."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from puzzlesolver.domains.base import Grid, Puzzle
from puzzlesolver.domains.sudoku import rules
from puzzlesolver.domains.sudoku.board import make_board
from puzzlesolver.domains.sudoku.making import breed
from puzzlesolver.domains.sudoku.rules import (
    contradiction,
    count_solutions,
    solutions,
    solve_exactly,
    verify,
)
from tests.domains.sudoku.support import BOX_SHAPES, SIZES, solved_board

Cell = tuple[int, int]


def groups(size: int) -> list[list[Cell]]:
    """Rows, columns and boxes as lists of cells."""
    height, width = BOX_SHAPES[size]
    span = range(size)
    boxes = [
        [(top + r, left + c) for r in range(height) for c in range(width)]
        for top in range(0, size, height)
        for left in range(0, size, width)
    ]
    return [[(k, n) for n in span] for k in span] + [[(n, k) for n in span] for k in span] + boxes


def as_puzzle(grid: Grid) -> Puzzle:
    return Puzzle("sudoku", "test", grid, "test:1")


@st.composite
def questions(draw: st.DrawFn) -> tuple[Grid, Grid]:
    """Clues and an answer: a right one, or one with a few cells changed, swapped or blanked."""
    size = draw(st.sampled_from(SIZES))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    answer = solved_board(size, rng)
    clues = np.where(rng.random((size, size)) < 0.4, answer, 0).astype(np.uint8)
    for _ in range(draw(st.integers(0, 2))):
        a, b = rng.integers(size, size=(2, 2))
        change = draw(st.sampled_from(["digit", "swap", "blank", "large"]))
        if change == "swap":
            answer[tuple(a)], answer[tuple(b)] = answer[tuple(b)], answer[tuple(a)]
        elif change == "digit":
            answer[tuple(a)] = rng.integers(1, size + 1)
        else:
            answer[tuple(a)] = 0 if change == "blank" else size + 1
    return clues, answer


@settings(max_examples=400)
@given(questions())
def test_verifier_against_a_restatement(question: tuple[Grid, Grid]) -> None:
    clues, answer = question
    size = len(clues)
    kept = all(answer[cell] == clues[cell] for cell in zip(*np.nonzero(clues), strict=True))
    complete = all(
        sorted(int(answer[cell]) for cell in group) == list(range(1, size + 1))
        for group in groups(size)
    )
    verdict = verify(as_puzzle(clues), answer)
    assert (verdict.status == "verified") == (kept and complete)
    if verdict.status == "verified":
        assert (verdict.reason, verdict.where) == ("", ())
    elif len(verdict.where) == 1:
        (cell,) = verdict.where
        assert not 1 <= answer[cell] <= size or 0 < clues[cell] != answer[cell]
    else:
        first, second = verdict.where
        assert first != second and answer[first] == answer[second] > 0
        assert any(first in group and second in group for group in groups(size))
    for row, column in verdict.where:
        assert f"r{row + 1}c{column + 1}" in verdict.reason


@given(questions())
def test_contradiction_is_a_repeated_clue(question: tuple[Grid, Grid]) -> None:
    size = len(question[0])
    grid = np.where(question[1] > size, 0, question[1]).astype(np.uint8)
    repeated = any(
        len(digits) != len(set(digits))
        for group in groups(size)
        if (digits := [int(grid[cell]) for cell in group if grid[cell]])
    )
    assert (contradiction(as_puzzle(grid)) is not None) == repeated


@functools.cache
def all_4x4() -> list[Grid]:
    boards = itertools.product(itertools.permutations(range(1, 5)), repeat=4)
    places = groups(4)
    return [
        np.array(rows, np.uint8)
        for rows in boards
        if all(len({rows[r][c] for r, c in group}) == 4 for group in places)
    ]


@given(st.lists(st.integers(0, 4), min_size=16, max_size=16))
def test_count_against_all_4x4_boards(cells: list[int]) -> None:
    grid = np.array(cells, np.uint8).reshape(4, 4)
    grid[np.arange(16).reshape(4, 4) % 3 > 0] = 0
    fitting = [board for board in all_4x4() if (board[grid > 0] == grid[grid > 0]).all()]
    assert count_solutions(as_puzzle(grid)) == min(len(fitting), 2)
    answer = solve_exactly(as_puzzle(grid))
    assert (answer is None) == (not fitting)
    assert answer is None or any((answer == board).all() for board in fitting)


@settings(max_examples=60)
@given(
    seed=st.integers(1, 2**32),
    change=st.sampled_from(["none", "remove", "replace"]),
    guesses=st.sampled_from([0, 1, rules.FEW_GUESSES]),
)
def test_count_against_a_sat_solver(seed: int, change: str, guesses: int) -> None:
    state = np.array([seed], np.uint64)
    grid = breed.random_minimal(state)
    rng = np.random.default_rng(seed)
    clue = rng.choice(np.flatnonzero(grid))
    if change != "none":
        grid[clue] = 0 if change == "remove" else rng.integers(1, 10)
    found = len(list(itertools.islice(solutions(make_board(), grid), 2)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "FEW_GUESSES", guesses)
        assert count_solutions(as_puzzle(grid.reshape(9, 9))) == found
    if change != "replace":
        assert found == (1 if change == "none" else 2)


@pytest.mark.parametrize("size", SIZES)
def test_empty_and_full_boards(size: int) -> None:
    empty = np.zeros((size, size), np.uint8)
    full = solved_board(size, np.random.default_rng(size))
    assert count_solutions(as_puzzle(empty)) == 2
    assert count_solutions(as_puzzle(full)) == 1
    answer = solve_exactly(as_puzzle(empty))
    assert answer is not None and verify(as_puzzle(empty), answer).status == "verified"
