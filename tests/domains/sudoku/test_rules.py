"""The verifier names the first conflict as people count: rows and columns from 1."""

from __future__ import annotations

import time

import numpy as np
import pytest

from puzzlesolver.domains.base import Grid, Limit, Puzzle
from puzzlesolver.domains.sudoku.board import box_shape
from puzzlesolver.domains.sudoku.rules import (
    contradiction,
    count_solutions,
    solve_exactly,
    verify,
)
from tests.domains.sudoku.support import BOX_SHAPES, HARD, SOLVED, board, pigeonhole, puzzle


def changed(**cells: int) -> Grid:
    """The solved board with `r1c2=3` and so on."""
    grid = board(SOLVED).copy()
    for name, digit in cells.items():
        grid[int(name[1]) - 1, int(name[3]) - 1] = digit
    return grid


BOX_CLASH = np.array(
    [[(row + column) % 9 + 1 for column in range(9)] for row in range(9)], np.uint8
)
"""Right in rows and columns, wrong in every box."""


@pytest.mark.parametrize(
    ("answer", "reason", "where"),
    [
        (changed(r4c5=0, r9c9=0), "r4c5 is the first of 2 blank cells", ((3, 4),)),
        (changed(r4c5=10), "r4c5 holds 10, the largest digit is 9", ((3, 4),)),
        (changed(r1c1=5), "r1c1 is given as 1 but holds 5", ((0, 0),)),
        (changed(r3c2=7), "row 3 holds 7 twice: r3c1 and r3c2", ((2, 0), (2, 1))),
        (changed(r2c1=5, r2c2=4), "column 1 holds 5 twice: r2c1 and r5c1", ((1, 0), (4, 0))),
        (BOX_CLASH, "box 1 holds 2 twice: r1c2 and r2c1", ((0, 1), (1, 0))),
        (np.ones((4, 4), np.uint8), "the answer is 4×4, the puzzle 9×9", ()),
    ],
)
def test_first_conflict(answer: Grid, reason: str, where: tuple[tuple[int, int], ...]) -> None:
    verdict = verify(puzzle("1" + "." * 80), answer)
    assert (verdict.status, verdict.reason, verdict.where) == ("wrong", reason, where)


def test_right_answer() -> None:
    assert verify(puzzle("." + SOLVED[1:]), board(SOLVED)).status == "verified"


def test_clues_that_clash() -> None:
    verdict = contradiction(puzzle("5......5." + "." * 72))
    assert verdict is not None
    assert verdict.reason == "row 1 is given 5 twice: r1c1 and r1c8"
    assert contradiction(puzzle(HARD)) is None


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (HARD, 1),
        (SOLVED, 1),
        ("." * 81, 2),
        ("55" + "." * 79, 0),
        ("12345678." + "........9" + "." * 63, 0),
    ],
)
def test_count(text: str, count: int) -> None:
    question = puzzle(text)
    assert count_solutions(question) == count
    answer = solve_exactly(question)
    if count:
        assert answer is not None and verify(question, answer).status == "verified"
    else:
        assert answer is None


@pytest.mark.parametrize(("side", "columns", "conflicts"), [(25, 12, 5_000), (16, 9, 0)])
def test_a_limit_leaves_the_count_open(side: int, columns: int, conflicts: int) -> None:
    question = Puzzle("sudoku", "", pigeonhole(side, columns), "")
    assert contradiction(question) is None
    limit = Limit(conflicts=conflicts)
    assert count_solutions(question, limit) is solve_exactly(question, limit) is None


def test_a_deadline_leaves_the_count_open() -> None:
    limit = Limit(deadline=time.monotonic())
    for question in (puzzle(HARD), Puzzle("sudoku", "", pigeonhole(16, 7), "")):
        assert count_solutions(question, limit) is solve_exactly(question, limit) is None


def test_pigeonholes_within_the_limit_are_refuted() -> None:
    question = Puzzle("sudoku", "", pigeonhole(25, 8), "")
    assert count_solutions(question) == 0


def test_box_shapes() -> None:
    assert {side: box_shape(side) for side in BOX_SHAPES} == BOX_SHAPES
    with pytest.raises(ValueError, match="7 rows"):
        box_shape(7)
