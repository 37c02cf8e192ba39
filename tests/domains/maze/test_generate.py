from __future__ import annotations

import numpy as np
import pytest

from puzzlesolver.domains.base import get_domain
from puzzlesolver.domains.maze import lay
from puzzlesolver.domains.maze.rules import GOAL, PATH, START, WALL, distances
from puzzlesolver.errors import UsageError

MAZE = get_domain("maze")


@pytest.mark.parametrize("kind", ["walls", "open", "perfect"])
@pytest.mark.parametrize("size", [(1, 7), (2, 2), (9, 14)])
def test_every_maze_has_its_shortest_path(kind: str, size: tuple[int, int]) -> None:
    if kind == "perfect" and size == (2, 2):
        return  # one room
    for maze in MAZE.generate(5, seed=2, size=size, kind=kind, difficulty="easy"):
        assert maze.grid.shape == size
        assert (maze.grid == START).sum() == (maze.grid == GOAL).sum() == 1
        assert maze.label is not None and maze.rating == (maze.label == PATH).sum() + 2
        assert MAZE.verify(maze, maze.label).status == "verified"


def test_hard_mazes_are_like_maze_hard() -> None:
    mazes = list(MAZE.generate(10, seed=1))
    assert all(maze.grid.shape == (30, 30) and maze.rating >= 110 for maze in mazes)
    assert all(0.25 < (maze.grid == WALL).mean() < 0.55 for maze in mazes)
    longer = next(MAZE.generate(1, seed=1, difficulty="120"))
    assert longer.rating is not None and longer.rating >= 120


def test_the_seed_decides() -> None:
    first, again, other = (next(MAZE.generate(1, seed=seed)).grid for seed in (1, 1, 2))
    assert (first == again).all() and not (first == other).all()


def test_some_perfect_mazes_have_loops_and_others_are_trees() -> None:
    rooms_and_doors = [
        (maze.grid != WALL).sum() for maze in MAZE.generate(20, seed=1, size=11, kind="perfect")
    ]
    tree = 6 * 6 + 6 * 6 - 1
    assert min(rooms_and_doors) == tree < max(rooms_and_doors)


def test_compiled_floods_reach_the_same_cells() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        open_cells = rng.random((8, 11)) < 0.6
        open_cells[3, 4] = True
        np.testing.assert_array_equal(lay.flood(open_cells, (3, 4)), distances(open_cells, (3, 4)))


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"size": 1}, "--size"),
        ({"size": 100_000}, "--size"),
        ({"kind": "spiral"}, "--kind"),
        ({"difficulty": "impossible"}, "--difficulty"),
        ({"size": 3, "difficulty": 100}, "--difficulty"),
    ],
)
def test_what_cannot_be_made(options: dict[str, object], where: str) -> None:
    with pytest.raises(UsageError) as error:
        next(MAZE.generate(1, seed=0, **options))
    assert error.value.where == where
