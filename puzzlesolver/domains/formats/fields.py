r"""Values of JSON → the questions in them, as lines of text for the reader of each kind.

In: any value: boards as text, lists of rows, objects that name a question, documents of f-puzzles,
and whatever holds these. Out: records like those of tables.

    >>> [record["question"] for record in read_records({"puzzle": [[1, 2]] * 2}, At("a.json"))]
    ['1 2\n1 2']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isqrt
from typing import Any

from puzzlesolver.domains.formats.documents import At, Repeating
from puzzlesolver.domains.formats.setters import as_plain
from puzzlesolver.domains.records import ANSWER, DOMAIN, QUESTION, RATING, Place, Record, roles
from puzzlesolver.limits import MAX_GRID_SIDE

LEAST_LINE = 100
"""Cells of the smallest maze on one line; shorter lines are rows."""

LEAST_BOARD = 16
"""Cells of the smallest board on one line."""


def read_records(value: Any, at: At) -> Iterator[Record]:
    """The questions in a value, in their order; raises `ParseError` at rules that are no Sudoku."""
    if (text := as_text(value)) is not None:
        if len(text) >= LEAST_BOARD:
            yield Record(Place(str(at), 0, ""), [QUESTION], [text])
    elif isinstance(value, list):
        for number, item in enumerate(value):
            if isinstance(item, (str, list, dict)):
                yield from read_records(item, at.item(number))
    elif isinstance(value, Repeating):
        raise at.error(f'the key "{value.key}" stands here twice')
    elif isinstance(value, dict):
        names = dict(zip(roles(value), value, strict=True))
        question = value.get(names.get(QUESTION))
        if isinstance(question, dict):
            yield from read_records(question, at.key(names[QUESTION]))
        elif (text := as_text(as_plain(value, question, at))) and (
            len(text) >= LEAST_BOARD or DOMAIN in names
        ):
            answer = as_text(value.get(names.get(ANSWER))) or ""
            others = [str(value.get(names.get(role), "")) for role in (RATING, DOMAIN)]
            columns = [QUESTION, ANSWER, RATING, DOMAIN]
            yield Record(Place(str(at), 0, ""), columns, [text, answer, *others])
        elif isinstance(question, list):
            yield from _beside(question, value.get(names.get(ANSWER)), at.key(names[QUESTION]))
        else:
            for key, item in value.items():
                if isinstance(item, (list, dict)):
                    yield from read_records(item, at.key(key))


def _beside(questions: list[Any], answers: Any, at: At) -> Iterator[Record]:
    """Questions in one list, their answers in another."""
    matched = isinstance(answers, list) and len(answers) == len(questions)
    for number, question in enumerate(questions):
        pair = {QUESTION: question, ANSWER: answers[number]} if matched else question
        yield from read_records(pair, at.item(number))


def as_text(value: Any) -> str | None:
    """The lines of one board that a value holds, or None when it is something else."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not value:
        return None
    if all(isinstance(item, str) for item in value) and len(value[0]) > 1:
        square = all(len(item) == len(value) for item in value)
        drawn = len({*map(len, value)}) == 1 < len(value) and set("#█|│") & {*value[0]}
        whole = isqrt(len(value[0])) ** 2 == len(value[0]) >= LEAST_LINE
        return "\n".join(value) if square or (drawn and not whole) else None
    if all(isinstance(row, list) for row in value):
        width = max(map(len, value))
        boards = len(value) != width and width >= LEAST_BOARD and isqrt(width) ** 2 == width > 25
        return None if boards else _join((_join(map(_cell, row), " ") for row in value), "\n")
    return _join(map(_cell, value), " ") if LEAST_BOARD <= len(value) <= MAX_GRID_SIDE**2 else None


def _join(parts: Iterable[str | None], separator: str) -> str | None:
    """Parts as one text, or None when one of them is None."""
    found = []
    for part in parts:
        if part is None:
            return None
        found.append(part)
    return separator.join(found) or None


def _cell(cell: Any) -> str | None:
    if cell is None or cell == "" or cell == " ":
        return "."
    if isinstance(cell, dict):
        return None if "input" in cell else _cell(cell.get("value"))
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, (int, str)) and len(str(cell)) <= 2:
        return str(cell)
    return None
