"""fit → vote → answer: the sentence for tasks of ARC, which no trained network knows.

Puzzles flow in, one `TaskResult` each flows out, in the same order, as from a `Solver`.

    >>> solver = load_task_solver({"seed": 1}, processes=2)
    >>> for result in solver.solve(read_puzzles(["task.json"])):
    ...     print(result.fitted.attempts[0])
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from puzzlesolver.domains.arc import Task, TaskPuzzle
from puzzlesolver.domains.arc.render import render_task
from puzzlesolver.domains.arc.rules import verify
from puzzlesolver.domains.arc.sets import is_reference, version
from puzzlesolver.domains.arc.submission import as_json
from puzzlesolver.domains.arc.task import digest
from puzzlesolver.domains.base import Answer, Grid, Puzzle, Verdict
from puzzlesolver.errors import UsageError
from puzzlesolver.refine.adapt.answer import TaskAnswer, merge
from puzzlesolver.refine.adapt.fit import FitReport
from puzzlesolver.refine.adapt.fitters import Fitters
from puzzlesolver.refine.adapt.settings import EFFORTS, NORMAL, FitSettings
from puzzlesolver.refine.adapt.start import Start, find_start
from puzzlesolver.refine.report import Result

if TYPE_CHECKING:
    from rich.text import Text

WatchFit = Callable[[TaskPuzzle, FitReport], None]

MODEL = "arc-stem"
"""How results name a network that has no weights but those that a fit gives it."""

UNKNOWN = Verdict("unverifiable", "ARC has examples and no rules")

NO_RULE = "no rule gives the sizes of all demonstrations"
NO_TIME = "the time limit ended before the first prediction"
STOPPED = "it was stopped before the first prediction"
NO_CANVAS = "the size rule has no output for it"
GUESSED = "the attempts at test {} are the input and the output of a demonstration"
"""Said of test inputs without votes."""

COMPARED = "compared with the outputs in its file"

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
        late: whether a time limit cut its fits short.
    """

    fitted: TaskAnswer
    late: bool = False

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
        """All attempts, as a submission has them, what speaks for them, and of which data.

        `unanswered` are the numbers of test inputs without votes; `right` are the test inputs that
        are answered rightly and those whose outputs are known.
        """
        return {
            "attempts": as_json(self.fitted.attempts),
            "shares": [[round(share, 4) for share in both] for both in self.fitted.shares],
            "rule": self.fitted.rule or None,
            "demos": round(self.fitted.demos, 4),
            "chance": round(self.fitted.chance, 4),
            "cpu_seconds": round(self.fitted.seconds, 2),
            "unanswered": list(self.fitted.unanswered),
            "right": self.verdict.right,
            "data": describe_data([_task(self)]),
        }

    def picture(self, width: int, colour: bool) -> Text:
        """The task with the attempts; outputs that its file tells are left out."""
        return render_task(_task(self).without_answers(), self.fitted.attempts, width, colour)


def describe_data(tasks: Iterable[Task]) -> dict[str, str | None]:
    """What results say of the data: where it is from, its version if it has one, and its hash."""
    tasks = list(tasks)
    places = [task.source.rpartition(": ")[0] or task.source for task in tasks]
    editions = [place.partition(":")[0] for place in places if is_reference(place)]
    files = [re.sub(r":\d+$", "", place) for place in places]  # without the number of a line
    first, *others = dict.fromkeys(editions or files)
    return {
        "source": first + f" and {len(others)} more" * bool(others),
        "version": ", ".join(map(version, dict.fromkeys(editions))) or None,
        "sha256": digest(tasks),
    }


def _task(result: Result) -> Task:
    assert isinstance(result.puzzle, TaskPuzzle)
    return result.puzzle.task


