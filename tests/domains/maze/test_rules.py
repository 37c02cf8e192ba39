"""Every way to get a path wrong has a name and a place."""

from __future__ import annotations

import numpy as np
import pytest

from puzzlesolver.domains.maze import rules
from puzzlesolver.domains.maze.rules import (
    contradiction,
    count_solutions,
    shortest_path,
    solve_exactly,
    verify,
)
from tests.domains.maze.support import SOLVED, puzzle

ROOM = "S   \n    \n   G"
"""Ten shortest paths of six cells."""


def test_a_shortest_path_is_verified() -> None:
    maze = puzzle(SOLVED)
    assert verify(maze, maze.label).reason == "a shortest path, 5 cells"


@pytest.mark.parametrize(
    ("answer", "told", "where"),
    [
        ("S   \no   \noo G", "stops at r3c2", ((2, 1),)),
        ("S   \n    \n   G", "no path is drawn", ((0, 0),)),
        ("Sooo\n  oo\n   G", "7 cells, the shortest has 6", ()),
        ("Sooo\n   o\no  G", "r3c1 is marked beside the path", ((2, 0),)),
        ("Sooo\n  #o\n   G", "r2c3 is not what the maze has", ((1, 2),)),
        ("G   \n    \n   S", "r1c1 is not what", ((0, 0),)),
        ("Sooo", "the answer is 1×4, the maze 3×4", ()),
    ],
)
def test_faults_are_named(answer: str, told: str, where: object) -> None:
    maze = puzzle(ROOM)
    verdict = verify(maze, cells_of(answer))
    assert verdict.status == "wrong" and told in verdict.reason
    assert verdict.where == where


def cells_of(text: str) -> np.ndarray:
    """Cells of any drawing, even one that is no maze."""
    rows = text.split("\n")
    return np.array([["# SGo".index(symbol) for symbol in row] for row in rows], np.uint8)


def test_path_through_a_wall() -> None:
    maze = puzzle("S#G\n   ")
    verdict = verify(maze, cells_of("SoG\n   "))
    assert verdict.status == "wrong" and verdict.where == ((0, 1),)
    assert verdict.reason == "the path crosses the wall at r1c2"


def test_ties_go_down_left_right_up() -> None:
    maze = puzzle(ROOM)
    assert np.array_equal(shortest_path(maze.grid), cells_of("S   \no   \noooG"))
    other = verify(maze, cells_of("Sooo\n   o\n   G"))
    assert other.status == "verified"


def test_neighbouring_ends_need_no_path() -> None:
    maze = puzzle("SG\n  ")
    assert np.array_equal(shortest_path(maze.grid), maze.grid)
    assert verify(maze, maze.grid).status == "verified"
    assert verify(maze, cells_of("SG\noo")).status == "wrong"


def test_no_way() -> None:
    maze = puzzle("S #\n  #\n##G")
    proof = contradiction(maze)
    assert proof is not None and "4 cells can be reached from S" in proof.reason
    assert count_solutions(maze) == 0
    assert solve_exactly(maze) is None
    assert verify(maze, maze.grid).status == "wrong"


def test_huge_mazes_are_measured_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    open_cells = np.random.default_rng(0).random((40, 60)) > 0.3
    open_cells[5, 7] = True
    found = rules.distances(open_cells, (5, 7))
    monkeypatch.setattr(rules, "HUGE", 0)
    assert (rules.distances(np.asfortranarray(open_cells), (5, 7)) == found).all()
