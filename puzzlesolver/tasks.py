"""fit → vote → answer: the sentence for tasks of ARC, which no trained network knows.

Puzzles flow in, one `TaskResult` each flows out, in the same order, as from a `Solver`.

    >>> solver = load_task_solver({"seed": 1}, processes=2)
    >>> for result in solver.solve(read_puzzles(["task.json"])):
    ...     print(result.fitted.attempts[0])
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from puzzlesolver.domains.arc import Task, TaskPuzzle
from puzzlesolver.domains.arc.render import render_task
from puzzlesolver.domains.arc.submission import as_json
from puzzlesolver.domains.base import Answer, Grid, Puzzle, Verdict
from puzzlesolver.errors import UsageError
from puzzlesolver.refine.adapt.answer import Fitters, TaskAnswer, merge
from puzzlesolver.refine.adapt.fit import FitReport
from puzzlesolver.refine.adapt.settings import FitSettings
from puzzlesolver.refine.adapt.start import Start, find_start
from puzzlesolver.refine.report import Result

if TYPE_CHECKING:
    from rich.text import Text

WatchFit = Callable[[TaskPuzzle, FitReport], None]

MODEL = "arc-stem"
"""How results name a network that has no weights but those that a fit gives it."""

UNKNOWN = Verdict("unverifiable", "ARC has examples and no rules")

NO_RULE = "no rule gives the sizes of all demonstrations"
NO_TIME = "the time limit ended before the first prediction; the attempts are the input"

SEEDS_APART = 1_000
"""From the fits of one `--seed` to those of the next."""

IDLE = {
    "--mode": "verified",
    "--noise": 0.0,
    "--rollouts": 1,
    "--symmetries": None,
    "--linger": None,
    "--engine": "torch",
    "--fallback": "none",
}
"""What means nothing here, with the value that leaves it alone."""


@dataclass(frozen=True, kw_only=True, repr=False)
class TaskResult(Result):
    """What is known of one task; `answer` is the first attempt at its first test input.

    Steps are those of the optimizer, over all fits; `restarts` counts the fits after the first;
    settled means that each of them reproduced the demonstrations again and again.

    Attributes:
        fitted: the attempts, and how sure they are.
    """

    fitted: TaskAnswer

    @property
    def answers(self) -> list[Grid]:
        """The first attempts."""
        return [first for first, _ in self.fitted.attempts]

    @property
    def remarks(self) -> list[str]:
        """How the fits went and how they voted."""
        if not self.fitted.rule:
            return []
        demos = len(_task(self).train)
        share = min(first for first, _ in self.fitted.shares)
        return [
            f"size rule: {self.fitted.rule}",
            f"{round(self.fitted.demos * demos)} of {demos} demonstrations reproduced",
            f"{share:.0%} of the votes for attempt 1",
            f"estimated probability that an attempt is correct: {self.fitted.chance:.0%}",
            f"{self.fitted.seconds:.1f} CPU-s",
        ]

    @property
    def details(self) -> dict[str, Any]:
        """All attempts, as a submission has them, and what speaks for them."""
        return {
            "attempts": as_json(self.fitted.attempts),
            "shares": [[round(share, 4) for share in both] for both in self.fitted.shares],
            "rule": self.fitted.rule or None,
            "demos": round(self.fitted.demos, 4),
            "chance": round(self.fitted.chance, 4),
            "cpu_seconds": round(self.fitted.seconds, 2),
        }

    def picture(self, width: int, colour: bool) -> Text:
        """The task with the attempts; outputs that its file tells are left out."""
        return render_task(_task(self).without_answers(), self.fitted.attempts, width, colour)


def _task(result: Result) -> Task:
    assert isinstance(result.puzzle, TaskPuzzle)
    return result.puzzle.task


@dataclass(frozen=True)
class TaskSolver:
    """Fits a network to every task anew.

    Attributes:
        settings: of the fits.
        processes: fits side by side.
        seed: as the user gave it.
        start: model whose weights they start from; None = random ones.
    """

    settings: FitSettings
    processes: int = 1
    seed: int = 0
    start: Start | None = None

    @property
    def max_steps(self) -> int:
        """Steps a task may take, over all its fits."""
        return self.settings.most_steps * self.settings.seeds

    def solve(
        self,
        puzzles: Iterable[Puzzle],
        watch: WatchFit | None = None,
        deadline: float | None = None,
    ) -> Iterator[TaskResult]:
        """Results in input order.

        On Ctrl-C the unfinished one comes out as `interrupted` before the `KeyboardInterrupt` goes
        on.

        Args:
            puzzles: tasks; outputs of their tests are not looked at.
            watch: called with every report of a fit.
            deadline: `time.monotonic()` at which all end; starting processes and compiling do not
                count.
        """
        folder = None if self.start is None else self.start.folder
        with Fitters(self.processes, folder) as fitters:
            for puzzle in puzzles:
                assert isinstance(puzzle, TaskPuzzle)
                # Starting processes is no work on a task.
                started, fits = time.monotonic() - fitters.startup, dict[int, FitReport]()
                try:
                    for report in fitters.fit(puzzle.task, self.settings, deadline):
                        fits[report.seed] = report
                        if watch is not None:
                            watch(puzzle, report)
                except KeyboardInterrupt:
                    yield self._result(
                        puzzle, fits.values(), started + fitters.startup, "interrupted"
                    )
                    raise
                late = deadline is not None and time.monotonic() > deadline + fitters.startup
                yield self._result(
                    puzzle, fits.values(), started + fitters.startup, "answered", late
                )

    def _result(
        self,
        puzzle: TaskPuzzle,
        fits: Iterable[FitReport],
        started: float,
        status: str,
        late: bool = False,
    ) -> TaskResult:
        fitted = merge(puzzle.task, fits)
        (first, _), (share, _) = fitted.attempts[0], fitted.shares[0]
        return TaskResult(
            puzzle,
            Answer(first, np.full(first.shape, share, np.float32)),
            UNKNOWN,
            settled=bool(fitted.fits) and all(fit.ended == "sure" for fit in fitted.fits),
            steps=sum(fit.step for fit in fitted.fits),
            restarts=max(0, len(fitted.fits) - 1),
            seconds=time.monotonic() - started,
            model=MODEL if self.start is None else self.start.name,
            seed=self.seed,
            status=status,
            reason="" if share else NO_TIME if late or fitted.fits else NO_RULE,
            fitted=fitted,
        )


def load_task_solver(
    settings: Mapping[str, Any],
    flags: Mapping[str, Any] | None = None,
    processes: int = 1,
    model: str | None = None,
) -> TaskSolver:
    """The solver of tasks of ARC.

    Args:
        settings: fields of `Policy`: `seed`, `max_steps` of all fits together, and `restarts`, the
            fits after the first, have a meaning.
        flags: other settings by the names of their flags.
        processes: fits side by side.
        model: that `train arc` made, to start from; None = random weights.

    Raises:
        UsageError: a setting means nothing here.
        ModelError: the model is unknown or damaged, or no fit can start from it.
    """
    given = {f"--{name}": value for name, value in settings.items()} | dict(flags or {})
    for flag, idle in IDLE.items():
        if given.get(flag) not in (None, idle):
            raise UsageError(
                "it means nothing for tasks of ARC",
                where=flag,
                hint="a network is fitted to each of them; --restarts says how many times more",
            )
    seed, restarts, max_steps = (settings.get(name) for name in ("seed", "restarts", "max_steps"))
    fits = FitSettings(first_seed=SEEDS_APART * (seed or 0))
    if restarts is not None:
        fits = replace(fits, seeds=restarts + 1)
    if max_steps is not None:
        fits = replace(fits, most_steps=max(1, max_steps // fits.seeds))
    start = None if model is None else find_start(model)
    if start is not None:
        fits = start.settings(fits)
    return TaskSolver(fits, min(processes, fits.seeds), seed or 0, start)