@dataclass(frozen=True)
class TaskSolver:
    """Fits a network to every task anew.

    Attributes:
        settings: of the fits.
        processes: fits side by side, of one task or several.
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
        return self.settings.most_steps * self.settings.seeds * self.settings.rounds

    def solve(
        self,
        puzzles: Iterable[Puzzle],
        watch: WatchFit | None = None,
        deadline: float | None = None,
        keep: Callable[[TaskResult], None] | None = None,
    ) -> Iterator[TaskResult]:
        """Results in input order.

        On Ctrl-C the unfinished one comes out as `interrupted`, and what is finished behind it,
        before the `KeyboardInterrupt` goes on.

        Args:
            puzzles: tasks; outputs of their tests are compared with the attempts at the end.
            watch: called with the reports of the task whose result comes next.
            deadline: `time.monotonic()` at which all end, and which they share: then all are read
                first. Starting processes and compiling do not count.
            keep: called with each result as soon as it is there, in any order.
        """
        began: list[_Begun] = []

        def tasks() -> Iterator[Task]:
            for puzzle in puzzles:
                assert isinstance(puzzle, TaskPuzzle)
                # Starting processes is no work on a task.
                began.append(_Begun(puzzle, time.monotonic() - fitters.startup))
                yield puzzle.task

        if deadline is not None:
            puzzles = list(puzzles)
        count = len(puzzles) if isinstance(puzzles, Sized) else 1
        next_one, done = 0, dict[int, TaskResult]()
        with Fitters(self.processes, None if self.start is None else self.start.folder) as fitters:
            try:
                for number, report in fitters.fit(tasks(), self.settings, deadline, count):
                    of = began[number]
                    if report is not None:
                        of.fits[report.seed] = report
                        if watch is not None and number == next_one:
                            watch(of.puzzle, report)
                        continue
                    late = number in fitters.late
                    done[number] = self._result(of, fitters.startup, late=late)
                    if keep is not None:
                        keep(done[number])
                    while next_one in done:
                        yield done.pop(next_one)
                        next_one += 1
            except KeyboardInterrupt:
                if next_one < len(began):
                    yield self._result(began[next_one], fitters.startup, "interrupted")
                yield from (done[number] for number in sorted(done))
                raise

    def _result(
        self, began: _Begun, startup: float, status: str = "answered", late: bool = False
    ) -> TaskResult:
        task = began.puzzle.task
        fitted = merge(task, began.fits.values())
        late = late or any(fit.ended == "late" for fit in fitted.fits)
        (first, _), (share, _) = fitted.attempts[0], fitted.shares[0]
        known = any(pair.output is not None for pair in task.test)
        verdict = verify(task, fitted.attempts) if known else UNKNOWN
        reason = ""
        if fitted.unanswered:
            lost = NO_TIME if late else NO_CANVAS if fitted.rule else NO_RULE
            lost = STOPPED if status == "interrupted" else lost
            tests = ", ".join(map(str, fitted.unanswered))
            reason = f"{lost}: {GUESSED.format(tests)}"
        return TaskResult(
            began.puzzle,
            Answer(first, np.full(first.shape, share, np.float32)),
            replace(verdict, reason=f"{COMPARED}: {verdict.reason}") if known else verdict,
            settled=bool(fitted.fits) and all(fit.ended == "sure" for fit in fitted.fits),
            steps=sum(fit.step for fit in fitted.fits),
            restarts=max(0, len(fitted.fits) - 1),
            seconds=time.monotonic() - began.at - startup,
            model=MODEL if self.start is None else self.start.name,
            seed=self.seed,
            status=status,
            reason=reason,
            fitted=fitted,
            late=late,
        )


@dataclass(frozen=True)
class _Begun:
    """A task that is fitted.

    Attributes:
        puzzle: the task.
        at: `time.monotonic()` less the time that processes had taken to start.
        fits: how each of them stands, by their seeds.
    """

    puzzle: TaskPuzzle
    at: float
    fits: dict[int, FitReport] = field(default_factory=dict)


def load_task_solver(
    settings: Mapping[str, Any],
    flags: Mapping[str, Any] | None = None,
    processes: int = 1,
    model: str | None = None,
) -> TaskSolver:
    """The solver of tasks of ARC.

    Args:
        settings: fields of `Policy`: `seed`, `max_steps` of all fits together, and `restarts`, the
            fits after the first, have a meaning; besides, `effort`, a key of `EFFORTS`.
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
    effort = settings.get("effort") or NORMAL
    if effort not in EFFORTS:
        hint = f"choose one of {', '.join(EFFORTS)}"
        raise UsageError(f"there is no effort {effort!r}", where="--effort", hint=hint)
    if settings.get("effort") and restarts is not None:
        raise UsageError(
            "both say how many fits a task gets", where="--effort, --restarts", hint="give one"
        )
    fits = replace(EFFORTS[effort], first_seed=SEEDS_APART * (seed or 0))
    if restarts is not None:
        fits = replace(fits, seeds=restarts + 1, rounds=1)
    if max_steps is not None:
        fits = replace(fits, most_steps=max(1, max_steps // (fits.seeds * fits.rounds)))
    start = None if model is None else find_start(model)
    if start is not None:
        fits = start.settings(fits)
    return TaskSolver(fits, processes, seed or 0, start)
