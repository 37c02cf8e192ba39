"""Compiled exact search on 9×9 boards.

In: boards as `uint8[81]`, row-major, 0 = blank. Out: solutions, and the guesses that a plain solver
needs. All of it is numba machine code without Python objects: one core makes thousands of minimal
boards a second. Boards of other sizes are for the SAT solver of `rules`.

A search state is `int64[30]`: three bands of 27 bits (bit 9·row + column) with the candidate cells
of each digit, then three bands of settled cells. One lookup restricts a digit in a whole band.

    >>> solution, found, guesses = solve(board, 2, np.zeros(1, np.uint64), MANY_GUESSES)
"""

from __future__ import annotations

from itertools import permutations
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from puzzlesolver.machine_code import njit

Board: TypeAlias = npt.NDArray[np.uint8]
RandomState: TypeAlias = npt.NDArray[np.uint64]
State: TypeAlias = npt.NDArray[np.int64]
Integer: TypeAlias = int | np.integer[Any]

CELLS = 81
BAND = (1 << 27) - 1
ROW = (1 << 9) - 1
SETTLED = 27
MANY_GUESSES = 1_000_000


def _locked_table() -> npt.NDArray[np.int64]:
    """For a 3×3 pattern of places (9 bits), those that lie on a choice of one per row and column.

    Take the rows of a band against its boxes, or the bands of a stack against its columns: dropping
    the other places is pointing and claiming at once, and none left says the digit has no home.
    """
    choices = [
        sum(1 << (3 * row + box) for row, box in enumerate(p)) for p in permutations(range(3))
    ]
    table = np.zeros(512, np.int64)
    for places in range(512):
        for choice in choices:
            if places & choice == choice:
                table[places] |= choice
    return table


def _keep_table() -> npt.NDArray[np.int64]:
    """`int64[81, 3]`: the cells where a digit can still be once it is placed in a cell."""
    cells = np.arange(CELLS)
    row, column = cells // 9, cells % 9
    box = row // 3 * 3 + column // 3
    sees = (row[:, None] == row) | (column[:, None] == column) | (box[:, None] == box)
    free: npt.NDArray[np.int64] = (~sees | np.eye(CELLS, dtype=np.bool_)).astype(np.int64)
    keep: npt.NDArray[np.int64] = (free.reshape(CELLS, 3, 27) << np.arange(27)).sum(-1)
    return keep


LOCKED = _locked_table()
KEEP = _keep_table()
BOXES = np.array([sum(1 << box for box in range(3) if row >> 3 * box & 7) for row in range(512)])
"""Which of its three boxes a row of 9 bits touches."""
SPREAD = np.array([sum(7 << 3 * k for k in range(9) if places >> k & 1) for places in range(512)])
"""Each of 9 bits three times: a (row, box) pattern as a band of cells."""


@njit(cache=True)
def popcount(mask: Integer) -> int:
    """How many bits are set."""
    count = 0
    while mask:
        mask &= mask - 1
        count += 1
    return count


@njit(cache=True)
def _lowest(mask: Integer) -> int:
    """The number of the lowest bit that is set."""
    return popcount((mask & -mask) - 1)


