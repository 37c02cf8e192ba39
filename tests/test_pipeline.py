from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from puzzlesolver.domains.base import Limit, Puzzle, get_domain
from puzzlesolver.errors import ModelError
from puzzlesolver.models.compiling import can_compile
from puzzlesolver.models.stem import RelationalStem
from puzzlesolver.pipeline import solve_kinds
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.report import Result, StepReport
from puzzlesolver.solver import Solver

SOLUTION = np.array([[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]], np.uint8)


def board(solution: np.ndarray, blanks: int, seed: int) -> Puzzle:
    """A 4×4 puzzle with some blanks; whether they leave one solution is not looked at."""
    rng = np.random.default_rng(seed)
    label = np.append(0, rng.permutation(4) + 1).astype(np.uint8)[solution]
    grid = label.copy()
    grid.flat[rng.choice(16, blanks, replace=False)] = 0
    return Puzzle("sudoku", f"board {seed}", grid, "test", label)


def boards(count: int) -> list[Puzzle]:
    """From nearly full to nearly empty, each with one solution."""
    many = (board(SOLUTION, 1 + seed % 10, seed) for seed in range(10 * count))
    unique = (p for p in many if get_domain("sudoku").count_solutions(p) == 1)
    return list(islice(unique, count))


def facts(results: Iterator[Result]) -> list[tuple[object, ...]]:
    return [
        (
            result.puzzle.name, result.status, result.settled, result.steps, result.restarts,
            None if result.answer is None else result.answer.grid.tobytes(),
        )
        for result in results
    ]  # fmt: skip


@pytest.fixture
def solver(tiny_model: RelationalStem) -> Solver:
    # Untrained, but with opinions: a fresh stem holds every digit equally likely.
    torch.nn.init.normal_(tiny_model.head.weight, generator=torch.Generator().manual_seed(0))
    return Solver(tiny_model, "tiny", Policy(max_steps=200, patience=16, branch_patience=8))


def test_batch_size_changes_nothing(solver: Solver) -> None:
    puzzles = boards(24)
    alone = facts(replace(solver, batch_size=1).solve(puzzles))
    assert [name for name, *_ in alone] == [puzzle.name for puzzle in puzzles]
    assert {status for _, status, *_ in alone} == {"solved", "unsolved"}
    assert any(restarts for *_, restarts, _ in alone)
    for batch_size in (3, 64):
        assert facts(replace(solver, batch_size=batch_size).solve(puzzles)) == alone


def test_another_seed_gives_another_trajectory(solver: Solver) -> None:
    puzzles = boards(20)
    other = replace(solver, policy=replace(solver.policy, seed=1))
    assert facts(other.solve(puzzles)) != facts(solver.solve(puzzles))


def test_solved_means_that_the_rules_accept_the_answer(solver: Solver) -> None:
    domain = get_domain("sudoku")
    for result in solver.solve(boards(20)):
        assert result.answer is not None
        verdict = domain.verify(result.puzzle, result.answer.grid)
        assert result.verdict == verdict
        assert (result.status == "solved") == (verdict.status == "verified")
        assert (result.reason == "") == (result.status == "solved")
        assert result.steps <= solver.policy.max_steps


def test_layouts_are_mixed_in_one_batch_and_come_out_in_order(solver: Solver) -> None:
    nine = Puzzle("sudoku", "nine", np.zeros((9, 9), np.uint8), "test")
    quick = replace(solver, policy=Policy(max_steps=8), prove=False)
    small = boards(3)
    results = list(quick.solve([small[0], nine, small[1], nine, small[2]]))
    assert [result.puzzle.name for result in results] == [
        small[0].name, "nine", small[1].name, "nine", small[2].name,
    ]  # fmt: skip
    assert results[1].answer is not None
    assert results[1].answer.grid.shape == (9, 9)


def test_clashing_givens_are_told_at_once(solver: Solver) -> None:
    grid = np.zeros((4, 4), np.uint8)
    grid[0, :2] = 1
    (result,) = solver.solve([Puzzle("sudoku", "clash", grid, "test")])
    assert (result.status, result.answer, result.steps) == ("contradiction", None, 0)
    assert "twice" in result.reason


def rows_of(*rows: str) -> Puzzle:
    grid = np.array([[int(cell) for cell in row.replace(".", "0")] for row in rows], np.uint8)
    return Puzzle("sudoku", "x", grid, "test")


def no_step(puzzle: Puzzle, report: StepReport) -> None:
    """Watches a solver that must not begin."""
    raise AssertionError("a step was spent")


def test_no_solution_is_proved_before_a_step_is_spent(solver: Solver) -> None:
    # r1c4 sees 1, 2, 3 in its row and 4 in its column, though no two clues clash.
    (result,) = solver.solve([rows_of("123.", "....", "...4", "....")], no_step)
    assert (result.status, result.answer, result.steps) == ("contradiction", None, 0)
    assert "no solution" in result.reason


@pytest.mark.parametrize("rows", [["1234", "34..", "....", "...."], ["." * 9] * 9, ["." * 16] * 16])
def test_several_solutions_are_told_with_one_of_them(solver: Solver, rows: list[str]) -> None:
    (result,) = solver.solve([rows_of(*rows)], no_step)
    assert (result.status, result.verdict.status, result.steps) == ("ambiguous", "verified", 0)
    assert result.reason == "more than one solution; this is one of them"
    assert result.solver == "exact" and result.answer is not None
    assert get_domain("sudoku").verify(result.puzzle, result.answer.grid).status == "verified"


def test_without_a_proof_both_are_refined(solver: Solver) -> None:
    for rows in (["123.", "....", "...4", "...."], ["1234", "34..", "....", "...."]):
        (unproved,) = replace(solver, prove=False).solve([rows_of(*rows)])
        assert unproved.status in ("solved", "unsolved") and unproved.steps > 0


