"""The difficulty ramp of Sudokus: extra clues that get fewer.

Hard puzzles from scratch teach nothing for a long time; the same puzzles with some blanks filled in
are easy ones: the ramp reveals extra correct clues at first, fewer as more puzzles get solved.

    >>> reveal = Reveal(Ramp())
    >>> reveal.clues(rng)
    17
    >>> reveal.observe(0.8)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from puzzlesolver.train.settings import Settings, within

SMOOTHING = 0.02
"""Weight of the newest observation in the running share of solved puzzles."""


@dataclass(frozen=True)
class Ramp(Settings):
    """Settings of `Reveal`.

    Attributes:
        reveal: extra clues revealed at the start of training, at most; shrinks to 0 as puzzles get
            solved.
        reveal_speed: clues by which that maximum shrinks in one update, while enough puzzles are
            solved.
        reveal_solved: share of puzzles leaving the pool solved that counts as enough.
        reveal_floor: share of draws that still get extra clues when the maximum has reached 0 …
        reveal_floor_clues: … and how many, at most.
    """

    reveal: float = within(24.0, 0, 600)
    reveal_speed: float = within(0.025, 0, 600)
    reveal_solved: float = within(0.6, 0, 1)
    reveal_floor: float = within(0.3, 0, 1)
    reveal_floor_clues: int = within(12, 0, 600)


NO_RAMP = Ramp(reveal=0.0, reveal_floor=0.0)


class Reveal:
    """How many extra clues the next puzzle gets.

    Attributes:
        most: at most so many; falls from `ramp.reveal` to 0.
        solved: running share of solved puzzles.
    """

    def __init__(self, ramp: Ramp = NO_RAMP) -> None:
        self.ramp = ramp
        self.most = ramp.reveal
        self.solved = 0.0

    def clues(self, rng: np.random.Generator) -> int:
        """A number of clues, drawn evenly from 0 up to the present maximum."""
        if self.most >= 1:
            return int(rng.integers(0, int(self.most) + 1))
        # Some easy draws stay for good: they keep late states from forgetting how to finish.
        if rng.random() < self.ramp.reveal_floor:
            return int(rng.integers(0, self.ramp.reveal_floor_clues + 1))
        return 0

    def observe(self, solved: float | None) -> None:
        """One update has passed; `solved` is a share of puzzles as in `Source.observe`."""
        if solved is not None:
            self.solved += SMOOTHING * (solved - self.solved)
        if self.solved > self.ramp.reveal_solved:
            self.most = max(0.0, self.most - self.ramp.reveal_speed)

    def state_dict(self) -> dict[str, float]:
        return {"most": self.most, "solved": self.solved}

    def load_state_dict(self, state: dict[str, float]) -> None:
        self.most, self.solved = state["most"], state["solved"]
