"""Mazes as tensors, and what a state says of every cell as a path.

The lattice of a maze is (row, column, 1): every cell is one node that hears its four neighbours.
Four statements of a cell are learned: whether its distance from G leaves 0, 1 or 2 when divided by
three, and whether the cell lies on the path of the tie-break. Neighbours are always one step nearer
or farther, so the remainders tell which; the answer is walked from S down the distances. The last
statement gives a path that needs no walk.

    >>> batch = encode([puzzle])
    >>> batch.tokens.shape, batch.layout.lattice
    (torch.Size([1, 900]), (30, 30, 1))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from puzzlesolver.domains.base import Answer, Grid, Puzzle
from puzzlesolver.domains.maze.rules import (
    DIRECTIONS,
    GOAL,
    OPEN,
    PATH,
    START,
    UNREACHED,
    WALL,
    distances,
    find,
    shortest_path,
    walk,
)
from puzzlesolver.models.interface import Batch
from puzzlesolver.models.relations import Layout, Neighbour

ROW, COLUMN = range(2)
RELATIONS = tuple(
    Neighbour(name, axis, step, name)
    for name, axis, step in (
        ("below", ROW, 1),
        ("left", COLUMN, -1),
        ("right", COLUMN, 1),
        ("above", ROW, -1),
    )
)
"""In the order of `DIRECTIONS`."""

REMAINDERS = 3
ON_PATH = REMAINDERS
SYMBOLS = ON_PATH + 1
CELL_KINDS = PATH + 1


def layout(height: int, width: int) -> Layout:
    """The lattice and relations of a maze."""
    return Layout((height, width, 1), RELATIONS)


def encode(puzzles: Sequence[Puzzle]) -> Batch:
    """Stack mazes of one shape; with targets when every puzzle has a label."""
    shapes = {puzzle.grid.shape for puzzle in puzzles}
    if len(shapes) != 1:
        raise ValueError(f"a batch holds mazes of one shape, not {sorted(shapes)}")
    tokens = np.stack([puzzle.grid for puzzle in puzzles]).reshape(len(puzzles), -1)
    batch = Batch(torch.from_numpy(tokens.astype(np.int64)), layout(*shapes.pop()))
    if any(puzzle.label is None for puzzle in puzzles):
        return batch
    return with_targets(batch, [puzzle.grid for puzzle in puzzles])


def with_targets(batch: Batch, grids: Sequence[Grid]) -> Batch:
    """The batch with what breadth-first search says of every cell."""
    pairs = [statements(grid) for grid in grids]
    targets, known_from = (
        torch.from_numpy(np.stack(parts).reshape(len(grids), -1, SYMBOLS).astype(np.int64))
        for parts in zip(*pairs, strict=True)
    )
    return Batch(batch.tokens, batch.layout, targets, known_from)


def with_cells(batch: Batch, grids: Sequence[Grid]) -> Batch:
    """The batch with the solved maze as targets, for models that answer in cells.

    Classes count from 1: a wall is 1, a cell of the path 5.
    """
    solved = [grid if (path := shortest_path(grid)) is None else path for grid in grids]
    targets = np.stack(solved).reshape(len(grids), -1).astype(np.int64) + 1
    return replace(batch, targets=torch.from_numpy(targets))


def statements(grid: Grid) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int32]]:
    """What is true of every cell, and the steps that news of it need to arrive.

    A cell at distance d from G cannot know it before step d. When S knows, the path goes out from
    there, a cell a step.

    Returns:
        `bool[height, width, 4]` and `int32[height, width, 4]`.
    """
    away = distances(grid != WALL, find(grid, GOAL))
    true = np.zeros((*grid.shape, SYMBOLS), np.bool_)
    reached = away != UNREACHED
    true[reached, away[reached] % REMAINDERS] = True
    known_from = np.repeat(np.maximum(away, 0)[..., None], SYMBOLS, axis=-1)
    path = walk(grid, away)
    if path is None:
        known_from[..., ON_PATH] = 0
        return true, known_from
    true[..., ON_PATH] = (path == PATH) | (path == START) | (path == GOAL)
    longest = int(away[find(grid, START)])
    known_from[..., ON_PATH] = np.where(true[..., ON_PATH], 2 * longest - away, 0)
    return true, known_from


def decode(probabilities: npt.NDArray[np.float32], puzzle: Puzzle) -> Answer:
    """The path walked from S, from the probabilities `[cells, 4]` of the statements.

    A published model says what each cell of the solved maze holds, `[cells, 5]`: there the path is
    where it says so.

    Each step goes the first way, down, left, right, up, that leads nearer to G; the walk ends at G,
    where no neighbour is nearer, or where it would go round.
    """
    maze = puzzle.grid
    beliefs = probabilities.reshape(*maze.shape, -1)
    if beliefs.shape[-1] == CELL_KINDS:
        said = np.where((maze == OPEN) & (beliefs.argmax(-1) == PATH), np.uint8(PATH), maze)
        confidence = np.where(maze == WALL, np.float32(1), beliefs.max(-1))
        return Answer(said, confidence.astype(np.float32))
    distance = beliefs[..., :REMAINDERS]
    known = (distance.max(-1) > 0.5) & (maze != WALL)
    remainder = np.pad(
        np.where(known, distance.argmax(-1), UNREACHED), 1, constant_values=UNREACHED
    )
    answer = np.pad(maze, 1, constant_values=WALL)
    here = tuple(at + 1 for at in find(maze, START))
    while remainder[here] != UNREACHED:
        nearer = (remainder[here] - 1) % REMAINDERS
        beside = [(here[0] + row, here[1] + column) for row, column in DIRECTIONS]
        here = next((cell for cell in beside if remainder[cell] == nearer), (0, 0))
        if answer[here] != OPEN:
            break
        answer[here] = PATH
    answer = answer[1:-1, 1:-1]
    confidence = np.where(maze == WALL, np.float32(1), distance.max(-1))
    drawn = np.where((beliefs[..., ON_PATH] > 0.5) & (maze == OPEN), np.uint8(PATH), maze)
    field = ((beliefs > 0.5) << np.arange(SYMBOLS)).sum(-1).astype(np.uint8)  # a bit a statement
    return Answer(answer, confidence.astype(np.float32), field, drawn)
