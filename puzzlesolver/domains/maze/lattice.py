"""Where the rows and columns of a picture of a maze lie, however wide its walls are.

In: the walls, `bool[height, width]`. Out: for each direction the pixels at which cells begin and
end. Walls and rooms take turns, each with a width of its own; cells of one size are the case of
equal widths.

    >>> cell_edges(walls)
    (array([ 0,  2, 16, 18, 32, 34]), array([ 0,  2, 16, 18]))
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from puzzlesolver.limits import MAX_GRID_SIDE

Mask = npt.NDArray[np.bool_]
Edges = npt.NDArray[np.int64]
Positions = npt.NDArray[np.floating[Any]]

THIN, FULL, EVEN, LEAST_BOXES = 0.4, 0.8, 0.3, 3
"""Share of a table that is lines, of a line that is dark, and of a gap that gaps may differ by."""

LEAST_LINE = 0.08
"""Share of the strongest line that a line has at least; noise has less."""

MOST_LINES = 0.75
"""Share of all rows of pixels that are lines, at most; in a photo nearly all are."""

EXPLAINED = 0.85
"""Share of all changes between wall and open that happens at the lines of a lattice, at least."""

IMPURE, PLAIN = 0.3, 0.1
"""Share of the wall pixels that may lie outside of the cells of a lattice that are wall, and a
share that speaks against no lattice with fewer cells."""

MOST_CHECKS = 64
"""Lattices that explain the changes whose walls are looked at."""

WIDTHS, STRONGEST = 8, 64
"""Widths of walls, and lines, that a number of cells is first tried with."""


def cell_edges(walls: Mask) -> tuple[Edges, Edges] | None:
    """The edges of rows and of columns of cells, or None where the walls keep to no lattice."""
    down, across = _lattice(walls), _lattice(walls.T)
    return None if down is None or across is None else (down, across)


def shares(mask: Mask, edges: tuple[Edges, Edges], part: float = 1.0) -> npt.NDArray[np.float32]:
    """The share of every cell that the mask holds, in its middle `part` of both directions."""
    counts: npt.NDArray[np.int32] = mask.astype(np.int32)
    sizes = []
    for axis, bounds in enumerate(edges):
        inset = (np.diff(bounds) * (1 - part) / 2).astype(int)
        starts, ends = bounds[:-1] + inset, bounds[1:] - inset
        parts = np.ravel([starts, ends], "F")  # the last end may be that of the picture
        within = parts[:-1] if parts[-1] == counts.shape[axis] else parts
        counts = np.add.reduceat(counts, within, axis, dtype=np.int32)
        counts = counts[::2] if axis == 0 else counts[:, ::2]
        sizes.append(ends - starts)
    share: npt.NDArray[np.float32] = (counts / np.outer(*sizes)).astype(np.float32)
    return share


def closed_boxes(walls: Mask) -> int:
    """Boxes on a side when the walls are even lines across and down all of the picture, or 0."""
    if min(share := walls.mean(), 1 - share) > THIN:
        return 0
    walls = walls if share < THIN else ~walls
    counts = []
    for axis in (0, 1):
        full = np.flatnonzero(walls.mean(axis) > FULL)
        lines = np.split(full, np.flatnonzero(np.diff(full) > 1) + 1)
        gaps = np.diff([line.mean() for line in lines if len(line)])
        counts.append(len(gaps) if len(gaps) and np.ptp(gaps) < EVEN * gaps.mean() else 0)
    return counts[0] if counts[0] == counts[1] >= LEAST_BOXES else 0


def _lattice(walls: Mask) -> Edges | None:
    """The edges of the fewest rows that explain the changes from row to row."""
    length = len(walls)
    changes = np.zeros(length + 1)
    changes[1:-1] = np.count_nonzero(walls[1:] != walls[:-1], axis=1)
    lines = np.flatnonzero(changes > LEAST_LINE * changes.max())
    if not 0 < len(lines) <= MOST_LINES * length:
        return None
    weights, total = changes[lines], changes.sum()
    strong = np.argsort(-weights)[:STRONGEST]
    peaks = lines[weights >= np.maximum(changes[lines - 1], changes[lines + 1])]
    gaps, many = np.unique(np.diff(peaks, prepend=0, append=length), return_counts=True)
    widths = gaps[np.argsort(-many, kind="stable")][:WIDTHS]
    best, found, checks = math.inf, None, 0
    for cells in range(2, min(MAX_GRID_SIDE, length // 2, 2 * len(lines) + 2) + 1):
        tolerance = min(2.0, 0.45 + 0.12 * length / cells)
        for edges in _candidates(cells, length, widths):
            first = _near(edges, lines[strong]) <= tolerance
            if weights[strong][first].sum() < EXPLAINED * weights[strong].sum():
                continue
            if weights[_near(edges, lines) <= tolerance].sum() < EXPLAINED * total:
                continue
            rounded = np.rint(edges).astype(np.int64)
            if np.diff(rounded).min() < 1:
                continue
            checks += 1
            if (impurity := _impurity(walls, rounded)) <= IMPURE and (
                score := (impurity + PLAIN) * cells
            ) < best:
                best, found = score, rounded
        if checks >= MOST_CHECKS or PLAIN * cells > best:
            break
    return found


def _impurity(walls: Mask, edges: Edges) -> float:
    """The pixels that differ from most of their row of cells, as a share of the rarer kind.

    It is large where both lines of a thin wall lie near one edge.
    """
    dark = np.add.reduceat(walls, edges[:-1], axis=0, dtype=np.int32)
    other = np.minimum(dark, np.diff(edges)[:, None] - dark).sum()
    return float(other / max(1, min(walls.sum(), (~walls).sum())))


def _candidates(cells: int, length: int, widths: Edges) -> Iterator[Positions]:
    """Cells of one size, and cells of two sizes of which the first is one of `widths`."""
    yield np.arange(cells + 1) * (length / cells)
    if cells % 2:
        for width in widths:
            period = (length - width) / (cells // 2)
            if width < period - 0.5:
                starts = np.arange(cells // 2 + 1) * period
                yield np.ravel([starts, starts + width], "F")


def _near(edges: Positions, lines: Edges) -> Positions:
    """How far every line is from the nearest edge; all lie between the first and the last one."""
    after = np.searchsorted(edges, lines)
    near: Positions = np.minimum(np.abs(lines - edges[after - 1]), np.abs(edges[after] - lines))
    return near
