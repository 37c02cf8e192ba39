"""What the loop tells: one `StepReport` a reading, one `Outcome` a finished puzzle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Answer, Verdict


@dataclass(frozen=True)
class Outcome:
    """How one puzzle ended.

    Attributes:
        index: position in the list of puzzles given to `refine`.
        answer: the answer last decoded (the verified one, if any).
        verdict: what the rules say of it.
        settled: whether the trajectory had stopped moving on this answer.
        steps: steps spent until the answer, over all restarts and hypotheses.
        restarts: fresh starts after the first.
        seconds: of refinement since the start of the batch.
    """

    index: int
    answer: Answer
    verdict: Verdict
    settled: bool
    steps: int
    restarts: int
    seconds: float


@dataclass(frozen=True)
class StepReport:
    """The foremost unfinished puzzle after one more step, and the puzzles that finished with it.

    Attributes:
        step: steps this puzzle has spent.
        index: its position in the list of puzzles.
        answer: what its state decodes to now; `answer.confidence` colours the live view.
        residual: ‖z' - z‖ / ‖z‖ since the last reading.
        changed: `bool[height, width]`, cells whose decoded value changed in this step.
        clamped: `bool[height, width]`, cells held by the present hypothesis.
        settled: whether the trajectory has stopped moving.
        verdict: what the rules say of the answer, or None while nothing was checked.
        restarts: fresh starts after the first.
        unfinished: how many puzzles of the batch go on.
        outcomes: the puzzles that finished in this step, in no particular order.
    """

    step: int
    index: int
    answer: Answer
    residual: float
    changed: npt.NDArray[np.bool_]
    clamped: npt.NDArray[np.bool_]
    settled: bool
    verdict: Verdict | None
    restarts: int
    unfinished: int = 0
    outcomes: tuple[Outcome, ...] = ()
