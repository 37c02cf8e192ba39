"""The rules of mazes: is this path legal, connected, shortest, and the one of the tie-break?

In: a `Puzzle`, for `verify` an answer grid too. Out: a `Verdict` that names the first fault,
counting rows and columns from 1. Distances are exact, by breadth-first search; no network takes
part.

    >>> verify(puzzle, answer).reason
    'the path has 31 cells, the shortest has 29'
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.puzzle import (
    NO_DEADLINE,
    Grid,
    Limit,
    Puzzle,
    Verdict,
    place_name,
    size_of,
)

WALL, OPEN, START, GOAL, PATH = range(5)
"""Cell values: a puzzle has the first four, an answer marks the cells between S and G as `PATH`."""

DIRECTIONS = ((1, 0), (0, -1), (0, 1), (-1, 0))
"""Row and column steps down, left, right, up: the neighbour order of the published tie-break."""

UNREACHED = -1

HUGE = 250_000
"""Cells from which it pays to import numba: machine code needs a fiftieth of the time."""

Distances = npt.NDArray[np.int32]
"""Steps to a cell, `int32[height, width]`; `UNREACHED` for walls and cells that are cut off."""

Cell = tuple[int, int]


def find(grid: Grid, value: int) -> Cell:
    """The first cell that holds `value`."""
    row, column = divmod(int((grid == value).argmax()), grid.shape[1])
    return row, column


def distances(open_cells: npt.NDArray[np.bool_], origin: Cell) -> Distances:
    """Steps of a shortest way from `origin` to every open cell, by breadth-first search."""
    if open_cells.size >= HUGE:
        from puzzlesolver.domains.maze.lay import flood

        return flood(np.ascontiguousarray(open_cells), origin)
    height, width = open_cells.shape
    framed = np.zeros((height + 2, width + 2), np.bool_)
    framed[1:-1, 1:-1] = open_cells
    unseen = framed.ravel().tolist()
    steps = [row * (width + 2) + column for row, column in DIRECTIONS]
    found = [UNREACHED] * len(unseen)
    reached = [(origin[0] + 1) * (width + 2) + origin[1] + 1]
    unseen[reached[0]], found[reached[0]] = False, 0
    for cell in reached:  # which grows
        for step in steps:
            if unseen[near := cell + step]:
                unseen[near], found[near] = False, found[cell] + 1
                reached.append(near)
    return np.array(found, np.int32).reshape(height + 2, width + 2)[1:-1, 1:-1]


def shortest_path(grid: Grid) -> Grid | None:
    """The maze with the shortest path of the published tie-break, or None when G is cut off.

    The first path in the order down, left, right, up; it is the one that breadth-first search from
    S finds when the first parent wins.
    """
    return walk(grid, distances(grid != WALL, find(grid, GOAL)))


def walk(grid: Grid, away: Distances) -> Grid | None:
    """The same, when the distances from G are known."""
    place = find(grid, START)
    if away[place] == UNREACHED:
        return None
    solved = grid.copy()
    height, width = grid.shape
    while away[place] > 1:
        for row_step, column_step in DIRECTIONS:
            row, column = place[0] + row_step, place[1] + column_step
            inside = 0 <= row < height and 0 <= column < width
            if inside and away[row, column] == away[place] - 1:
                place = row, column
                break
        solved[place] = PATH
    return solved


def verify(puzzle: Puzzle, answer: Grid) -> Verdict:
    """Check that the marked cells are one shortest path from S to G and nothing else."""
    maze = puzzle.grid
    if answer.shape != maze.shape:
        return Verdict("wrong", f"the answer is {size_of(answer)}, the maze {size_of(maze)}")
    marked = answer == PATH
    if (blocked := _first(marked & (maze == WALL))) is not None:
        return Verdict("wrong", f"the path crosses the wall at {place_name(blocked)}", (blocked,))
    if (changed := _first(np.where(marked, OPEN, answer) != maze)) is not None:
        return Verdict("wrong", f"{place_name(changed)} is not what the maze has there", (changed,))
    start, goal = find(maze, START), find(maze, GOAL)
    along = distances(marked | (maze == GOAL) | (maze == START), start)
    if along[goal] == UNREACHED:
        if not marked.any():
            return Verdict("wrong", "no path is drawn from S to G", (start,))
        end = divmod(int(along.argmax()), maze.shape[1])
        return Verdict("wrong", f"the path from S stops at {place_name(end)}", (end,))
    away = distances(maze != WALL, goal)
    shortest = int(away[start])
    if (length := int(marked.sum()) + 1) > shortest:
        if length > along[goal] and (beside := _first(marked & (along == UNREACHED))) is not None:
            return Verdict("wrong", f"{place_name(beside)} is marked beside the path", (beside,))
        return Verdict("wrong", f"the path has {length + 1} cells, the shortest has {shortest + 1}")
    return Verdict("verified", f"a shortest path, {shortest + 1} cells")


def contradiction(puzzle: Puzzle) -> Verdict | None:
    """Proof that no path leads from S to G, or None."""
    away = distances(puzzle.grid != WALL, find(puzzle.grid, START))
    if away[find(puzzle.grid, GOAL)] != UNREACHED:
        return None
    reached = int((away != UNREACHED).sum())
    return Verdict("wrong", f"no path leads from S to G: {reached:,} cells can be reached from S")


def as_good(answer: Grid, label: Grid) -> bool:
    """Whether as many cells are marked."""
    return int((answer == PATH).sum()) == int((label == PATH).sum())


def count_solutions(puzzle: Puzzle, limit: Limit = NO_DEADLINE) -> int | None:
    """0 when G is cut off, else 1: every shortest path is right. None: the limit is over."""
    return None if limit.is_reached(0) else int(contradiction(puzzle) is None)


def solve_exactly(puzzle: Puzzle, limit: Limit = NO_DEADLINE) -> Grid | None:
    """The path of the tie-break by breadth-first search, or None when G is cut off."""
    return shortest_path(puzzle.grid)


def _first(mask: npt.NDArray[np.bool_]) -> Cell | None:
    """The first true cell in row-major order."""
    number = int(mask.argmax())
    return divmod(number, mask.shape[1]) if mask.flat[number] else None
