"""New boards of any size and rules: a random solution, and as few clues as the difficulty allows.

In: a board, a difficulty and a random number generator. Out: clues with exactly one solution, and
that solution. Plain 9×9 boards are bred instead (`breed`).

    >>> clues, solution = make_puzzle(make_board(16, "diagonal"), "easy", np.random.default_rng(7))
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Limit
from puzzlesolver.domains.sudoku.board import Board
from puzzlesolver.domains.sudoku.rules import Undecided, as_clauses, solutions
from puzzlesolver.domains.sudoku.singles import exchange, find, open_cells, random_full, tables
from puzzlesolver.domains.sudoku.units import LATIN, box_shape
from puzzlesolver.errors import UsageError

Values = npt.NDArray[np.uint8]

EASY, HARD, MINIMAL = "easy", "hard", "minimal"
DIFFICULTIES = (EASY, HARD, MINIMAL)
"""Singles alone solve it; singles alone leave a quarter of the open cells; no clue can go."""

OPEN_SHARE = 0.25
TRIES = 20_000
"""Cells of the boards that are tried before a difficulty is given up."""

GUESSES = {True: 10_000, False: 100}
"""What plain search may cost, on boards of up to 81 cells and on others, before a SAT solver."""

CONFLICTS = {HARD: 1_000, MINIMAL: 50_000}
"""What a proof that a clue can go may cost."""

SEARCHES, SEARCH_GUESSES, SEARCH_LIMIT = 50, 1_000, Limit(conflicts=2_000)
"""Searches for a full board, and what each may cost in guesses, then in conflicts."""

MOVES = 10
"""Random moves a cell of a solution."""


def make_puzzle(board: Board, difficulty: str, rng: np.random.Generator) -> tuple[Values, Values]:
    """Clues and their only solution, `uint8[cells]` both.

    Raises:
        UsageError: no board keeps the rules, or none that is so hard was found.
    """
    for _ in range(TRIES // board.cells):
        solution = random_solution(board, rng)
        if (clues := _reduced(board, solution, difficulty, rng)) is not None:
            return clues, solution
    what = f"no {difficulty} board was found in {TRIES // board.cells} tries"
    hint = f"difficulties are {', '.join(DIFFICULTIES)}"
    raise UsageError(what, where="--difficulty", hint=hint)


def random_solution(board: Board, rng: np.random.Generator) -> Values:
    """A full board: a pattern, or what random guesses or a SAT solver find, then random moves.

    Raises:
        UsageError: no board keeps the rules, or none was found.
    """
    plain = board.is_standard or board.rules == (LATIN,)
    values = _pattern(board) if plain else _found(board, rng)
    state = rng.integers(1, 2**63, 1, dtype=np.uint64)
    exchange(values, board.symbols, tables(board).peers, MOVES * board.cells, state)
    return (rng.permutation(board.symbols) + 1).astype(np.uint8)[values - 1]


def _found(board: Board, rng: np.random.Generator) -> Values:
    """A full board by random guesses or a SAT solver; a short try from elsewhere beats a long one.

    Raises:
        UsageError: there is none, or none was found.
    """
    empty = np.zeros(board.cells, np.uint8)
    for _ in range(SEARCHES):
        if (full := random_full(board, rng, SEARCH_GUESSES)) is not None:
            return full
        try:
            return next(solutions(board, empty, SEARCH_LIMIT, rng))
        except StopIteration:
            raise UsageError(f"no board keeps the rules {board.told}", where="--rules") from None
        except Undecided:
            continue
    raise UsageError(f"no full board was found under the rules {board.told}", where="--rules")


def _pattern(board: Board) -> Values:
    """A full board where every row is the one above, shifted."""
    side = board.symbols
    height, width = box_shape(side) if board.is_standard else (1, 1)
    row, column = np.array(board.places).T
    shifted = width * (row % height) + row // height + column
    pattern: Values = (shifted % side + 1).astype(np.uint8)
    return pattern


def _reduced(
    board: Board, solution: Values, difficulty: str, rng: np.random.Generator
) -> Values | None:
    """The solution without clues that can go, in random order; None where that is too easy."""
    clues, proof = solution.copy(), _Proof(board, solution, CONFLICTS.get(difficulty, 0))
    for cell in rng.permutation(board.cells):
        clues[cell] = 0
        left = open_cells(board, clues)
        if left and (difficulty == EASY or not proof.is_unique(clues)):
            clues[cell] = solution[cell]
        elif difficulty == HARD and left > OPEN_SHARE * (clues == 0).sum():
            return clues
    if difficulty == HARD:
        return clues if open_cells(board, clues) else None
    return None if proof.undecided else clues


class _Proof:
    """Whether clues have no other solution, by search, then by a SAT solver that learns."""

    def __init__(self, board: Board, solution: Values, conflicts: int) -> None:
        self.board, self.solution, self.conflicts = board, solution, conflicts
        self.undecided = 0

    @functools.cached_property
    def solver(self) -> Any:
        from pysat.solvers import Solver

        solver = Solver("glucose4", bootstrap_with=_empty(self.board))
        solver.add_clause([-self._variable(cell) for cell in range(self.board.cells)])
        return solver

    def _variable(self, cell: int) -> int:
        return cell * self.board.symbols + int(self.solution[cell])

    def is_unique(self, clues: Values) -> bool:
        """Whether it is proved; counts the `undecided`."""
        _, found, guesses = find(self.board, clues, 2, GUESSES[self.board.cells <= 81])
        if guesses >= 0 or found == 2:
            return found == 1
        self.solver.conf_budget(self.conflicts)
        given = [self._variable(cell) for cell in np.flatnonzero(clues).tolist()]
        other = self.solver.solve_limited(given, expect_interrupt=True)
        self.undecided += other is None
        return other is False


@functools.lru_cache(1)
def _empty(board: Board) -> list[list[int]]:
    return as_clauses(board, np.zeros(board.cells, np.uint8))[0]
