"""Where the units of a grid lie: a rule is a map of labels, and cells of one label differ.

In: the side of a grid, and names of rules. Out: names and places of units, in (row, column) of the
grid, from 0.

    >>> [name for _, name, _ in units_of(9, ("latin", "anti-diagonal"), "")][-1]
    'the anti-diagonal'
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from itertools import product
from math import isqrt
from typing import Literal

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import DIGITS
from puzzlesolver.errors import UsageError

Place = tuple[int, int]
Kind = Literal["line", "region", "extra", "pair"]
Labels = npt.NDArray[np.int64]
"""Labels of all cells, `int64[side, side]`, or several such maps; -1 where a cell has none."""

Make = Callable[[Labels, Labels, int, int], Labels]
"""From the row and the column of every cell, and the shape of a box, to the labels of a rule."""

SIZES = (4, 6, 8, 9, 10, 12, 14, 15, 16, 18, 20, 24, 25)
"""Sides of boards with boxes; Latin squares, and boards with a map of regions, have any of
`FREE_SIZES`."""

FREE_SIZES = range(4, 26)

LATIN, JIGSAW = "latin", "jigsaw"
"""Rules of the regions: there are none; a map tells them."""

ANTI: dict[str, tuple[str, tuple[Place, ...]]] = {
    "anti-knight": ("a knight's move", ((1, -2), (1, 2), (2, -1), (2, 1))),
    "anti-king": ("a king's move", ((1, -1), (1, 1))),
}
"""Rules of pairs: what lies between two cells, and the steps down from the upper one."""

OVERLAPS: dict[str, tuple[Place, ...]] = {
    "samurai": ((0, 0), (0, 12), (6, 6), (12, 0), (12, 12)),
    "twin": ((0, 0), (6, 6)),
    "triple": ((0, 0), (3, 3), (6, 6)),
    "butterfly": ((0, 0), (0, 3), (3, 0), (3, 3)),
    "flower": ((0, 3), (3, 0), (3, 3), (3, 6), (6, 3)),
    "cross": ((0, 6), (6, 0), (6, 6), (6, 12), (12, 6)),
    "sohei": ((0, 6), (6, 0), (6, 12), (12, 6)),
    "windmill": ((0, 3), (3, 12), (6, 6), (9, 0), (12, 9)),
}
"""Boards of several 9×9 grids: where the first cell of each one lies."""


@functools.cache
def box_shape(side: int) -> tuple[int, int]:
    """Rows and columns of a box, as square as can be; `ValueError` where a board has no boxes."""
    if side not in SIZES:
        raise ValueError(f"no Sudoku has {side} rows, only {', '.join(map(str, SIZES))}")
    rows = next(rows for rows in range(isqrt(side), 0, -1) if side % rows == 0)
    return rows, side // rows


def boxes(side: int, rows: int, columns: int) -> str:
    """The map of regions that are boxes of this shape."""
    across = max(side // columns, 1)
    return "".join(
        DIGITS[row // rows * across + column // columns]
        for row, column in product(range(side), repeat=2)
    )


def _windows(row: Labels, column: Labels, height: int, width: int) -> Labels:
    step = height + 1
    inside = (height == width) & (row % step > 0) & (column % step > 0)
    return np.where(inside, row // step * height + column // step, -1)


def _disjoint_groups(row: Labels, column: Labels, height: int, width: int) -> Labels:
    return np.where(height > 1, row % height * width + column % width, -1)


def _centres(row: Labels, column: Labels, height: int, width: int) -> Labels:
    middle = (row % height == height // 2) & (column % width == width // 2)
    return np.where(middle & bool(height % 2 and width % 2 and height > 1), 0, -1)


def _argyle(row: Labels, column: Labels, height: int, width: int) -> Labels:
    """Beside each long diagonal its two neighbours, and the four sides of a diamond."""
    last = len(row) - 1
    steps = [-(last // 2), -1, 1, last // 2]
    falling, rising = row - column, row + column - last
    labels = np.stack([np.searchsorted(steps, falling), 4 + np.searchsorted(steps, rising)])
    return np.where(np.isin([falling, rising], steps) & (last % 2 == 0), labels, -1)


def _picture(*cells: int) -> Make:
    """Some cells of a 9×9 grid, as row and column in one number."""
    return lambda row, column, *_: np.where(
        np.isin(10 * row + column, cells) & (len(row) == 9), 0, -1
    )


EXTRA: dict[str, tuple[str, Make, str]] = {
    "main-diagonal": ("the main diagonal", lambda r, c, *_: np.where(r == c, 0, -1), ""),
    "anti-diagonal": ("the anti-diagonal", lambda r, c, *_: np.where(r + c == r.max(), 0, -1), ""),
    "windoku": ("window {}", _windows, "it needs square boxes"),
    "disjoint-groups": ("disjoint group {}", _disjoint_groups, "it needs boxes"),
    "center-dot": (
        "the group of box centres",
        _centres,
        "it needs boxes with a cell in the middle",
    ),
    "asterisk": ("the asterisk", _picture(14, 22, 26, 41, 44, 47, 62, 66, 74), "it is for 9×9"),
    "girandola": ("the girandola", _picture(0, 8, 14, 41, 44, 47, 74, 80, 88), "it is for 9×9"),
    "argyle": ("argyle diagonal {}", _argyle, "it needs an odd number of rows"),
}
"""Rules of further units in a grid: what these are called, where they lie, and what they need."""

DIAGONAL = ("main-diagonal", "anti-diagonal")

Named = tuple[Kind, str, list[Place]]


def units_of(size: int, rules: tuple[str, ...], regions: str) -> Iterator[Named]:
    """The units of one grid but for its pairs: their kinds, their names and their places.

    Raises:
        UsageError: a rule does not fit the size.
    """
    row, column = np.indices((size, size))
    height, width = box_shape(size) if size in SIZES else (1, size)
    yield from _units("line", "row {}", row)
    yield from _units("line", "column {}", column)
    if regions:
        order = {label: number for number, label in enumerate(dict.fromkeys(regions))}
        labels = np.array([order[label] for label in regions]).reshape(size, size)
        for label, (kind, _, places) in zip(order, _units("region", "", labels), strict=True):
            yield kind, f"region {label}", places
    elif LATIN not in rules:
        yield from _units("region", "box {}", row // height * (size // width) + column // width)
    for rule, (name, make, needs) in EXTRA.items():
        if rule in rules or (rule in DIAGONAL and "diagonal" in rules):
            labels = make(row, column, height, width)
            if labels.max() < 0:
                what = f"{rule} does not fit {size}×{size} boards"
                raise UsageError(what, where="--rules", hint=needs)
            yield from _units("extra", name, labels)


def _units(kind: Kind, name: str, labels: Labels) -> Iterator[Named]:
    side = labels.shape[-1]
    units = defaultdict[int, list[Place]](list)
    for cell, label in enumerate(labels.ravel().tolist()):
        units[label].append(divmod(cell % (side * side), side))
    for number, label in enumerate(sorted(units.keys() - {-1}), 1):
        yield kind, name.format(number), units[label]


def pairs_of(
    rules: tuple[str, ...], places: Collection[Place]
) -> Iterator[tuple[str, Place, Place]]:
    """The names of pairs, and the places that a move in chess leads from one to the other."""
    known = {*places}
    for move, steps in (ANTI[rule] for rule in rules if rule in ANTI):
        for row, column in places:
            for down, across in steps:
                if (other := (row + down, column + across)) in known:
                    yield f"the pair {move} apart", (row, column), other


def grid_names(offsets: tuple[Place, ...]) -> list[str]:
    """How units tell in which of several grids they are, by the side on which it lies."""
    if len(offsets) == 1:
        return [""]
    middle = [(max(at) + min(at)) / 2 for at in zip(*offsets, strict=True)]
    names = []
    for top, left in offsets:
        down = "top" if top < middle[0] else "bottom" if top > middle[0] else ""
        across = "left" if left < middle[1] else "right" if left > middle[1] else ""
        names.append(f" of the {' '.join(filter(None, [down, across])) or 'centre'} grid")
    return names
