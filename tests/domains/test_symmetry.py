"""Equivalent puzzles: all can be undone, and what the rules say is the same."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from puzzlesolver.domains.base import Answer, Grid, Puzzle, get_domain
from puzzlesolver.domains.symmetry import UNCHANGED, Symmetry
from tests.domains.maze import support as maze
from tests.domains.sudoku import support as sudoku

SEEDS = st.integers(0, 2**32 - 1)
GRIDS = st.one_of(
    sudoku.boards().map(lambda grid: replace(sudoku.puzzle(sudoku.HARD), grid=grid)),
    maze.mazes().map(maze.as_puzzle),
)
"""Puzzles of both kinds, solvable or not."""


def some(puzzle: Puzzle, seed: int, count: int = 8) -> list[Symmetry]:
    domain = get_domain(puzzle.domain)
    return list(islice(domain.symmetries(puzzle, np.random.default_rng(seed)), count))


@given(puzzle=GRIDS, seed=SEEDS)
def test_what_is_done_can_be_undone(puzzle: Puzzle, seed: int) -> None:
    numbers = np.arange(puzzle.grid.size).reshape(puzzle.grid.shape)
    for symmetry in some(puzzle, seed):
        changed = symmetry.apply(puzzle.grid)
        assert changed.shape == puzzle.grid.shape and changed.dtype == np.uint8
        assert np.array_equal(symmetry.undo(changed), puzzle.grid)
        assert np.array_equal(symmetry.put_back(numbers.ravel()[symmetry.cells]), numbers)


@given(puzzle=GRIDS, seed=SEEDS)
def test_clashes_and_dead_ends_stay(puzzle: Puzzle, seed: int) -> None:
    domain = get_domain(puzzle.domain)
    before = domain.contradiction(puzzle) is None
    for symmetry in some(puzzle, seed):
        changed = replace(puzzle, grid=symmetry.apply(puzzle.grid))
        assert (domain.contradiction(changed) is None) == before


@given(size=st.sampled_from(sudoku.SIZES), seed=SEEDS)
def test_solved_sudokus_stay_solved(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    solved = sudoku.solved_board(size, rng)
    question = np.where(rng.random(solved.shape) < 0.5, 0, solved).astype(np.uint8)
    check(replace(sudoku.puzzle(sudoku.HARD), grid=question, label=solved), solved, seed)


@given(puzzle=maze.mazes().map(maze.as_puzzle), seed=SEEDS)
def test_shortest_paths_stay_shortest(puzzle: Puzzle, seed: int) -> None:
    path = get_domain("maze").solve_exactly(puzzle)
    if path is not None:
        check(puzzle, path, seed)


def check(puzzle: Puzzle, solved: Grid, seed: int) -> None:
    """A right answer is right in every form, and one found there is right here."""
    domain = get_domain(puzzle.domain)
    for symmetry in some(puzzle, seed, 3):
        changed = replace(puzzle, grid=symmetry.apply(puzzle.grid))
        assert domain.verify(changed, symmetry.apply(solved)).status == "verified"
        found = domain.solve_exactly(changed)
        assert found is not None
        assert domain.verify(puzzle, symmetry.undo(found)).status == "verified"


@pytest.mark.parametrize(("shape", "count"), [((5, 5), 7), ((4, 7), 3)])
def test_mazes_have_every_other_turn_that_keeps_their_shape(
    shape: tuple[int, int], count: int
) -> None:
    cells = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    forms = {symmetry.apply(cells).tobytes() for symmetry in some(maze.as_puzzle(cells), 0, 99)}
    assert len(forms) == count and cells.tobytes() not in forms


def test_sudokus_have_one_form_after_another() -> None:
    puzzle = sudoku.puzzle(sudoku.HARD)
    assert len({form.apply(puzzle.grid).tobytes() for form in some(puzzle, 0, 50)}) == 50
    again = [form.apply(puzzle.grid).tobytes() for form in some(puzzle, 0, 50)]
    assert again == [form.apply(puzzle.grid).tobytes() for form in some(puzzle, 0, 50)]


def test_all_parts_of_an_answer_come_back() -> None:
    puzzle = maze.puzzle(maze.SMALL)
    grid = maze.grid(maze.SOLVED)
    confidence = np.linspace(0, 1, grid.size, dtype=np.float32).reshape(grid.shape)
    answer = Answer(grid, confidence, field=grid + 7, drawn=puzzle.grid)
    for symmetry in [UNCHANGED, *some(puzzle, 0)]:
        told = Answer(
            symmetry.apply(grid),
            moved(symmetry, confidence),
            moved(symmetry, answer.field),
            symmetry.apply(puzzle.grid),
        )
        back = symmetry.undo_answer(told)
        for name in ("grid", "confidence", "field", "drawn"):
            assert np.array_equal(getattr(back, name), getattr(answer, name)), name
    plain = UNCHANGED.undo_answer(Answer(grid, confidence))
    assert plain.field is None and plain.drawn is None


def moved(symmetry: Symmetry, cells: np.ndarray) -> np.ndarray:
    return cells if symmetry.cells is None else cells.ravel()[symmetry.cells]
