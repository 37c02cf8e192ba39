"""What is asked of a network about a maze, and the path that is walked from what it says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.domains.maze import codec
from puzzlesolver.domains.maze.rules import GOAL, OPEN, PATH, START, WALL, find

MAZE = get_domain("maze")


def puzzle(text: str) -> Puzzle:
    (only,) = MAZE.parse(text.splitlines(keepends=True), "maze.txt")
    return only


def beliefs(maze: Puzzle) -> np.ndarray:
    """Certainty in every true statement, `float32[cells, 4]`."""
    true, _ = codec.statements(maze.grid)
    return true.reshape(-1, codec.SYMBOLS).astype(np.float32)


@pytest.mark.parametrize("kind", ["walls", "open", "perfect"])
def test_true_statements_decode_to_the_label(kind: str) -> None:
    for maze in MAZE.generate(20, seed=3, size=(9, 12), kind=kind, difficulty="easy"):
        answer = MAZE.decode(beliefs(maze), maze)
        np.testing.assert_array_equal(answer.grid, maze.label)
        np.testing.assert_array_equal(answer.drawn, maze.label)
        assert MAZE.verify(maze, answer.grid).status == "verified"


def test_statements_of_a_corridor() -> None:
    true, known_from = codec.statements(puzzle("S  G").grid)
    assert true[0, :, : codec.REMAINDERS].argmax(-1).tolist() == [0, 2, 1, 0]
    assert true[0, :, : codec.REMAINDERS].sum(-1).tolist() == [1, 1, 1, 1]
    assert true[0, :, codec.ON_PATH].all()
    assert known_from[0, :, 0].tolist() == [3, 2, 1, 0]
    assert known_from[0, :, codec.ON_PATH].tolist() == [3, 4, 5, 6]


def test_cells_that_are_cut_off_have_no_distance() -> None:
    maze = puzzle("S G\n###\n   ")
    true, known_from = codec.statements(maze.grid)
    assert not true[2].any() and not known_from[2].any()


def test_of_two_shortest_ways_the_first_is_walked() -> None:
    maze = puzzle("S \n G")
    assert MAZE.decode(beliefs(maze), maze).grid.tolist() == [[START, OPEN], [PATH, GOAL]]


def test_a_walk_that_is_led_astray_ends() -> None:
    maze = puzzle("S  \n # \n  G")
    for says in (np.zeros, np.ones):
        answer = MAZE.decode(says((9, codec.SYMBOLS), np.float32), maze)
        assert MAZE.verify(maze, answer.grid).status == "wrong"
    round_trip = np.zeros((3, 3, codec.SYMBOLS), np.float32)
    for remainder, cell in enumerate([(0, 0), (0, 1), (0, 2)]):
        round_trip[*cell, -remainder % codec.REMAINDERS] = 1
    answer = MAZE.decode(round_trip.reshape(9, -1), maze)
    assert (answer.grid == PATH).sum() == 2  # right, right, and there it ends


def test_a_decision_anywhere_shows_although_the_path_is_the_same() -> None:
    maze = puzzle("S  G\n    ")
    before = beliefs(maze)
    after = before.copy()
    after[-1] = 0
    first, second = MAZE.decode(before, maze), MAZE.decode(after, maze)
    np.testing.assert_array_equal(first.grid, second.grid)
    assert (first.seen != second.seen).sum() == 1


def test_batches_are_of_one_shape_and_have_targets_when_all_labels_are_known() -> None:
    small, other = puzzle("S G"), puzzle("S G\n   ")
    with pytest.raises(ValueError, match="one shape"):
        MAZE.encode([small, other])
    batch = MAZE.encode([small, small])
    assert batch.targets is None and batch.tokens.tolist() == [[START, OPEN, GOAL]] * 2
    labelled = MAZE.encode(list(MAZE.generate(2, seed=1, size=5, difficulty="easy")))
    assert labelled.targets is not None and labelled.known_from is not None
    assert labelled.targets.shape == labelled.known_from.shape == torch.Size([2, 25, 4])
    walls = labelled.tokens == WALL
    assert not labelled.targets[walls].any()


def test_the_end_of_the_path_is_next_to_the_goal() -> None:
    (maze,) = MAZE.generate(1, seed=5)
    answer = MAZE.decode(beliefs(maze), maze).grid
    row, column = find(maze.grid, GOAL)
    around = np.pad(answer, 1)[row : row + 3, column : column + 3]
    assert (around[[0, 1, 1, 2], [1, 0, 2, 1]] == PATH).sum() >= 1
