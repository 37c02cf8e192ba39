from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import Readout, RecursiveModel, State
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.refine.loop import refine
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.report import Outcome, StepReport
from puzzlesolver.refine.settle import relative_residual
from puzzlesolver.runtime import choose_runtime

SOLUTION = np.array([[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]], np.uint8)
SUDOKU = get_domain("sudoku")


def puzzles(count: int, blanks: int = 6) -> list[Puzzle]:
    rng = np.random.default_rng(0)
    boards = []
    for number in range(count):
        grid = SOLUTION.copy()
        grid.flat[rng.choice(16, blanks, replace=False)] = 0
        boards.append(Puzzle("sudoku", str(number), grid, "test", label=SOLUTION))
    return boards


@pytest.fixture
def engine(tiny_model: RecursiveModel, device: torch.device) -> TorchEngine:
    # Untrained, but with opinions: a fresh stem holds every digit equally likely.
    torch.nn.init.normal_(tiny_model.head.weight, generator=torch.Generator().manual_seed(0))
    return TorchEngine(tiny_model, choose_runtime(str(device), 1))


def outcomes(reports: Iterable[StepReport]) -> dict[int, Outcome]:
    found = [outcome for report in reports for outcome in report.outcomes]
    assert len({outcome.index for outcome in found}) == len(found), "a puzzle ended twice"
    return {outcome.index: outcome for outcome in found}


def test_every_puzzle_ends_once_within_its_budget(engine: TorchEngine) -> None:
    ended = outcomes(refine(engine, SUDOKU, puzzles(12), Policy(max_steps=50)))
    assert sorted(ended) == list(range(12))
    for outcome in ended.values():
        assert outcome.steps <= 50
        assert (outcome.verdict.status == "verified") or outcome.steps == 50


def test_verified_means_that_the_rules_accept_the_answer(engine: TorchEngine) -> None:
    boards = puzzles(40, blanks=4)
    ended = outcomes(refine(engine, SUDOKU, boards, Policy(max_steps=200)))
    statuses = {outcome.verdict.status for outcome in ended.values()}
    assert "verified" in statuses, "guessing finds some of these"
    for index, outcome in ended.items():
        again = SUDOKU.verify(boards[index], outcome.answer.grid)
        assert again.status == outcome.verdict.status


def test_search_finds_what_restarts_do_not(tiny_model: RecursiveModel) -> None:
    """A model that believes nothing: every digit is equally likely, so only the tree can solve."""
    engine = TorchEngine(tiny_model, choose_runtime("cpu", 1))
    for parameter in tiny_model.head.parameters():
        torch.nn.init.zeros_(parameter)

    def solved(**settings: object) -> int:
        policy = Policy(max_steps=400, patience=8, branch_patience=4, **settings)
        ended = outcomes(refine(engine, SUDOKU, puzzles(16, blanks=5), policy))
        return sum(outcome.verdict.status == "verified" for outcome in ended.values())

    assert solved() == 16
    assert solved(search=False) == 0


@pytest.mark.parametrize("mode", ["settle", "raw"])
def test_without_rules_the_first_settled_answer_counts_and_nothing_restarts(
    engine: TorchEngine, mode: str
) -> None:
    policy = Policy(max_steps=800, mode=mode)
    reports = list(refine(engine, SUDOKU, puzzles(8), policy))
    for outcome in outcomes(reports).values():
        assert outcome.restarts == 0
        assert outcome.settled or outcome.steps == 800
        assert outcome.verdict.status in ("verified", "wrong")
    assert all(report.verdict is None for report in reports), "nothing is checked on the way"
    assert any(report.clamped.any() for report in reports) == (mode == "raw")


class Turning(TorchEngine):
    """Sure of the solution, while each step turns two planes of the state around a centre."""

    def advance(self, state: State, *rest: Any) -> tuple[State, torch.Tensor]:
        steps = rest[2]
        turn = torch.polar(torch.tensor(1.0), torch.tensor(2 * math.pi * steps / 2.8))
        (now,) = state
        planes = torch.complex(now[..., 0] - 1, now[..., 1] - 1) * turn
        moved = now.clone()
        moved[..., 0], moved[..., 1] = planes.real + 1, planes.imag + 1
        return (moved,), relative_residual(state, (moved,))

    def readout(self, state: State, layout: Layout) -> Readout:
        logits = 24 * torch.nn.functional.one_hot(torch.from_numpy(SOLUTION).long() - 1, 4).float()
        size = len(state[0])
        return Readout(
            logits.reshape(1, 16, 4).expand(size, -1, -1), contradiction=torch.zeros(size)
        )


