"""Compiled laying of walls: mazes are thrown away by the hundred until one has a long way in it.

In: a numpy `Generator` and a size. Out: open cells `bool[height, width]`, a start and the distances
from it. All of it is numba machine code: one core looks at tens of thousands of 30×30 mazes a
second.

    >>> rng = np.random.default_rng(7)
    >>> open_cells, start, away = find(rng, 30, 30, 109, 20_000, 0.3, 0.5)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from puzzlesolver.machine_code import njit

OpenCells = npt.NDArray[np.bool_]
Distances = npt.NDArray[np.int32]
"""As in `rules`, which imports this module; -1 for walls and cells that are cut off."""
Found = tuple[OpenCells, tuple[int, int], Distances]

STEPS = np.array([[1, 0], [0, -1], [0, 1], [-1, 0]])
MOST_LOOPS = 0.3
"""Share of the doors of a perfect maze that are knocked in, at most; half of the mazes keep all."""


@njit(cache=True)
def flood(open_cells: OpenCells, start: tuple[int, int]) -> Distances:
    """The same distances as `rules.distances`, in a tenth of the time."""
    height, width = open_cells.shape
    away = np.full((height, width), -1, np.int32)
    queue = np.empty((height * width, 2), np.int32)
    queue[0, 0], queue[0, 1] = start
    away[start] = 0
    head, tail = 0, 1
    while head < tail:
        row, column = queue[head, 0], queue[head, 1]
        head += 1
        for way in range(4):
            r, c = row + STEPS[way, 0], column + STEPS[way, 1]
            if 0 <= r < height and 0 <= c < width and open_cells[r, c] and away[r, c] < 0:
                away[r, c] = away[row, column] + 1
                queue[tail, 0], queue[tail, 1] = r, c
                tail += 1
    return away


@njit(cache=True)
def find(
    rng: np.random.Generator,
    height: int,
    width: int,
    farthest: int,
    tries: int,
    least: float,
    most: float,
) -> Found | None:
    """A maze with a cell at least `farthest` steps from a random start, or None.

    Walls are random, and their share lies between `least` and `most`. If both are 0 there are rooms
    in every second row and column, joined depth first, and half of the mazes have loops.
    """
    for _ in range(tries):
        if most > 0:
            share = rng.uniform(least, most)
            open_cells = rng.random((height, width)) >= share
            if not open_cells.any():
                continue
        else:
            open_cells = _rooms(rng, height, width)
            loops = rng.uniform(0.0, MOST_LOOPS) if rng.random() < 0.5 else 0.0
            for row in range(height):
                for column in range(width):
                    if (row + column) % 2 == 1 and rng.random() < loops:
                        open_cells[row, column] = True
        places = np.flatnonzero(open_cells)
        place = places[int(rng.random() * len(places))]
        start = (place // width, place % width)
        away = flood(open_cells, start)
        if away.max() >= farthest:
            return open_cells, start, away
    return None


@njit(cache=True)
def _rooms(rng: np.random.Generator, height: int, width: int) -> OpenCells:
    open_cells = np.zeros((height, width), np.bool_)
    stack = np.empty((height * width, 2), np.int64)
    stack[0] = 0
    open_cells[0, 0] = True
    depth = 1
    while depth:
        row, column = stack[depth - 1]
        ways = 0
        chosen = -1
        for way in range(4):
            r, c = row + 2 * STEPS[way, 0], column + 2 * STEPS[way, 1]
            if 0 <= r < height and 0 <= c < width and not open_cells[r, c]:
                ways += 1
                if rng.random() * ways < 1:  # each of the ways is equally likely
                    chosen = way
        if chosen < 0:
            depth -= 1
            continue
        for reach in (1, 2):
            open_cells[row + reach * STEPS[chosen, 0], column + reach * STEPS[chosen, 1]] = True
        stack[depth, 0] = row + 2 * STEPS[chosen, 0]
        stack[depth, 1] = column + 2 * STEPS[chosen, 1]
        depth += 1
    return open_cells
