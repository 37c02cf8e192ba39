"""What every puzzle kind offers, and the values that travel between the stages.

A kind is a folder: `parse.py` (text → Puzzle), `rules.py` (the verifier), `codec.py` (Puzzle ↔
tensors), `render.py` (grid → text and colours), `generate.py` (new puzzles). This module imports no
torch.

    >>> sudoku = get_domain("sudoku")
    >>> puzzle = next(sudoku.parse(open("puzzle.txt"), "puzzle.txt"))
    >>> sudoku.verify(puzzle, answer_grid).status
    'verified'
"""

from __future__ import annotations

import importlib
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from puzzlesolver.errors import UsageError, nearest

if TYPE_CHECKING:
    from rich.text import Text

    from puzzlesolver.domains.formats.documents import At
    from puzzlesolver.domains.records import Record
    from puzzlesolver.domains.sudoku.board import Board
    from puzzlesolver.domains.symmetry import Symmetry
    from puzzlesolver.models.interface import Batch

Grid = npt.NDArray[np.uint8]
"""Cell values `uint8[height, width]`; in Sudoku 0 is a blank and 1..n a digit."""

DIGITS = "123456789" + ascii_uppercase[:16]
"""How the values 1, 2, … are written; `A` is 10, `P` is 25, so that `X` can stand for a blank."""

Status = Literal["verified", "wrong", "unverifiable"]


def size_of(grid: Grid) -> str:
    """Rows × columns, for people."""
    return "×".join(map(str, grid.shape))


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


Marker = Callable[[Iterable[Puzzle], Iterable[str], str], Iterator[tuple[Puzzle, Verdict]]]
"""From puzzles, the lines of a text of answers and its name to what is known of each answer."""


