"""Compiled consequences on 9×9 boards: what singles and locked candidates leave.

In: boards as `uint8[81]`, row-major, 0 = blank. Out: the state of a search, `int64[30]`: three
bands of 27 bits (bit 9·row + column) with the candidate cells of each digit, then three bands of
settled cells. One lookup restricts a digit in a whole band.

    >>> state = np.empty(30, np.int64)
    >>> start(board, state)
    True
"""

from __future__ import annotations

from itertools import permutations
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from puzzlesolver.machine_code import njit

Board: TypeAlias = npt.NDArray[np.uint8]
State: TypeAlias = npt.NDArray[np.int64]
Integer: TypeAlias = int | np.integer[Any]

CELLS = 81
BAND = (1 << 27) - 1
ROW = (1 << 9) - 1
SETTLED = 27


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
def lowest(mask: Integer) -> int:
    """The number of the lowest bit that is set."""
    return popcount((mask & -mask) - 1)


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
def _settle(state: State, digit: Integer, band: Integer, bit: Integer) -> Integer:
    """Leave no other digit in a cell; the digits (as bits) that were there."""
    dirty = 0
    for other in range(9):
        if other != digit and state[3 * other + band] & bit:
            state[3 * other + band] &= ~bit
            dirty |= 1 << other
    state[SETTLED + band] |= bit
    return dirty


@njit(cache=True)
def propagate(state: State, dirty: Integer) -> bool:
    """Singles and locked candidates of the `dirty` digits and on; False on a contradiction."""
    while dirty:
        while dirty:
            digit = lowest(dirty)
            dirty &= dirty - 1
            if not _restrict(state, digit):
                return False
            # After _restrict a digit alone in its box or column is alone in its row too.
            for band in range(3):
                for shift in (0, 9, 18):
                    row = state[3 * digit + band] >> shift & ROW
                    bit = row << shift
                    if row & (row - 1) == 0 and state[SETTLED + band] & bit == 0:
                        dirty |= _settle(state, digit, band, bit)
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
                        state[3 * digit + k] &= KEEP[27 * band + lowest(mask), k]
                    mask &= mask - 1
                    dirty |= 1 << digit
    return True


@njit(cache=True)
def put(state: State, cell: Integer, digit: Integer) -> Integer:
    """Place a digit (0-8), no consequences; the digits (as bits) whose places changed."""
    band, bit = cell // 27, 1 << cell % 27
    for k in range(3):
        state[3 * digit + k] &= KEEP[cell, k]
    return 1 << digit | _settle(state, digit, band, bit)


@njit(cache=True)
def start(board: Board, state: State) -> bool:
    """The state that follows from the clues of `board`; False on a contradiction."""
    state[:SETTLED] = BAND
    state[SETTLED:] = 0
    for cell in range(CELLS):
        if board[cell]:
            digit = np.int64(board[cell]) - 1
            if state[3 * digit + cell // 27] >> cell % 27 & 1 == 0:
                return False
            put(state, cell, digit)
    return propagate(state, ROW)
