"""What changes along a training: extra clues that get fewer, and a depth that grows.

Hard puzzles from scratch teach nothing for a long time; the same puzzles with some blanks filled in
are easy ones: the difficulty ramp reveals extra correct clues at first, fewer as more puzzles get
solved.

    >>> reveal = Reveal(config)
    >>> reveal.clues(rng)
    17
    >>> reveal.observe(0.8)
"""

from __future__ import annotations

import numpy as np

from puzzlesolver.train.config import TrainConfig

Growth = tuple[tuple[float, int], ...]
"""Pairs (progress, number): from that share of training on, so many."""


def grown(growth: Growth, progress: float) -> int:
    """The number that a growth has reached."""
    # In per cent, as RSM's trainer compares them: the same update grows, rounding included.
    return [number for start, number in growth if 100 * progress >= round(100 * start, 9)][-1]


SMOOTHING = 0.02
"""Weight of the newest observation in the running share of solved puzzles."""


class Reveal:
    """How many extra clues the next puzzle gets.

    Attributes:
        most: at most so many; falls from `config.reveal` to 0.
        solved: running share of solved puzzles.
    """

    def __init__(self, config: TrainConfig) -> None:
        self.config = config
        self.most = config.reveal
        self.solved = 0.0

    def clues(self, rng: np.random.Generator) -> int:
        """A number of clues, drawn evenly from 0 up to the present maximum."""
        if self.most >= 1:
            return int(rng.integers(0, int(self.most) + 1))
        # Some easy draws stay for good: they keep late states from forgetting how to finish.
        if rng.random() < self.config.reveal_floor:
            return int(rng.integers(0, self.config.reveal_floor_clues + 1))
        return 0

    def observe(self, solved: float | None) -> None:
        """One update has passed; `solved` is a share of puzzles as in `PuzzleSource.observe`."""
        if solved is not None:
            self.solved += SMOOTHING * (solved - self.solved)
        if self.solved > self.config.reveal_solved:
            self.most = max(0.0, self.most - self.config.reveal_speed)

    def state_dict(self) -> dict[str, float]:
        return {"most": self.most, "solved": self.solved}

    def load_state_dict(self, state: dict[str, float]) -> None:
        self.most, self.solved = state["most"], state["solved"]
