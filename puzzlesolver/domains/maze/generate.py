"""New mazes: random walls with a long shortest path, or a perfect maze with loops knocked in.

In: a seed, a size and what the maze shall be like. Out: puzzles with the label of the tie-break,
their rating the cells of the shortest path with both ends, as in Maze-Hard. One flood from a random
start tells all goals that are far enough, which makes thousands of hard 30×30 mazes a minute.

    >>> next(generate(1, seed=7)).rating >= 110
    True
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from puzzlesolver.domains.base import Grid, Puzzle
from puzzlesolver.domains.maze.rules import GOAL, OPEN, START, WALL, shortest_path
from puzzlesolver.errors import UsageError
from puzzlesolver.limits import MAX_GRID_SIDE

SIZE = 30
HARD_CELLS = 110
"""Least cells of the shortest path of a hard 30×30 maze; other sizes in proportion."""

SLENDER = 5
"""A maze is treated as no longer than so many times its short side: chance walls off corridors."""

KINDS = {"walls": (0.30, 0.50), "open": (0.0, 0.30), "perfect": (0.0, 0.0)}
"""Least and greatest share of random walls, many or few; none for a perfect maze, of which some
have loops knocked in."""

MOST_TRIES = 100_000
"""Mazes that are thrown away before a path counts as too long to be found."""


def generate(
    count: int,
    seed: int,
    *,
    size: int | tuple[int, int] = SIZE,
    difficulty: str | int | None = None,
    kind: str = "walls",
) -> Iterator[Puzzle]:
    """Mazes of one size.

    Args:
        count: how many.
        seed: the same seed gives the same mazes.
        size: side, or rows and columns.
        difficulty: `hard` (a shortest path of 110 cells at 30×30, else in proportion to the
            geometric mean of the sides), `easy` (any path), or the least number of cells; None =
            `hard` for kind `walls`, else `easy`.
        kind: one of `KINDS`.

    Raises:
        UsageError: an option makes no sense, or no such maze is found.
    """
    rng = np.random.default_rng(seed)
    draw = drawer(size, difficulty, kind)
    for number in range(1, count + 1):
        grid, cells = draw(rng)
        yield Puzzle(
            domain="maze",
            name=f"{kind}:{number}",
            grid=grid,
            source=f"generated_{kind}_seed_{seed}",
            label=shortest_path(grid),
            rating=float(cells),
        )


def drawer(
    size: int | tuple[int, int], difficulty: str | int | None, kind: str
) -> Callable[[np.random.Generator], tuple[Grid, int]]:
    """Draws mazes of one kind, each with the cells of its shortest path; see `generate`."""
    height, width = (size, size) if isinstance(size, int) else size
    if not (1 <= height <= MAX_GRID_SIDE and 1 <= width <= MAX_GRID_SIDE and height * width > 1):
        what = f"a maze has 2 cells or more and at most {MAX_GRID_SIDE} rows and columns"
        raise UsageError(f"{what}, not {height}×{width}", where="--size")
    if kind not in KINDS:
        raise UsageError(f"unknown kind {kind!r}", where="--kind", hint=" or ".join(KINDS))
    farthest = max(1, _least_cells(difficulty, height, width, kind) - 1)
    from puzzlesolver.domains.maze import lay

    def draw(rng: np.random.Generator) -> tuple[Grid, int]:
        found = lay.find(rng, height, width, farthest, MOST_TRIES, *KINDS[kind])
        if found is None:
            raise UsageError(
                f"no {height}×{width} maze of kind {kind!r} has a path of {farthest + 1} cells, "
                f"in {MOST_TRIES:,} tries",
                where="--difficulty",
                hint="ask for a shorter path",
            )
        open_cells, start, away = found
        goals = np.flatnonzero(away.ravel() >= farthest)
        grid = np.where(open_cells, np.uint8(OPEN), np.uint8(WALL))
        goal = rng.choice(goals)
        grid.flat[goal], grid[start] = GOAL, START
        return grid, int(away.flat[goal]) + 1

    return draw


def _least_cells(difficulty: str | int | None, height: int, width: int, kind: str) -> int:
    side = min(math.sqrt(height * width), SLENDER * min(height, width))
    if difficulty is None:
        difficulty = "hard" if kind == "walls" else "easy"
    levels = {"easy": 2, "hard": min(round(HARD_CELLS * side / SIZE), 2 * height * width // 5)}
    if difficulty in levels:
        return levels[str(difficulty)]
    if not str(difficulty).isdecimal() or len(str(difficulty)) > 9:
        hint = f"{', '.join(levels)}, or the least number of cells of the shortest path"
        raise UsageError(f"unknown difficulty {difficulty!r}", where="--difficulty", hint=hint)
    return int(difficulty)
