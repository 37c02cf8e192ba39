"""Sudokus that have one solution, none, several, or nearly all of their digits.

What a settled state is worth shows where there is nothing right to settle on. All four kinds are
made from the same minimal boards, so that they differ in nothing else: as it is; with one clue more
that no rule forbids and no solution has; with clues taken out until there are two solutions; and
the solution with a few blanks.

    >>> cases = settle_boards(None, limit=200, seed=0)
    >>> dict.fromkeys(cases.groups)
    {'one solution': None, 'no solution': None, 'several solutions': None, 'nearly full': None}
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from puzzlesolver.bench.cases import Cases, gather, refuse
from puzzlesolver.domains.base import Grid, Puzzle, get_domain
from puzzlesolver.domains.detect import read_puzzles

EACH = 200
"""Boards of each kind."""

BOARDS_4X4 = Path(__file__).with_name("boards_4x4.csv")

LEVELS = ("easy", "1", "hard")
"""Of the 9×9 boards, a third each: a model that is always right, or never, tells nothing."""


def settle_boards(data: Path | None, limit: int | None, seed: int, size: int = 9) -> Cases:
    """`limit` boards of each kind; as `cases.Load`."""
    refuse(data, "sudoku-extreme reads boards of any kind")
    boards = list(_minimal_boards(limit or EACH, seed, size))
    rng = np.random.default_rng((seed, size))
    kinds = {
        "one solution": boards,
        "no solution": [_with_wrong_clue(board, rng) for board in boards],
        "several solutions": [_with_missing_clues(board, rng) for board in boards],
        "nearly full": [_nearly_full(board, rng) for board in boards],
    }
    return gather(f"generated {size}×{size} boards, seed {seed}", kinds)


def _minimal_boards(count: int, seed: int, size: int) -> Iterator[Puzzle]:
    generate = get_domain("sudoku").generate
    if size == 4:  # those of the committed reports, which an earlier generator made with seed 0
        made = itertools.islice(read_puzzles([BOARDS_4X4], "sudoku"), count)
        return (
            replace(puzzle, name=f"generated:0:{number}") for number, puzzle in enumerate(made, 1)
        )
    # One seed would start all levels from the same random boards.
    levels = [
        generate(count, int(start), difficulty=level)
        for level, start in zip(LEVELS, np.random.SeedSequence(seed).generate_state(3), strict=True)
    ]
    in_turn = itertools.chain.from_iterable(zip(*levels, strict=True))
    return itertools.islice(in_turn, count)


def _with_wrong_clue(puzzle: Puzzle, rng: np.random.Generator) -> Puzzle:
    assert puzzle.label is not None
    side, contradiction = len(puzzle.grid), get_domain("sudoku").contradiction
    for choice in rng.permutation(side**3):
        (row, column), digit = divmod(choice // side, side), choice % side + 1
        if puzzle.grid[row, column] or puzzle.label[row, column] == digit:
            continue
        grid = puzzle.grid.copy()
        grid[row, column] = digit
        if contradiction(replace(puzzle, grid=grid)) is None:
            return _changed(puzzle, grid, "no solution")
    raise AssertionError("on a minimal board a cell is open to more than its digit")


def _with_missing_clues(puzzle: Puzzle, rng: np.random.Generator) -> Puzzle:
    grid = puzzle.grid.copy()
    for cell in rng.permutation(np.flatnonzero(grid)):
        grid.flat[cell] = 0
        if get_domain("sudoku").count_solutions(replace(puzzle, grid=grid)) == 2:
            break
    return _changed(puzzle, grid, "several solutions")


def _nearly_full(puzzle: Puzzle, rng: np.random.Generator) -> Puzzle:
    """Up to a row's worth of blanks, still with one solution."""
    assert puzzle.label is not None
    side = len(puzzle.grid)
    while True:
        grid = puzzle.label.copy()
        grid.flat[rng.permutation(side**2)[: rng.integers(1, side + 1)]] = 0
        if get_domain("sudoku").count_solutions(replace(puzzle, grid=grid)) == 1:
            return replace(_changed(puzzle, grid, "nearly full"), label=puzzle.label)


def _changed(puzzle: Puzzle, grid: Grid, kind: str) -> Puzzle:
    return replace(puzzle, name=f"{puzzle.name}, {kind}", grid=grid, label=None, rating=None)
