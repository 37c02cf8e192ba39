"""Values of JSON as ARC's, with every check.

In: values and their places, of `formats.documents`. Out: objects, lists and grids that are what
they should be; and the other way round, tasks as text.

    >>> at = At("task.json").key("train").item(2).key("input")
    >>> read_grid([[0, 11]], at)
    Traceback (most recent call last):
    ParseError: task.json: train[2].input[0][1]: expected a colour 0 to 9, found 11
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

import numpy as np

from puzzlesolver.domains.arc.task import COLOURS, Pair, Task
from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.formats.documents import At, Repeating, told
from puzzlesolver.limits import MAX_ARC_NAME, MAX_ARC_SIDE

PARTS = ("train", "test")
SIDES = ("input", "output")

OTHERWISE = {
    **dict.fromkeys(("training", "examples", "demonstrations"), "train"),
    **dict.fromkeys(("testing", "tests"), "test"),
    **dict.fromkeys(("in", "inputs"), "input"),
    **dict.fromkeys(("out", "outputs"), "output"),
}
"""Other words for parts, which hold lists then, and for sides."""


def usual(value: Any) -> Any:
    """An object with the usual keys for other words and capitals; anything else as it is."""
    if not isinstance(value, dict) or isinstance(value, Repeating):
        return value
    named = {_usual_key(key, of): of for key, of in value.items()}
    return named if len(named) == len(value) else value


def _usual_key(key: str, of: Any) -> str:
    word = key.casefold()
    named = OTHERWISE.get(word, word)
    known = named in SIDES or (named in PARTS and (word == named or isinstance(of, list)))
    return named if known else key


def read_object(value: Any, at: At) -> dict[str, Any]:
    """An object whose keys are all different."""
    if not isinstance(value, dict):
        raise at.error(f"expected an object, found {told(value)}")
    if isinstance(value, Repeating):
        raise at.error(f"the key {told(value.key)} stands here twice")
    return value


def read_fields(value: Any, at: At, needed: Sequence[str], also: Sequence[str] = ()) -> list[str]:
    """The keys of an object that has all the needed ones, perhaps some others, and no more."""
    found, allowed = read_object(value, at), (*needed, *also)
    for name in found:
        if name not in allowed:  # a misspelt key must not pass for a missing one
            raise at.error(f"expected {' and '.join(allowed)}, found {told(name)}")
    for name in needed:
        if name not in found:
            raise at.error(f'there is no "{name}"')
    return [name for name in allowed if name in found]


def check_name(name: str, at: At) -> None:
    """Refuse ids that would damage a terminal or a list."""
    if not name.isprintable() or not 1 <= len(name) <= MAX_ARC_NAME:
        raise at.error(f"a task's id has 1 to {MAX_ARC_NAME} printable characters")


def read_list(value: Any, at: At, most: int, noun: str) -> list[Any]:
    """A list of 1 to `most` values."""
    if not isinstance(value, list):
        raise at.error(f"expected a list of {noun}, found {told(value)}")
    if not 1 <= len(value) <= most:
        raise at.error(f"expected 1 to {most} {noun}, found {len(value):,}")
    return value


def read_grid(value: Any, at: At) -> Grid:
    """A grid `uint8[1..30, 1..30]`."""
    rows = read_list(value, at, MAX_ARC_SIDE, "rows")
    for number, row in enumerate(rows):
        _check_row(row, len(rows[0]) if isinstance(rows[0], list) else 0, at.item(number))
    return np.array(rows, np.uint8)


def _check_row(row: Any, width: int, at: At) -> None:
    cells = read_list(row, at, MAX_ARC_SIDE, "colours")
    if len(cells) != width:
        raise at.error(f"this row has {len(cells)} cells, the first row has {width}")
    for column, cell in enumerate(cells):
        if type(cell) is not int or not 0 <= cell < COLOURS:  # true is an int to Python
            raise at.item(column).error(f"expected a colour 0 to {COLOURS - 1}, found {told(cell)}")


def write_tasks(tasks: Iterable[Task], file: TextIO) -> None:
    """Tasks by their ids, a line each, as they come; outputs of tests where they are known."""
    for number, task in enumerate(tasks):
        parts = as_json({"train": task.train, "test": task.test})
        text = json.dumps(parts, separators=(",", ":"))
        file.write(f"{',' if number else '{'}\n{json.dumps(task.name)}: {text}")
    file.write("\n}\n")


def as_json(parts: Mapping[str, Sequence[Pair]]) -> dict[str, list[dict[str, list[list[int]]]]]:
    """A task as ARC's own files write it."""
    return {
        part: [
            {side: grid.tolist() for side, grid in zip(SIDES, pair.grids, strict=False)}
            for pair in pairs
        ]
        for part, pairs in parts.items()
    }
