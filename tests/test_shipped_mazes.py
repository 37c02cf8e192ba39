"""The shipped maze model on mazes unlike those it was trained on: the rules accept each answer."""

from __future__ import annotations

import numpy as np
import pytest

from puzzlesolver import solve
from puzzlesolver.domains.base import Grid, get_domain
from puzzlesolver.domains.maze.rules import GOAL, OPEN, START, WALL
from puzzlesolver.refine.report import Result


def spiral(side: int) -> Grid:
    """One corridor from a corner to the middle, and no other way."""
    grid = np.full((side, side), WALL, np.uint8)
    place, heading = np.array([0, 0]), np.array([0, 1])
    grid[0, 0] = START
    while True:
        ahead = (place + heading, place + 2 * heading)
        free = [all(0 <= at < side for at in cell) and grid[tuple(cell)] == WALL for cell in ahead]
        inside = all(0 <= at < side for at in ahead[0])
        beyond_is_open = inside and not free[1] and all(0 <= at < side for at in ahead[1])
        if inside and free[0] and not beyond_is_open:
            place = ahead[0]
            grid[tuple(place)] = OPEN
            turned = False
        elif turned:
            grid[tuple(place)] = GOAL
            return grid
        else:
            heading = np.array([heading[1], -heading[0]])
            turned = True


def open_floor(height: int, width: int) -> Grid:
    """No wall at all: nearly every way is a shortest one."""
    grid = np.full((height, width), OPEN, np.uint8)
    grid[0, 0], grid[-1, -1] = START, GOAL
    return grid


def text(grid: Grid) -> str:
    return get_domain("maze").format_line(grid)


def answer(question: str, **settings: object) -> Result:
    (result,) = solve(question, domain="maze", **settings)  # type: ignore[arg-type]
    return result


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("SG/", id="one step"),
        pytest.param("S /G ", id="2×2, side by side"),
        pytest.param("S / G", id="2×2, two equal ways"),
        pytest.param("G" + " " * 40 + "S/", id="1×42"),
        pytest.param("/".join("S" + " " * 30 + "G"), id="32×1"),
        pytest.param("###/#S#/# #/# #/#G#/###", id="corridor between walls"),
        pytest.param("S #/ ##/G  ", id="open cells that are cut off"),
        pytest.param("     /  GS /     ", id="S next to G, much room"),
        pytest.param("S   / ## / ## /   G", id="two equal ways round"),
        pytest.param(text(open_floor(20, 33)), id="no wall"),
        pytest.param(text(spiral(45)), id="spiral"),
    ],
)
def test_every_shape_is_solved(question: str) -> None:
    result = answer(question)
    assert result.status == "solved", result.reason


def test_the_spiral_is_longer_than_any_training_path() -> None:
    (puzzle,) = get_domain("maze").parse([text(spiral(45))], "spiral")
    label = get_domain("maze").solve_exactly(puzzle)
    assert label is not None and (label != WALL).sum() > 900
    assert get_domain("maze").verify(puzzle, label).status == "verified"


def test_the_answer_is_the_same_in_any_company() -> None:
    mazes = list(get_domain("maze").generate(5, seed=9, size=14))
    questions = [text(maze.grid) for maze in mazes]
    together = solve(*questions, mode="raw", max_steps=400)
    alone = [answer(question, mode="raw", max_steps=400) for question in questions]
    for one, other in zip(together, alone, strict=True):
        assert (one.steps, one.settled) == (other.steps, other.settled)
        assert one.answer is not None and other.answer is not None
        np.testing.assert_array_equal(one.answer.grid, other.answer.grid)


def test_too_few_steps_are_no_answer() -> None:
    result = answer(text(spiral(25)), max_steps=40)
    assert result.status == "unsolved" and result.verdict.status == "wrong"
    assert not result.settled
