"""The difficulty ramp of Sudokus: extra clues that get fewer.

Hard puzzles from scratch teach nothing for a long time; the same puzzles with some blanks filled in
are easy ones: the ramp reveals extra correct clues at first, fewer as more puzzles get solved.

    >>> reveal = Reveal(Ramp())
    >>> blanks = reveal.fill(question, solution, rng)
    >>> reveal.observe(0.8)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from puzzlesolver.train.resuming import Resumable
from puzzlesolver.train.settings import Settings, within

Cells = npt.NDArray[np.integer[Any]]

SMOOTHING = 0.02
"""Weight of the newest observation in the running share of solved puzzles."""


@dataclass(frozen=True)
class Ramp(Settings):
    """Settings of `Reveal`.

    Attributes:
        extra_clues: whether there are any; boards of a dataset folder get none unless this is set.
        reveal: extra clues revealed at the start of training, at most; shrinks to 0 as puzzles get
            solved.
        reveal_speed: clues by which that maximum shrinks in one update, while enough puzzles are
            solved.
        reveal_solved: share of puzzles leaving the pool solved that counts as enough.
        reveal_floor: share of draws that still get extra clues when the maximum has reached 0 …
        reveal_floor_clues: … and how many, at most.
    """

    extra_clues: bool = True
    reveal: float = within(24.0, 0, 600)
    reveal_speed: float = within(0.025, 0, 600)
    reveal_solved: float = within(0.6, 0, 1)
    reveal_floor: float = within(0.3, 0, 1)
    reveal_floor_clues: int = within(12, 0, 600)


NO_RAMP = Ramp(reveal=0.0, reveal_floor=0.0)


class Reveal(Resumable):
    """How many extra clues the next puzzle gets.

    Attributes:
        most: at most so many; falls from `ramp.reveal` to 0.
        solved: running share of solved puzzles.
    """

    KEPT = ("most", "solved")

    def __init__(self, ramp: Ramp = NO_RAMP) -> None:
        self.ramp = ramp if ramp.extra_clues else NO_RAMP
        self.most = self.ramp.reveal
        self.solved = 0.0

    def clues(self, rng: np.random.Generator) -> int:
        """A number of clues, drawn evenly from 0 up to the present maximum."""
        if self.most >= 1:
            return int(rng.integers(0, int(self.most) + 1))
        # Some easy draws stay for good: they keep late states from forgetting how to finish.
        if rng.random() < self.ramp.reveal_floor:
            return int(rng.integers(0, self.ramp.reveal_floor_clues + 1))
        return 0

    def fill(
        self, question: Cells, solution: Cells, rng: np.random.Generator, usual: int | None = None
    ) -> Cells:
        """Fill in the extra clues of one board; returns the other blank cells, in random order.

        Args:
            question: changed.
            solution: of it.
            rng: decides how many, and where.
            usual: cells of a board that gets so many; others get clues by their size. None = all
                boards get as many.
        """
        blanks = rng.permutation(np.flatnonzero(question == 0))
        count = self.clues(rng) * len(question) // (usual or len(question))
        question[blanks[:count]] = solution[blanks[:count]]
        return blanks[count:]

    def observe(self, solved: float | None) -> None:
        """One update has passed; `solved` is a share of puzzles as in `Source.observe`."""
        if solved is not None:
            self.solved += SMOOTHING * (solved - self.solved)
        if self.solved > self.ramp.reveal_solved:
            self.most = max(0.0, self.most - self.ramp.reveal_speed)
