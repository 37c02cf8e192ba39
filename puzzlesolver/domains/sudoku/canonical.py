"""One form for all equivalent Sudokus: relabelled digits, permuted lines, transposed boards look the same afterwards.

In: a 9×9 puzzle with one solution. Out: 81 bytes, equal for two puzzles exactly when a Sudoku symmetry turns one into
the other. `generate --exclude` and the trainer use it to keep test puzzles out.

    >>> canonical(puzzle.grid.ravel()) == canonical(puzzle.grid.T.ravel())
    True
"""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import numpy.typing as npt
from numba import njit

from puzzlesolver.domains.sudoku.search import MANY_GUESSES, Board, solve


def _column_orders() -> npt.NDArray[np.int64]:
    """All orders of columns that keep stacks together, `int64[1296, 9]`."""
    triples = list(permutations(range(3)))
    return np.array(
        [
            [3 * stack + column for stack, inner in zip(stacks, within, strict=True) for column in inner]
            for stacks in triples
            for within in product(triples, repeat=3)
        ]
    )


COLUMN_ORDERS = _column_orders()


@njit(cache=True)
def _row_order(first: npt.NDArray[np.int64], top: int, rows: npt.NDArray[np.int64]) -> None:
    """Order rows (bands kept together) by their entry in the first column, with `top` moved to the front."""
    for band in range(3):
        a, b, c = 3 * band, 3 * band + 1, 3 * band + 2
        if first[a] > first[b]:
            a, b = b, a
        if first[b] > first[c]:
            b, c = c, b
        if first[a] > first[b]:
            a, b = b, a
        rows[3 * band], rows[3 * band + 1], rows[3 * band + 2] = a, b, c
    # The band of `top` holds label 1, the smallest, so sorting the bands brings it to the front.
    for low, high in ((0, 1), (1, 2), (0, 1)):
        if first[rows[3 * low]] > first[rows[3 * high]]:
            for k in range(3):
                rows[3 * low + k], rows[3 * high + k] = rows[3 * high + k], rows[3 * low + k]


@njit(cache=True)
def _smallest(solution: Board, board: Board) -> Board:
    """The smallest (solution, clue pattern) over all symmetries, as the puzzle that it stands for.

    Choosing a transposition, the first row and the order of columns fixes the rest: the labels make the first row
    1…9, and the smallest order of the other rows is by their first entry. 2 × 9 × 1296 cases, nearly all of which
    end in the second row.
    """
    best = np.full(CELLS, 10, np.uint8)
    clues = np.zeros(CELLS, np.uint8)
    label = np.zeros(10, np.int64)
    first = np.zeros(9, np.int64)
    rows = np.zeros(9, np.int64)
    for flip in range(2):
        across, down = (9, 1) if flip else (1, 9)
        for top in range(9):
            for order in range(COLUMN_ORDERS.shape[0]):
                columns = COLUMN_ORDERS[order]
                for k in range(9):
                    label[solution[down * top + across * columns[k]]] = k + 1
'''
'''
