"""What a crew does about shards that kill its workers."""

from __future__ import annotations

import functools
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from puzzlesolver.bulk.crew import Processes, Work, solve_in_crew
from puzzlesolver.bulk.shards import Shard, cut
from puzzlesolver.domains.base import Puzzle
from puzzlesolver.errors import PuzzleSolverError

PUZZLE = Puzzle("sudoku", "first", np.zeros((4, 4), np.uint8), "boards.csv:2")


def test_a_shard_that_kills_three_workers_ends_the_run() -> None:
    deadly = Processes(functools.partial(os._exit, 1))
    with pytest.raises(PuzzleSolverError, match="3 workers died at shard 0") as caught:
        list(solve_in_crew(deadly, cut([PUZZLE], size=1), count=1))
    assert caught.value.where == "boards.csv:2"


def test_a_death_makes_the_crew_no_larger(tmp_path: Path) -> None:
    watched = Watched(functools.partial(prepare, tmp_path / "died"))
    finished = solve_in_crew(watched, cut([PUZZLE] * 5, size=1), count=2)
    assert sorted(shard.index for shard in finished) == [0, 1, 2, 3, 4]
    assert watched.most == 2


class Watched(Processes):
    """Remembers how many were at work together."""

    most = 0

    def wait(self, pipes: Collection[Any]) -> Collection[Any]:
        self.most = max(self.most, len(pipes))
        return super().wait(pipes)


def prepare(marker: Path) -> Work:
    def work(shard: Shard) -> None:
        if shard.index == 0 and not marker.exists():
            marker.touch()
            os._exit(1)

    return work
