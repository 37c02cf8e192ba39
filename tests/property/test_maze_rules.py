"""Distances, the tie-break and the verifier against plain breadth-first search."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.maze.rules import (
    GOAL,
    OPEN,
    PATH,
    START,
    UNREACHED,
    WALL,
    contradiction,
    count_solutions,
    distances,
    shortest_path,
    solve_exactly,
    verify,
)
from tests.domains.maze.support import (
    as_puzzle,
    mazes,
    neighbours,
    place,
    plain_distances,
    plain_path,
)


@given(mazes(20))
def test_distances_are_those_of_breadth_first_search(maze: Grid) -> None:
    origin = place(maze, GOAL)
    expected = np.full(maze.shape, UNREACHED)
    for cell, steps in plain_distances(maze, origin).items():
        expected[cell] = steps
    assert np.array_equal(distances(maze != WALL, origin), expected)


@given(mazes(20))
def test_answer_is_the_path_of_the_first_parents(maze: Grid) -> None:
    way = plain_path(maze)
    answer = shortest_path(maze)
    puzzle = as_puzzle(maze)
    assert count_solutions(puzzle) == (way is not None)
    assert (contradiction(puzzle) is None) == (way is not None)
    if way is None:
        assert answer is solve_exactly(puzzle) is None
        return
    expected = maze.copy()
    for cell in way[1:-1]:
        expected[cell] = PATH
    assert np.array_equal(answer, expected) and np.array_equal(solve_exactly(puzzle), expected)
    verdict = verify(puzzle, expected)
    assert verdict.status == "verified"


@given(mazes(), st.randoms(use_true_random=False))
def test_every_shortest_path_is_verified(maze: Grid, random: Random) -> None:
    away = plain_distances(maze, place(maze, GOAL))
    cell = place(maze, START)
    assume(cell in away)
    answer = maze.copy()
    while away[cell] > 1:
        nearer = [near for near in neighbours(maze, cell) if away[near] == away[cell] - 1]
        cell = random.choice(nearer)
        answer[cell] = PATH
    verdict = verify(as_puzzle(maze), answer)
    assert verdict.status == "verified"


@given(mazes(), st.data())
def test_a_changed_cell_is_never_verified(maze: Grid, data: st.DataObject) -> None:
    answer = shortest_path(maze)
    assume(answer is not None)
    cell = np.unravel_index(data.draw(st.integers(0, maze.size - 1)), maze.shape)
    answer[cell] = data.draw(st.sampled_from([n for n in range(6) if n != answer[cell]]))
    verdict = verify(as_puzzle(maze), answer)
    assert verdict.status == "wrong" and verdict.reason


@given(mazes(), st.integers(0, 2**32))
def test_verified_marks_are_a_shortest_path(maze: Grid, seed: int) -> None:
    rng = np.random.default_rng(seed)
    answer = maze.copy()
    answer[(maze == OPEN) & (rng.random(maze.shape) < 0.5)] = PATH
    steps = plain_distances(np.where((answer == OPEN), WALL, answer), place(maze, START)).get(
        place(maze, GOAL)
    )
    shortest = plain_distances(maze, place(maze, START)).get(place(maze, GOAL))
    right = steps is not None and steps == shortest == (answer == PATH).sum() + 1
    assert (verify(as_puzzle(maze), answer).status == "verified") == right
