"""The rules of Sudoku: is this answer right, do these clues clash, how many solutions are there?

In: a `Puzzle`, for `verify` an answer grid too. Out: a `Verdict` that names the first conflict,
counting rows and columns from 1, or an exact count by a SAT solver, for boards of every size, if it
is found within a limit.

    >>> verify(puzzle, answer).reason
    'row 3 holds 7 twice: r3c2 and r3c8'
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import DIGITS, NO_DEADLINE, Grid, Limit, Puzzle, Verdict

if TYPE_CHECKING:
    from pysat.solvers import Solver

BOXES = {
    4: (2, 2), 6: (2, 3), 8: (2, 4), 9: (3, 3), 10: (2, 5), 12: (3, 4), 16: (4, 4), 25: (5, 5),
}  # fmt: skip
"""Rows and columns of a box by the side of the board."""

Cell = tuple[int, int]


def box_shape(side: int) -> tuple[int, int]:
    """Rows and columns of a box on a board with `side` rows; `ValueError` on an unknown size."""
    if side not in BOXES:
        raise ValueError(f"no Sudoku has {side} rows, only {', '.join(map(str, BOXES))}")
    return BOXES[side]


@functools.cache
def units(side: int) -> npt.NDArray[np.int64]:
    """Cell numbers of all rows, then columns, then boxes, `int64[3 * side, side]`."""
    rows, columns = box_shape(side)
    cells = np.arange(side * side).reshape(side, side)
    boxes = cells.reshape(side // rows, rows, side // columns, columns).swapaxes(1, 2)
    return np.concatenate([cells, cells.T, boxes.reshape(side, side)])


def verify(puzzle: Puzzle, answer: Grid) -> Verdict:
    """Check that an answer is full, keeps the clues, and repeats no digit in any unit."""
    side = len(puzzle.grid)
    if answer.shape != puzzle.grid.shape:
        size = "×".join(map(str, answer.shape))
        return Verdict("wrong", f"the answer is {size}, the puzzle {side}×{side}")
    if (blank := _first(answer == 0)) is not None:
        count = int((answer == 0).sum())
        told = "is blank" if count == 1 else f"is the first of {count:,} blank cells"
        return Verdict("wrong", f"{_name(blank)} {told}", (blank,))
    if (large := _first(answer > side)) is not None:
        reason = f"{_name(large)} holds {answer[large]}, the largest digit is {side}"
        return Verdict("wrong", reason, (large,))
    if (changed := _first((puzzle.grid > 0) & (answer != puzzle.grid))) is not None:
        given, held = (puzzle.spell(DIGITS[grid[changed] - 1]) for grid in (puzzle.grid, answer))
        reason = f"{_name(changed)} is given as {given} but holds {held}"
        return Verdict("wrong", reason, (changed,))
    return _repetition(puzzle, answer, "holds") or Verdict("verified")


def contradiction(puzzle: Puzzle) -> Verdict | None:
    """The first two clues that clash, or None; no search."""
    return _repetition(puzzle, puzzle.grid, "is given")


def _repetition(puzzle: Puzzle, grid: Grid, verb: str) -> Verdict | None:
    """The first unit with a digit twice; rows come before columns before boxes."""
    side = len(grid)
    digits = grid.ravel()[units(side)]
    ordered = np.sort(digits, axis=1)
    repeated = (ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] > 0)
    if (found := _first(repeated)) is None:
        return None
    number, position = found
    digit = ordered[number, position]
    cells = units(side)[number, np.flatnonzero(digits[number] == digit)[:2]]
    first, second = ((int(cell) // side, int(cell) % side) for cell in cells)
    unit = f"{('row', 'column', 'box')[number // side]} {number % side + 1}"
    told = puzzle.spell(DIGITS[digit - 1])
    reason = f"{unit} {verb} {told} twice: {_name(first)} and {_name(second)}"
    return Verdict("wrong", reason, (first, second))


def _first(mask: npt.NDArray[np.bool_]) -> Cell | None:
    """The first true cell in row-major order."""
    number = int(mask.argmax())
    return divmod(number, mask.shape[1]) if mask.flat[number] else None


def _name(cell: Cell) -> str:
    return f"r{cell[0] + 1}c{cell[1] + 1}"


FEW_GUESSES = 10_000
"""Beyond them a SAT solver proves sooner than plain search how many solutions a board has."""

SLICE = 500
"""Conflicts after which the SAT solver is asked to pause, so that deadlines and Ctrl-C are noticed;
it does so at its next restart."""


class Undecided(Exception):
    """The limit of a search was reached first."""


def count_solutions(puzzle: Puzzle, limit: Limit = NO_DEADLINE) -> int | None:
    """0, 1 or 2 (2 means more than one), proved by search or, where that is long, a SAT solver.

    None: the limit was reached first.
    """
    if puzzle.grid.shape == (9, 9) and not limit.is_reached(0):
        from puzzlesolver.domains.sudoku.search import solve

        board, in_order = puzzle.grid.reshape(-1), np.zeros(1, np.uint64)
        _, found, guesses = solve(board, 2, in_order, min(FEW_GUESSES, limit.conflicts))
        if guesses >= 0:
            return found
    with contextlib.suppress(Undecided):
        return len(list(itertools.islice(solutions(puzzle.grid, limit), 2)))
    return None


def solve_exactly(puzzle: Puzzle, limit: Limit = NO_DEADLINE) -> Grid | None:
    """A solution found by a SAT solver; None: there is none, or the limit was reached first."""
    with contextlib.suppress(Undecided):
        return next(solutions(puzzle.grid, limit), None)
    return None


def solutions(
    grid: Grid, limit: Limit = NO_DEADLINE, rng: np.random.Generator | None = None
) -> Iterator[Grid]:
    """All solutions of a board one after another; `rng` makes the first one a random one.

    Raises:
        Undecided: the limit was reached before the next solution, or the proof that there is none.
    """
    from pysat.solvers import Solver

    if limit.is_reached(0):
        raise Undecided
    clauses, candidates = exact_cover(grid)
    with Solver("glucose4", bootstrap_with=clauses) as solver:
        if rng is not None:
            signs = np.where(rng.random(len(candidates)) < 1 / len(grid), 1, -1)
            solver.set_phases((signs * np.arange(1, len(candidates) + 1)).tolist())
        while _is_satisfiable(solver, limit):
            model = np.array(solver.get_model()[: len(candidates)])
            chosen = candidates[model > 0]
            answer = np.zeros_like(grid)
            answer[chosen[:, 0], chosen[:, 1]] = chosen[:, 2] + 1
            yield answer
            solver.add_clause((-model[model > 0]).tolist())


def _is_satisfiable(solver: Solver, limit: Limit) -> bool:
    """Whether the clauses can be met; raises `Undecided` when the limit is reached first."""
    while not limit.is_reached(solver.accum_stats()["conflicts"]):
        solver.conf_budget(SLICE)
        # Told to expect an interruption, the solver leaves Ctrl-C to Python, and threads running.
        found = solver.solve_limited(expect_interrupt=True)
        if found is not None:
            return bool(found)
    raise Undecided


def exact_cover(grid: Grid) -> tuple[list[list[int]], npt.NDArray[np.int64]]:
    """A board as clauses: each cell one digit, each digit one cell of every row, column and box.

    Returns:
        (clauses, candidates `int64[variables, 3]`): variable v stands for the row, column and
        digit, all from 0, in `candidates[v - 1]`. What a clue rules out has no variable.
    """
    side = len(grid)
    possible = np.ones((side * side, side), np.bool_)
    clues = np.flatnonzero(grid)
    digits = grid.ravel()[clues].astype(np.int64) - 1
    for cell, digit in zip(clues, digits, strict=True):
        seen = units(side)[(units(side) == cell).any(1)]
        possible[seen, digit] = False
        possible[cell] = False
    # A clue that another clue rules out keeps its variable: the clauses then contradict each other.
    possible[clues, digits] = True

    variables = np.where(possible, possible.cumsum().reshape(possible.shape), 0)
    covers = np.concatenate([variables, variables[units(side)].swapaxes(1, 2).reshape(-1, side)])
    clauses: list[list[int]] = []
    for cover in covers:
        options = cover[cover > 0].tolist()
        clauses.append(options)
        clauses += ([-a, -b] for a, b in itertools.combinations(options, 2))
    cells, digits = np.nonzero(possible)
    return clauses, np.stack([cells // side, cells % side, digits], axis=1)
