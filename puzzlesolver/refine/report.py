"""What is reported: a `StepReport` a reading, an `Outcome` and a `Result` a finished puzzle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Answer, Grid, Puzzle, Verdict, get_domain

if TYPE_CHECKING:
    from rich.text import Text


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


@dataclass(frozen=True)
class Result:
    """What is known of one puzzle; every output format prints this.

    Attributes:
        puzzle: the question.
        answer: the last answer, or None when the givens already break the rules.
        verdict: what the rules say of the answer.
        settled: whether the trajectory had stopped moving; says nothing about right or wrong.
        steps: steps spent, over all rollouts, restarts and hypotheses.
        restarts: fresh starts after the first, over all rollouts.
        seconds: of refinement since it joined the batch.
        model: the name of the model.
        seed: of all noise.
        status: `solved` (verified), `unsolved`, `contradiction` (proved: no solution), `ambiguous`
            (proved: several solutions; the answer is one of them), `answered` (the rules cannot
            tell), or `interrupted`.
        reason: why, for people; "" when solved and proved to have no other solution.
        solver: `model`, or `exact` when the exact search found the answer: of an ambiguous puzzle,
            or where the user asked for the fallback.
        signs: what its trajectory showed at the end; None where it was cut short, or never began.
    """

    puzzle: Puzzle
    answer: Answer | None
    verdict: Verdict
    settled: bool
    steps: int
    restarts: int
    seconds: float
    model: str
    seed: int
    status: str
    reason: str = ""
    solver: str = "model"
    signs: Signs | None = None

    def __repr__(self) -> str:
        known = (self.verdict.status, "settled" * self.settled, self.reason)
        told = ", ".join([*filter(None, known), f"{self.steps:,} steps", f"{self.seconds:.1f} s"])
        return f"<{type(self).__name__} {self.status} {self.puzzle.name!r}: {told}>"

    @property
    def answers(self) -> list[Grid]:
        """The grids that answer the puzzle; none when it never started."""
        return [] if self.answer is None else [self.answer.grid]

    @property
    def remarks(self) -> list[str]:
        """What people may want to know besides, in a few words each."""
        return []

    @property
    def details(self) -> dict[str, Any]:
        """What programs may want to know besides, as JSON data."""
        return {}

    def picture(self, width: int, colour: bool) -> Text:
        """The answer for a terminal, or the puzzle where there is none.

        Args:
            width: columns to stay within, where the grid allows it.
            colour: whether colours will be seen.
        """
        domain, givens = get_domain(self.puzzle.domain), self.puzzle.grid
        grid, confidence = givens, None
        if self.answer is not None:
            grid, confidence = self.answer.grid, self.answer.confidence
        text = domain.render(grid, givens, confidence, board=self.puzzle.board)
        text.plain = self.puzzle.spell(text.plain)
        return text
