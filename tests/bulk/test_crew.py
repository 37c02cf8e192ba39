"""What a crew does about a shard that kills its workers."""

from __future__ import annotations

import os
from functools import partial

import numpy as np
import pytest

from puzzlesolver.bulk.crew import Processes, solve_in_crew
from puzzlesolver.bulk.shards import cut
from puzzlesolver.domains.base import Puzzle
from puzzlesolver.errors import PuzzleSolverError


def test_a_shard_that_kills_three_workers_ends_the_run() -> None:
    puzzle = Puzzle("sudoku", "first", np.zeros((4, 4), np.uint8), "boards.csv:2")
    deadly = Processes(partial(os._exit, 1))
    with pytest.raises(PuzzleSolverError, match="3 workers died at shard 0") as caught:
        list(solve_in_crew(deadly, cut([puzzle], size=1), count=2))
    assert caught.value.where == "boards.csv:2"
