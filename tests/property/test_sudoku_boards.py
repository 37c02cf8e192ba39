"""Boards of all sizes and rules: two exact counters and the verifier agree; 10,000 in `make soak`.

The other counter states the rules unit by unit, for another solver than the package's own.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import numpy as np
import pytest
from pysat.solvers import Solver

from puzzlesolver.domains.base import Puzzle
from puzzlesolver.domains.sudoku import rules as sudoku_rules
from puzzlesolver.domains.sudoku.board import FREE_SIZES, SIZES, Board, make_board, needs_map
from puzzlesolver.domains.sudoku.making.reduce import make_puzzle, random_regions, random_solution
from puzzlesolver.domains.sudoku.rules import (
    contradiction,
    count_solutions,
    solve_exactly,
    verify,
)
from puzzlesolver.domains.sudoku.singles import find, open_cells
from puzzlesolver.domains.sudoku.variants import EXTRA, OVERLAPS
from puzzlesolver.errors import UsageError

SOAK = int(os.environ.get("SOAK", "100"))
PARTS = 20


def some_board(rng: np.random.Generator, largest: int = 9) -> Board:
    """A board of any size and up to two further rules that fit it."""
    while True:
        shares = [0.6, 0.15, 0.2, 0.05] if largest > 9 else [0.65, 0.15, 0.2, 0]
        kind = rng.choice(["boxes", "latin", "jigsaw", "overlap"], p=shares)
        sizes = np.array([n for n in (SIZES if kind == "boxes" else FREE_SIZES) if n <= largest])
        rare = 1 / sizes**2.0  # large boards take long
        size = 9 if kind == "overlap" else int(rng.choice(sizes, p=rare / rare.sum()))
        names = list(rng.choice([*EXTRA, "anti-knight", "anti-king"], rng.integers(3)))
        names += {"boxes": [], "overlap": [rng.choice([*OVERLAPS])]}.get(kind, [kind])
        told = ",".join(names)
        try:
            return make_board(size, told, random_regions(size, rng) if needs_map(told) else "")
        except UsageError:
            continue  # a rule that does not fit


def other_count(board: Board, values: np.ndarray) -> int:
    """0, 1 or 2 solutions, by clauses from units alone."""
    n = board.symbols
    with Solver("cadical153") as solver:
        for cell in range(board.cells):
            solver.add_clause([cell * n + k + 1 for k in range(n)])
        for unit in board.units:
            for a, b in itertools.combinations(unit.cells, 2):
                for k in range(1, n + 1):
                    solver.add_clause([-(a * n + k), -(b * n + k)])
        for cell, value in enumerate(values.tolist()):
            if value:
                for k in range(1, n + 1):
                    solver.add_clause([(cell * n + k) if k == value else -(cell * n + k)])
        found = 0
        while found < 2 and solver.solve():
            model = solver.get_model()
            # A cell may be true of several digits: nothing forbids it but its units.
            first = [next(k for k in range(n) if model[c * n + k] > 0) for c in range(board.cells)]
            solver.add_clause([-(c * n + k + 1) for c, k in enumerate(first)])
            found += 1
        return found


def breaks_a_unit(board: Board, values: np.ndarray) -> bool:
    held: Iterator[list[int]] = ([int(values[c]) for c in unit.cells] for unit in board.units)
    return any(len(v := [each for each in cells if each]) != len({*v}) for cells in held)


def check(seed: int, largest: int = 9) -> None:
    rng = np.random.default_rng(seed)
    board = some_board(rng, largest)
    try:
        solution = random_solution(board, rng)
    except UsageError:
        return  # rules that exclude each other
    assert not breaks_a_unit(board, solution)
    share = rng.uniform(0.2 if board.cells <= 81 else 0.55, 0.9)
    clues = np.where(rng.random(board.cells) < share, solution, 0).astype(np.uint8)
    if rng.random() < 0.3:
        clues[rng.integers(board.cells)] = rng.integers(1, board.symbols + 1)
    puzzle = Puzzle("sudoku", "", board.grid(clues), "", board=board)
    expected = other_count(board, clues)
    told = f"seed {seed}: {board.symbols} {board.told}"
    assert count_solutions(puzzle) == expected, told
    _, found, guesses = find(board, clues, 2, 1_000)
    assert guesses < 0 or found == expected, told
    assert (contradiction(puzzle) is not None) == breaks_a_unit(board, clues), told
    exact = solve_exactly(puzzle)
    assert (exact is not None) == (expected > 0), told
    assert exact is None or verify(puzzle, exact).status == "verified", told
    assert expected != 1 or open_cells(board, clues) or guesses == 0, told
    answer = solution.copy()
    for cell in rng.integers(board.cells, size=rng.integers(3)):
        answer[cell] = rng.integers(1, board.symbols + 1)
    right = not breaks_a_unit(board, answer) and bool((answer == clues)[clues > 0].all())
    assert (verify(puzzle, board.grid(answer)).status == "verified") == right, told


def test_counters_and_verifier_agree() -> None:
    for seed in range(20):
        check(seed)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_counters_and_verifier_agree_on_boards_of_all_sizes(part: int) -> None:
    for seed in range(part, 100 * SOAK, PARTS):
        check(seed, largest=25)


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
        assert other_count(board, clues) == 1
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
        for seed in range(4):
            check(seed)


@pytest.mark.parametrize("rule", ["samurai", "butterfly"])
def test_overlapping_grids(rule: str) -> None:
    board, rng = make_board(9, rule), np.random.default_rng(1)
    clues, solution = make_puzzle(board, "easy", rng)
    puzzle = Puzzle("sudoku", "", board.grid(clues), "", board=board)
    assert count_solutions(puzzle) == 1
    assert verify(puzzle, board.grid(solution)).status == "verified"
