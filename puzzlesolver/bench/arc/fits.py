"""Suites of ARC by fits: a network starts from random or prepared weights at every task.

In: settings. Out: what `arc.run` needs of a way to answer.

    >>> list(Fits(FitSettings(), 2, choose_runtime()).records(tasks))
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from puzzlesolver.bench.arc.made import read_made
from puzzlesolver.bench.arc.records import TaskRecord, record, summarise
from puzzlesolver.bench.machine import describe_machine
from puzzlesolver.domains.arc import Task
from puzzlesolver.refine.adapt.answer import merge
from puzzlesolver.refine.adapt.fit import FitReport
from puzzlesolver.refine.adapt.fitters import Fitters
from puzzlesolver.refine.adapt.settings import FitSettings
from puzzlesolver.refine.adapt.start import find_start
from puzzlesolver.runtime import Runtime


class Fits:
    """Fits of tasks, side by side.

    Args:
        fits: settings of each.
        processes: that fit, with one thread each.
        runtime: where they run.
        model: that `train arc` made, to start from; None = random weights.
        made: journal of a run whose fits are taken where they are wanted; None = all are made.

    Attributes:
        settings: all that answers depend on.
        runtime: where they run.

    Raises:
        UsageError: the journal cannot be read, or its fits were made in another way.
    """

    kind = TaskRecord

    def __init__(
        self,
        fits: FitSettings,
        processes: int,
        runtime: Runtime,
        model: str | Path | None = None,
        made: Path | None = None,
    ) -> None:
        self.runtime = runtime
        self.start = None if model is None else find_start(model)
        self.fits = fits if self.start is None else self.start.settings(fits)
        self.processes = processes
        self.settings: dict[str, Any] = {"settings": asdict(self.fits)}
        if self.start is not None:
            self.settings["start"] = {"model": self.start.name, "sha256": self.start.sha256}
        self.made = {} if made is None else read_made(made, self.settings)

    def machine(self) -> dict[str, Any]:
        """Where the answers come from."""
        return describe_machine(self.runtime)

    def overlap(self, tasks: Sequence[str]) -> str:
        """What is known of these tasks' part in a training set."""
        if self.start is None:
            return "nothing is trained: every network starts from random weights"
        return f"{self.start.name} was trained on {self.start.stored.training.get('data')}"

    def summarise(self, records: Sequence[TaskRecord]) -> dict[str, Any]:
        """All numbers of a report, and how many fits were made for another one."""
        numbers = summarise(records)
        if self.made:
            fits = [(each.task, fit["seed"]) for each in records for fit in each.fits]
            numbers["taken"] = {"fits": sum(fit in self.made for fit in fits), "of": len(fits)}
        return numbers

    def records(self, tasks: Sequence[Task]) -> Iterator[TaskRecord]:
        """Answer tasks and compare, as they come."""
        fits: defaultdict[int, dict[int, FitReport]] = defaultdict(dict)
        start = None if self.start is None else self.start.folder
        with Fitters(self.processes, start, self.made) as fitters:
            for number, report in fitters.fit(tasks, self.fits):
                if report is None:
                    answer = merge(tasks[number].without_answers(), fits.pop(number, {}).values())
                    yield record(tasks[number], answer)
                else:
                    fits[number][report.seed] = report
