"""Exact solvers, timed on the puzzles of a run.

They answer every Sudoku and every maze, thousands a second; no network comes near them, and the
report says so by showing both.

    >>> [row["solver"] for row in time_exact_solvers(cases.puzzles)]
    ['python-sat', 'compiled backtracking']
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Any

from puzzlesolver.domains.base import Grid, Puzzle, get_domain
from puzzlesolver.domains.maze import rules as maze
from puzzlesolver.domains.maze.lay import flood
from puzzlesolver.domains.sudoku import singles
from puzzlesolver.domains.sudoku.board import board_of
from puzzlesolver.domains.sudoku.rules import Undecided, solutions

Exact = Callable[[Puzzle], Grid | None]

SAMPLE = 1_000
"""Puzzles that each exact solver is timed on."""

GUESSES = 100_000
"""What compiled backtracking may cost; large boards that need more count as not solved by it."""


def time_exact_solvers(puzzles: Sequence[Puzzle]) -> list[dict[str, Any]]:
    """Every exact solver of this kind of puzzle, on the first `SAMPLE` of them.

    Returns:
        For each its name, `solver`, and on one thread: how many `puzzles` it was given, how many
        answers the rules accept (`verified`), how many puzzles it proved to have no solution
        (`refuted`), and the `seconds` for all of them.
    """
    puzzles = puzzles[:SAMPLE]
    domain = get_domain(puzzles[0].domain)
    solvers = EXACT[domain.name]
    return [{"solver": name} | _timed(solver, puzzles) for name, solver in solvers.items()]


def _timed(solver: Exact, puzzles: Sequence[Puzzle]) -> dict[str, Any]:
    domain = get_domain(puzzles[0].domain)
    solver(puzzles[0])  # compiles, or loads the library
    started = time.perf_counter()
    pairs = [(puzzle, solver(puzzle)) for puzzle in puzzles]
    seconds = time.perf_counter() - started
    verified = (
        answer is not None and domain.verify(puzzle, answer).status == "verified"
        for puzzle, answer in pairs
    )  # fmt: skip
    refuted = (answer is None and domain.count_solutions(puzzle) == 0 for puzzle, answer in pairs)
    counts = {"puzzles": len(puzzles), "verified": sum(verified), "refuted": sum(refuted)}
    return counts | {"seconds": seconds}


def _by_sat(puzzle: Puzzle) -> Grid | None:
    board = board_of(puzzle)
    # A board that defeats it counts as not solved.
    with contextlib.suppress(Undecided, StopIteration):
        return board.grid(next(solutions(board, board.values(puzzle.grid))))
    return None


def _backtrack(puzzle: Puzzle) -> Grid | None:
    board = board_of(puzzle)
    solution, found, _ = singles.find(board, board.values(puzzle.grid), 1, GUESSES)
    return board.grid(solution) if found else None


def _flood(puzzle: Puzzle) -> Grid | None:
    goal = maze.find(puzzle.grid, maze.GOAL)
    return maze.walk(puzzle.grid, flood(puzzle.grid != maze.WALL, goal))


EXACT: dict[str, dict[str, Exact]] = {
    "sudoku": {"python-sat": _by_sat, "compiled backtracking": _backtrack},
    "maze": {
        "breadth-first search": get_domain("maze").solve_exactly,
        "compiled breadth-first search": _flood,
    },
}
"""By domain, and by what the reports call them."""
