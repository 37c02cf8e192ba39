"""How a grid would go on: mirrored about the axis that it is nearly symmetric about, and repeated.

What lies behind a blot, or outside a box, is often told by the rest of a pattern.

In: a grid. Out: as it would be by that likeness.

    >>> continuations(grid)[0]
"""

from __future__ import annotations

import functools
import itertools

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


def continuations(grid: Cells) -> tuple[Plane, ...]:
    """Mirrored across, mirrored down, and repeated; turned half round where it has no period."""
    return _continuations(grid.tobytes(), grid.dtype.str, grid.shape)


@functools.lru_cache(maxsize=16)
def _continuations(cells: bytes, kind: str, shape: tuple[int, int]) -> tuple[Plane, ...]:
    grid = np.frombuffer(cells, kind).reshape(shape)
    across, down = mirrored(grid, 1), mirrored(grid, 0)
    again = repeated(grid)
    return across, down, mirrored(across, 0) if again is None else again


def mirrored(grid: Cells, axis: int) -> Plane:
    """Mirrored along a dimension of the array about the axis that fits best, else the middle."""
    lines = np.moveaxis(grid, axis, 0)
    count, ground = len(lines), most_common(grid)
    shortest = max(1, round(PARTNERS * count))
    best, chosen = NEARLY, count - 1
    # Line i is the partner of line `total` - i. The nearest to the middle comes first.
    totals = sorted(range(shortest - 1, 2 * count - shortest), key=lambda each: abs(each - chosen))
    for total in totals:
        part = lines[_partners(total, count)]
        tells = (part != ground) | (part[::-1] != ground)
        if tells.sum() >= FEWEST:
            share = (part == part[::-1])[tells].mean()
            if share > best:
                best, chosen = share, total
    told = np.full(lines.shape, NOTHING, np.int8)
    told[_partners(chosen, count)] = lines[_partners(chosen, count)][::-1]
    return np.moveaxis(told, 0, axis)


def _partners(total: int, count: int) -> slice:
    """The lines that have a partner."""
    return slice(max(0, total - count + 1), min(count - 1, total) + 1)


def repeated(grid: Cells) -> Plane | None:
    """Every cell as most of those are that lie whole periods away; None = it has no period."""
    height, width = grid.shape
    colours = np.unique(grid)
    planes = grid == colours[:, None, None]
    common = planes.mean((1, 2)).max()
    periods = itertools.product(
        (*range(1, height // 2 + 1), height), (*range(1, width // 2 + 1), width)
    )
    for down, right in sorted(periods, key=lambda period: (period[0] * period[1], period)):
        if common == 1 or 2 * down * right > grid.size:
            break
        repeats = -(-height // down), -(-width // right)
        missing = (0, 0), (0, repeats[0] * down - height), (0, repeats[1] * right - width)
        counts = (
            np.pad(planes, missing)
            .reshape(len(colours), repeats[0], down, repeats[1], right)
            .sum((1, 3))
        )
        agree = counts.max(0).sum() / grid.size
        if agree >= OBEYED and agree - common >= EXPLAINED * (1 - common):
            tile = colours[counts.argmax(0)].astype(np.int8)
            return np.tile(tile, repeats)[:height, :width]
    return None