def test_a_state_that_turns_around_its_answer_is_calmed(tiny_model: RecursiveModel) -> None:
    engine = Turning(tiny_model, choose_runtime("cpu", 1))
    for outcome in outcomes(refine(engine, SUDOKU, puzzles(3), Policy(mode="raw"))).values():
        assert outcome.verdict.status == "verified" and outcome.settled
        assert outcome.steps < 200
    settle = Policy(max_steps=200, mode="settle")
    assert not any(o.settled for o in outcomes(refine(engine, SUDOKU, puzzles(3), settle)).values())


def test_givens_are_never_changed_and_clamps_are_shown(engine: TorchEngine) -> None:
    boards = puzzles(1, blanks=8)
    given = boards[0].grid > 0
    clamped = 0
    for report in refine(engine, SUDOKU, boards, Policy(max_steps=120, patience=16)):
        assert (report.answer.grid[given] == boards[0].grid[given]).all()
        assert not report.clamped[given].any()
        clamped = max(clamped, int(report.clamped.sum()))
    assert clamped > 0


def test_seeds_decide_and_repeat(engine: TorchEngine) -> None:
    def facts(seed: int) -> list[tuple[int, bytes]]:
        policy = Policy(max_steps=300, seed=seed, search=False, patience=16)
        ended = outcomes(refine(engine, SUDOKU, puzzles(12, 7), policy))
        return [(ended[i].steps, ended[i].answer.grid.tobytes()) for i in sorted(ended)]

    assert facts(1) == facts(1)
    assert facts(1) != facts(2)


def test_restarts_are_limited(engine: TorchEngine) -> None:
    policy = Policy(max_steps=5_000, search=False, patience=8, restarts=2)
    for outcome in outcomes(refine(engine, SUDOKU, puzzles(8, 9), policy)).values():
        assert outcome.restarts <= 2
        assert outcome.steps <= 3 * 8


def test_a_deadline_ends_everything(engine: TorchEngine) -> None:
    policy = Policy(max_steps=10**9, search=False)
    reports = refine(engine, SUDOKU, puzzles(4, 12), policy, deadline=time.monotonic())
    assert len(outcomes(reports)) == 4


def test_a_step_that_would_pass_the_deadline_does_not_begin(engine: TorchEngine) -> None:
    policy = Policy(max_steps=10**9)
    (outcome,) = outcomes(
        refine(engine, SUDOKU, puzzles(1, 12), policy, deadline=time.monotonic())
    ).values()
    assert (outcome.steps, outcome.late, outcome.verdict.status) == (0, True, "wrong")


def test_noise_changes_the_trajectory(engine: TorchEngine) -> None:
    def answer(noise: float) -> Outcome:
        policy = Policy(max_steps=8, mode="raw", noise=noise)
        return outcomes(refine(engine, SUDOKU, puzzles(1, 12), policy))[0]

    assert (answer(0.0).answer.confidence == answer(0.0).answer.confidence).all()
    assert (answer(0.0).answer.confidence != answer(0.5).answer.confidence).any()


def test_noise_is_the_same_whatever_the_batch(engine: TorchEngine) -> None:
    policy, boards = Policy(max_steps=60, noise=0.3, patience=16), puzzles(12, 7)
    together = outcomes(refine(engine, SUDOKU, boards, policy))
    for index, board in enumerate(boards):
        alone = outcomes(refine(engine, SUDOKU, [board], policy))[0]
        assert alone.steps == together[index].steps
        assert (alone.answer.confidence == together[index].answer.confidence).all()


