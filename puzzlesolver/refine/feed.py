"""Puzzles of every kind and size go in, and come out by layout, as the loop has room for them.

What has been read and not answered is bounded: no puzzle is taken that stands too far behind the
oldest unfinished one, so one hard puzzle cannot make the results behind it pile up without end.

    >>> feed = Feed(puzzles, batch_size=64)
    >>> while (layout := feed.layout()) is not None:
    ...     for index, puzzle in feed.take(layout):
    ...         feed.finish(index)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from puzzlesolver.domains.base import Puzzle, Verdict, get_domain
from puzzlesolver.errors import PuzzleSolverError

AHEAD_CELLS = 2**22
"""How far ahead of the oldest unfinished puzzle another may stand, in cells of its size; each takes
about ten bytes in a result. 9×9 boards: 12,000, or 40 MB."""

PUZZLE_CELLS = 256
"""A puzzle and its result take as much memory as this many cells, beside those they have."""

Layout = tuple[str, tuple[int, ...]]
"""Kind and shape: what puzzles refined together have in common."""


class Feed:
    """One pass over an input.

    Args:
        puzzles: read lazily.
        batch_size: the oldest unfinished puzzle holds up none of the four batches behind it,
            however large their puzzles are.

    Attributes:
        broken: puzzles whose givens break the rules, with their positions; they are in no layout.
        error: what ended the input early; whoever reads the feed raises it when all is finished.
    """

    def __init__(self, puzzles: Iterable[Puzzle], batch_size: int) -> None:
        self.broken: list[tuple[int, Puzzle, Verdict]] = []
        self.error: PuzzleSolverError | None = None
        self._numbered = enumerate(puzzles)
        self._batch_size = batch_size
        self._waiting: dict[Layout, deque[tuple[int, Puzzle]]] = {}
        self._next_cells = 1  # unknown until it is read; its predecessor had as many
        self._following = 0  # position of the puzzle that is read next
        self._oldest = 0  # unfinished
        self._finished: set[int] = set()  # those behind the oldest unfinished one

    def layout(self) -> Layout | None:
        """That of the oldest waiting puzzle; None when none waits and none can be read now."""
        while not self._waiting and self._read():
            pass
        if not self._waiting:
            return None
        return min(self._waiting, key=lambda layout: self._waiting[layout][0][0])

    def take(self, layout: Layout) -> Iterator[tuple[int, Puzzle]]:
        """Puzzles of one layout with their positions, until there is none within the bound."""
        while True:
            while layout not in self._waiting:
                if not self._read():
                    return
            queue = self._waiting[layout]
            taken = queue.popleft()
            if not queue:
                del self._waiting[layout]
            yield taken

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
        if (broken := get_domain(puzzle.domain).contradiction(puzzle)) is not None:
            self.broken.append((index, puzzle, broken))
        else:
            layout = (puzzle.domain, puzzle.grid.shape)
            self._waiting.setdefault(layout, deque()).append((index, puzzle))
        return True
