"""Grids of ARC on the canvas of published models, 30×30 ids, and back.

In: grids. Out: ids `uint8[900]`, or a `Batch` of them with the grids in the upper left corner; from
what a model says of every cell, a grid again.

    >>> np.array_equal(from_canvas(to_canvas(grid, 2, 5), 2, 5), grid)
    True
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.arc.task import COLOURS
from puzzlesolver.domains.base import Answer, Grid
from puzzlesolver.limits import MAX_ARC_SIDE

if TYPE_CHECKING:
    from puzzlesolver.models.interface import Batch

CANVAS = MAX_ARC_SIDE
"""Rows and columns of the canvas that grids are put on."""

PAD, EOS, BLACK = range(3)
"""Ids on the canvas: outside, the edge below and right of a grid, the first of ten colours."""


def to_canvas(grid: Grid, row: int = 0, column: int = 0) -> npt.NDArray[np.uint8]:
    """A grid on the canvas with its upper left corner at a place, `uint8[900]`.

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


def encode(grids: Sequence[Grid]) -> Batch:
    """Grids of any sizes as `tokens` for published models: a token is an id - 1, outside is -1."""
    import torch

    from puzzlesolver.models.interface import Batch
    from puzzlesolver.models.relations import Layout

    ids = np.stack([to_canvas(grid) for grid in grids]).astype(np.int64)
    return Batch(torch.from_numpy(ids - 1), Layout((CANVAS, CANVAS, 1), ()))


def decode(probabilities: npt.NDArray[np.float32]) -> Answer:
    """The grid in the corner, from the probabilities `[900, 11]` of the ids from `EOS` up.

    A canvas without a colour in its corner says nothing, which is one black cell without any
    confidence.
    """
    grid = from_canvas(probabilities.argmax(-1) + EOS)
    if not grid.size:
        return Answer(np.zeros((1, 1), np.uint8), np.zeros((1, 1), np.float32))
    sure = probabilities.max(-1).reshape(CANVAS, CANVAS)
    return Answer(grid, sure[: grid.shape[0], : grid.shape[1]].astype(np.float32))