@pytest.mark.parametrize(
    ("flag", "settings"),
    [
        ("--max-steps", {"max_steps": 0}),
        ("--restarts", {"restarts": -1}),
        ("--noise", {"noise": -0.1}),
        ("--time-limit", {"time_limit": 0.0}),
        ("--mode", {"mode": "cooked"}),
        ("--rollouts", {"rollouts": 0}),
        ("refuted", {"refuted": 1.5}),
        ("deepest", {"deepest": 0}),
        ("--max-steps", {"rollouts": 9, "max_steps": 8}),
        ("--choose", {"choose": "best"}),
    ],
)
def test_unfit_policies_name_the_flag(flag: str, settings: dict[str, object]) -> None:
    with pytest.raises(UsageError) as caught:
        Policy(**settings)  # type: ignore[arg-type]
    assert caught.value.where == flag


def test_lingering_shows_settling_but_changes_neither_answer_nor_steps(engine: TorchEngine) -> None:
    boards = puzzles(12, blanks=3)
    at_once = outcomes(refine(engine, SUDOKU, boards, Policy(max_steps=400)))
    lingered = outcomes(refine(engine, SUDOKU, boards, Policy(max_steps=400, linger=200)))
    assert not any(outcome.settled for outcome in at_once.values())
    accepted = {i for i, outcome in at_once.items() if outcome.verdict.status == "verified"}
    assert any(lingered[index].settled for index in accepted)
    for index in accepted:
        assert lingered[index].steps == at_once[index].steps
        assert (lingered[index].answer.grid == at_once[index].answer.grid).all()


def test_new_puzzles_take_the_places_of_finished_ones(engine: TorchEngine) -> None:
    """Easy and hard ones mixed: the batch is full until the input ends."""
    boards = [board for pair in zip(puzzles(20, 3), puzzles(20, 10), strict=True) for board in pair]
    taken = 0

    def arrivals() -> Iterator[Puzzle]:
        nonlocal taken
        for board in boards:
            taken += 1
            yield board

    policy, sizes, ahead, ended = Policy(max_steps=120), [], [], set()
    for report in refine(engine, SUDOKU, arrivals(), policy, batch_size=6):
        assert report.index == min(set(range(40)) - ended), "the foremost is the oldest"
        ahead.append(taken - len(ended))
        ended |= {outcome.index for outcome in report.outcomes}
        sizes.append(report.unfinished + len(report.outcomes))
        last = taken
    assert len(ended) == last == 40
    full = sizes.index(next(size for size in sizes if size < 6))
    assert full > 20 and sizes[full:] == sorted(sizes[full:], reverse=True), "then it drains"
    assert max(ahead) == 6, "nothing is taken before there is room"


@pytest.mark.parametrize("max_steps", [60, 63])
@pytest.mark.parametrize("rollouts", [1, 3])
def test_batch_size_changes_neither_answers_nor_steps(
    engine: TorchEngine, max_steps: int, rollouts: int
) -> None:
    """Even where the budget is no multiple of the steps between two readings."""
    boards = [board for pair in zip(puzzles(9, 2), puzzles(9, 9), strict=True) for board in pair]
    policy = Policy(max_steps=max_steps, patience=16, noise=0.1, rollouts=rollouts, linger=8)

    def facts(batch_size: int) -> list[tuple[object, ...]]:
        ended = outcomes(refine(engine, SUDOKU, boards, policy, batch_size=batch_size))
        return [
            (
                outcome.steps, outcome.restarts, outcome.settled, outcome.verdict,
                outcome.answer.grid.tobytes(), outcome.answer.confidence.tobytes(),
            )
            for _, outcome in sorted(ended.items())
        ]  # fmt: skip

    together = facts(1_000)
    assert {verdict.status for _, _, _, verdict, *_ in together} == {"verified", "wrong"}
    for batch_size in (1, 2, 7):
        assert facts(batch_size) == together


def test_no_puzzle_no_report(engine: TorchEngine) -> None:
    assert list(refine(engine, SUDOKU, [], Policy())) == []


def test_what_the_deadline_ended_is_told_from_what_the_budget_ended(engine: TorchEngine) -> None:
    board = puzzles(1, blanks=10)
    for deadline, late in ((time.monotonic(), True), (None, False)):
        policy = Policy(max_steps=10**9 if late else 8)
        (outcome,) = outcomes(refine(engine, SUDOKU, board, policy, deadline)).values()
        assert outcome.late is late
