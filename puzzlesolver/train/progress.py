"""What people see of a training run: a line that the clock refreshes, or a line now and then.

In: a `Run`, what it does, and each `Update`. Out: words on a console.

    >>> with Display(run, console) as display:
    ...     display.show(run.update())
    ...     with display.doing("evaluating"):
    ...         run.evaluate()
"""

from __future__ import annotations

import datetime
import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from puzzlesolver.printable import printable
from puzzlesolver.train.run import Run, Update

SECONDS_APART = 30.0
"""Between lines where there is no terminal."""

MEMORY = 20
"""Updates over which the loss and the speed are averaged."""


class Display:
    """One line about a run, on a terminal refreshed by the clock.

    Args:
        run: what is shown.
        console: where people look; stderr.
        transient: whether the line goes at the end.

    Attributes:
        leaving: whether the run has been told to stop.
        updates: those that were shown.
    """

    def __init__(self, run: Run, console: Console, *, transient: bool = False) -> None:
        self.run, self.console, self.transient = run, console, transient
        self.leaving = False
        self.updates = 0
        self._seconds_each = self._loss = self._cells = math.nan
        self._ended = self._told = time.monotonic()
        self._doing: list[tuple[str, float]] = []
        self._announced = ""
        self._open = ExitStack()

    def __enter__(self) -> Display:
        bar = Progress(
            TextColumn("{task.percentage:3.0f}%"),
            # What 80 columns leave beside the numbers is a short bar.
            BarColumn(bar_width=min(40, max(1, self.console.width - 74))),
            _Words(self),
            console=self.console,
            refresh_per_second=2,
            redirect_stdout=False,
            transient=self.transient,
            disable=not self.console.is_terminal,
        )
        self._bar, self._task = bar, bar.add_task("", total=1.0)
        self._open.enter_context(bar)
        if self.run.compiled:
            self._open.enter_context(_noticed_compilation(self))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Say so as long as something else than updates goes on."""
        self.begin(what)
        try:
            yield
        finally:
            self.end()

    def begin(self, what: str) -> None:
        """As `doing`, until `end`."""
        self._doing.append((what, time.monotonic()))
        self._bar.refresh()
        if not self.console.is_terminal and what != self._announced:
            self._announced = what
            self.say(f"{what} …")

    def end(self) -> None:
        """What began last is over; it counts as no update's time."""
        _, began = self._doing.pop()
        if not self._doing:
            self._ended += time.monotonic() - began

    def say(self, words: str) -> None:
        """A line that stays."""
        self.console.print(printable(words), soft_wrap=True, highlight=False, markup=False)

    def show(self, update: Update) -> None:
        """Tell what an update showed."""
        now = time.monotonic()
        self.updates, self._announced = self.updates + 1, ""
        # The first update pays for much that no other pays for.
        self._seconds_each = _mean(self._seconds_each, now - self._ended, self.updates - 1)
        self._loss = _mean(self._loss, update.loss, self.updates)
        self._cells = _mean(self._cells, update.cells, self.updates)
        self._ended = now
        self._bar.update(self._task, completed=self.run.progress)
        if not self.console.is_terminal and (
            self.updates == 1 or now - self._told > SECONDS_APART or self.run.progress >= 1
        ):
            self._told = now
            self.say(f"update {self.run.updates:,}  {self.line()}")

    def line(self) -> str:
        """What goes on now."""
        if self.leaving:
            return "stopping after this update, then saving; Ctrl-C again stops at once"
        if self._doing:
            what, began = self._doing[-1]
            return f"{what} … {time.monotonic() - began:.0f} s"
        if not self.updates:
            return f"first puzzles and first update … {time.monotonic() - self._ended:.0f} s"
        told = [f"loss {self._loss:.4f}"]
        if math.isfinite(self._cells):
            told.append(f"cells {self._cells:.1%}")
        speed = self.run.config.batch_size / self._seconds_each
        told.append(f"solved {self.run.source.reveal.solved:.1%}")
        told.append(f"{speed:.0f} puzzles/s" if speed >= 10 else f"{speed:.2g} puzzles/s")
        return "  ".join([*told, f"{self._left()} left"])

    def _left(self) -> datetime.timedelta:
        config = self.run.config
        if config.steps is None:
            assert config.minutes is not None
            seconds = 60 * (config.minutes - self.run.minutes)
        else:
            waited = time.monotonic() - self._ended
            seconds = (config.steps - self.run.updates) * self._seconds_each - waited
        return datetime.timedelta(seconds=max(0, round(seconds)))


class _Words(ProgressColumn):
    def __init__(self, display: Display) -> None:
        super().__init__()
        self.display = display

    def render(self, task: Task) -> Text:
        return Text(self.display.line(), no_wrap=True, overflow="ellipsis")


@contextmanager
def _noticed_compilation(display: Display) -> Iterator[None]:
    """Say "compiling" whenever torch does, be it for a new depth in the middle of a run."""
    from torch._dynamo.callback import callback_handler

    def begin(_: Any) -> None:
        display.begin("compiling")

    def end(_: Any) -> None:
        display.end()

    callback_handler.register_start_callback(begin)
    callback_handler.register_end_callback(end)
    try:
        yield
    finally:
        callback_handler.remove_start_callback(begin)
        callback_handler.remove_end_callback(end)


def _mean(before: float, now: float, number: int) -> float:
    """A moving mean; the `number`-th value starts it where that is below 2."""
    if number < 2 or not math.isfinite(before):
        return now
    return before + (now - before) / min(number, MEMORY) if math.isfinite(now) else before
