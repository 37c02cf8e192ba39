"""The compiled search: exact counts, minimal boards, ratings."""

from __future__ import annotations

import numpy as np
import pytest

from puzzlesolver.domains.sudoku import search
from puzzlesolver.domains.sudoku.board import make_board
from puzzlesolver.domains.sudoku.making import breed
from puzzlesolver.domains.sudoku.rules import solutions
from tests.domains.sudoku.support import HARD, SOLVED, board

DEEP = "..2.3....4....5...95724....1...2.3....3..9..4.......82......5.1..96...7.....549.."


def ordered() -> np.ndarray:
    return np.zeros(1, np.uint64)


def solve(text: str, limit: int = 2, max_guesses: int = search.MANY_GUESSES) -> tuple:
    return search.solve(board(text).ravel(), limit, ordered(), max_guesses)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (HARD, 1),
        (SOLVED, 1),
        ("." * 81, 5),
        ("55" + "." * 79, 0),
        ("12345678." + "........9" + "." * 63, 0),
    ],
)
def test_count_up_to_a_limit(text: str, found: int) -> None:
    solution, count, guesses = solve(text, limit=5)
    assert count == found
    if count:
        units = np.sort(solution.reshape(9, 9), axis=1)
        assert (units == np.arange(1, 10)).all() and guesses >= 0
        clues = board(text).ravel()
        assert (solution[clues > 0] == clues[clues > 0]).all()


def test_count_against_enumeration() -> None:
    three_digits_missing = SOLVED.replace("1", ".").replace("2", ".").replace("4", ".")
    expected = len(list(solutions(make_board(), board(three_digits_missing).ravel())))
    assert expected > 2 and solve(three_digits_missing, limit=10_000)[1] == expected


def test_it_gives_up_when_told() -> None:
    guesses = search.rate(board(HARD).ravel())
    assert guesses > 10
    assert solve(HARD, max_guesses=int(guesses))[2] == guesses
    assert solve(HARD, max_guesses=int(guesses) - 1)[2] == -1


@pytest.mark.parametrize("make", [breed.random_minimal, None], ids=["scratch", "mutation"])
def test_made_boards_are_minimal(make: object) -> None:
    state = np.array([7], np.uint64)
    parent = breed.random_minimal(state)
    for _ in range(20):
        made = make(state) if make else breed.mutate(parent, state)
        assert search.solve(made, 2, ordered(), search.MANY_GUESSES)[1] == 1
        for cell in np.flatnonzero(made):
            fewer = made.copy()
            fewer[cell] = 0
            assert search.solve(fewer, 2, ordered(), search.MANY_GUESSES)[1] == 2


def test_the_state_decides_everything() -> None:
    first, second = np.array([5], np.uint64), np.array([5], np.uint64)
    boards = [breed.random_minimal(first).tolist() for _ in range(5)]
    assert boards == [breed.random_minimal(second).tolist() for _ in range(5)]
    assert first == second and len({tuple(board) for board in boards}) == 5


def test_resistance_counts_what_single_guesses_leave() -> None:
    deep = board(DEEP).ravel()
    assert search.resistance(deep) >= 150
    assert search.resistance(board(SOLVED).ravel()) == 0
    state = np.array([3], np.uint64)
    for _ in range(10):
        image = breed.random_equivalent(deep, state)
        assert search.resistance(image) == search.resistance(deep), "a fact about the puzzle"
        minimal = breed.random_minimal(state)
        assert search.rate(minimal) > 0 or search.resistance(minimal) == 0
