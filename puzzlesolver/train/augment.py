"""Equivalent puzzles: shuffled Sudokus, grids turned and flipped, recoloured and moved ARC grids.

In: grids and a random number generator. Out: grids that mean the same; all that is done to an ARC
grid can be undone.

    >>> _, variant = parse_name("007bbfb7|||t3|||0152637489")
    >>> np.array_equal(variant.undo(variant.apply(grid)), grid)
    True
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.sudoku.symmetry import shufflings
from puzzlesolver.domains.symmetry import INVERSE_TURN as INVERSE_TURN
from puzzlesolver.domains.symmetry import TURNS as TURNS
from puzzlesolver.domains.symmetry import turned as turned

Boards = npt.NDArray[np.uint8]
"""Sudoku boards `uint8[…, C]`, row-major, 0 = blank."""

CANVAS = 30
"""Rows and columns of the canvas that ARC grids are put on."""

PAD, EOS, BLACK = range(3)
"""Ids on the canvas: outside, the edge below and right of a grid, the first of ten colours."""

COLOURS = 10
_VARIANT = re.compile(r"(.+)(?:_|\|\|\|)t([0-7])(?:_|\|\|\|)(0[1-9]{9})")


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


@dataclass(frozen=True, slots=True)
class Variant:
    """An ARC task in other colours, turned or flipped.

    Attributes:
        turn: symmetry, 0-7.
        colours: what becomes of each colour 0-9, ten bytes; black stays black.
    """

    turn: int
    colours: bytes

    def apply(self, grid: Grid) -> Grid:
        """Recolour, then turn."""
        return turned(np.frombuffer(self.colours, np.uint8)[grid], self.turn)

    def undo(self, grid: Grid) -> Grid:
        """The inverse of `apply`."""
        inverse = np.frombuffer(self.colours, np.uint8).argsort().astype(np.uint8)
        return inverse[turned(grid, INVERSE_TURN[self.turn])]

    def name(self, task: str, separator: str) -> str:
        """How the published sets call this variant: `task|||t3|||0152…` or `task_t3_0152…`."""
        return separator.join((task, f"t{self.turn}", "".join(map(str, self.colours))))


def parse_name(name: str) -> tuple[str, Variant]:
    """The task and the variant that a name of either kind stands for; the original has its own."""
    match = _VARIANT.fullmatch(name)
    if match is None or len(set(match[3])) != COLOURS:
        return name, Variant(0, bytes(range(COLOURS)))
    return match[1], Variant(int(match[2]), bytes(map(int, match[3])))


def to_canvas(grid: Grid, row: int = 0, column: int = 0) -> npt.NDArray[np.uint8]:
    """An ARC grid on the canvas with its upper left corner at a place, `uint8[900]`.

    `EOS` stands along the grid below and right of it, as far as the canvas goes.
    """
    canvas = np.full((CANVAS, CANVAS), PAD, np.uint8)
    bottom, right = row + grid.shape[0], column + grid.shape[1]
    canvas[row : bottom + 1, column:right] = EOS
    canvas[row:bottom, column : right + 1] = EOS
    canvas[row:bottom, column:right] = grid + BLACK
    return canvas.ravel()


def from_canvas(ids: npt.NDArray[np.integer], row: int = 0, column: int = 0) -> Grid:
    """The largest rectangle of colours with its upper left corner at a place; maybe empty.

    Of equally large ones the flattest counts. The inverse of `to_canvas`, but any prediction
    `int[900]` has an answer.
    """
    canvas = ids.reshape(CANVAS, CANVAS)[row:, column:]
    coloured = (canvas >= BLACK) & (canvas < BLACK + COLOURS)
    lengths = np.logical_and.accumulate(coloured, axis=1).sum(axis=1)
    widths = np.minimum.accumulate(lengths)
    height = int((widths * np.arange(1, len(widths) + 1)).argmax()) + 1
    return (canvas[:height, : widths[height - 1]] - BLACK).astype(np.uint8)
