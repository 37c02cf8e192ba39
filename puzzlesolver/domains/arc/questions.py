"""The tasks that each suite of ARC asks, and those of other files with known outputs.

>>> len(TASKS["arc-dev"]())
80
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from puzzlesolver.domains.arc import Task, TaskPuzzle
from puzzlesolver.domains.arc.sets import find
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.errors import UsageError

TEST_PUZZLES = "test_puzzles.json"
"""The file of a dataset folder that holds the tasks of its test split."""


def _listed(file: str) -> list[Task]:
    """Training tasks, in a fixed order.

    Settings were chosen on those of `dev.txt`. Ideas are judged on those of `ideas.txt`: 120
    others, drawn with seed 29, that share no pair with an evaluation task of either edition. All
    others of this kind are in `rest.txt`.
    """
    tasks = {task.name: task for task in find("arc:training", "bench")}
    names = importlib.resources.files(__package__).joinpath(file).read_text()
    return [tasks[name] for name in names.split()]


TASKS: dict[str, Callable[[], Sequence[Task]]] = {
    "arc-eval": lambda: list(find("arc:evaluation", "bench")),
    "arc2-eval": lambda: list(find("arc2:evaluation", "bench")),
    "arc-dev": lambda: _listed("dev.txt"),
    "arc-ideas": lambda: _listed("ideas.txt"),
    "arc-rest": lambda: _listed("rest.txt"),
}
"""By suite."""

FREE = {"arc-rest"}
"""Suites whose tasks may be trained on; those of all others never are."""


def read_known(path: str | Path, flag: str = "--data") -> Iterator[Task]:
    """The tasks of a file, or those that a dataset folder tests on.

    Raises:
        UsageError: the output of a test is not known.
    """
    if Path(path).is_dir():
        path = Path(path) / TEST_PUZZLES
    for puzzle in read_puzzles([path], "arc"):
        assert isinstance(puzzle, TaskPuzzle)
        if not puzzle.task.known:
            what = f"the outputs of task {puzzle.name} are not all known"
            hint = "put the file of solutions beside it"
            raise UsageError(what, where=f"{flag} {path}", hint=hint)
        yield puzzle.task
