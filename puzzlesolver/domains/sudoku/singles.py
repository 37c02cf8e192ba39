"""Compiled exact search on any board: singles of cells and units, then guesses.

In: a board and what its cells hold, `uint8[cells]`. Out: exact counts, and how far singles alone
lead. Plain 9×9 boards have a faster search of their own (`search`), hard large ones a SAT solver
(`rules`).

    >>> solution, found, guesses = find(board, values, most=2, max_guesses=1_000)
"""

from __future__ import annotations

import functools
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.sudoku import search
from puzzlesolver.domains.sudoku.board import Board
from puzzlesolver.domains.sudoku.propagation import popcount
from puzzlesolver.machine_code import njit

Values: TypeAlias = npt.NDArray[np.uint8]
Masks: TypeAlias = npt.NDArray[np.int64]
Table: TypeAlias = npt.NDArray[np.int64]
RandomState: TypeAlias = npt.NDArray[np.uint64]

SPREAD = 1 << 30
"""Set in the mask of a cell whose digit is ruled out in its peers; lower bits are candidates."""


class Tables(NamedTuple):
    """A board for machine code: peers of cells, cells of full units, full units of cells.

    Rows end with -1.
    """

    peers: Table
    units: Table
    member: Table
    symbols: int


@functools.lru_cache(64)
def tables(board: Board) -> Tables:
    """The tables of a board."""
    peers = [np.flatnonzero(row).tolist() for row in board.peers]
    units = [list(unit.cells) for unit in board.full]
    member: list[list[int]] = [[] for _ in range(board.cells)]
    for number, cells in enumerate(units):
        for cell in cells:
            member[cell].append(number)
    return Tables(_padded(peers), _padded(units), _padded(member), board.symbols)


def _padded(rows: list[list[int]]) -> Table:
    table = np.full((len(rows), 1 + max(map(len, rows), default=0)), -1, np.int64)
    for line, row in zip(table, rows, strict=True):
        line[: len(row)] = row
    return table


def find(board: Board, values: Values, most: int, max_guesses: int) -> tuple[Values, int, int]:
    """A solution, how many were found up to `most`, and guesses, -1 where they did not suffice."""
    in_order = np.zeros(1, np.uint64)
    if board.is_standard and board.symbols == 9:
        full, found, guesses = search.solve(values, most, in_order, max_guesses)
    else:
        full, found, guesses = _solve(values, most, max_guesses, in_order, tables(board))
    return full, int(found), int(guesses)


def random_full(board: Board, rng: np.random.Generator, max_guesses: int) -> Values | None:
    """A full board found by random guesses, or None where they did not suffice."""
    state = rng.integers(1, 2**63, 1, dtype=np.uint64)
    empty = np.zeros(board.cells, np.uint8)
    full, found, _ = _solve(empty, 1, max_guesses, state, tables(board))
    return full if found else None


@njit(cache=True)
def exchange(values: Values, symbols: int, peers: Table, moves: int, state: RandomState) -> None:
    """Exchange two random digits wherever one forces the other, from a random cell on; so often."""
    for _ in range(moves):
        start = search.random_below(state, len(values))
        first = values[start]
        second = np.uint8(search.random_below(state, symbols) + 1)
        if first == second:
            continue
        waiting = [start]
        values[start] = second
        while waiting:
            cell = waiting.pop()
            for peer in peers[cell]:
                if peer >= 0 and values[peer] == values[cell] and peer != cell:
                    values[peer] = first + second - values[peer]
                    waiting.append(peer)


def open_cells(board: Board, values: Values) -> int:
    """Cells that singles alone leave open."""
    return int(_left(values, tables(board)))


@njit(cache=True)
def _start(values: Values, masks: Masks, board: Tables) -> bool:
    """The candidates that follow from clues by singles; False on a contradiction."""
    for cell in range(len(values)):
        masks[cell] = 1 << (values[cell] - 1) if values[cell] else (1 << board.symbols) - 1
    return _propagate(masks, np.ones(len(board.units), np.bool_), board)


