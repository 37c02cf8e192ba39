"""Several rollouts of one puzzle: which answer counts, what they cost, what they never change."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.errors import UsageError
from puzzlesolver.hub.store import load_model
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.models.registry import build_model
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.refine.loop import refine
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.report import Outcome, Result, StepReport
from puzzlesolver.refine.rollouts import Rollouts
from puzzlesolver.refine.track import Seen
from puzzlesolver.runtime import choose_runtime
from puzzlesolver.solver import Solver
from tests.domains.maze.support import puzzle as read_maze
from tests.domains.sudoku.support import HARD, SOLVED
from tests.domains.sudoku.support import puzzle as read_sudoku

SOLUTION = np.array([[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]], np.uint8)
SUDOKU = get_domain("sudoku")
MAZE = read_maze("S    \n ### \n #G  \n ## #\n     ")
FAMILIES = ("hrm", "trm", "rsm")
QUICK = {"search": False, "patience": 12}


def puzzles(count: int, blanks: int = 6) -> list[Puzzle]:
    rng = np.random.default_rng(0)
    boards = []
    for number in range(count):
        grid = SOLUTION.copy()
        grid.flat[rng.choice(16, blanks, replace=False)] = 0
        boards.append(Puzzle("sudoku", str(number), grid, "test", label=SOLUTION))
    return boards


@pytest.fixture
def engine(tiny_model: RecursiveModel) -> TorchEngine:
    # Untrained, but with opinions: a fresh stem holds every digit equally likely.
    torch.nn.init.normal_(tiny_model.head.weight, generator=torch.Generator().manual_seed(0))
    return TorchEngine(tiny_model, choose_runtime("cpu", 1))


def token_model(family: str, domain: str = "sudoku") -> RecursiveModel:
    """An untrained published architecture of a few thousand parameters."""
    cells, vocabulary = {"sudoku": (16, 6), "maze": (25, 6)}[domain]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_model(
            family,
            {
                "seq_len": cells, "vocab_size": vocabulary, "hidden_size": 16, "num_heads": 2,
                "puzzle_emb_ndim": 16, "puzzle_emb_len": 1, "H_cycles": 2, "L_cycles": 1,
            },
        )  # fmt: skip
    return model.eval()


def token_engine(family: str, domain: str = "sudoku") -> TorchEngine:
    return TorchEngine(token_model(family, domain), choose_runtime("cpu", 1))


def outcomes(reports: Iterable[StepReport]) -> list[Outcome]:
    found = [outcome for report in reports for outcome in report.outcomes]
    assert len({outcome.index for outcome in found}) == len(found), "a puzzle ended twice"
    return sorted(found, key=lambda outcome: outcome.index)


def solve(engine: TorchEngine, boards: Sequence[Puzzle], **settings: Any) -> list[Outcome]:
    domain = get_domain(boards[0].domain)
    return outcomes(refine(engine, domain, boards, Policy(**settings)))


def test_the_first_rollout_is_the_only_one_of_a_single_rollout(engine: TorchEngine) -> None:
    boards = puzzles(1, 10)

    def reports(rollouts: int) -> list[StepReport]:
        settings = {"mode": "settle", "tolerance": 0.0, "noise": 0.2, "symmetries": True}
        policy = Policy(max_steps=24 * rollouts, rollouts=rollouts, **settings)
        return list(refine(engine, SUDOKU, boards, policy))

    for alone, among in zip(reports(1), reports(5), strict=True):
        assert among.step == 5 * alone.step
        assert (among.answer.confidence == alone.answer.confidence).all()
        assert among.residual == alone.residual


@pytest.mark.parametrize("symmetries", [False, True])
def test_the_first_answer_that_the_rules_accept_counts(
    engine: TorchEngine, symmetries: bool
) -> None:
    boards, settings = puzzles(30, 5), {"patience": 12, "branch_patience": 8}
    alone = solve(engine, boards, max_steps=40, **settings)
    several = solve(engine, boards, max_steps=6 * 40, rollouts=6, symmetries=symmetries, **settings)
    solved = [outcome.verdict.status == "verified" for outcome in several]
    assert sum(outcome.verdict.status == "verified" for outcome in alone) < sum(solved) < 40
    for board, first, outcome in zip(boards, alone, several, strict=True):
        assert outcome.verdict == SUDOKU.verify(board, outcome.answer.grid)
        if first.verdict.status == "verified" and not (symmetries and first.restarts):
            assert outcome.verdict.status == "verified"
            assert outcome.steps <= 6 * first.steps, "the others stop when one is accepted"
        if outcome.verdict.status != "verified":
            assert outcome.steps == 6 * 40


def test_lingering_is_the_winners_alone(engine: TorchEngine) -> None:
    boards, settings = puzzles(12, 3), {"max_steps": 1_600, "rollouts": 4}
    at_once = solve(engine, boards, **settings)
    lingered = solve(engine, boards, linger=200, **settings)
    accepted = [i for i, outcome in enumerate(at_once) if outcome.verdict.status == "verified"]
    assert any(lingered[index].settled for index in accepted)
    for index in accepted:
        assert lingered[index].steps == at_once[index].steps
        assert (lingered[index].answer.grid == at_once[index].answer.grid).all()


def test_rollouts_share_the_steps(engine: TorchEngine) -> None:
    settings = {"mode": "settle", "tolerance": 0.0, "max_steps": 50}
    (outcome,) = solve(engine, puzzles(1, 12), rollouts=3, **settings)
    assert outcome.steps == 48


def ended(
    says: Sequence[tuple[int, float | None]], residuals: Sequence[float] = (), **settings: Any
) -> np.ndarray:
    """The answer of rollouts of which each says this digit in all cells, and this halting logit."""
    board = replace(puzzles(1)[0], grid=np.zeros((4, 4), np.uint8))
    policy = Policy(mode="settle", max_steps=100, rollouts=len(says), **settings)
    rollouts = Rollouts(0, board, SUDOKU, policy, varied=True)
    residual_of = residuals or [1.0] * len(says)
    for track, (digit, halt), residual in zip(rollouts.tracks, says, residual_of, strict=True):
        believed = np.repeat(np.eye(4, dtype=np.float32)[digit - 1][None], 16, axis=0)
        for _ in range(3):
            rollouts.observe(track, Seen(believed, residual, halt), steps=4)
    (digit,) = np.unique(rollouts.outcome(0.0).answer.grid)
    return digit


def test_the_majority_counts_where_the_model_has_no_halting_logit() -> None:
    assert ended([(1, None), (3, None), (2, None), (3, None)]) == 3


def test_votes_are_weighted_by_the_halting_logit() -> None:
    doubted = [(1, -3.0), (1, -3.0), (2, 2.0)]
    assert ended(doubted) == 2
    assert ended(doubted, choose="vote") == 1
    believed = [(1, 2.0), (1, 2.0), (2, 4.0)]
    assert ended(believed) == 1
    assert ended(believed, choose="halt") == 2
    assert ended([(1, -900.0), (2, -800.0), (2, 0.0)], choose="halt") == 2
    assert ended([(1, -200.0), (2, -201.0)]) == 1, "even where all are hopeless"


def test_of_equally_many_votes_the_settled_and_then_the_stillest_answer_counts() -> None:
    says = [(1, None), (2, None), (3, None)]
    assert ended(says, [0.5, 0.01, 0.3]) == 2, "it alone has settled"
    assert ended(says, [0.5, 0.4, 0.3]) == 3
    assert ended(says, [0.5, 0.5, 0.5]) == 1


def facts(results: Iterable[Result]) -> list[tuple[object, ...]]:
    return [
        (
            result.status, result.settled, result.steps, result.restarts,
            result.answer.grid.tobytes(), result.answer.confidence.tobytes(),
        )
        for result in results if result.answer is not None
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["settle", "raw", "verified"])
@pytest.mark.parametrize("symmetries", [False, True])
def test_batch_size_changes_nothing(engine: TorchEngine, mode: str, symmetries: bool) -> None:
    policy = Policy(
        max_steps=150, mode=mode, rollouts=3, noise=0.1, symmetries=symmetries, patience=12
    )
    solver = Solver(engine.model, "tiny", policy, choose_runtime("cpu", 1), prove=False)
    boards = puzzles(7, 8)
    alone = facts(replace(solver, batch_size=1).solve(boards))
    assert len(alone) == 7
    for batch_size in (4, 64):
        assert facts(replace(solver, batch_size=batch_size).solve(boards)) == alone


@pytest.mark.parametrize("name", ["sudoku", "maze"])
def test_what_is_told_is_about_the_puzzle_as_it_is(name: str) -> None:
    puzzle = read_sudoku(HARD) if name == "sudoku" else MAZE
    domain, engine = get_domain(name), TorchEngine(load_model(name), choose_runtime("cpu", 1))
    policy = Policy(max_steps=8 * 80, rollouts=8, symmetries=True, patience=16, linger=8)
    given = puzzle.grid != (0 if name == "sudoku" else 1)
    clamped = 0
    for report in refine(engine, domain, [puzzle], policy):
        assert (report.answer.grid[given] == puzzle.grid[given]).all()
        assert not report.clamped[given].any()
        if name == "sudoku":
            assert (report.answer.confidence[given] == 1).all()
        clamped += int(report.clamped.sum())
        for outcome in report.outcomes:
            assert outcome.verdict == domain.verify(puzzle, outcome.answer.grid)
            assert outcome.verdict.status == "verified"
    assert (clamped > 0) == domain.clamps


@pytest.mark.parametrize("name", ["sudoku", "maze"])
def test_shipped_models_agree_in_every_form(name: str) -> None:
    blank = np.random.default_rng(0).random(81) < 0.5
    easy = "".join("." if each else digit for each, digit in zip(blank, SOLVED, strict=True))
    puzzle = read_sudoku(easy) if name == "sudoku" else MAZE
    engine = TorchEngine(load_model(name), choose_runtime("cpu", 1))
    (outcome,) = solve(
        engine, [puzzle], mode="settle", max_steps=8 * 96, rollouts=8, symmetries=True
    )
    assert outcome.verdict.status == "verified" and outcome.settled and outcome.restarts == 0


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("domain", ["sudoku", "maze"])
@pytest.mark.parametrize("mode", ["settle", "raw", "verified"])
def test_published_models_roll_out(family: str, domain: str, mode: str) -> None:
    boards = puzzles(3, 3) if domain == "sudoku" else [MAZE]
    settings = {"mode": mode, "max_steps": 60, "rollouts": 3, "noise": 0.3, "patience": 8}
    for outcome in solve(token_engine(family, domain), boards, symmetries=True, **settings):
        board = boards[outcome.index]
        assert outcome.steps <= 60
        assert outcome.verdict == get_domain(domain).verify(board, outcome.answer.grid)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("mode", ["settle", "raw"])
def test_depth_goes_as_far_as_the_steps(family: str, mode: str) -> None:
    """Far beyond the two outer cycles of its configuration, and beyond `patience`."""
    settings = {"mode": mode, "tolerance": 0.0, "patience": 16}
    deep = [
        solve(token_engine(family), puzzles(1, 9), max_steps=steps, **settings)[0]
        for steps in (16, 100)
    ]
    assert [outcome.steps for outcome in deep] == [16, 100]
    assert (deep[0].answer.confidence != deep[1].answer.confidence).any()


def test_equal_rollouts_are_refused() -> None:
    settings: dict[str, Any] = {"rollouts": 2, "max_steps": 16}
    with pytest.raises(UsageError, match="all would be the same") as caught:
        solve(token_engine("trm"), puzzles(1), symmetries=False, **settings)
    assert caught.value.where == "--rollouts"
    assert solve(token_engine("trm"), puzzles(1), symmetries=False, noise=0.1, **settings)
    assert solve(token_engine("trm"), puzzles(1), **settings), "in equivalent forms"


def test_a_model_without_halting_logit_cannot_choose_by_it(engine: TorchEngine) -> None:
    for each in (engine, token_engine("rsm")):
        with pytest.raises(UsageError, match="no halting logit") as caught:
            solve(each, puzzles(1), rollouts=2, noise=0.1, choose="halt")
        assert caught.value.where == "--choose"
    assert solve(token_engine("hrm"), puzzles(1), rollouts=2, noise=0.1, choose="halt")


def test_a_fixed_start_is_not_repeated() -> None:
    """Everything settles at once here, so that only fresh starts can go on."""
    settings: dict[str, Any] = {"max_steps": 300, "tolerance": 10.0}
    solver = Solver(
        token_model("trm", "maze"), "tiny", Policy(**settings), choose_runtime("cpu", 1)
    )
    plain = Policy(symmetries=False, **settings)
    (once,) = replace(solver, policy=plain).solve([MAZE])
    assert (once.status, once.restarts) == ("unsolved", 0) and once.steps < 100
    assert once.reason == "no start is left that would be new; --noise makes more"
    (turned,) = solver.solve([MAZE])
    assert turned.restarts == 7, "a square has eight forms"
    (noisy,) = replace(solver, policy=Policy(noise=0.1, **settings)).solve([MAZE])
    assert noisy.steps == 300 and noisy.reason == "its 300 steps are spent"
    side_by_side = Policy(rollouts=10, **settings)
    (turned,) = replace(solver, policy=side_by_side).solve([MAZE])
    assert turned.restarts == 0 and turned.steps < 8 * 100, "no more than eight rollouts"


def test_restarts_change_the_form(engine: TorchEngine) -> None:
    """Same noise, other form: the second start already goes another way."""
    boards = puzzles(1, 12)

    def starts(symmetries: bool) -> list[bytes]:
        policy = Policy(max_steps=96, symmetries=symmetries, **QUICK)
        reports = refine(engine, SUDOKU, boards, policy)
        firsts = (next(group) for _, group in itertools.groupby(reports, lambda r: r.restarts))
        return [first.answer.confidence.tobytes() for first in firsts]

    plain, turned = starts(False), starts(True)
    assert plain[0] == turned[0]
    assert len(turned) > 2 and all(a != b for a, b in zip(plain[1:], turned[1:], strict=False))
