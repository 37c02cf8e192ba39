"""Suites of ARC by fits: a network starts from random or prepared weights at every task.

In: settings. Out: what `arc.run` needs of a way to answer.

    >>> list(Fits(FitSettings(), 2, choose_runtime()).records(tasks))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from puzzlesolver.bench.arc.records import TaskRecord, record, summarise
from puzzlesolver.domains.arc import Task
from puzzlesolver.refine.adapt.answer import answer_task
from puzzlesolver.refine.adapt.settings import FitSettings
from puzzlesolver.refine.adapt.start import find_start
from puzzlesolver.runtime import Runtime
from puzzlesolver.workers import spread


class Fits:
    """Fits of tasks, some side by side.

    Args:
        fits: settings of each.
        processes: tasks fitted side by side, one thread each.
        runtime: where they run.
        model: that `train arc` made, to start from; None = random weights.

    Attributes:
        settings: all that answers depend on.
        runtime: where they run.
    """

    kind = TaskRecord
    summarise = staticmethod(summarise)

    def __init__(
        self,
        fits: FitSettings,
        processes: int,
        runtime: Runtime,
        model: str | Path | None = None,
    ) -> None:
        self.runtime = runtime
        self.start = None if model is None else find_start(model)
        self.fits = fits if self.start is None else self.start.settings(fits)
        self.processes = processes
        self.settings: dict[str, Any] = {"settings": asdict(self.fits)}
        if self.start is not None:
            self.settings["start"] = {"model": self.start.name, "sha256": self.start.sha256}

    def overlap(self, tasks: Sequence[str]) -> str:
        """What is known of these tasks' part in a training set."""
        if self.start is None:
            return "nothing is trained: every network starts from random weights"
        return f"{self.start.name} was trained on {self.start.stored.training.get('data')}"

    def records(self, tasks: Sequence[Task]) -> Iterator[TaskRecord]:
        """Answer tasks and compare, as they come."""
        known = {task.name: task for task in tasks}
        folder = None if self.start is None else self.start.folder
        questions = [(task.without_answers(), self.fits, None, folder) for task in tasks]
        for (question, *_), answer in spread(_answer, questions, self.processes):
            yield record(known[question.name], answer)


def _answer(pipe: Connection) -> None:
    """What a process does."""
    import torch

    torch.set_num_threads(1)
    while True:
        try:
            pipe.send(answer_task(*pipe.recv()))
        except Exception as error:
            pipe.send(error)
