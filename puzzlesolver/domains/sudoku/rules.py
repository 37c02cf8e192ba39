"""The rules of a board: is this answer right, do these clues clash, how many solutions are there?

In: a `Puzzle`, for `verify` an answer grid too. Out: a `Verdict` that names the first unit that is
violated, counting rows and columns from 1, or an exact count, for boards of every size and with all
rules, if it is found within a limit.

    >>> verify(puzzle, answer).reason
    'row 3 holds 7 twice: r3c2 and r3c8'
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.puzzle import (
    DIGITS,
    NO_DEADLINE,
    Grid,
    Limit,
    Puzzle,
    Verdict,
    place_name,
    size_of,
)
from puzzlesolver.domains.sudoku.board import Board, board_of

if TYPE_CHECKING:
    from pysat.solvers import Solver

Values = npt.NDArray[np.uint8]
"""What the cells of a board hold, `uint8[cells]`; 0 = blank."""


def verify(puzzle: Puzzle, answer: Grid) -> Verdict:
    """Check that an answer is full, keeps the clues, and repeats no digit in any unit."""
    board = board_of(puzzle)
    if answer.shape != board.shape:
        sizes = f"the answer is {size_of(answer)}, the puzzle {size_of(puzzle.grid)}"
        return Verdict("wrong", sizes)
    values, givens = board.values(answer), board.values(puzzle.grid)
    if (cell := _first(values == 0)) is not None:
        count = int((values == 0).sum())
        told = "is blank" if count == 1 else f"is the first of {count:,} blank cells"
        return _wrong(board, cell, told)
    if (cell := _first(values > board.symbols)) is not None:
        return _wrong(board, cell, f"holds {values[cell]}, the largest digit is {board.symbols}")
    if (cell := _first((givens > 0) & (values != givens))) is not None:
        given, held = (puzzle.spell(DIGITS[each[cell] - 1]) for each in (givens, values))
        return _wrong(board, cell, f"is given as {given} but holds {held}")
    return _repetition(puzzle, board, values, "holds") or Verdict("verified")


def contradiction(puzzle: Puzzle) -> Verdict | None:
    """The first two clues that clash, or None; no search."""
    board = board_of(puzzle)
    return _repetition(puzzle, board, board.values(puzzle.grid), "is given")


def _repetition(puzzle: Puzzle, board: Board, values: Values, verb: str) -> Verdict | None:
    """The first unit with a digit twice, in the order of the board's units."""
    if not board.clashes(values).any():
        return None
    for unit in board.units:
        held = values[[*unit.cells]]
        repeated = np.bincount(held)[1:] > 1
        if repeated.any():
            break
    digit = 1 + int(repeated.argmax())
    places = tuple(board.places[cell] for cell in np.array(unit.cells)[held == digit][:2])
    named = " and ".join(map(place_name, places))
    told = f"{unit.name} {verb} {puzzle.spell(DIGITS[digit - 1])} twice: {named}"
    return Verdict("wrong", told, places)


def _wrong(board: Board, cell: int, told: str) -> Verdict:
    place = board.places[cell]
    return Verdict("wrong", f"{place_name(place)} {told}", (place,))


def _first(mask: npt.NDArray[np.bool_]) -> int | None:
    """The number of the first true entry."""
    number = int(mask.argmax())
    return number if mask[number] else None


FEW_GUESSES, FEWER_GUESSES = 10_000, 200
"""Beyond them a SAT solver proves sooner than plain search how many solutions a board has, of up to
81 cells or of more."""

SLICE = 500
"""Conflicts after which the SAT solver is asked to pause, so that deadlines and Ctrl-C are noticed;
it does so at its next restart."""


class Undecided(Exception):
    """The limit of a search was reached first."""


def count_solutions(puzzle: Puzzle, limit: Limit = NO_DEADLINE) -> int | None:
    """0, 1 or 2 (2 means more than one), proved by search or, where that is long, a SAT solver.

    None: the limit was reached first.
    """
    found = _searched(puzzle, 2, limit)
    return None if found is None else found[1]


def solve_exactly(puzzle: Puzzle, limit: Limit = NO_DEADLINE) -> Grid | None:
    """A solution found by exact search; None: there is none, or the limit was reached first."""
    found = _searched(puzzle, 1, limit)
    return board_of(puzzle).grid(found[0]) if found and found[1] else None


def _searched(puzzle: Puzzle, most: int, limit: Limit) -> tuple[Values, int] | None:
    """A solution and how many there are, up to `most`; None where the limit was reached first."""
    if limit.is_reached(0):
        return None
    from puzzlesolver.domains.sudoku.singles import find

    board = board_of(puzzle)
    values = board.values(puzzle.grid)
    few = FEW_GUESSES if board.cells <= 81 else FEWER_GUESSES
    full, count, guesses = find(board, values, most, min(few, limit.conflicts))
    if guesses >= 0:
        return full, count
    with contextlib.suppress(Undecided):
        found = list(itertools.islice(solutions(board, values, limit), most))
        return (found or [full])[0], len(found)
    return None


def solutions(
    board: Board, values: Values, limit: Limit = NO_DEADLINE, rng: np.random.Generator | None = None
) -> Iterator[Values]:
    """All solutions of a board one after another; `rng` makes the first one a random one.

    Raises:
        Undecided: the limit was reached before the next solution, or the proof that there is none.
    """
    from pysat.solvers import Solver

    if limit.is_reached(0):
        raise Undecided
    clauses, candidates = as_clauses(board, values)
    with Solver("glucose4", bootstrap_with=clauses) as solver:
        if rng is not None:
            signs = np.where(rng.random(len(candidates)) < 1 / board.symbols, 1, -1)
            solver.set_phases((signs * np.arange(1, len(candidates) + 1)).tolist())
        while _is_satisfiable(solver, limit):
            model = np.array(solver.get_model()[: len(candidates)])
            chosen = candidates[model > 0]
            answer = np.zeros_like(values)
            answer[chosen[:, 0]] = chosen[:, 1] + 1
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


def as_clauses(board: Board, values: Values) -> tuple[list[list[int]], npt.NDArray[np.int64]]:
    """A board as clauses: each cell one digit, no digit in two peers, each in every full unit.

    Returns:
        (clauses, candidates `int64[variables, 2]`): variable v stands for the cell and the digit,
        both from 0, in `candidates[v - 1]`. What a clue rules out has no variable.
    """
    possible = np.ones((board.cells, board.symbols), np.bool_)
    clues = np.flatnonzero(values)
    digits = values[clues].astype(np.int64) - 1
    for cell, digit in zip(clues, digits, strict=True):
        possible[board.peers[cell], digit] = False
        possible[cell] = False
    # A clue that another clue rules out keeps its variable: the clauses then contradict each other.
    possible[clues, digits] = True

    variables = np.where(possible, possible.cumsum().reshape(possible.shape), 0)
    full = (variables[[*unit.cells]].T for unit in board.full)
    covers = itertools.chain(variables, *full)
    clauses = [cover[cover > 0].tolist() for cover in covers]
    one, other = np.triu_indices(board.symbols, 1)
    left, right = board.pairs
    for a, b in ((variables[:, one], variables[:, other]), (variables[left], variables[right])):
        both = (a > 0) & (b > 0)
        clauses += np.stack([-a[both], -b[both]], -1).tolist()
    return clauses, np.argwhere(possible)
