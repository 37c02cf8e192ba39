"""Kaggle's submissions: two attempts at every test input of every task.

    {"007bbfb7": [{"attempt_1": GRID, "attempt_2": GRID}], …}

In: lines of text, or attempts by the ids of tasks. Out: the other of the two.

    >>> attempts = read_submission(open("submission.json"), "submission.json")
    >>> len(attempts["007bbfb7"][0])
    2
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from puzzlesolver.domains.arc.document import (
    At,
    check_name,
    read_document,
    read_fields,
    read_grid,
    read_list,
    read_object,
)
from puzzlesolver.domains.arc.task import ATTEMPTS, Attempts
from puzzlesolver.domains.base import Grid
from puzzlesolver.limits import MAX_ARC_PAIRS

NAMES = tuple(f"attempt_{number}" for number in range(1, ATTEMPTS + 1))


def read_submission(lines: Iterable[str], source: str) -> dict[str, Attempts]:
    """Attempts by the ids of tasks.

    Raises:
        ParseError: with the place in the document.
    """
    at = At(source)
    document = read_object(read_document(lines, source), at)
    for name in document:
        check_name(name, at.key(name))
    return {name: _read_attempts(value, at.key(name)) for name, value in document.items()}


def write_submission(answers: Mapping[str, Attempts], file: TextIO) -> None:
    """Write attempts by the ids of tasks, a line each."""
    lines = (
        f"{json.dumps(name)}: {json.dumps(as_json(attempts), separators=(',', ':'))}"
        for name, attempts in answers.items()
    )
    file.write("{" + ",\n".join(lines) + "}\n")


def as_json(attempts: Attempts) -> list[dict[str, list[list[int]]]]:
    """The attempts at one task as a submission has them."""
    return [
        {name: grid.tolist() for name, grid in zip(NAMES, both, strict=True)} for both in attempts
    ]


def _read_attempts(value: Any, at: At) -> list[tuple[Grid, Grid]]:
    tests = read_list(value, at, MAX_ARC_PAIRS, "pairs of attempts")
    return [_read_both(both, at.item(number)) for number, both in enumerate(tests)]


def _read_both(value: Any, at: At) -> tuple[Grid, Grid]:
    names = read_fields(value, at, NAMES)
    first, second = (read_grid(value[name], at.key(name)) for name in names)
    return first, second
