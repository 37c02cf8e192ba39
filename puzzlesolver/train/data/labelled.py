"""Boards with their answers: those of a file, in any format of its puzzle kind.

>>> read_boards("train.csv", "sudoku").questions.shape
(1000, 81)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.domains.formats.texts import read_lines
from puzzlesolver.domains.sudoku.symmetry import shufflings
from puzzlesolver.domains.text import parse_text
from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import Batch
from puzzlesolver.models.relations import Layout

Boards = npt.NDArray[np.uint8]
"""Boards `uint8[N, C]`, row-major, 0 = blank; one board is `uint8[C]`."""


class Labelled(NamedTuple):
    """Square boards of one size with their answers, `uint8[N, C]` each."""

    questions: Boards
    solutions: Boards

    @property
    def side(self) -> int:
        """Rows of a board."""
        return math.isqrt(self.questions.shape[1])

    def take(self, rows: slice | npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> Labelled:
        """Some of them."""
        return Labelled(self.questions[rows], self.solutions[rows])

    def followed_by(self, questions: Boards, solutions: Boards) -> Labelled:
        """These and others."""
        return Labelled(
            np.concatenate([self.questions, questions]), np.concatenate([self.solutions, solutions])
        )


def collect(
    puzzles: Iterable[Puzzle], min_difficulty: float | None = None, where: str = ""
) -> Labelled:
    """Read all puzzles, or those whose rating is at least `min_difficulty`.

    Args:
        puzzles: of one size, with answers.
        min_difficulty: None = all.
        where: what errors name.

    Raises:
        UsageError: a puzzle lacks its answer or a needed rating, an answer breaks the rules, sizes
            are mixed, boards are not square, or none is left.
        ParseError: that of `puzzles`.
    """
    questions, solutions, shapes = bytearray(), bytearray(), set()
    for puzzle in puzzles:
        if puzzle.label is None:
            raise UsageError(
                "training needs the answer of every puzzle",
                where=puzzle.source,
                hint=f"`puzzlesolver generate {puzzle.domain}` writes them",
            )
        if min_difficulty is not None:
            if puzzle.rating is None:
                raise UsageError("this puzzle has no rating", where=puzzle.source)
            if puzzle.rating < min_difficulty:
                continue
        verdict = get_domain(puzzle.domain).verify(puzzle, puzzle.label)
        if verdict.status == "wrong":
            what = f"the answer breaks the rules: {verdict.reason}"
            raise UsageError(what, where=puzzle.source, hint="correct it, or leave the puzzle out")
        shapes.add(puzzle.grid.shape)
        questions += puzzle.grid.astype(np.uint8).tobytes()
        solutions += puzzle.label.astype(np.uint8).tobytes()
    if len(shapes) != 1:
        raise UsageError("boards of several sizes" if shapes else "no puzzle is left", where=where)
    height, width = shapes.pop()
    if height != width:
        raise UsageError(f"boards to train on are square, not {height}×{width}", where=where)
    boards = (np.frombuffer(bytes(cells), np.uint8) for cells in (questions, solutions))
    return Labelled(*(each.reshape(-1, height * width) for each in boards))


def read_boards(path: str, domain: str) -> Labelled:
    """The boards that `--data` names; raises as `read_file` and `collect`."""
    return collect(read_file(path, domain, "--data"), where=f"--data {path}")


def read_file(path: str, domain: str, flag: str) -> Iterator[Puzzle]:
    """The puzzles of a file in any format of the domain.

    Raises:
        UsageError: the file that `flag` names cannot be read.
        ParseError: it holds something that is no puzzle.
    """
    try:
        with open(path, "rb") as file:
            yield from parse_text(read_lines(file, path), path, [get_domain(domain)])
    except OSError as error:
        what = f"cannot read the puzzles: {error.strerror}"
        raise UsageError(what, where=f"{flag} {path}") from error


def batch_of(layout: Layout, pairs: Iterable[tuple[Boards, Boards]]) -> Batch:
    """Questions with their solutions as a batch."""
    tokens, targets = (
        torch.from_numpy(np.stack(boards).astype(np.int64)) for boards in zip(*pairs, strict=True)
    )
    return Batch(tokens, layout, targets)


def shuffled(
    questions: Boards, solutions: Boards, rng: np.random.Generator
) -> tuple[Boards, Boards]:
    """Sudokus as HRM and TRM augment them, each board in its own way.

    Args:
        questions: `uint8[…, C]`.
        solutions: theirs, changed in the same way.
        rng: decides how.
    """
    shape = questions.shape
    count, side = math.prod(shape[:-1]), math.isqrt(shape[-1])
    cells, digits = shufflings(count, side, rng)

    def shuffle(boards: Boards) -> Boards:
        flat = count, side * side
        moved = np.take_along_axis(boards.reshape(flat), cells.reshape(flat), axis=1)
        return np.take_along_axis(digits, moved, axis=1).reshape(shape)

    return shuffle(questions), shuffle(solutions)
