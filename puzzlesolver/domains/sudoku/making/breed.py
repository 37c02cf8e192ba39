"""Compiled making of 9×9 boards with one solution: from scratch, or from a board like them.

In: the state of a random number generator, perhaps a board `uint8[81]`. Out: minimal boards. One
core makes thousands a second.

    >>> rng_state = np.array([7], np.uint64)
    >>> child = mutate(random_minimal(rng_state), rng_state)
"""

from __future__ import annotations

import numpy as np

from puzzlesolver.domains.sudoku.propagation import CELLS, Board
from puzzlesolver.domains.sudoku.search import (
    MANY_GUESSES,
    RandomState,
    is_redundant,
    random_below,
    shuffle,
    solve,
)
from puzzlesolver.machine_code import njit


@njit(cache=True)
def remove_redundant_clues(board: Board, rng_state: RandomState) -> None:
    """Drop clues in random order while the board has one solution, as it must at first."""
    clues = np.nonzero(board)[0]
    shuffle(clues, rng_state)
    for cell in clues:
        if is_redundant(board, cell):
            board[cell] = 0


@njit(cache=True)
def random_minimal(rng_state: RandomState) -> Board:
    """A minimal board from scratch: a random full board with its redundant clues removed."""
    board, _, _ = solve(np.zeros(CELLS, np.uint8), 1, rng_state, MANY_GUESSES)
    remove_redundant_clues(board, rng_state)
    return board


@njit(cache=True)
def _rival(board: Board, target: Board) -> Board:
    """A solution of `board` other than `target`; `target` itself when it is the only one."""
    ordered = np.zeros(1, np.uint64)
    first, _, _ = solve(board, 1, ordered, MANY_GUESSES)
    for cell in range(CELLS):
        if first[cell] != target[cell]:
            return first
    return solve(board, 2, ordered, MANY_GUESSES)[0]


@njit(cache=True)
def mutate(board: Board, rng_state: RandomState) -> Board:
    """A minimal board near `board`: one to three clues out, others in, redundant ones out.

    Neighbours of a hard board are hard far more often than random boards are.
    """
    child = board.copy()
    for _ in range(3):
        clues = np.nonzero(child)[0]
        child[clues[random_below(rng_state, len(clues))]] = 0
        if random_below(rng_state, 2):
            break
    target, _, _ = solve(child, 1, rng_state, MANY_GUESSES)
    while True:
        # Only a clue where the solutions differ can tell them apart.
        differ = np.nonzero(_rival(child, target) != target)[0]
        if len(differ) == 0:
            break
        cell = differ[random_below(rng_state, len(differ))]
        child[cell] = target[cell]
    remove_redundant_clues(child, rng_state)
    return child


@njit(cache=True)
def random_equivalent(board: Board, rng_state: RandomState) -> Board:
    """The same puzzle relabelled, with permuted bands, stacks and lines, perhaps transposed."""
    digits = np.arange(1, 10)
    shuffle(digits, rng_state)
    lines = np.empty((2, 9), np.int64)
    for axis in range(2):
        bands = np.arange(3)
        shuffle(bands, rng_state)
        for k in range(3):
            inner = np.arange(3)
            shuffle(inner, rng_state)
            for line in range(3):
                lines[axis, 3 * k + line] = 3 * bands[k] + inner[line]
    down, across = (1, 9) if random_below(rng_state, 2) else (9, 1)
    image = np.zeros(CELLS, np.uint8)
    for cell in range(CELLS):
        digit = board[down * lines[0, cell // 9] + across * lines[1, cell % 9]]
        if digit:
            image[cell] = digits[digit - 1]
    return image
