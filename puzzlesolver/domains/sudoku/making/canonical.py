"""One form for equivalent Sudokus: relabelled, with lines permuted, or transposed, they look alike.

In: a 9×9 board with one solution. Out: 81 bytes that two boards share exactly when a symmetry of
Sudoku turns one into the other. With it the generators keep puzzles of a test set out.

    >>> board = random_minimal(np.ones(1, np.uint64))
    >>> canonical(board) == canonical(board.reshape(9, 9).T.ravel())
    True
"""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.sudoku.propagation import CELLS, Board
from puzzlesolver.domains.sudoku.search import MANY_GUESSES, solve
from puzzlesolver.machine_code import njit

Integers = npt.NDArray[np.int64]


def canonical(board: Board) -> bytes:
    """The smallest equivalent of `board`, `uint8[81]`; `ValueError` unless it has one solution."""
    solution, found, _ = solve(board, 2, np.zeros(1, np.uint64), MANY_GUESSES)
    if found != 1:
        raise ValueError("only a board with exactly one solution has a canonical form")
    return bytes(_smallest(solution, board))


def _column_orders() -> Integers:
    """Orders of columns that keep stacks together, as steps along a row or, transposed, a column.

    Returns:
        `int64[2, 1296, 9]`.
    """
    triples = list(permutations(range(3)))
    orders = [
        [3 * stack + k for stack, inner in zip(stacks, columns, strict=True) for k in inner]
        for stacks in triples
        for columns in product(triples, repeat=3)
    ]
    return np.array([orders, 9 * np.array(orders)], np.int64)


COLUMN_ORDERS = _column_orders()


@njit(cache=True)
def _sort_rows(first: Integers, rows: Integers) -> None:
    """Put row numbers in the order of their entries `first`, keeping bands together."""
    for band in range(0, 9, 3):
        for k in (band, band + 1, band):
            if first[rows[k]] > first[rows[k + 1]]:
                rows[k], rows[k + 1] = rows[k + 1], rows[k]
    for band in (0, 3, 0):
        if first[rows[band]] > first[rows[band + 3]]:
            for k in range(band, band + 3):
                rows[k], rows[k + 3] = rows[k + 3], rows[k]


@njit(cache=True)
def _is_less(left: Board, right: Board) -> bool:
    for k in range(len(left)):
        if left[k] != right[k]:
            return bool(left[k] < right[k])
    return False


@njit(cache=True)
def _smallest(solution: Board, board: Board) -> Board:
    """Over all symmetries the smallest solution and, for it, the smallest board.

    A transposition, the row that comes first and the order of columns decide everything: the first
    row becomes 1 to 9 by relabelling, and sorting the other rows makes the rest smallest. Nearly
    all of these 2 × 9 × 1296 cases have lost by the second row.
    """
    best, best_board = np.full(CELLS, 10, np.uint8), np.zeros(CELLS, np.uint8)
    case, case_board = np.empty(CELLS, np.uint8), np.empty(CELLS, np.uint8)
    label = np.zeros(10, np.int64)
    first, rows = np.empty(9, np.int64), np.empty(9, np.int64)
    for flip, top, order in np.ndindex(2, 9, COLUMN_ORDERS.shape[1]):
        down, columns = 1 if flip else 9, COLUMN_ORDERS[flip, order]
        # The second row can always be made to begin with 4; most orders fail in that already.
        four = solution[down * top + columns[3]]
        second = top // 3 * 3 + (top + 1) % 3
        if solution[down * second + columns[0]] != four:
            second = top // 3 * 3 + (top + 2) % 3
            if solution[down * second + columns[0]] != four:
                continue
        for k in range(9):
            label[solution[down * top + columns[k]]] = k + 1
        lead = 0
        for k in range(9):
            lead = label[solution[down * second + columns[k]]] - best[9 + k]
            if lead:
                break
        if lead > 0:
            continue
        for row in range(9):
            first[row], rows[row] = label[solution[down * row + columns[0]]], row
        _sort_rows(first, rows)
        for row in range(9):
            for k in range(9):
                cell = down * rows[row] + columns[k]
                case[9 * row + k] = label[solution[cell]]
                case_board[9 * row + k] = label[board[cell]]
        if _is_less(case, best) or (not _is_less(best, case) and _is_less(case_board, best_board)):
            for cell in range(len(best)):
                best[cell], best_board[cell] = case[cell], case_board[cell]
    return best_board