@njit(cache=True)
def _propagate(masks: Masks, dirty: npt.NDArray[np.bool_], board: Tables) -> bool:
    """Naked and hidden singles until nothing changes; False on a contradiction.

    Every cell with one candidate that is not `SPREAD` yet, and every `dirty` unit, is looked at.
    """
    peers, units, member, symbols = board
    todo = np.empty(len(masks), np.int64)
    waiting = 0
    for cell in range(len(masks)):
        if masks[cell] & (masks[cell] - 1) == 0:
            todo[waiting] = cell
            waiting += 1
    while True:
        while waiting:
            waiting -= 1
            cell = todo[waiting]
            bit = masks[cell]
            if bit == 0:
                return False
            if bit & SPREAD:
                continue
            masks[cell] |= SPREAD
            for unit in member[cell]:
                if unit < 0:
                    break
                dirty[unit] = True
            for peer in peers[cell]:
                if peer < 0:
                    break
                if masks[peer] & bit:
                    masks[peer] &= ~bit
                    rest = masks[peer] & (SPREAD - 1)
                    if rest == 0:
                        return False
                    for unit in member[peer]:
                        if unit < 0:
                            break
                        dirty[unit] = True
                    if rest & (rest - 1) == 0:
                        todo[waiting] = peer
                        waiting += 1
        for number in range(len(units)):
            if not dirty[number]:
                continue
            dirty[number] = False
            once = twice = fixed = 0
            for cell in units[number, :symbols]:
                mask = masks[cell] & (SPREAD - 1)
                twice |= once & mask
                once |= mask
                if masks[cell] & SPREAD:
                    fixed |= mask
            if once != (1 << symbols) - 1:
                return False
            hidden = once & ~twice & ~fixed
            if hidden:
                for cell in units[number, :symbols]:
                    found = masks[cell] & hidden
                    if found and masks[cell] & SPREAD == 0:
                        if found & (found - 1):
                            return False
                        masks[cell] = found
                        todo[waiting] = cell
                        waiting += 1
                break
        if waiting == 0:
            return True


@njit(cache=True)
def _left(values: Values, board: Tables) -> int:
    masks = np.empty(len(values), np.int64)
    _start(values, masks, board)
    return int((masks & SPREAD == 0).sum())


@njit(cache=True)
def _fewest(masks: Masks) -> int:
    """An open cell with the fewest candidates, -1 where none is open."""
    best, fewest = -1, 64
    for cell in range(len(masks)):
        if masks[cell] & SPREAD == 0:
            size = popcount(masks[cell])
            if size < fewest:
                best, fewest = cell, size
                if size == 2:
                    break
    return best


@njit(cache=True)
def _solve(
    values: Values, limit: int, max_guesses: int, state: RandomState, board: Tables
) -> tuple[Values, int, int]:
    """A solution, how many were found up to `limit`, guesses or -1 where it gave up.

    A random `state` makes the choices of digits; 0 takes them in order.
    """
    cells = len(values)
    solution = np.zeros(cells, np.uint8)
    states = np.empty((16, cells), np.int64)
    branch, untried = np.empty(cells + 1, np.int64), np.zeros(cells + 1, np.int64)
    found = guesses = depth = 0
    alive = _start(values, states[0], board)
    while True:
        if alive:
            cell = _fewest(states[depth])
            if cell < 0:
                found += 1
                for k in range(cells):
                    solution[k] = popcount((states[depth, k] & (SPREAD - 1)) - 1) + 1
                if found >= limit:
                    return solution, found, guesses
            else:
                branch[depth], untried[depth] = cell, states[depth, cell]
                depth += 1
        while depth > 0 and untried[depth - 1] == 0:
            depth -= 1
        if depth == 0:
            return solution, found, guesses
        guesses += 1
        if guesses > max_guesses:
            return solution, found, -1
        if depth == len(states):
            grown = np.empty((2 * depth, cells), np.int64)
            for row in range(depth):
                for cell in range(cells):
                    grown[row, cell] = states[row, cell]
            states = grown
        mask = untried[depth - 1]
        if state[0] != 0:
            for _ in range(search.random_below(state, popcount(mask))):
                mask &= mask - 1
        bit = mask & -mask
        untried[depth - 1] ^= bit
        for cell in range(cells):  # as in `search._search`
            states[depth, cell] = states[depth - 1, cell]
        states[depth, branch[depth - 1]] = bit
        dirty = np.zeros(len(board.units), np.bool_)  # spreading the guess marks units
        alive = _propagate(states[depth], dirty, board)
