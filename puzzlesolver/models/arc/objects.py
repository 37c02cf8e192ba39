"""Connected components of a grid: what a person would call its objects.

In: a grid, or any array of classes. Out: a component number for every cell, and boxes. No torch.

    >>> label(np.array([[1, 1, 0], [0, 0, 1]]))
    array([[0, 0, 1],
           [2, 2, 3]])
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Cells = npt.NDArray[Any]
"""One class a cell, `[height, width]`."""

Labels = npt.NDArray[np.int64]
"""The number of its component a cell, `[height, width]`, in reading order of first cells."""

Objects = Literal["components", "figures", "alike"]

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


def group(grid: Cells, objects: Objects) -> Labels:
    """The objects of a grid by one of three readings.

    Args:
        grid: colours.
        objects: `components` are of one colour; `figures` are all that touches but for the
            background, whatever its colours; `alike` are components of one shape together.
    """
    if objects == "figures":
        return label((grid != background(grid)).astype(np.int8))
    labels = label(grid)
    if objects == "components":
        return labels
    shapes: dict[bytes, int] = {}
    numbers = []
    for number in range(labels.max() + 1):
        mask = labels == number
        box = box_of(mask)
        assert box is not None
        shape = mask[box]
        numbers.append(
            shapes.setdefault(bytes([shape.shape[1], *shape.ravel().tolist()]), len(shapes))
        )
    alike: Labels = np.array(numbers)[labels]
    return alike


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
