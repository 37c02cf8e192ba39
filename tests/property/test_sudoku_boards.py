"""Boards of all sizes and rules: two exact counters, the verifier and the learned solver agree.

The other counter states the rules unit by unit, for another solver than the package's own. `make
soak` asks for 10,000 boards, every change for some hundred.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest
from pysat.solvers import Solver

from puzzlesolver.domains.base import Puzzle
from puzzlesolver.domains.sudoku import rules as sudoku_rules
from puzzlesolver.domains.sudoku.board import FREE_SIZES, SIZES, Board, make_board, needs_map
from puzzlesolver.domains.sudoku.making.reduce import make_puzzle, random_solution
from puzzlesolver.domains.sudoku.making.regions import random_regions
from puzzlesolver.domains.sudoku.rules import (
    contradiction,
    count_solutions,
    solve_exactly,
    verify,
)
from puzzlesolver.domains.sudoku.singles import exchange, find, open_cells, tables
from puzzlesolver.domains.sudoku.variants import EXTRA, OVERLAPS
from puzzlesolver.errors import UsageError
from puzzlesolver.pipeline import iter_solve

SOAK = int(os.environ.get("SOAK", "100"))
PARTS = 20
GRIDS = 25
"""Clues that are tried on one board, whose clauses are made once."""


def some_board(rng: np.random.Generator, largest: int = 9) -> Board:
    """A board of any size and up to two further rules that fit it."""
    while True:
        shares = [0.55, 0.15, 0.2, 0.1] if largest > 9 else [0.65, 0.15, 0.2, 0]
        kind = rng.choice(["boxes", "latin", "jigsaw", "overlap"], p=shares)
        sizes = np.array([n for n in (SIZES if kind == "boxes" else FREE_SIZES) if n <= largest])
        rare = 1 / sizes  # large boards take long
        size = 9 if kind == "overlap" else int(rng.choice(sizes, p=rare / rare.sum()))
        names = list(rng.choice([*EXTRA, "anti-knight", "anti-king"], rng.integers(3)))
        names += {"boxes": [], "overlap": [rng.choice([*OVERLAPS])]}.get(kind, [kind])
        if size > 16 and not {*names} <= {"latin", "main-diagonal", "anti-diagonal"}:
            continue  # full boards take minutes to find
        told = ",".join(names)
        try:
            return make_board(size, told, random_regions(size, rng) if needs_map(told) else "")
        except UsageError:
            continue  # a rule that does not fit


class OtherCounter:
    """Counts solutions by clauses from units alone; clues are assumptions of one solver."""

    def __init__(self, board: Board) -> None:
        self.board, n = board, board.symbols
        self.others = itertools.count(board.cells * n + 1)
        pairs = {pair for unit in board.units for pair in itertools.combinations(unit.cells, 2)}
        digits = range(1, n + 1)
        self.solver = Solver("cadical153")
        self.solver.append_formula([[cell * n + k for k in digits] for cell in range(board.cells)])
        self.solver.append_formula([[-(a * n + k), -(b * n + k)] for a, b in pairs for k in digits])

    def count(self, values: np.ndarray) -> int:
        """0, 1 or 2."""
        n, found = self.board.symbols, 0
        assumed = [cell * n + value for cell, value in enumerate(values.tolist()) if value]
        while found < 2 and self.solver.solve(assumed):
            model = [each for each in self.solver.get_model()[: self.board.cells * n] if each > 0]
            assert len(model) == self.board.cells, "rows are full units"
            another = next(self.others)
            self.solver.add_clause([-another, *(-each for each in model)])
            assumed.append(another)
            found += 1
        return found

    def close(self) -> None:
        self.solver.delete()


def breaks_a_unit(board: Board, values: np.ndarray) -> bool:
    held: Iterator[list[int]] = ([int(values[c]) for c in unit.cells] for unit in board.units)
    return any(len(v := [each for each in cells if each]) != len({*v}) for cells in held)


def some_clues(board: Board, solution: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Some cells of the solution, which becomes another one; of three boards one has a wrong clue.

    How many decides whether there are several solutions.
    """
    exchange(solution, board.symbols, tables(board)[0], 4, rng.integers(1, 2**63, 1, np.uint64))
    solution[:] = (rng.permutation(board.symbols) + 1)[solution - 1]
    share = rng.uniform(0.3 if board.cells <= 81 else 0.5, 0.9)
    clues = np.where(rng.random(board.cells) < share, solution, 0).astype(np.uint8)
    if rng.random() < 0.3:
        clues[rng.integers(board.cells)] = rng.integers(1, board.symbols + 1)
    return clues


