"""What to compare with: exact solvers timed on the same puzzles, and what others published.

Exact solvers answer every Sudoku and every maze, thousands a second; no network comes near them,
and the report says so by showing both. Published accuracies are of the test set in
`PUBLISHED_ON`, never of ours.

    >>> [row.solver for row in time_exact_solvers(cases.puzzles)]
    ['python-sat', 'compiled backtracking']
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from puzzlesolver.domains.base import Grid, Puzzle, get_domain

Exact = Callable[[Puzzle], Grid | None]

SAMPLE = 1_000
"""Puzzles that each exact solver is timed on."""


@dataclass(frozen=True)
class Published:
    """An accuracy that others report.

    Attributes:
        system: its name.
        accuracy: percent of puzzles answered exactly as the label has it.
        training: what it was trained on.
        setting: how much it may compute for one puzzle, where that is not the paper's default.
        source: where the figure stands.
    """

    system: str
    accuracy: float
    training: str
    setting: str
    source: str


SMALL = "1,000 puzzles, augmented"
MAZES = "1,000 mazes"
DEMONSTRATIONS = "other tasks and the demonstrations of these, augmented"
VOTES = "up to 1,000 variants of a task vote"
PUBLISHED_ON = {
    "sudoku-extreme": "Sudoku-Extreme",
    "maze-hard": "Maze-Hard",
    "arc-eval": "ARC-AGI-1, public evaluation",
    "arc2-eval": "ARC-AGI-2, public evaluation",
}

PUBLISHED = {
    "sudoku-extreme": (
        Published("HRM", 55.0, SMALL, "", "arXiv 2506.21734"),
        Published("TRM", 87.4, SMALL, "", "arXiv 2510.04871"),
        Published("SE-RRM", 93.7, SMALL, "16 steps", "arXiv 2603.02193"),
        Published("SE-RRM", 98.8, SMALL, "128 steps", "arXiv 2603.02193"),
        Published("RSM", 97.5, "3.8 million puzzles", "640 × 8 steps", "arXiv 2603.15641"),
        Published("PTRM", 98.75, SMALL, "100 noisy rollouts of 64 steps", "arXiv 2605.19943"),
        Published("EqR", 99.8, SMALL, "128 restarts of 64 steps", "arXiv 2605.21488"),
        Published("LDT", 100.0, SMALL, "with branching search", "arXiv 2605.08605"),
    ),
    "maze-hard": (
        Published("HRM", 74.5, MAZES, "", "arXiv 2506.21734"),
        Published("RSM", 80.0, MAZES, "", "arXiv 2603.15641"),
        Published("TRM", 85.3, f"{MAZES}, turned and flipped", "", "arXiv 2510.04871"),
        Published("SE-RRM", 88.8, MAZES, "", "arXiv 2603.02193"),
        Published("LDT", 99.3, MAZES, "", "arXiv 2605.08605"),
    ),
    "arc-eval": (
        Published("CompressARC", 20.0, "nothing", "20 GPU-minutes a task", "arXiv 2512.06104"),
        Published(
            "icecuber, symbolic search", 30.8, "nothing: 142 transformations, by hand",
            "about a minute a task", "Kaggle 2020, first place; the figure is second-hand",
        ),
        Published("HRM", 40.3, DEMONSTRATIONS, VOTES, "arXiv 2506.21734"),
        Published("TRM", 44.6, DEMONSTRATIONS, VOTES, "arXiv 2510.04871"),
        Published("SE-RRM", 45.3, DEMONSTRATIONS, VOTES, "arXiv 2603.02193"),
    ),
    "arc2-eval": (
        Published("HRM", 5.0, DEMONSTRATIONS, VOTES, "arXiv 2506.21734"),
        Published("SE-RRM", 7.1, DEMONSTRATIONS, VOTES, "arXiv 2603.02193"),
        Published("TRM", 7.8, DEMONSTRATIONS, VOTES, "arXiv 2510.04871"),
    ),
}  # fmt: skip
"""By suite; figures of 2026 papers come from their abstracts."""


@dataclass(frozen=True)
class Timing:
    """One exact solver on the puzzles of a run, on one thread.

    Attributes:
        solver: its name.
        puzzles: how many it was given.
        verified: how many of its answers the rules accept.
        seconds: for all of them.
        refuted: how many it proved to have no solution.
    """

    solver: str
    puzzles: int
    verified: int
    seconds: float
    refuted: int = 0


def time_exact_solvers(puzzles: Sequence[Puzzle]) -> list[Timing]:
    """Every exact solver that can take these puzzles, on the first `SAMPLE` of them."""
    puzzles = puzzles[:SAMPLE]
    domain = get_domain(puzzles[0].domain)
    name, compiled_name, compiled, shape = EXACT[domain.name]
    solvers: dict[str, Exact] = {name: domain.solve_exactly}
    if all(shape in (None, puzzle.grid.shape) for puzzle in puzzles):
        solvers[compiled_name] = compiled
    return [_time(name, solver, puzzles) for name, solver in solvers.items()]


def _time(name: str, solver: Exact, puzzles: Sequence[Puzzle]) -> Timing:
    solver(puzzles[0])  # compiles, or loads the library
    started = time.perf_counter()
    answers = [solver(puzzle) for puzzle in puzzles]
    seconds = time.perf_counter() - started
    verdicts = [
        get_domain(puzzle.domain).verify(puzzle, answer).status
        for puzzle, answer in zip(puzzles, answers, strict=True)
        if answer is not None
    ]
    refuted = sum(
        answer is None and get_domain(puzzle.domain).count_solutions(puzzle) == 0
        for puzzle, answer in zip(puzzles, answers, strict=True)
    )
    return Timing(name, len(puzzles), verdicts.count("verified"), seconds, refuted)


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
