"""What the loop tells: one `StepReport` a reading, one `Outcome` a finished puzzle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Answer, Verdict


class Signs(NamedTuple):
    """What a trajectory shows at its end; nothing of it proves anything.

    Attributes:
        residual: ‖z' - z‖ / ‖z‖ between the last two readings.
        halt: the model's logit that its answer is right, or None.
        contradiction: the model's probability that there is no answer, or None.
    """

    residual: float
    halt: float | None
    contradiction: float | None


@dataclass(frozen=True)
class Outcome:
    """How one puzzle ended.

    Attributes:
        index: position among the puzzles given to `refine`.
        answer: the answer last decoded (the verified one, if any), of the rollout that was chosen.
        verdict: what the rules say of it.
        settled: whether the trajectory had stopped moving on this answer.
        steps: steps spent until the answer, over all rollouts, restarts and hypotheses.
        restarts: fresh starts after the first, over all rollouts.
        seconds: of refinement since it joined the batch.
        signs: of that rollout; None where it was cut short.
        late: whether the deadline ended it.
    """

    index: int
    answer: Answer
    verdict: Verdict
    settled: bool
    steps: int
    restarts: int
    seconds: float
    signs: Signs | None = None
    late: bool = False


@dataclass(frozen=True)
class StepReport:
    """The foremost unfinished puzzle after one more step, and the puzzles that finished with it.

    Of several rollouts the foremost unfinished one is told of, as if it had solved the puzzle in
    its original form.

    Attributes:
        step: steps this puzzle has spent, over all rollouts.
        index: its position among the puzzles.
        answer: what its state decodes to now; `answer.confidence` colours the live view.
        residual: ‖z' - z‖ / ‖z‖ since the last reading.
        changed: `bool[height, width]`, cells whose decoded value changed in this step.
        clamped: `bool[height, width]`, cells held by the present hypothesis.
        settled: whether the trajectory has stopped moving.
        verdict: what the rules say of the answer, or None while nothing was checked.
        restarts: fresh starts after the first, over all rollouts.
        unfinished: how many puzzles of the batch go on; new ones are not counted yet.
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