class Domain(ABC):
    """A puzzle kind, in the `__init__.py` of its folder; what is not abstract suits most kinds.

    Methods that need torch or numba import them when called.

    Attributes:
        name: key of `DOMAINS`.
        clamps: whether a symbol can be put into an open cell to see what follows.
        fitted: whether every puzzle shows what to do by examples of its own, to which a network is
            fitted.
        under: this kind with further rules, by their names; None: it knows none.
        from_document: reads puzzles from a value of JSON that is this kind's alone; None: it has no
            such.
        parse_image: reads puzzles from the bytes of a PNG, as `parse` does from text; None: not
            this kind.
        mark: checks answers that name their puzzles; None: answers are grids in the puzzles' order.
        solved: puzzles with the known answers that a file of solutions has; None: there are no such
            files.
    """

    name: str
    clamps = False
    fitted = False
    under: Callable[[str], Domain] | None = None
    from_document: Callable[[Any, At], Iterator[Puzzle]] | None = None
    parse_image: Callable[[bytes, str], Iterator[Puzzle]] | None = None
    mark: Marker | None = None
    solved: Callable[[Iterable[Puzzle], str], Iterator[Puzzle]] | None = None

    @abstractmethod
    def recognise(self, head: str) -> bool:
        """Whether the first lines of a text look like this kind."""

    @abstractmethod
    def parse(self, lines: Iterable[str], source: str) -> Iterator[Puzzle]:
        """Read puzzles one after another; raises `ParseError` with `FILE:LINE:COL`."""

    @abstractmethod
    def from_record(self, record: Record) -> Puzzle:
        """The puzzle of a row of a table, or of an object of JSON; raises `ParseError`."""

    def holds(self, value: Any) -> bool:
        """Whether a value of JSON is for `from_document`."""
        return False

    def takes(self, numbers: npt.NDArray[np.int64]) -> bool:
        """Whether `int64[height, width]` looks like a puzzle of this kind in numbers."""
        return False

    def from_numbers(self, numbers: npt.NDArray[np.int64], source: str) -> Puzzle:
        """The puzzle in numbers that `takes` accepts; raises `ParseError`, at `source`."""
        raise AssertionError(f"{self.name} takes none")

    @abstractmethod
    def verify(self, puzzle: Puzzle, answer: Grid) -> Verdict:
        """Check an answer by the rules alone, never by the label."""

    def as_good(self, answer: Grid, label: Grid) -> bool:
        """Whether an answer is no worse than the known one; `verify` does not ask this."""
        return np.array_equal(answer, label)

    def count_solutions(self, puzzle: Puzzle, limit: Limit = NO_DEADLINE) -> int | None:
        """0, 1 or 2 (2 means more than one, where that breaks the rules), exactly.

        None: the limit was reached before this was decided.
        """
        return 1

    def solve_exactly(self, puzzle: Puzzle, limit: Limit = NO_DEADLINE) -> Grid | None:
        """A solution by exact search; no network takes part.

        None: there is none, or none was found within the limit; `count_solutions` tells these
        apart.
        """
        return None

    def board_of(self, puzzle: Puzzle) -> Board | None:
        """The cells and units of the puzzle; None where its kind has no such."""
        return None

    def suited(self, puzzle: Puzzle) -> str | None:
        """Name in the catalog of a model that suits the puzzle better than the kind's default."""
        return None

    def contradiction(self, puzzle: Puzzle) -> Verdict | None:
        """The first pair of givens that break the rules, or None; cheap, no search."""
        return None

    def symmetries(self, puzzle: Puzzle, rng: np.random.Generator) -> Iterator[Symmetry]:
        """Ways to write the puzzle as an equivalent one, in random order; perhaps without end."""
        return iter(())

    def encode(self, puzzles: Sequence[Puzzle]) -> Batch:
        """Tensors of puzzles that share one layout; raises `ValueError` on mixed sizes."""
        batch: Batch = self._stage("codec").encode(puzzles)
        return batch

    def decode(self, probabilities: npt.NDArray[np.float32], puzzle: Puzzle) -> Answer:
        """The answer read from `[cells, symbols]` probabilities."""
        answer: Answer = self._stage("codec").decode(probabilities, puzzle)
        return answer

    @abstractmethod
    def format_line(self, grid: Grid) -> str:
        """The grid on one line, readable by `parse`."""

    @abstractmethod
    def format_grid(self, grid: Grid, board: Board | None = None) -> str:
        """The grid framed for reading, readable by `parse`; a Sudoku's by its board."""

    @abstractmethod
    def render(
        self,
        grid: Grid,
        givens: Grid,
        confidence: npt.NDArray[np.float32] | None = None,
        changed: npt.NDArray[np.bool_] | None = None,
        clamped: npt.NDArray[np.bool_] | None = None,
        compact: bool = False,
        board: Board | None = None,
    ) -> Text:
        """The grid for a terminal: givens bold, confidence as colour, changes and clamps marked.

        `compact` asks for the smallest legible picture; kinds with small grids have one size.
        """

    def generate(self, count: int, seed: int, **options: Any) -> Iterator[Puzzle]:
        """New puzzles with one solution; Sudoku takes `difficulty`, `size`, `exclude`."""
        puzzles: Iterator[Puzzle] = self._stage("generate").generate(count, seed, **options)
        return puzzles

    def _stage(self, name: str) -> Any:
        """A module of the kind's folder."""
        return importlib.import_module(f"{type(self).__module__}.{name}")


DOMAINS: dict[str, Domain] = {}


def register_domain(cls: Callable[[], Domain]) -> Callable[[], Domain]:
    """Class decorator: one line in a kind's folder makes it known to every command."""
    domain = cls()
    DOMAINS[domain.name] = domain
    return cls


def written(puzzle: Puzzle, grid: Grid, form: Literal["line", "grid"]) -> str:
    """A grid of a puzzle on one line or framed, with its rules, as `parse` reads it back."""
    domain, rules = get_domain(puzzle.domain), puzzle.rules
    if form == "line":
        line = puzzle.spell(domain.format_line(grid))
        return f"{line} rules={rules}" if rules else line
    framed = puzzle.spell(domain.format_grid(grid, puzzle.board))
    return f"rules: {rules}\n{framed}" if rules else framed


def get_domain(name: str) -> Domain:
    """The domain called `name`; raises `UsageError` with close matches."""
    if name not in DOMAINS:
        hint = nearest(name, DOMAINS, "known domains")
        raise UsageError(f"unknown domain {name!r}", where="--domain", hint=hint)
    return DOMAINS[name]
