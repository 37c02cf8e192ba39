"""How a grid would go on: mirrored about the axis that it is nearly symmetric about, and repeated.

What lies behind a blot, or outside a box, is often told by the rest of a pattern. Where the rest
obeys a symmetry or a period all but exactly, hidden cells can be restored.

In: a grid. Out: as it would be by that likeness.

    >>> continuations(grid)[0]
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from puzzlesolver.models.arc.features import NOTHING
from puzzlesolver.models.arc.objects import Cells, most_common

Plane = npt.NDArray[np.int8]
"""Colours, `int8[height, width]`; `NOTHING` where there is none."""

NEARLY = 0.6
"""Share of the pairs of cells, not both of the commonest colour, that are equal about an axis."""

PARTNERS = 0.5
"""Share of the lines that must have a partner."""

FEWEST = 4
"""Cells in such pairs that a symmetry must at least have."""

OBEYED, EXPLAINED = 0.85, 0.5
"""Shares of all cells, and of those that are not of the commonest colour, that a period gives."""

SURE = 0.99
"""The same share, where cells that are hidden shall be restored."""


def continuations(grid: Cells) -> tuple[Plane, ...]:
    """Mirrored across, mirrored down, and repeated; turned half round where it has no period."""
    return _continuations(grid.tobytes(), grid.dtype.str, grid.shape)


@functools.lru_cache(maxsize=16)
def _continuations(cells: bytes, kind: str, shape: tuple[int, int]) -> tuple[Plane, ...]:
    grid = np.frombuffer(cells, kind).reshape(shape)
    across, down = mirrored(grid, 1), mirrored(grid, 0)
    again = repeated(grid)
    return across, down, mirrored(across, 0) if again is None else again


def restored(grid: Cells, hidden: npt.NDArray[np.bool_]) -> Plane:
    """What hidden cells must be if the others have a symmetry or a period; else `NOTHING`."""
    plane = np.where(hidden, NOTHING, grid).astype(np.int8)
    before, left = -1, int(hidden.sum())
    while left and left != before:  # what one way tells, another can go on from
        for way in _WAYS:
            told = way(plane)
            if told is not None:
                plane = np.where(plane == NOTHING, told, plane)
        before, left = left, int((plane == NOTHING).sum())
    return plane


def mirrored(grid: Cells, axis: int) -> Plane:
    """Mirrored along a dimension of the array about the axis that fits best, else the middle."""
    told = _folded(grid, axis, NEARLY)
    return np.flip(grid, axis).astype(np.int8) if told is None else told


def _folded(grid: Cells, axis: int, enough: float) -> Plane | None:
    """Mirrored about the best of the axes about which more than enough pairs are equal."""
    lines = np.moveaxis(grid, axis, 0)
    count, ground = len(lines), _ground(grid)
    shortest = max(1, round(PARTNERS * count))
    best, chosen = enough, None
    # Line i is the partner of line `total` - i. The nearest to the middle comes first.
    totals = range(shortest - 1, 2 * count - shortest)
    for total in sorted(totals, key=lambda each: abs(each - count + 1)):
        part = lines[_partners(total, count)]
        share = _equal(part, part[::-1], ground)
        if share > best:
            best, chosen = share, total
    if chosen is None:
        return None
    told = np.full(lines.shape, NOTHING, np.int8)
    told[_partners(chosen, count)] = lines[_partners(chosen, count)][::-1]
    return np.moveaxis(told, 0, axis)


def _partners(total: int, count: int) -> slice:
    """The lines that have a partner."""
    return slice(max(0, total - count + 1), min(count - 1, total) + 1)


def _equal(one: Cells, other: Cells, ground: int) -> float:
    """Share of the pairs that tell something and are equal; 0 where there are too few."""
    tells = (one != NOTHING) & (other != NOTHING) & ((one != ground) | (other != ground))
    return float((one == other)[tells].mean()) if tells.sum() >= FEWEST else 0.0


def _ground(grid: Cells) -> int:
    """The commonest colour."""
    known = grid[grid != NOTHING]
    return most_common(known) if known.size else NOTHING


def _transposed(plane: Plane) -> Plane | None:
    """Transposed about the first diagonal that the grid is symmetric about."""
    if plane.shape[0] != plane.shape[1]:
        return None
    ground = _ground(plane)
    both = plane.T, plane[::-1, ::-1].T
    return next((each for each in both if _equal(plane, each, ground) > SURE), None)


def repeated(grid: Cells, obeyed: float = OBEYED) -> Plane | None:
    """Every cell as most of those are that lie whole periods away; None = it has no period."""
    height, width = grid.shape
    known = grid != NOTHING
    colours = np.unique(grid[known])
    planes = grid == colours[:, None, None]
    common = planes.sum((1, 2)).max(initial=0) / max(1, known.sum())
    periods = itertools.product(
        (*range(1, height // 2 + 1), height), (*range(1, width // 2 + 1), width)
    )
    for down, right in sorted(periods, key=lambda period: (period[0] * period[1], period)):
        if len(colours) < 2 or 2 * down * right > grid.size:
            break
        repeats = -(-height // down), -(-width // right)
        missing = (0, 0), (0, repeats[0] * down - height), (0, repeats[1] * right - width)
        counts = (
            np.pad(planes, missing)
            .reshape(len(colours), repeats[0], down, repeats[1], right)
            .sum((1, 3))
        )
        agree = counts.max(0).sum() / known.sum()
        if agree >= obeyed and agree - common >= EXPLAINED * (1 - common):
            commonest = colours[counts.argmax(0)].astype(np.int8)
            tile = np.where(counts.any(0), commonest, np.int8(NOTHING))
            return np.tile(tile, repeats)[:height, :width]
    return None


_WAYS: tuple[Callable[[Plane], Plane | None], ...] = (
    lambda plane: _folded(plane, 1, SURE),
    lambda plane: _folded(plane, 0, SURE),
    _transposed,
    lambda plane: repeated(plane, SURE),
)
"""What can tell a hidden cell."""
