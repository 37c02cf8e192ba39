"""What `solve` shows people beside its results: the live view, a recording, and words on stderr.

In: reports and results as they come. Out: frames and lines on stderr, moments for `--save`.

    >>> show = Show(arguments, Tracker(1), view_for(arguments, alone=True), Recorder())
    >>> results = solve_kinds(puzzles, solver_of, show.watcher)
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from puzzlesolver.cli.view.live import UNHURRIED, LiveView, Tracker
from puzzlesolver.cli.view.save import Recorder
from puzzlesolver.cli.view.signs import say
from puzzlesolver.cli.view.waiting import can_redraw
from puzzlesolver.domains.base import Puzzle
from puzzlesolver.refine.adapt.fit import FitReport
from puzzlesolver.refine.report import Result, StepReport
from puzzlesolver.solver import Solver
from puzzlesolver.tasks import TaskSolver

if TYPE_CHECKING:
    from puzzlesolver.cli.solve import Arguments

QUIET_FORMATS = ("json", "jsonl", "csv")
"""Formats that programs read; the live view then stays off unless it is asked for."""


@dataclass
class Show:
    """What people see beside the results: the live view, a recording, and words on stderr.

    Attributes:
        arguments: whether they want to see anything, and where the results go.
        tracker: turns reports into moments.
        view: the live view, or None.
        recorder: for `--save`, or None.
        noted: what was noted, once each: texts, and sizes that the model was not trained on.
    """

    arguments: Arguments
    tracker: Tracker
    view: LiveView | None = None
    recorder: Recorder | None = None
    noted: set[tuple[int, ...] | str] = field(default_factory=set)

    @property
    def watcher(self) -> Callable[[Puzzle, StepReport | FitReport], None] | None:
        """`watch`, if anybody does."""
        return self.watch if self.view or self.recorder else None

    def watch(self, puzzle: Puzzle, report: StepReport | FitReport) -> None:
        """One more step."""
        moment = self.tracker.observe(puzzle, report)
        started = time.monotonic()
        if self.view:
            self.view.show(moment)
        if self.recorder:
            self.recorder.add(moment)
        self.tracker.shown(time.monotonic() - started)

    def finish(self, result: Result) -> bool:
        """The end of a puzzle; returns whether its grid stays where the result will be printed."""
        moment = self.tracker.finish(result)
        if self.recorder:
            self.recorder.add(moment)
        if self.view is None:
            return False
        self.view.show(moment, now=True)
        together = self.arguments.output is None and sys.stdout.isatty()
        if self.tracker.total == 1:
            self.view.leave()
            return together and self.view.shows_grid(moment)
        if together:
            self.view.clear()
        return False

    def say(self, words: str) -> None:
        """A line on stderr, in place of the live view until that is drawn again."""
        if not self.arguments.quiet:
            if self.view:
                self.view.clear()
            say(words, err=True)

    def wait(self, what: str) -> None:
        """Why nothing moves: in the live view where there is one."""
        if self.view:
            self.view.wait(what)
        else:
            self.say(what)

    def note(self, puzzle: Puzzle, solver: Solver | TaskSolver) -> None:
        """Say what was inferred from a text, and that the model was not made for a board."""
        if puzzle.note and puzzle.note not in self.noted:
            self.noted.add(puzzle.note)
            self.say(f"note: {puzzle.name}: {puzzle.note}")
        shape = puzzle.grid.shape
        if isinstance(solver, Solver) and solver.is_foreign(puzzle) and shape not in self.noted:
            self.noted.add(shape)
            side, size = solver.trained_side, "×".join(map(str, shape))
            self.say(
                f"note: the model {solver.model_name} was trained only on {side}×{side} boards; "
                f"{puzzle.name} is {size}"
            )

    def hint(self, statuses: Mapping[str, int]) -> None:
        """What to try next."""
        if statuses.get("unsolved") and self.arguments.fallback == "none":
            self.say("hint: --fallback exact lets an exact solver answer what the model did not")


def view_for(arguments: Arguments, alone: bool = False) -> LiveView | None:
    """The live view, unless it is unwanted or would be drawn over.

    What reads a pipe may write to the same terminal, at any time.
    """
    wanted = arguments.live
    if wanted is None:
        piped = arguments.output is None and _is_pipe(sys.stdout)
        wanted = arguments.format not in QUIET_FORMATS and not piped
    if not wanted or arguments.quiet or not can_redraw():
        if arguments.live:
            why = "--quiet is given" if arguments.quiet else "stderr is not a terminal"
            say(f"note: --live is ignored, {why}", err=True)
        return None
    return LiveView(UNHURRIED if alone and arguments.time_limit is None else 0)


def _is_pipe(stream: Any) -> bool:
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError, AttributeError):  # closed, or no file of the system
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
