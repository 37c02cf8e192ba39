"""Puzzles of every kind and size go in, and come out by layout, as the loop has room for them.

What has been read and not answered is bounded: no puzzle is taken that stands too far behind the
oldest unfinished one, so one hard puzzle cannot make the results behind it pile up without end.

    >>> feed = Feed(puzzles, batch_size=64, examine=lambda index, puzzle: None)
    >>> while (layout := feed.layout()) is not None:
    ...     for index, puzzle in feed.take(layout):
    ...         feed.finish(index)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from puzzlesolver.domains.base import Puzzle
from puzzlesolver.errors import PuzzleSolverError

AHEAD_CELLS = 2**22
"""How far ahead of the oldest unfinished puzzle another may stand, in cells of its size; each takes
about ten bytes in a result. 9×9 boards: 12,000, or 40 MB."""

PUZZLE_CELLS = 256
"""A puzzle and its result take as much memory as this many cells, beside those they have."""

Layout = tuple[str, tuple[int, ...], Any]
"""Kind, shape and board: what puzzles refined together have in common."""


Known = TypeVar("Known")


class Feed(Generic[Known]):
    """One pass over an input.

    Args:
        puzzles: read lazily.
        batch_size: the oldest unfinished puzzle holds up none of the four batches behind it,
            however large their puzzles are.
        examine: told each puzzle with its position; what it returns is known without a step.

    Attributes:
        known: what `examine` returned, with positions; these puzzles are in no layout.
        error: what ended the input early; whoever reads the feed raises it when all is finished.
    """

    def __init__(
        self,
        puzzles: Iterable[Puzzle],
        batch_size: int,
        examine: Callable[[int, Puzzle], Known | None],
    ) -> None:
        self.known: deque[tuple[int, Known]] = deque()
        self._examine = examine
        self.error: PuzzleSolverError | None = None
        self._numbered = enumerate(puzzles)
        self._batch_size = batch_size
        self._waiting: dict[Layout, deque[tuple[int, Puzzle]]] = {}
        self._next_cells = 1  # unknown until it is read; its predecessor had as many
        self._following = 0  # position of the puzzle that is read next
        self._oldest = 0  # unfinished
        self._finished: set[int] = set()  # those behind the oldest unfinished one

    def layout(self) -> Layout | None:
        """That of the oldest waiting puzzle; None when none waits and none can be read now.

        What is known already is not kept waiting for one that needs steps.
        """
        while not self._waiting and not self.known and self._read():
            pass
        if not self._waiting:
            return None
        return min(self._waiting, key=lambda layout: self._waiting[layout][0][0])

    def take(self, layout: Layout) -> Iterator[tuple[int, Puzzle]]:
        """Puzzles of one layout with their positions, until there is none within the bound."""
        while True:
            while layout not in self._waiting:
                if len(self.known) >= self._batch_size or not self._read():
                    return
            queue = self._waiting[layout]
            taken = queue.popleft()
            if not queue:
                del self._waiting[layout]
            yield taken

    def take_known(self) -> Iterator[tuple[int, Known]]:
        """What is known so far; taking it finishes the puzzle."""
        while self.known:
            index, known = self.known.popleft()
            self.finish(index)
            yield index, known

    def finish(self, index: int) -> None:
        """The result of a puzzle is out."""
        self._finished.add(index)
        while self._oldest in self._finished:
            self._finished.remove(self._oldest)
            self._oldest += 1

    def _read(self) -> bool:
        """Put one more puzzle in its place; False when there is none, or none within the bound."""
        ahead = max(4 * self._batch_size, AHEAD_CELLS // (PUZZLE_CELLS + self._next_cells))
        if self.error is not None or self._following - self._oldest >= ahead:
            return False
        try:
            index, puzzle = next(self._numbered, (0, None))
        except PuzzleSolverError as error:
            self.error = error
            return False
        if puzzle is None:
            return False
        self._following, self._next_cells = index + 1, puzzle.grid.size
        if (known := self._examine(index, puzzle)) is not None:
            self.known.append((index, known))
        else:
            layout = (puzzle.domain, puzzle.grid.shape, puzzle.board)
            self._waiting.setdefault(layout, deque()).append((index, puzzle))
        return True
