"""Exact solvers, timed on the puzzles of a run.

They answer every Sudoku and every maze, thousands a second; no network comes near them, and the
report says so by showing both.

    >>> [row["solver"] for row in time_exact_solvers(cases.puzzles)]
    ['python-sat', 'compiled backtracking']
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from puzzlesolver.domains.base import Grid, Puzzle, get_domain

Exact = Callable[[Puzzle], Grid | None]

SAMPLE = 1_000
"""Puzzles that each exact solver is timed on."""


def time_exact_solvers(puzzles: Sequence[Puzzle]) -> list[dict[str, Any]]:
    """Every exact solver that can take these puzzles, on the first `SAMPLE` of them.

    Returns:
        For each its name, `solver`, and on one thread: how many `puzzles` it was given, how many
        answers the rules accept (`verified`), how many puzzles it proved to have no solution
        (`refuted`), and the `seconds` for all of them.
    """
    puzzles = puzzles[:SAMPLE]
    domain = get_domain(puzzles[0].domain)
    name, compiled_name, compiled, shape = EXACT[domain.name]
    solvers: dict[str, Exact] = {name: domain.solve_exactly}
    if all(shape in (None, puzzle.grid.shape) for puzzle in puzzles):
        solvers[compiled_name] = compiled
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


def _backtrack(puzzle: Puzzle) -> Grid | None:
    from puzzlesolver.domains.sudoku.search import MANY_GUESSES, solve

    in_order = np.zeros(1, np.uint64)
    solution, found, _ = solve(puzzle.grid.reshape(-1), 1, in_order, MANY_GUESSES)
    return solution.reshape(9, 9) if found else None


def _flood(puzzle: Puzzle) -> Grid | None:
    from puzzlesolver.domains.maze.lay import flood
    from puzzlesolver.domains.maze.rules import GOAL, WALL, find, walk

    return walk(puzzle.grid, flood(puzzle.grid != WALL, find(puzzle.grid, GOAL)))


EXACT: dict[str, tuple[str, str, Exact, tuple[int, ...] | None]] = {
    "sudoku": ("python-sat", "compiled backtracking", _backtrack, (9, 9)),
    "maze": ("breadth-first search", "compiled breadth-first search", _flood, None),
}
"""By domain: what `solve_exactly` uses, a compiled solver, and the only shape that one takes."""
