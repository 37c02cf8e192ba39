"""Dataset folders of Sudokus and mazes, as HRM, TRM and RSM were trained on them.

In: puzzles with answers, of a CSV or generated. Out: a folder that `DatasetFolder` reads; the same
seed writes the same bytes.

    >>> train, test = collect(read_puzzles(["train.csv"])), collect(read_puzzles(["test.csv"]))
    >>> build_sudoku("sudoku-extreme-1k-aug-1000", train, test, subsample=1_000, num_aug=1_000)
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.domains.maze.rules import shortest_path
from puzzlesolver.domains.symmetry import TURNS, turned
from puzzlesolver.errors import UsageError
from puzzlesolver.train.data.labelled import Labelled, shuffled
from puzzlesolver.train.data.published import metadata
from puzzlesolver.train.data.published.writer import PuzzleGroup, write_dataset

_EVER = 10**9


def generated(domain: str, count: int, seed: int, **options: Any) -> Iterator[Puzzle]:
    """New puzzles as in `puzzlesolver generate`, no two of them equal."""
    seen: set[bytes] = set()

    def is_new(puzzle: Puzzle) -> bool:
        known = len(seen)
        seen.add(puzzle.grid.tobytes())
        return len(seen) > known

    puzzles = get_domain(domain).generate(_EVER, seed, **options)
    return itertools.islice(filter(is_new, puzzles), count)


def build_sudoku(
    folder: str | os.PathLike[str],
    train: Labelled,
    test: Labelled | None,
    *,
    subsample: int | None = None,
    num_aug: int = 0,
    seed: int = 0,
) -> None:
    """A Sudoku set: ids are digit + 1, a blank is 1; a group is a board, then its augmentations.

    Args:
        folder: where; there must be nothing yet.
        train: boards for training.
        test: boards to test on, written as they are; None = no test split.
        subsample: of `train`, so many at random; None = all. Upstream draws them without a seed, so
            nobody has the papers' own 1,000.
        num_aug: augmentations of each training board.
        seed: of the choice and the augmentations.

    Raises:
        UsageError: the folder exists, or there are fewer boards than asked for.
    """
    rng = np.random.default_rng(seed)

    def augmented(board: Labelled) -> Labelled:
        questions, solutions = (np.repeat(each, num_aug, axis=0) for each in board)
        return board.followed_by(*shuffled(questions, solutions, rng))

    groups = _groups(train, subsample, rng, augmented if num_aug else None)
    _write(folder, groups, test, train.side, vocab_size=train.side + metadata.SUDOKU_IDS)


def build_maze(
    folder: str | os.PathLike[str],
    train: Labelled,
    test: Labelled | None,
    *,
    subsample: int | None = None,
    dihedral: bool = False,
    seed: int = 0,
) -> None:
    """A maze set: ids are wall 1, open 2, start 3, goal 4, path 5.

    Args:
        folder: where; there must be nothing yet.
        train: mazes for training.
        test: mazes to test on, written as they are; None = no test split.
        subsample: of `train`, so many at random; None = all.
        dihedral: whether a group also has the maze turned and flipped, eight in all. Their labels
            are searched anew, for a turned label breaks the tie-break that the others follow.
        seed: of the choice.

    Raises:
        UsageError: the folder exists, or there are fewer mazes than asked for.
    """
    side = train.side

    def augmented(maze: Labelled) -> Labelled:
        grids = [turned(maze.questions.reshape(side, side), turn) for turn in range(1, TURNS)]
        solved = [path for grid in grids if (path := shortest_path(grid)) is not None]
        if len(solved) != len(grids):
            raise UsageError("no path leads from S to G in one of the mazes")
        return maze.followed_by(
            *(np.reshape(each, (len(grids), side * side)) for each in (grids, solved))
        )

    rng = np.random.default_rng(seed)
    groups = _groups(train, subsample, rng, augmented if dihedral else None)
    _write(folder, groups, test, side, vocab_size=metadata.MAZE_VOCABULARY)


def _groups(
    boards: Labelled,
    count: int | None,
    rng: np.random.Generator,
    augmented: Callable[[Labelled], Labelled] | None,
) -> Iterator[Labelled]:
    """Each board, perhaps augmented, or so many of them at random."""
    total = len(boards.questions)
    if count is not None:
        if count > total:
            raise UsageError(f"there are {total:,} puzzles, {count:,} are asked for")
        boards = boards.take(rng.choice(total, count, replace=False))
    return _singles(boards) if augmented is None else map(augmented, _singles(boards))


def _singles(boards: Labelled) -> Iterator[Labelled]:
    return (boards.take(slice(row, row + 1)) for row in range(len(boards.questions)))


def _write(
    folder: str | os.PathLike[str],
    groups: Iterable[Labelled],
    test: Labelled | None,
    side: int,
    vocab_size: int,
) -> None:
    if test is not None and test.side != side:
        raise UsageError(f"test boards are {test.side}×{test.side}, the others {side}×{side}")
    splits = {"train": groups} | ({} if test is None else {"test": _singles(test)})
    write_dataset(
        folder,
        {name: map(_as_group, boards) for name, boards in splits.items()},
        vocab_size=vocab_size,
        seq_len=side * side,
        names=[metadata.BLANK],
    )


def _as_group(boards: Labelled) -> PuzzleGroup:
    """Each board is one puzzle of one example, without an identifier of its own."""
    count = len(boards.questions)
    return PuzzleGroup(
        boards.questions + np.uint8(1),
        boards.solutions + np.uint8(1),
        identifiers=np.zeros(count, np.int32),
        sizes=np.ones(count, np.int32),
    )
