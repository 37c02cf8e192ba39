"""Compiled exact search on 9×9 boards.

In: boards as `uint8[81]`, row-major, 0 = blank. Out: solutions, and the guesses that a plain solver
needs. All of it is numba machine code without Python objects: one core makes thousands of minimal
boards a second. Boards of other sizes are for the SAT solver of `rules`.

    >>> solution, found, guesses = solve(board, 2, np.zeros(1, np.uint64), MANY_GUESSES)
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.sudoku.propagation import (
    CELLS,
    KEEP,
    ROW,
    SETTLED,
    Board,
    Integer,
    State,
    lowest,
    popcount,
    propagate,
    put,
    start,
)
from puzzlesolver.machine_code import njit

RandomState: TypeAlias = npt.NDArray[np.uint64]

MANY_GUESSES = 1_000_000


@njit(cache=True)
def random_below(state: RandomState, bound: int) -> Integer:
    """A number in `range(bound)`, by a step of splitmix64 on `uint64[1]`.

    numba has no seedable generator without objects.
    """
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64((z ^ (z >> np.uint64(31))) % np.uint64(bound))


@njit(cache=True)
def shuffle(items: npt.NDArray[np.int64], rng_state: RandomState) -> None:
    """Put `items` in random order."""
    for k in range(len(items) - 1, 0, -1):
        j = random_below(rng_state, k + 1)
        items[k], items[j] = items[j], items[k]


@njit(cache=True)
def _branch_cell(state: State, rng_state: RandomState) -> int:
    """A cell with the fewest candidates, or -1 when all are settled.

    Of the cells with two candidates it is the one whose digits have the most places among its
    peers, so that either guess removes much; with a random state, any of them.
    """
    best, most, ties = -1, -1, 0
    for band in range(3):
        once = twice = thrice = 0
        for digit in range(9):
            mask = state[3 * digit + band]
            thrice |= twice & mask
            twice |= once & mask
            once |= mask
        pairs = twice & ~thrice
        while pairs:
            cell = 27 * band + lowest(pairs)
            bit = pairs & -pairs
            pairs ^= bit
            if rng_state[0] != 0:
                ties += 1
                score = 0 if random_below(rng_state, ties) else ties
            else:
                score = 0
                for digit in range(9):
                    if state[3 * digit + band] & bit:
                        for k in range(3):
                            score += popcount(state[3 * digit + k] & ~KEEP[cell, k])
            if score > most:
                best, most = cell, score
    fewest = 2 if best >= 0 else 10
    for cell in range(CELLS):
        if fewest == 2:
            break
        if state[SETTLED + cell // 27] >> cell % 27 & 1 == 0:
            size = 0
            for digit in range(9):
                size += state[3 * digit + cell // 27] >> cell % 27 & 1
            if size < fewest:
                best, fewest = cell, size
    return best


@njit(cache=True)
def _search(
    states: State, limit: int, rng_state: RandomState, max_guesses: int
) -> tuple[Board, int, int]:
    """`solve` from the propagated state `states[0]`; the rest of `int64[81, 30]` is its stack."""
    solution = np.zeros(CELLS, np.uint8)
    branch_cell = np.empty(CELLS, np.int64)
    untried = np.zeros(CELLS, np.int64)
    found = guesses = depth = 0
    alive = True
    while True:
        if alive:
            cell = _branch_cell(states[depth], rng_state)
            if cell < 0:
                found += 1
                for cell in range(CELLS):
                    for digit in range(9):
                        if states[depth, 3 * digit + cell // 27] >> cell % 27 & 1:
                            solution[cell] = digit + 1
                if found >= limit:
                    return solution, found, guesses
            else:
                branch_cell[depth] = cell
                for digit in range(9):
                    free = states[depth, 3 * digit + cell // 27] >> cell % 27 & 1
                    untried[depth] |= free << digit
                depth += 1
        while depth > 0 and untried[depth - 1] == 0:
            depth -= 1
        if depth == 0:
            return solution, found, guesses
        guesses += 1
        if guesses > max_guesses:
            return solution, found, -1
        mask = untried[depth - 1]
        if rng_state[0] != 0:
            for _ in range(random_below(rng_state, popcount(mask))):
                mask &= mask - 1
        digit = lowest(mask)
        untried[depth - 1] ^= 1 << digit
        for k in range(states.shape[1]):  # an assignment of rows takes seconds to compile
            states[depth, k] = states[depth - 1, k]
        alive = propagate(states[depth], put(states[depth], branch_cell[depth - 1], digit))


@njit(cache=True)
def solve(
    board: Board, limit: int, rng_state: RandomState, max_guesses: int
) -> tuple[Board, int, int]:
    """Search with singles and locked candidates, guessing at a cell with the fewest candidates.

    Args:
        board: `uint8[81]`, 0 = blank.
        limit: stop at this many solutions; 2 decides uniqueness.
        rng_state: `uint64[1]`; 0 makes every choice in a fixed order, anything else at random.
        max_guesses: give up after this many guesses.

    Returns:
        (a solution `uint8[81]`, how many were found, guesses made or -1 when it gave up). A guess
        is one digit tried where nothing follows by logic; log(1 + guesses) correlates 0.89 with
        log(1 + rating) of the tdoku solver.
    """
    states = np.empty((CELLS, 30), np.int64)
    if not start(board, states[0]):
        return np.zeros(CELLS, np.uint8), 0, 0
    return _search(states, limit, rng_state, max_guesses)


@njit(cache=True)
def rate(board: Board) -> int:
    """Guesses that the plain solver needs to prove the solution unique."""
    return solve(board, 2, np.zeros(1, np.uint64), MANY_GUESSES)[2]


@njit(cache=True)
def is_redundant(board: Board, cell: Integer) -> bool:
    """Whether a board with one solution keeps it alone without the clue in `cell`."""
    states = np.empty((CELLS, 30), np.int64)
    digit = np.int64(board[cell]) - 1
    board[cell] = 0
    start(board, states[0])
    board[cell] = digit + 1
    states[0, 3 * digit + cell // 27] &= ~(1 << cell % 27)
    if not propagate(states[0], 1 << digit):
        return True
    return _search(states, 1, np.zeros(1, np.uint64), MANY_GUESSES)[1] == 0


@njit(cache=True)
def resistance(board: Board) -> int:
    """Candidates left when each one was tried alone and all that were refuted are dropped.

    0 = one round of trial and error solves the board, as it does nearly all of those that need many
    guesses. The famous hard ones keep about 200: refuting a digit there takes a second guess.
    """
    states = np.empty((2, 30), np.int64)
    if not start(board, states[0]):
        return 0
    refuted = np.zeros(SETTLED, np.int64)
    for cell in range(CELLS):
        band, bit = cell // 27, 1 << cell % 27
        if states[0, SETTLED + band] & bit:
            continue
        for digit in range(9):
            if states[0, 3 * digit + band] & bit:
                states[1] = states[0]
                if not propagate(states[1], put(states[1], cell, digit)):
                    refuted[3 * digit + band] |= bit
    states[0, :SETTLED] &= ~refuted
    if not propagate(states[0], ROW):
        return 0
    left = 0
    for digit in range(9):
        for band in range(3):
            left += popcount(states[0, 3 * digit + band] & ~states[0, SETTLED + band])
    return left
