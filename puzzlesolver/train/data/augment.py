"""Many Sudokus shuffled at once: boards that mean the same.

>>> questions, solutions = shuffled(questions, solutions, np.random.default_rng(0))
"""

from __future__ import annotations

import math

import numpy as np

from puzzlesolver.domains.sudoku.symmetry import shufflings
from puzzlesolver.train.data.labelled import Boards


def shuffled(
    questions: Boards, solutions: Boards, rng: np.random.Generator
) -> tuple[Boards, Boards]:
    """Sudokus as HRM and TRM augment them, each board in its own way.

    Args:
        questions: `uint8[…, C]`.
        solutions: theirs, changed in the same way.
        rng: decides how.
    """
    shape = questions.shape
    count, side = math.prod(shape[:-1]), math.isqrt(shape[-1])
    cells, digits = shufflings(count, side, rng)

    def shuffle(boards: Boards) -> Boards:
        flat = count, side * side
        moved = np.take_along_axis(boards.reshape(flat), cells.reshape(flat), axis=1)
        return np.take_along_axis(digits, moved, axis=1).reshape(shape)

    return shuffle(questions), shuffle(solutions)
