"""What every puzzle kind offers; `puzzle` has the values that travel between its stages.

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
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.puzzle import DIGITS as DIGITS
from puzzlesolver.domains.puzzle import NO_DEADLINE as NO_DEADLINE
from puzzlesolver.domains.puzzle import Answer as Answer
from puzzlesolver.domains.puzzle import Grid as Grid
from puzzlesolver.domains.puzzle import Limit as Limit
from puzzlesolver.domains.puzzle import Puzzle as Puzzle
from puzzlesolver.domains.puzzle import Verdict as Verdict
from puzzlesolver.domains.puzzle import size_of as size_of
from puzzlesolver.errors import UsageError, nearest

if TYPE_CHECKING:
    from rich.text import Text

    from puzzlesolver.domains.formats.documents import At
    from puzzlesolver.domains.records import Record
    from puzzlesolver.domains.sudoku.board import Board
    from puzzlesolver.domains.symmetry import Symmetry
    from puzzlesolver.models.interface import Batch

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
    solved: Callable[[Iterable[Puzzle], Iterable[str], str], Iterator[Puzzle]] | None = None

    @abstractmethod
    def recognise(self, head: str) -> bool:
        """Whether the first lines of a text look like this kind."""

    @abstractmethod
    def parse(self, lines: Iterable[str], source: str) -> Iterator[Puzzle]:
        """Read puzzles one after another.

        Args:
            lines: with or without their ends.
            source: how errors and results call the text.

        Yields:
            Puzzles named `source` when there is one, `source:LINE` when there are several.

        Raises:
            ParseError: at `source:LINE:COLUMN` after the puzzles before it, or when there is none.
        """

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
        """The grid for a terminal.

        Args:
            grid: what is shown.
            givens: of the puzzle, in the same shape.
            confidence: `float32[height, width]` in [0, 1].
            changed: `bool[height, width]`, cells that are marked as new.
            clamped: `bool[height, width]`, cells that a hypothesis holds.
            compact: the smallest legible picture.
            board: of a Sudoku; None = the standard one of this size.
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
