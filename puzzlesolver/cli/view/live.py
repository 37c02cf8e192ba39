"""The settling view: what the refinement reports, as moments, on a terminal while it happens.

In: `StepReport`s and `Result`s. Out: frames on stderr, ten a second at most. Stdout is never
touched, so results can be piped while the view runs. A puzzle that is alone may be settled faster
than anybody can watch, so its first frames are given their time.

    >>> tracker, view = Tracker(total=1), LiveView()
    >>> for result in solver.solve(puzzles, lambda *report: view.show(tracker.observe(*report))):
    ...     view.show(tracker.finish(result), now=True)
    >>> view.leave()
"""

from __future__ import annotations

import time

import numpy as np
from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from puzzlesolver.cli.view.fit_frame import FitTracker
from puzzlesolver.cli.view.frame import Moment, Picture
from puzzlesolver.domains.base import Puzzle
from puzzlesolver.refine.adapt.fit import FitReport
from puzzlesolver.refine.report import Result, StepReport
from puzzlesolver.tasks import TaskResult

FRAMES_PER_SECOND = 10

UNHURRIED = 20
"""So many first frames of a puzzle that is alone are shown, each for its full time."""


class Tracker:
    """Turns reports into moments: remembers residuals and speed of the puzzle that is shown.

    Args:
        total: how many puzzles there are, or None when that is not known yet.

    Attributes:
        max_steps: the budget of the puzzle that is shown.
    """

    def __init__(self, total: int | None) -> None:
        self.max_steps = 0
        self.total = total
        self._finished = 0
        self._puzzle: Puzzle | None = None
        self._residuals: list[float] = []
        self._start = (0.0, 0)  # time and step of the first report, later without time shown
        self._speed: float | None = None
        self._fits = FitTracker()

    def observe(self, puzzle: Puzzle, report: StepReport | FitReport) -> Picture:
        """The moment after one more report."""
        if isinstance(report, FitReport):
            return self._fits.observe(puzzle, self._place(self._finished + 1), report)
        now = time.monotonic()
        if puzzle is not self._puzzle:
            self._puzzle, self._residuals, self._start = puzzle, [], (now, report.step)
            self._speed = None
        started, first_step = self._start
        if report.step > first_step and now > started:
            self._speed = (report.step - first_step) / (now - started)
        self._residuals.append(report.residual)
        return Moment(
            puzzle=puzzle,
            place=self._place(self._finished + 1),
            answer=report.answer,
            changed=report.changed,
            clamped=report.clamped,
            step=report.step,
            max_steps=self.max_steps,
            restarts=report.restarts,
            steps_per_second=self._speed,
            residuals=self._residuals,
            reports=len(self._residuals),
            settled=report.settled,
            verdict=report.verdict,
        )

    def shown(self, seconds: float) -> None:
        """Showing took so long, in which the network stood still: no part of its speed."""
        started, first_step = self._start
        self._start = (started + seconds, first_step)

    def finish(self, result: Result) -> Picture:
        """The last moment of a puzzle, with both lamps as the result has them."""
        self._finished += 1
        if isinstance(result, TaskResult):
            return self._fits.finish(result, self._place(self._finished))
        nowhere = np.zeros(result.puzzle.grid.shape, bool)
        watched = result.puzzle is self._puzzle
        return Moment(
            puzzle=result.puzzle,
            place=self._place(self._finished),
            answer=result.answer,
            changed=nowhere,
            clamped=nowhere,
            step=result.steps,
            max_steps=self.max_steps,
            restarts=result.restarts,
            steps_per_second=self._speed if watched else None,
            residuals=self._residuals,
            reports=len(self._residuals) if watched else 0,
            settled=result.settled,
            verdict=result.verdict,
        )

    def _place(self, number: int) -> str:
        return (
            f"puzzle {number:,}" if self.total is None else f"puzzle {number:,} of {self.total:,}"
        )


class LiveView:
    """Shows moments in place on a terminal.

    Args:
        unhurried: how many first frames wait for their time instead of being skipped.
    """

    def __init__(self, unhurried: int = 0) -> None:
        self.unhurried = unhurried
        self.console = Console(stderr=True)
        self._live: Live | None = None
        self._drawn_at = 0.0
        self._waits = False  # a frame that only says so is not worth keeping

    def show(self, moment: Picture, *, now: bool = False) -> None:
        """Draw a moment; unless `now` is set, only when the last frame is old enough."""
        wait = self._drawn_at + 1 / FRAMES_PER_SECOND - time.monotonic()
        if wait > 0 and not now:
            if self.unhurried == 0:
                return
            time.sleep(wait)
        self.unhurried = max(0, self.unhurried - 1)
        self._drawn_at = time.monotonic()
        self._waits = False
        self._draw(moment.draw(*self._room()))

    def wait(self, what: str) -> None:
        """Say why there is nothing to see yet."""
        self._waits = True
        self._draw(Text(what, "dim", no_wrap=True, overflow="ellipsis"))

    def _draw(self, picture: RenderableType) -> None:
        if self._live is None:
            self._live = Live(
                console=self.console,
                auto_refresh=False,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        self._live.update(picture, refresh=True)

    def shows_grid(self, moment: Picture) -> bool:
        """Whether the terminal has room for the grid."""
        return moment.shows_grid(*self._room())

    def leave(self) -> None:
        """Stop; the last frame stays on the screen."""
        self._stop(transient=self._waits)

    def clear(self) -> None:
        """Take the frame off the screen for something else; `show` brings it back."""
        self._stop(transient=True)

    def _room(self) -> tuple[int, int]:
        width, height = self.console.size
        return width, height - 1  # the cursor needs the last row

    def _stop(self, transient: bool) -> None:
        if self._live is not None:
            self._live.transient = transient
            self._live.stop()
            self._live = None