def test_what_is_not_decided_is_refined_and_asked_again(
    solver: Solver, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = []

    def undecided(puzzle: Puzzle, limit: Limit) -> None:
        limits.append(limit.conflicts)

    monkeypatch.setattr(type(get_domain("sudoku")), "count_solutions", staticmethod(undecided))
    solved, unsolved = replace(solver, policy=Policy(max_steps=400)).solve(
        [rows_of("1234", "3412", "2143", "432."), rows_of("123.", "....", "...4", "....")]
    )
    assert (solved.status, unsolved.status) == ("solved", "unsolved")
    assert "another solution was not decided" in solved.reason
    assert "whether it has a solution was not decided" in unsolved.reason
    assert len(limits) == 4 and limits[0] < limits[-1]


def test_the_exact_fallback_says_so(solver: Solver) -> None:
    weak = replace(solver, policy=Policy(max_steps=16), fallback="exact")
    results = list(weak.solve(boards(20)))
    assert {result.status for result in results} == {"solved"}
    assert {result.solver for result in results} == {"model", "exact"}
    for result in results:
        assert result.answer is not None
        assert (result.answer.grid == result.puzzle.label).all()


def test_the_exact_fallback_answers_what_the_model_cannot_take(solver: Solver) -> None:
    foreign = list(get_domain("sudoku").generate(3, 1, size=4, rules="diagonal"))
    mixed = [*boards(2), *foreign, *boards(3)[2:]]
    with pytest.raises(ModelError, match="no weights for extra units"):
        list(solver.solve(mixed))
    for prove in (True, False):
        exact = replace(solver, fallback="exact", batch_size=2, prove=prove)
        results = list(exact.solve(mixed))
        assert [result.puzzle.name for result in results] == [puzzle.name for puzzle in mixed]
        assert {result.status for result in results} == {"solved"}
        assert [result.solver for result in results[2:5]] == ["exact"] * 3


def test_raw_takes_the_answer_where_it_first_settles(solver: Solver) -> None:
    raw = replace(solver, policy=Policy(max_steps=200, mode="raw"))
    results = list(raw.solve(boards(20)))
    assert all(result.settled or result.steps == 200 for result in results)
    assert any(result.settled and result.status == "unsolved" for result in results)
    assert not any(result.restarts for result in results)


def test_the_time_limit_is_for_all_puzzles(solver: Solver) -> None:
    late = replace(solver, policy=Policy(max_steps=10**9, time_limit=1e-3), prove=False)
    puzzle = Puzzle("sudoku", "empty", np.zeros((16, 16), np.uint8), "test")
    results = list(late.solve([puzzle] * 3))
    assert [result.status for result in results] == ["unsolved"] * 3
    assert all(result.reason.startswith("the time limit is over") for result in results)


def test_after_the_time_limit_no_puzzle_begins(solver: Solver) -> None:
    results = list(solver.solve(boards(200), deadline=time.monotonic()))
    facts = {(result.status, result.steps, result.answer, result.reason) for result in results}
    reason = "the time limit is over; whether it has a solution was not decided in time"
    assert len(results) == 200 and facts == {("unsolved", 0, None, reason)}
    exact = replace(solver, fallback="exact")
    assert [each.solver for each in exact.solve(boards(1), deadline=time.monotonic())] == ["exact"]


def test_loading_a_model_is_no_part_of_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("puzzlesolver.pipeline.time", SimpleNamespace(monotonic=lambda: now))

    class Loaded:
        def __init__(self, domain: str, suited: str | None) -> None:
            nonlocal now
            now += 500

        def solve(self, puzzles: Iterator[Puzzle], watch: object, deadline: float) -> list[float]:
            return [deadline - now for _ in puzzles]

    assert list(solve_kinds(boards(1), Loaded, time_limit=1_000)) == [1_000]


def test_interruption_lets_out_what_is_there(solver: Solver) -> None:
    endless = Puzzle("sudoku", "endless", np.zeros((16, 16), np.uint8), "test")
    puzzles = [*boards(5), endless, *boards(10)[5:]]
    solver = replace(solver, prove=False)

    def interrupt(puzzle: Puzzle, report: StepReport) -> None:
        if puzzle is endless and report.step >= 12:
            raise KeyboardInterrupt

    results = []
    with pytest.raises(KeyboardInterrupt):
        for result in solver.solve(puzzles, watch=interrupt):
            results.append(result)
    assert [result.puzzle for result in results] == puzzles
    assert (results[5].status, results[5].steps) == ("interrupted", 12)
    finished = [result for result in results if result.puzzle is not endless]
    assert facts(iter(finished)) == facts(solver.solve(boards(10)))


def test_watch_sees_the_puzzle_that_its_report_is_about(solver: Solver) -> None:
    puzzles = boards(10)
    seen = []

    def watch(puzzle: Puzzle, report: StepReport) -> None:
        seen.append(puzzle)
        assert puzzle is puzzles[report.index]
        assert report.answer.grid[puzzle.grid > 0].tolist() == puzzle.grid[puzzle.grid > 0].tolist()

    list(solver.solve(puzzles, watch))
    assert seen


@pytest.mark.filterwarnings("default")  # torch warns about itself while compiling
@pytest.mark.skipif(not can_compile(torch.device("cpu")), reason="no C++ compiler")
def test_a_compiled_step_answers_alike_at_every_batch_size(solver: Solver) -> None:
    compiled, puzzles = replace(solver, compiled=True), boards(12)
    alone = facts(replace(compiled, batch_size=1).solve(puzzles))
    assert facts(replace(compiled, batch_size=12).solve(puzzles)) == alone
    assert {status for _, status, *_ in alone} == {"solved", "unsolved"}
