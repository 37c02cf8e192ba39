"""Variants of a task that a model knows: turned, answered, turned back, counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from puzzlesolver.domains.arc import Pair, Task
from puzzlesolver.domains.base import Grid
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.refine.known import KnownTasks, rank
from puzzlesolver.runtime import choose_runtime
from tests.toy_arc import painter

NAMES = ["<blank>", "t|||t4|||0123456789", "t", "t_t1_0213456789", "t2"]
"""Left-right, as it is, a quarter turn to the left with 1 and 2 swapped, another task."""

GRID = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
LEFT, RIGHT = ([[9, 2, 3], [4, 5, 6]], [[1, 2, 9], [4, 5, 6]])
"""`GRID` with a corner painted, as it is, and by both of its turned variants."""


def task(name: str = "t", *grids: Grid) -> Task:
    demonstration = Pair(GRID, GRID)
    return Task(name, (demonstration,), tuple(Pair(grid) for grid in grids or [GRID]), "")


def known(
    names: Sequence[str] = NAMES, beliefs: Sequence[bool] = (True,) * 5, family: str = "trm"
) -> KnownTasks:
    engine = TorchEngine(painter(beliefs, family), choose_runtime("cpu", 1))
    return KnownTasks(engine, names, max_steps=2, batch_size=2)


@pytest.mark.parametrize("family", ["trm", "hrm"])
def test_variants_are_turned_answered_and_turned_back(family: str) -> None:
    answer = known(family=family).answer(task("t", GRID, GRID.T))
    assert answer.variants == 3
    assert [[each.tolist() for each in both] for both in answer.attempts] == [
        [RIGHT, LEFT],
        [[[1, 9], [2, 5], [3, 6]], [[9, 4], [2, 5], [3, 6]]],
    ]
    assert [each.votes for each in answer.candidates[0]] == [2, 1]
    assert answer.shares[0] == (2 / 3, 1 / 3)


@pytest.mark.parametrize("right", [LEFT, RIGHT])
def test_of_equally_many_votes_the_model_believes_in_some(right: list[list[int]]) -> None:
    names = ["<blank>", "t", "t|||t4|||0123456789"]
    beliefs = (False, right == LEFT, right == RIGHT)
    (found,) = known(names, beliefs).answer(task()).candidates
    assert [each.votes for each in found] == [1, 1]
    assert found[0].grid.tolist() == right and found[0].belief > 0.9 > 0.1 > found[1].belief


def test_a_batch_of_any_size_says_the_same() -> None:
    small, large = known(), known()
    large.batch_size = 99
    for mine, other in zip(
        small.answer(task()).candidates[0], large.answer(task()).candidates[0], strict=True
    ):
        assert np.array_equal(mine.grid, other.grid) and mine[1:] == other[1:]


def test_a_task_without_a_row_is_not_answered() -> None:
    for name in ("other", "<blank>", "t3"):
        answer = known().answer(task(name))
        assert name not in known() and answer.variants == 0 and answer.candidates == [[]]
        assert all(np.array_equal(attempt, GRID) for attempt in answer.attempts[0])
        assert answer.shares == [(0, 0)]
    assert "t2" in known() and known().answer(task("t2")).variants == 1


def test_one_candidate_is_both_attempts() -> None:
    answer = known().answer(task("t2"))
    assert [each.tolist() for each in answer.attempts[0]] == [LEFT, LEFT]
    assert answer.shares == [(1, 0)]


def test_votes_count_before_beliefs_and_nothing_is_a_candidate_if_the_rule_says_so() -> None:
    one, two, three = (np.full((1, size), 4, np.uint8) for size in (1, 2, 3))
    # Turned variants say nothing in other shapes.
    empty, turned = np.zeros((1, 0), np.uint8), np.zeros((0, 1), np.uint8)
    guesses = [(empty, 1.0), (turned, 1.0), (one, 0.9), (two, 0.1), (two, 0.3), (three, 0.95)]
    found = rank(guesses, "grids")
    assert [each.grid.shape[1] for each in found] == [2, 3, 1]
    assert [each.votes for each in found] == [2, 1, 1]
    assert found[0].belief == pytest.approx(0.2)
    published = rank(guesses)
    assert [each.grid.shape for each in published] == [(0, 0), (1, 2), (1, 3), (1, 1)]
    assert published[0].votes == 2 and published[0].belief == 1.0
    assert rank([]) == rank([], "grids") == []


def published_attempts(guesses: list[tuple[Grid, float]]) -> list[list[list[int]]]:
    """The two attempts as TRM's evaluator orders them: hashes, counts and running sums."""
    grids, told = {}, {}
    for grid, belief in guesses:
        key = (grid.shape if grid.size else (0, 0), grid.tobytes())
        grids[key] = grid.tolist() if grid.size else []
        stats = told.setdefault(key, [0, 0.0])
        stats[0] += 1
        stats[1] += belief
    for stats in told.values():
        stats[1] /= stats[0]
    order = sorted(told.items(), key=lambda entry: entry[1], reverse=True)
    attempts = [grids[key] for key, _ in order[:2]]
    return attempts + attempts[:1] * (2 - len(attempts))


@pytest.mark.parametrize("seed", range(40))
def test_attempts_are_those_of_the_published_rule(seed: int) -> None:
    """A fifth of the canvases are empty, votes and beliefs tie often."""
    rng = np.random.default_rng(seed)
    said = [np.zeros((1, 0), np.uint8) if rng.random() < 0.2
            else np.full((1 + rng.integers(2), 2), rng.integers(3), np.uint8)
            for _ in range(rng.integers(1, 13))]  # fmt: skip
    guesses = [(grid, float(rng.choice([0.1, 0.2, 0.3, 0.7]))) for grid in said]
    found = rank(guesses)
    ours = [found[0].grid.tolist(), found[min(1, len(found) - 1)].grid.tolist()]
    assert ours == published_attempts(guesses)
