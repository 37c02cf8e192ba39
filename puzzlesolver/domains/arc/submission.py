"""Kaggle's submissions: two attempts at every test input of every task.

    {"007bbfb7": [{"attempt_1": GRID, "attempt_2": GRID}], …}

In: lines of text, or attempts by the ids of tasks. Out: the other of the two. What `solve` prints
of tasks in its other formats is read, too.

    >>> attempts = read_attempts(open("submission.json"), "submission.json")
    >>> len(attempts["007bbfb7"][0])
    2
"""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from puzzlesolver.domains.arc.document import (
    check_name,
    read_fields,
    read_grid,
    read_list,
    read_object,
)
from puzzlesolver.domains.arc.task import ATTEMPTS, Attempts
from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.formats.documents import At, read_document
from puzzlesolver.errors import ParseError
from puzzlesolver.limits import MAX_ARC_PAIRS

RECORD = '{"schema"'
"""What `solve` begins a line of jsonl with."""

COLUMNS = {"name", "answer"}
"""Of its CSV, those that matter here."""

FORM = (
    'a submission is {"ID": [{"attempt_1": GRID, "attempt_2": GRID}, …], …}: '
    "for each test input of a task an object with two attempts"
)

NAMES = tuple(f"attempt_{number}" for number in range(1, ATTEMPTS + 1))


def _by_id(document: Any, source: str) -> dict[str, Attempts]:
    at = At(source)
    try:
        for name in read_object(document, at):
            check_name(name, at.key(name))
        return {name: _read_attempts(value, at.key(name)) for name, value in document.items()}
    except ParseError as error:
        error.hint = error.hint or FORM
        raise


def read_record(value: Any, at: At) -> tuple[str, Attempts]:
    """The id and the attempts in what `solve` knows of a task."""
    for name in ("name", "attempts"):
        if name not in read_object(value, at):
            raise at.error(f'there is no "{name}"')
    return str(value["name"]), _read_attempts(value["attempts"], at.key("attempts"))


def _read_table(lines: Iterable[str], source: str) -> dict[str, Attempts]:
    """The answers in each row of a CSV, one a test, with spaces between them."""
    try:
        answers = [(row["name"], row["answer"] or "") for row in csv.DictReader(lines)]
    except csv.Error as error:
        raise ParseError(f"this is no CSV: {error}", where=source) from error
    return {
        name: [(grid, grid) for grid in _read_lines(["\n\n".join(text.split())], source)]
        for name, text in answers
    }


def _read_lines(lines: Iterable[str], source: str) -> list[Grid]:
    """Grids on one line each, with `/` between their rows, or with empty lines between them."""
    text = "\n".join(line.strip() for line in lines)
    blocks = text.split("\n") if "/" in text else re.split(r"\n\n+", text)
    return [_read_digits(block, At(source)) for block in blocks if block]


def _read_digits(text: str, at: At) -> Grid:
    rows = re.split("[/\n]", text.strip())
    return read_grid(
        [[int(cell) if cell.isdecimal() else cell for cell in row] for row in rows], at
    )


def read_attempts(lines: Iterable[str], source: str) -> dict[str, Attempts] | list[Grid]:
    """Attempts by the ids of tasks; of the formats `line` and `grid`, which have no ids, the grids.

    Raises:
        ParseError: with the place in the document.
    """
    lines = iter(lines)
    head = next((line for line in lines if line.strip()), "")
    start, lines = head.lstrip("\ufeff \t"), itertools.chain([head], lines)
    if start.startswith(RECORD) and start.rstrip().endswith("}"):
        records = [read_document([line], source) for line in lines if line.strip()]
    elif start.startswith("{"):
        document = read_document(lines, source)
        if "schema" not in read_object(document, At(source)):
            return _by_id(document, source)
        records = [document]
    elif start.startswith("["):
        records = read_document(lines, source)
    else:
        return (
            _read_table(lines, source)
            if {*start.split(",")} >= COLUMNS
            else _read_lines(lines, source)
        )
    return dict(read_record(record, At(source).item(n)) for n, record in enumerate(records))


def write_submission(answers: Mapping[str, Attempts], file: TextIO) -> None:
    """Write attempts by the ids of tasks, a line each."""
    write_records({name: as_json(attempts) for name, attempts in answers.items()}, file)


def write_records(attempts: Mapping[str, Any], file: TextIO) -> None:
    """The same of what `as_json` gave."""
    lines = (
        f"{json.dumps(name)}: {json.dumps(each, separators=(',', ':'))}"
        for name, each in attempts.items()
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
