"""JSON of ARC, read with every check; errors name the place, such as `train[2].input[4][7]`.

In: lines of text, or values that `json` read. Out: objects, lists and grids that are what they
should be; and the other way round, tasks as text.

    >>> at = At("task.json").key("train").item(2).key("input")
    >>> read_grid([[0, 11]], at)
    Traceback (most recent call last):
    ParseError: task.json: train[2].input[0][1]: expected a colour 0 to 9, found 11
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from puzzlesolver.domains.arc.task import COLOURS, Pair, Task
from puzzlesolver.domains.base import Grid
from puzzlesolver.errors import ParseError
from puzzlesolver.limits import MAX_ARC_CHARS, MAX_ARC_NAME, MAX_ARC_SIDE, MAX_LINE_CHARS

PARTS = ("train", "test")
SIDES = ("input", "output")

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""Keys that need no quotes in a path."""


@dataclass(frozen=True)
class At:
    """A place in a document."""

    source: str
    path: str = ""

    def key(self, name: str) -> At:
        """The value of an object's key."""
        if _PLAIN.fullmatch(name):
            return replace(self, path=f"{self.path}.{name}" if self.path else name)
        return replace(self, path=f"{self.path}[{json.dumps(name[:40])}]")

    def item(self, number: int) -> At:
        """A value of a list, counted from 0."""
        return replace(self, path=f"{self.path}[{number}]")

    def error(self, what: str, hint: str = "") -> ParseError:
        where = f"{self.source}: {self.path}" if self.path else self.source
        return ParseError(what, where=where, hint=hint)


class _Repeating(dict[str, Any]):
    """An object that has a key twice; only its reader knows where it stands."""

    key = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeating, counts = _Repeating(), Counter(name for name, _ in pairs)
    repeating.key = max(counts, key=counts.__getitem__)
    return repeating


def read_document(lines: Iterable[str], source: str) -> Any:
    """The value that a text holds; raises `ParseError` where it is too long or no JSON."""
    parts, size = [], 0
    for line in lines:
        size += len(line) + 1
        if size > MAX_ARC_CHARS:
            raise ParseError(f"it is longer than {MAX_ARC_CHARS:,} characters", where=source)
        parts.append(line)
        # Literal text comes without line ends; a line of a file may come in pieces, all but its
        # last longer than this.
        if len(line) < MAX_LINE_CHARS and not line.endswith("\n"):
            parts.append("\n")
    text = "".join(parts).removeprefix("\ufeff")
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        what = error.msg[:1].lower() + error.msg[1:]
        where = f"{source}:{error.lineno}:{error.colno}"
        raise ParseError(f"this is no JSON: {what}", where=where) from error
    except ValueError as error:
        raise ParseError("a number has too many digits", where=source) from error
    except RecursionError as error:
        raise ParseError("it is nested too deeply", where=source) from error


def read_file(path: Path) -> Any:
    """The value that a file holds; raises `ParseError` where that cannot be read."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            return read_document(iter(lambda: file.read(MAX_LINE_CHARS), ""), str(path))
    except OSError as error:
        raise ParseError(f"cannot read it: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise ParseError("this is no text", where=str(path), hint="save it as UTF-8") from error


def read_object(value: Any, at: At) -> dict[str, Any]:
    """An object whose keys are all different."""
    if not isinstance(value, dict):
        raise at.error(f"expected an object, found {told(value)}")
    if isinstance(value, _Repeating):
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


def told(value: Any) -> str:
    """What stands where something else was expected, in a few words."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
