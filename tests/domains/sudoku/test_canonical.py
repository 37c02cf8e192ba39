"""Equivalent boards share a form, others do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.sudoku import search
from puzzlesolver.domains.sudoku.making import breed
from puzzlesolver.domains.sudoku.making.canonical import canonical
from tests.domains.sudoku.support import HARD, board

AUTOMORPHIC = np.array(
    [[(3 * row + row // 3 + column) % 9 + 1 for column in range(9)] for row in range(9)], np.uint8
)
"""The solved board with the most symmetries."""


def transformed(grid: Grid, rng: np.random.Generator) -> Grid:
    """A random symmetry, written without looking at `breed.random_equivalent`."""

    def lines() -> np.ndarray:
        return np.concatenate([3 * band + rng.permutation(3) for band in rng.permutation(3)])

    relabelled = np.append(0, rng.permutation(9) + 1).astype(np.uint8)[grid]
    moved = relabelled[lines()][:, lines()]
    return moved.T if rng.integers(2) else moved


@settings(max_examples=30)
@given(seed=st.integers(1, 2**32), automorphic=st.booleans())
def test_symmetries_keep_the_form(seed: int, automorphic: bool) -> None:
    state = np.array([seed], np.uint64)
    grid = breed.random_minimal(state).reshape(9, 9)
    if automorphic:  # many symmetries keep the solution and move the clues
        grid = AUTOMORPHIC.copy()
        breed.remove_redundant_clues(grid.reshape(81), state)
    form = canonical(grid.reshape(81))
    rng = np.random.default_rng(seed)
    for _ in range(5):
        assert canonical(transformed(grid, rng).reshape(81)) == form
    assert canonical(breed.random_equivalent(grid.reshape(81), state)) == form


def test_the_form_is_an_equivalent_board_in_order() -> None:
    form = np.frombuffer(canonical(board(HARD).ravel()), np.uint8).copy()
    assert canonical(form) == form.tobytes()
    solution, found, _ = search.solve(form, 2, np.zeros(1, np.uint64), search.MANY_GUESSES)
    assert found == 1 and solution[:9].tolist() == list(range(1, 10))
    assert (form > 0).sum() == (board(HARD) > 0).sum()


def test_different_puzzles_differ() -> None:
    state = np.array([3], np.uint64)
    made = [breed.random_minimal(state) for _ in range(100)]
    assert len({canonical(grid) for grid in made}) == 100
    # The same solution and as many clues, but other ones.
    solution, _, _ = search.solve(made[0], 1, np.zeros(1, np.uint64), search.MANY_GUESSES)
    blanks = np.flatnonzero(made[0] == 0)[:10]
    more = []
    for cell in blanks:
        grid = made[0].copy()
        grid[cell] = solution[cell]
        more.append(canonical(grid))
    assert len(set(more)) == 10


@pytest.mark.parametrize("text", ["." * 81, "55" + "." * 79])
def test_only_puzzles_with_one_solution_have_a_form(text: str) -> None:
    with pytest.raises(ValueError, match="exactly one solution"):
        canonical(board(text).ravel())
