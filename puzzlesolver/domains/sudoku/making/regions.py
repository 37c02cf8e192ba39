"""Random maps of regions, for jigsaws.

>>> random_regions(4, np.random.default_rng(7))
'1122112233443344'
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from puzzlesolver.domains.sudoku.units import SIZES, box_shape, boxes

SWAPS = 4
"""Swaps a cell of a map that are tried."""


def random_regions(side: int, rng: np.random.Generator) -> str:
    """A map of connected regions: boxes, or rows, after swaps of cells between neighbours."""
    labels = [*boxes(side, *(box_shape(side) if side in SIZES else (1, side)))]
    for one in rng.integers(side * side, size=SWAPS * side * side).tolist():
        mine = labels[one]
        near = sorted({labels[cell] for cell in around(one, side)} - {mine})
        if not near:
            continue
        theirs = near[rng.integers(len(near))]
        edge = [
            cell
            for cell, label in enumerate(labels)
            if label == theirs and any(labels[k] == mine and k != one for k in around(cell, side))
        ]
        if edge:
            two = edge[rng.integers(len(edge))]
            labels[one], labels[two] = theirs, mine
            if not (is_connected(labels, mine, side) and is_connected(labels, theirs, side)):
                labels[one], labels[two] = mine, theirs
    return "".join(labels)


def around(cell: int, side: int) -> list[int]:
    """The cells above, left, right and below one of a square grid."""
    row, column = divmod(cell, side)
    steps = ((-side, row > 0), (-1, column > 0), (1, column < side - 1), (side, row < side - 1))
    return [cell + step for step, inside in steps if inside]


def is_connected(labels: Sequence[str], label: str, side: int) -> bool:
    """Whether the region with this label hangs together, edge to edge."""
    region = {cell for cell, each in enumerate(labels) if each == label}
    waiting = [min(region)]
    region.remove(waiting[0])
    while waiting:
        near = region.intersection(around(waiting.pop(), side))
        region -= near
        waiting += near
    return not region
