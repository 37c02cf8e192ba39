"""Connected components of a grid: what a person would call its objects.

In: a grid, or any array of classes. Out: a component number for every cell, and boxes. No torch.

    >>> label(np.array([[1, 1, 0], [0, 0, 1]]))
    array([[0, 0, 1],
           [2, 2, 3]])
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[Any]
"""One class a cell, `[height, width]`."""

Labels = npt.NDArray[np.int64]
"""The number of its component a cell, `[height, width]`, in reading order of first cells."""

BLACK = 0
STRAIGHT = ((0, 1), (1, 0), (0, -1), (-1, 0))
DIAGONAL = ((1, 1), (1, -1), (-1, -1), (-1, 1))


def label(classes: Cells, straight: int | None = BLACK) -> Labels:
    """Components of equal classes; cells are neighbours along rows, columns and diagonals.

    Args:
        classes: of the cells.
        straight: the class whose diagonal neighbours are apart; None = no class. Black is mostly
            background, and lines that are one cell wide part it.
    """
    height, width = classes.shape
    labels = np.full((height, width), -1)
    found = 0
    for start in zip(*np.nonzero(labels < 0), strict=True):
        if labels[start] >= 0:
            continue
        wanted = classes[start]
        steps = STRAIGHT if wanted == straight else STRAIGHT + DIAGONAL
        labels[start], open_cells = found, [start]
        while open_cells:
            row, column = open_cells.pop()
            for down, right in steps:
                y, x = row + down, column + right
                if (
                    0 <= y < height
                    and 0 <= x < width
                    and labels[y, x] < 0
                    and classes[y, x] == wanted
                ):
                    labels[y, x] = found
                    open_cells.append((y, x))
        found += 1
    return labels


def shape_of(mask: npt.NDArray[np.bool_]) -> bytes:
    """What two components have in common that differ in place and colour alone."""
    box = box_of(mask)
    assert box is not None
    inside = mask[box]
    return bytes([inside.shape[1]]) + inside.tobytes()


def alike(components: Labels) -> Labels:
    """The number of the shape of its component, for every cell."""
    numbers: dict[bytes, int] = {}
    shapes = (shape_of(components == number) for number in range(components.max() + 1))
    of_components = [numbers.setdefault(shape, len(numbers)) for shape in shapes]
    told: Labels = np.array(of_components)[components]
    return told


def background(grid: Cells) -> int:
    """Black where it occurs, otherwise the most common colour."""
    return BLACK if (grid == BLACK).any() else most_common(grid)


def box_of(mask: npt.NDArray[np.bool_]) -> tuple[slice, slice] | None:
    """The smallest rectangle around the marked cells; None where no cell is."""
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    if not len(rows):
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def most_common(cells: Cells) -> int:
    """The value that most cells have; of several, the smallest."""
    values, counts = np.unique(cells, return_counts=True)
    return int(values[counts.argmax()])