def check(
    counter: OtherCounter, solution: np.ndarray, rng: np.random.Generator
) -> tuple[Puzzle, int]:
    """A board and the number of its solutions, which all that counts agrees on."""
    board = counter.board
    clues = some_clues(board, solution, rng)
    puzzle = Puzzle("sudoku", "", board.grid(clues), "", board=board)
    expected = counter.count(clues)
    told = f"{board.symbols} {board.told} {clues.tolist()}"
    assert count_solutions(puzzle) == expected, told
    _, found, guesses = find(board, clues, 2, 1_000)
    assert guesses < 0 or found == expected, told
    clash = breaks_a_unit(board, clues)
    assert (contradiction(puzzle) is not None) == clash and not (clash and expected), told
    exact = solve_exactly(puzzle)
    assert (exact is not None) == (expected > 0), told
    assert exact is None or is_answer(puzzle, exact), told
    assert exact is None or verify(puzzle, exact).status == "verified", told
    assert expected != 1 or (exact == board.grid(solution)).all() or not fits(clues, solution)
    assert expected != 1 or open_cells(board, clues) or guesses == 0, told
    answer = solution.copy()
    for cell in rng.integers(board.cells, size=rng.integers(3)):
        answer[cell] = rng.integers(1, board.symbols + 1)
    verdict = verify(puzzle, board.grid(answer))
    assert (verdict.status == "verified") == is_answer(puzzle, board.grid(answer)), told
    return puzzle, expected


def fits(clues: np.ndarray, answer: np.ndarray) -> bool:
    return bool((answer == clues)[clues > 0].all())


def is_answer(puzzle: Puzzle, answer: np.ndarray) -> bool:
    board = puzzle.board
    assert isinstance(board, Board)
    values = board.values(answer)
    kept = fits(board.values(puzzle.grid), values)
    return bool(values.all()) and kept and not breaks_a_unit(board, values)


def check_boards(seeds: range, grids: int, largest: int) -> list[tuple[Puzzle, int]]:
    """Boards that were checked, so many grids on a new one for every seed."""
    checked = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        while True:
            board = some_board(rng, largest)
            try:
                solution = random_solution(board, rng)
            except UsageError:
                continue  # rules that exclude each other
            break
        assert not breaks_a_unit(board, solution)
        with closing(OtherCounter(board)) as counter:
            checked += [check(counter, solution, rng) for _ in range(grids)]
    return checked


def test_counters_and_verifier_agree() -> None:
    counts = Counter(count for _, count in check_boards(range(30), 10, largest=9))
    assert min(counts[0], counts[1], counts[2]) > 30


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_counters_and_verifier_agree_on_boards_of_all_sizes(part: int) -> None:
    check_boards(range(part, 100 * SOAK // GRIDS, PARTS), GRIDS, largest=25)


def check_learned(seeds: range) -> Counter[str]:
    """What the learned solver says of boards, none of it wrong."""
    checked = check_boards(seeds, 5, largest=9)
    results = iter_solve([puzzle for puzzle, _ in checked], max_steps=24)
    statuses = Counter[str]()
    for (puzzle, expected), result in zip(checked, results, strict=True):
        status = result.status
        assert (status == "contradiction") <= (expected == 0)
        assert (status == "ambiguous") <= (expected == 2)
        if result.verdict.status == "verified":
            assert result.answer is not None and is_answer(puzzle, result.answer.grid)
        statuses[status] += 1
    return statuses


def test_nothing_wrong_is_called_verified() -> None:
    statuses = check_learned(range(5))
    assert statuses["solved"] and statuses["contradiction"] and statuses["ambiguous"]


@pytest.mark.soak
def test_nothing_wrong_is_called_verified_on_many_boards() -> None:
    check_learned(range(3 * SOAK // 5))


@pytest.mark.parametrize("difficulty", ["easy", "hard", "minimal"])
def test_generated_boards_are_as_hard_as_told(difficulty: str) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        board = some_board(rng)
        if difficulty == "hard" and board.cells <= 36:
            continue  # singles solve nearly all of those
        try:
            clues, solution = make_puzzle(board, difficulty, rng)
        except UsageError:
            continue
        assert ((clues == 0) | (clues == solution)).all() and not breaks_a_unit(board, solution)
        with closing(OtherCounter(board)) as counter:
            assert counter.count(clues) == 1
        assert (open_cells(board, clues) > 0) == (difficulty == "hard") or difficulty == "minimal"
        if difficulty == "minimal":
            for cell in np.flatnonzero(clues):
                fewer = clues.copy()
                fewer[cell] = 0
                less = Puzzle("sudoku", "", board.grid(fewer), "", board=board)
                assert count_solutions(less) == 2


def test_search_and_sat_solver_agree_where_either_alone_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for guesses in (0, 1, 10_000):
        monkeypatch.setattr(sudoku_rules, "FEW_GUESSES", guesses)
        monkeypatch.setattr(sudoku_rules, "FEWER_GUESSES", guesses)
        check_boards(range(4), 2, largest=9)


@pytest.mark.parametrize("rule", ["samurai", "butterfly"])
def test_overlapping_grids(rule: str) -> None:
    board, rng = make_board(9, rule), np.random.default_rng(1)
    clues, solution = make_puzzle(board, "easy", rng)
    puzzle = Puzzle("sudoku", "", board.grid(clues), "", board=board)
    assert count_solutions(puzzle) == 1
    assert verify(puzzle, board.grid(solution)).status == "verified"
