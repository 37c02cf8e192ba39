"""The values that travel between the stages: a puzzle, an answer, a verdict.

>>> Puzzle("sudoku", "puzzle.txt", grid, source="puzzle.txt:1").answer is grid
True
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from puzzlesolver.domains.sudoku.board import Board

Grid = npt.NDArray[np.uint8]
"""Cell values `uint8[height, width]`; in Sudoku 0 is a blank and 1..n a digit."""

DIGITS = "123456789" + ascii_uppercase[:16]
"""How the values 1, 2, … are written; `A` is 10, `P` is 25, so that `X` can stand for a blank."""

Status = Literal["verified", "wrong", "unverifiable"]


def size_of(grid: npt.NDArray[Any]) -> str:
    """Rows × columns, for people."""
    return "×".join(map(str, grid.shape))


def place_name(place: Sequence[int]) -> str:
    """A row and a column, from 0, as people call the cell: `r1c9`."""
    return f"r{place[0] + 1}c{place[1] + 1}"


@dataclass(frozen=True, eq=False)
class Puzzle:
    """One question.

    Attributes:
        domain: key of `DOMAINS`.
        name: how results refer to it, for example `puzzle.txt` or `list.csv:17`.
        grid: the givens.
        source: where it was read, as `FILE:LINE`.
        label: the known answer when the file carries one; for `bench` and `verify`, never for
            `solve`.
        rating: the file's difficulty rating, when it has one.
        alphabet: how the text writes the values 1, 2, … where that is not as in `DIGITS`, such as
            `0123456789ABCDEF`.
        note: what the reader had to infer, for people; "" when the text left no choice.
        board: the cells and units of a Sudoku; None = the standard ones of its size.
    """

    domain: str
    name: str
    grid: Grid
    source: str
    label: Grid | None = None
    rating: float | None = None
    alphabet: str = DIGITS
    note: str = ""
    board: Board | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.domain} {self.name!r} {size_of(self.grid)}>"

    @property
    def values(self) -> npt.NDArray[np.int64]:
        """What its cells hold, `int64[cells]`; a grid can have holes."""
        grid = self.grid.reshape(-1) if self.board is None else self.board.values(self.grid)
        return grid.astype(np.int64)

    def as_grid(self, values: npt.NDArray[Any], hole: int = 255) -> npt.NDArray[Any]:
        """A value for every cell as a grid like that of the puzzle."""
        if self.board is None:
            return values.reshape(self.grid.shape)
        return self.board.grid(values, hole)

    def spell(self, text: str) -> str:
        """The text of a grid, or of a conflict in it, in the alphabet of this puzzle."""
        return text.translate(str.maketrans(DIGITS[: len(self.alphabet)], self.alphabet))

    @property
    def rules(self) -> str:
        """The rules of a Sudoku as text, "" where they are the usual ones."""
        return self.board.told if self.board else ""

    def noting(self, more: str) -> Self:
        """The same with one more note, "" for none."""
        return replace(self, note="; ".join(filter(None, [self.note, more]))) if more else self

    @property
    def answer(self) -> Grid:
        """What the text says when it is read as an answer: what it marks, else all of it."""
        return self.grid if self.label is None else self.label


@dataclass(frozen=True, eq=False)
class Answer:
    """What a state says.

    Attributes:
        grid: the answer.
        confidence: `float32[height, width]`, the model's in each cell.
        field: all that is decided in each cell, as one number, where that is more than the answer.
        drawn: the answer as the state itself draws it, where `grid` is derived from other beliefs.
    """

    grid: Grid
    confidence: npt.NDArray[np.float32]
    field: Grid | None = None
    drawn: Grid | None = None

    def __repr__(self) -> str:
        return f"<Answer {size_of(self.grid)}>"

    @property
    def seen(self) -> Grid:
        """What must hold still for the answer to have settled."""
        return self.grid if self.field is None else self.field

    def least_sure(self, givens: Grid) -> float:
        """The confidence of its least sure cell, of those that the answer fills if there are any.

        What a maze says of cells beside the path, such as those that nothing reaches, is no part of
        its answer; an answer of another size, as tasks of ARC have, is all filled.
        """
        alike = self.grid.shape == givens.shape
        filled = self.confidence[self.grid != givens] if alike else self.confidence
        return float((filled if filled.size else self.confidence).min())


@dataclass(frozen=True)
class Verdict:
    """What the rules say of an answer.

    Attributes:
        status: whether it is right.
        reason: what is wrong, or how it is right.
        where: (row, column), from 0, of a conflict.
        right: of a task of ARC, test inputs that are answered and test inputs with a known output.
    """

    status: Status
    reason: str = ""
    where: tuple[tuple[int, int], ...] = ()
    right: tuple[int, int] | None = None

    def __repr__(self) -> str:
        return f"<Verdict {self.status}{self.reason and f': {self.reason}'}>"


@dataclass(frozen=True)
class Limit:
    """How far an exact search goes before it leaves the question open.

    Attributes:
        deadline: `time.monotonic()` at which it gives up; it may end half a second later.
        conflicts: dead ends, or wrong guesses, after which it gives up. 25×25 boards that defeat it
            take about 20 seconds for all of them.
    """

    deadline: float = math.inf
    conflicts: int = 300_000

    def is_reached(self, conflicts: int) -> bool:
        """Whether a search that met so many dead ends must end now."""
        return conflicts >= self.conflicts or time.monotonic() >= self.deadline


NO_DEADLINE = Limit()
