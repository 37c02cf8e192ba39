"""Processes that answer questions: all answers come, and what goes wrong is told."""

from __future__ import annotations

import os
from multiprocessing.connection import Connection

import pytest

from puzzlesolver.errors import PuzzleSolverError
from puzzlesolver.workers import spread


def square(pipe: Connection) -> None:
    """Squares; refuses 13, dies at 66."""
    while True:
        number = pipe.recv()
        if number == 66:
            os._exit(1)
        pipe.send(ValueError("13") if number == 13 else number * number)


def test_every_question_has_its_answer() -> None:
    answers = dict(spread(square, iter(range(8)), count=3))
    assert answers == {number: number**2 for number in range(8)}


def test_an_exception_is_raised_here() -> None:
    with pytest.raises(ValueError, match="13"):
        list(spread(square, [1, 13], count=1))


def test_a_process_that_dies_is_told() -> None:
    with pytest.raises(PuzzleSolverError, match="died"):
        list(spread(square, [1, 66], count=1))