@njit(cache=True)
def next_random(state: RandomState) -> np.uint64:
    """One step of splitmix64 on `uint64[1]`; numba has no seedable generator without objects."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z: np.uint64 = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True)
def random_below(state: RandomState, bound: int) -> Integer:
    """A number in `range(bound)`."""
    return np.int64(next_random(state) % np.uint64(bound))


@njit(cache=True)
def shuffle(items: npt.NDArray[np.int64], rng_state: RandomState) -> None:
    """Put `items` in random order."""
    for k in range(len(items) - 1, 0, -1):
        j = random_below(rng_state, k + 1)
        items[k], items[j] = items[j], items[k]


@njit(cache=True)
def _restrict(state: State, digit: Integer) -> bool:
    """Locked candidates of one digit until nothing changes; False on a contradiction."""
    bands = state[3 * digit : 3 * digit + 3]
    while True:
        columns = 0
        for band in range(3):
            mask = bands[band]
            rows = BOXES[mask & ROW] | BOXES[mask >> 9 & ROW] << 3 | BOXES[mask >> 18] << 6
            if LOCKED[rows] == 0:
                return False
            mask &= SPREAD[LOCKED[rows]]
            bands[band] = mask
            columns |= ((mask | mask >> 9 | mask >> 18) & ROW) << 9 * band
        kept = 0
        for stack in (0, 3, 6):
            part = columns >> stack
            places = LOCKED[(part & 7) | (part >> 9 & 7) << 3 | (part >> 18 & 7) << 6]
            if places == 0:
                return False
            kept |= ((places & 7) | (places >> 3 & 7) << 9 | (places >> 6) << 18) << stack
        if kept == columns:
            return True
        for band in range(3):
            row = kept >> 9 * band & ROW
            bands[band] &= row | row << 9 | row << 18


@njit(cache=True)
def _propagate(state: State, dirty: Integer) -> bool:
    """Singles and locked candidates of the `dirty` digits and on; False on a contradiction."""
    while dirty:
        while dirty:
            digit = _lowest(dirty)
            dirty &= dirty - 1
            if not _restrict(state, digit):
                return False
            # After _restrict a digit alone in its box or column is alone in its row too.
            for band in range(3):
                for shift in (0, 9, 18):
                    row = state[3 * digit + band] >> shift & ROW
                    bit = row << shift
                    if row & (row - 1) == 0 and state[SETTLED + band] & bit == 0:
                        state[SETTLED + band] |= bit
                        for other in range(9):
                            if other != digit and state[3 * other + band] & bit:
                                state[3 * other + band] &= ~bit
                                dirty |= 1 << other
        for band in range(3):
            once = twice = 0
            for digit in range(9):
                twice |= once & state[3 * digit + band]
                once |= state[3 * digit + band]
            if once != BAND:
                return False
            single = once & ~twice & ~state[SETTLED + band]
            state[SETTLED + band] |= single
            for digit in range(9):
                mask = state[3 * digit + band] & single
                while mask:
                    for k in range(3):
                        state[3 * digit + k] &= KEEP[27 * band + _lowest(mask), k]
                    mask &= mask - 1
                    dirty |= 1 << digit
    return True


@njit(cache=True)
def _put(state: State, cell: Integer, digit: Integer) -> Integer:
    """Place a digit (0-8), no consequences; the digits (as bits) whose places changed."""
    band, bit = cell // 27, 1 << cell % 27
    dirty = 1 << digit
    for other in range(9):
        if other != digit and state[3 * other + band] & bit:
            state[3 * other + band] &= ~bit
            dirty |= 1 << other
    for k in range(3):
        state[3 * digit + k] &= KEEP[cell, k]
    state[SETTLED + band] |= bit
    return dirty


@njit(cache=True)
def _start(board: Board, state: State) -> bool:
    """The state that follows from the clues of `board`; False on a contradiction."""
    state[:SETTLED] = BAND
    state[SETTLED:] = 0
    for cell in range(CELLS):
        if board[cell]:
            digit = np.int64(board[cell]) - 1
            if state[3 * digit + cell // 27] >> cell % 27 & 1 == 0:
                return False
            _put(state, cell, digit)
    return _propagate(state, ROW)


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
            cell = 27 * band + _lowest(pairs)
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
def _read(state: State, board: Board) -> None:
    """Write the digits of a settled state to `board`."""
    for cell in range(CELLS):
        for digit in range(9):
            if state[3 * digit + cell // 27] >> cell % 27 & 1:
                board[cell] = digit + 1


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
                _read(states[depth], solution)
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
        digit = _lowest(mask)
        untried[depth - 1] ^= 1 << digit
        for k in range(states.shape[1]):  # an assignment of rows takes seconds to compile
            states[depth, k] = states[depth - 1, k]
        alive = _propagate(states[depth], _put(states[depth], branch_cell[depth - 1], digit))


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
    if not _start(board, states[0]):
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
    _start(board, states[0])
    board[cell] = digit + 1
    states[0, 3 * digit + cell // 27] &= ~(1 << cell % 27)
    if not _propagate(states[0], 1 << digit):
        return True
    return _search(states, 1, np.zeros(1, np.uint64), MANY_GUESSES)[1] == 0


@njit(cache=True)
def resistance(board: Board) -> int:
    """Candidates left when each one was tried alone and all that were refuted are dropped.

    0 = one round of trial and error solves the board, as it does nearly all of those that need many
    guesses. The famous hard ones keep about 200: refuting a digit there takes a second guess.
    """
    states = np.empty((2, 30), np.int64)
    if not _start(board, states[0]):
        return 0
    refuted = np.zeros(SETTLED, np.int64)
    for cell in range(CELLS):
        band, bit = cell // 27, 1 << cell % 27
        if states[0, SETTLED + band] & bit:
            continue
        for digit in range(9):
            if states[0, 3 * digit + band] & bit:
                states[1] = states[0]
                if not _propagate(states[1], _put(states[1], cell, digit)):
                    refuted[3 * digit + band] |= bit
    states[0, :SETTLED] &= ~refuted
    if not _propagate(states[0], ROW):
        return 0
    left = 0
    for digit in range(9):
        for band in range(3):
            left += popcount(states[0, 3 * digit + band] & ~states[0, SETTLED + band])
    return left
