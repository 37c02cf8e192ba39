"""What a task of ARC is: demonstrations of one unknown rule, and inputs to apply it to.

>>> task = Task("mirror", train=(Pair(left, right),), test=(Pair(question),))
>>> task.known
False
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from puzzlesolver.domains.base import Grid, Puzzle
from puzzlesolver.domains.symmetry import turned

COLOURS = 10
"""Cells hold 0..9; 0 is black, in most tasks the background."""

ATTEMPTS = 2
"""Guesses that count at every test input."""

Attempts = Sequence[tuple[Grid, Grid]]
"""Two guesses for each test input, in their order."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two grids `uint8[1..30, 1..30]`; the output is None where nobody has told it."""

    input: Grid
    output: Grid | None = None

    @property
    def grids(self) -> tuple[Grid, ...]:
        """The grids that are known."""
        return (self.input,) if self.output is None else (self.input, self.output)

    @property
    def key(self) -> bytes:
        """Equal for equal pairs only: sides, then colours, of both grids."""
        # Sides are told apart from colours, so that `recoloured` leaves them alone.
        return b"".join(
            bytes(COLOURS + side for side in grid.shape) + grid.tobytes() for grid in self.grids
        )

    def turned(self, turn: int) -> Pair:
        """Both grids after symmetry number `turn`."""
        return Pair(*(turned(grid, turn) for grid in self.grids))


def recoloured(key: bytes, colours: bytes) -> bytes:
    """The key of a pair when its colours become others, ten bytes."""
    return key.translate(colours + bytes(range(COLOURS, 256)))


@dataclass(frozen=True, eq=False)
class Task:
    """One task.

    Attributes:
        name: its id in a submission.
        train: the demonstrations; their outputs are known.
        test: the inputs that are asked for, with outputs where the file tells them.
        source: where it was read.
    """

    name: str
    train: tuple[Pair, ...]
    test: tuple[Pair, ...]
    source: str = ""

    @property
    def known(self) -> bool:
        """Whether the output of every test is."""
        return all(pair.output is not None for pair in self.test)

    def without_answers(self) -> Task:
        """The task as a solver may see it: no test has an output."""
        return replace(self, test=tuple(Pair(pair.input) for pair in self.test))


def digest(tasks: Iterable[Task]) -> str:
    """SHA-256 of all pairs of some tasks in their order, known outputs of tests included."""
    pairs = (pair for task in tasks for pair in (*task.train, *task.test))
    return hashlib.sha256(b"".join(pair.key for pair in pairs)).hexdigest()


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class TaskPuzzle(Puzzle):
    """A task among puzzles of other kinds; `grid` is its first test input, there is no `label`."""

    task: Task


def as_puzzle(task: Task) -> TaskPuzzle:
    """The task as `read_puzzles` gives it."""
    return TaskPuzzle("arc", task.name, task.test[0].input, task.source, task=task)
