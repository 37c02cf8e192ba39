"""One picture of a fit: what a network makes of a task of ARC while it learns the demonstrations.

In: the reports of all fits of one task. Out: rich text that fits a given width and height: the test
input, what the fits guess and what they voted for; loss and demonstrations of each; two lamps.

    >>> Console().print(tracker.observe(puzzle, "puzzle 1 of 1", report).draw(80, 24))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group
from rich.text import Text

from puzzlesolver.cli.view.frame import lamps, spark
from puzzlesolver.domains.arc import TaskPuzzle
from puzzlesolver.domains.arc.render import render_guesses
from puzzlesolver.domains.base import Puzzle
from puzzlesolver.printable import printable
from puzzlesolver.refine.adapt.answer import TaskAnswer, merge
from puzzlesolver.refine.adapt.fit import FitReport
from puzzlesolver.tasks import TaskResult

CURVE_COLUMNS = 24
WIDTH, LEAST_HEIGHT = 100, 12
"""Of a recording; grids that need more make it higher."""


@dataclass(frozen=True, eq=False)
class FitMoment:
    """What there is to see of one task: a `Picture`.

    Attributes:
        puzzle: the task.
        place: which one it is, such as `puzzle 2 of 5`.
        latest: the report that came last; None at the end.
        answer: what all fits say together.
        losses: of the demonstrations, at every report of each fit, by its seed.
        settled: whether the fits have come to rest.
        verified: whether the attempts equal the outputs in the task's file.
    """

    puzzle: TaskPuzzle
    place: str
    latest: FitReport | None
    answer: TaskAnswer
    losses: Mapping[int, Sequence[float]]
    settled: bool
    verified: bool = False

    def draw(self, width: int, height: int) -> Group:
        """The frame in at most `width` columns and `height` rows, without what is too large."""
        name = printable(self.puzzle.name, keep="")
        heading = Text(f"{self.place} ", "dim").append(name, "not dim bold")
        if self.answer.rule:
            heading.append(f"  size rule: {self.answer.rule}", "not dim")
        fits = [self._fit(report) for report in self.answer.fits]
        below = [*fits[-max(1, height - 4) :], lamps(self.settled, self.verified)]
        for line in (heading, *below):
            line.truncate(width, overflow="ellipsis")
        return Group(heading, *self._tests(width, height - len(below) - 1), *below)

    def natural_size(self) -> tuple[int, int]:
        """Columns and rows of a frame that shows the first test."""
        rows = max(grid.shape[0] for grid in (self.puzzle.grid, *self.answer.attempts[0]))
        rows = rows if max(self.puzzle.grid.shape) < 15 else -(-rows // 2)
        return WIDTH, max(LEAST_HEIGHT, rows + len(self.answer.fits) + 4)

    def shows_grid(self, width: int, height: int) -> bool:
        """Whether `draw` has room for both attempts at every test."""
        room = height - len(self.answer.fits) - 2
        return len(self._tests(width, room)) == len(self.puzzle.task.test)

    def _tests(self, width: int, height: int) -> list[Text]:
        """As many tests as have room."""
        shown: list[Text] = []
        for number, pair in enumerate(self.puzzle.task.test):
            guesses = []
            if self.latest is not None and self.latest.guesses:
                guesses.append((f"fit {self.latest.seed + 1} now", self.latest.guesses[number]))
            for grid, share in zip(
                self.answer.attempts[number], self.answer.shares[number], strict=True
            ):
                if share:
                    guesses.append((f"{share:.0%} of votes", grid))
            title = "input" if len(self.puzzle.task.test) == 1 else f"input {number + 1}"
            test = render_guesses((title, pair.input), guesses, width, height)
            if test is None:
                break
            height -= test.plain.count("\n") + 1
            shown.append(test)
        return shown

    def _fit(self, report: FitReport) -> Text:
        """How one fit goes, in one line."""
        demos = len(self.puzzle.task.train)
        losses = self.losses[report.seed]
        line = Text(f"fit {report.seed + 1}  ", no_wrap=True)
        if not report.step:
            return line.append("getting ready, half a minute the first time ever", "dim")
        line.append(spark(losses, CURVE_COLUMNS))
        line.append(" " * (CURVE_COLUMNS + 1 - min(CURVE_COLUMNS, len(losses))))
        line.append(f" loss {report.loss:.3f}")
        line.append(f"  {round(report.demos * demos)} of {demos} demonstrations")
        line.append(f"  step {report.step:,} of {report.steps:,}", "dim")
        return line.append(f"  {report.ended}", "green" if report.ended == "sure" else "dim")


class FitTracker:
    """Turns the reports of one task after another into moments."""

    def __init__(self) -> None:
        self._puzzle: Puzzle | None = None
        self._fits: dict[int, FitReport] = {}
        self._losses: dict[int, list[float]] = {}

    def observe(self, puzzle: Puzzle, place: str, report: FitReport) -> FitMoment:
        """The moment after one more report."""
        assert isinstance(puzzle, TaskPuzzle)
        if puzzle is not self._puzzle:
            self._puzzle, self._fits, self._losses = puzzle, {}, {}
        self._fits[report.seed] = report
        losses = self._losses.setdefault(report.seed, [])
        if report.step:
            losses.append(report.loss)
        answer = merge(puzzle.task, self._fits.values())
        return FitMoment(puzzle, place, report, answer, self._seen(), settled=False)

    def finish(self, result: TaskResult, place: str) -> FitMoment:
        """The last moment of a task."""
        puzzle = result.puzzle
        assert isinstance(puzzle, TaskPuzzle)
        losses = self._seen() if puzzle is self._puzzle else {}
        for report in result.fitted.fits:
            losses.setdefault(report.seed, (report.loss,))
        verified = result.verdict.status == "verified"
        return FitMoment(puzzle, place, None, result.fitted, losses, result.settled, verified)

    def _seen(self) -> dict[int, Sequence[float]]:
        """As it stands now, for a picture that is kept."""
        return {seed: tuple(losses) for seed, losses in self._losses.items()}
