"""Suites of ARC by fits that were made before: only their votes are counted once more.

Fits take hours and counting no time, so another way to count needs no other fits.

In: the journal of a finished run. Out: what `arc.run` needs of a way to answer.

    >>> list(Voted(Path("benchmarks/arc-dev.jsonl")).records(tasks))
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from puzzlesolver.bench.arc.records import TaskRecord, record, summarise
from puzzlesolver.domains.arc import Task
from puzzlesolver.domains.base import Grid
from puzzlesolver.refine.adapt.answer import merge
from puzzlesolver.refine.adapt.fit import FitReport
from puzzlesolver.refine.adapt.votes import Vote


class Voted:
    """Fits of a journal.

    Args:
        journal: beside its report.

    Attributes:
        settings: all that answers depend on.
    """

    kind = TaskRecord
    summarise = staticmethod(summarise)

    def __init__(self, journal: Path) -> None:
        first, *lines = map(json.loads, journal.read_text().splitlines())
        self.run: dict[str, Any] = first["run"]
        self.settings = {key: self.run[key] for key in ("settings", "start") if key in self.run}
        self.report = json.loads(journal.with_suffix(".json").read_text())
        answered = (TaskRecord(**line["puzzle"]) for line in lines if "puzzle" in line)
        self.answered = {each.task: each for each in answered}

    def machine(self) -> Any:
        """Where the fits were made."""
        return self.report["machine"]

    def overlap(self, tasks: Sequence[str]) -> Any:
        """As the report says it."""
        return self.report["overlap"]

    def records(self, tasks: Sequence[Task]) -> Iterator[TaskRecord]:
        """Count, and compare."""
        for task in tasks:
            yield count_again(task, self.answered[task.name])


def count_again(task: Task, answered: TaskRecord) -> TaskRecord:
    """What the same fits answer by today's way to count their votes."""
    # What is tried where all votes agree is kept as the second attempt only.
    untold = tuple(
        None if share else _grid(second)
        for (_, second), (_, share) in zip(answered.attempts, answered.shares, strict=True)
    )
    fits = [
        FitReport(
            fit["seed"],
            fit["steps"],
            fit["steps"],
            fit["cpu_seconds"],
            fit["loss"],
            fit["demos"],
            fit["ended"],
            (),
            tuple(tuple(Vote(_grid(line), share) for line, share in one) for one in fit["votes"]),
            answered.rule,
            untold,
        )
        for fit in answered.fits
    ]
    counted = record(task, merge(task.without_answers(), fits))
    return replace(counted, ranks=answered.ranks)  # among all votes, most of which are not kept


def _grid(line: str) -> Grid:
    """The inverse of `format_line`."""
    return np.array([list(map(int, row)) for row in line.split("/")], np.uint8)
