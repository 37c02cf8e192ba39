r"""Values of JSON → the questions in them, as lines of text for the reader of each kind.

In: any value: boards as text, lists of rows, objects that name a question, documents of f-puzzles,
and whatever holds these. Out: records like those of tables.

    >>> [record["question"] for record in read_records({"puzzle": [[1, 2]] * 2}, At("a.json"))]
    ['1 2\n1 2']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from math import isqrt
from string import ascii_uppercase
from typing import Any

from puzzlesolver.domains.formats.documents import At, Repeating
from puzzlesolver.domains.formats.ends import place_of, with_ends
from puzzlesolver.domains.formats.places import rows_at, rows_counted, rows_told
from puzzlesolver.domains.formats.setters import NO_CELL_RULES, VALUES, as_plain, rules_of, value_of
from puzzlesolver.domains.records import (
    ANSWER,
    DOMAIN,
    QUESTION,
    RATING,
    RULES,
    Place,
    Record,
    roles,
)
from puzzlesolver.limits import MAX_GRID_SIDE

LEAST_LINE = 100
"""Cells of the smallest maze on one line; shorter lines are rows."""

INDICES = ("index", "idx")
"""What they call the number of a cell, counted row by row."""

LEAST_BOARD, LEAST_ROWS = 16, 3
"""Cells of the smallest board on one line, and rows of the smallest maze."""

_BOARD = re.compile(r"[0-4._*?-]{16}|[\d.*_?X-]{36,}|[\w.*?-]{256,}")
_BLANKS = frozenset("0.*_?-Xx")


def read_records(value: Any, at: At, rules: str = "") -> Iterator[Record]:
    """The questions in a value, in their order; raises `ParseError` at rules that are no Sudoku's.

    Args:
        value: of JSON.
        at: its place.
        rules: what the objects around it tell, as `rules_in` reads it.
    """
    if (text := as_text(value)) is not None:
        if len(text) >= LEAST_BOARD:
            yield Record(Place(str(at), 0, ""), [QUESTION, RULES], [text, rules])
    elif isinstance(value, list) and _is_answered(value):
        yield Record(Place(str(at), 0, ""), [QUESTION, ANSWER, RULES], [*value, rules])
    elif isinstance(value, list):
        for number, item in enumerate(value):
            if isinstance(item, (str, list, dict)):
                yield from read_records(item, at.item(number), rules)
    elif isinstance(value, Repeating):
        raise at.error(f'the key "{value.key}" stands here twice')
    elif isinstance(value, dict):
        names = dict(zip(roles(value), value, strict=True))
        question, answers, each = (value.get(names.get(k)) for k in (QUESTION, ANSWER, RULES))
        heads, each = value.get("columns"), _column(each)
        heads = [*map(str, heads)] if isinstance(heads, list) else []
        text = as_text(with_ends(as_plain(question), value, at)) or ""
        if len(text) < LEAST_BOARD and DOMAIN not in names:
            text = ""
        questions = None if text else _column(question)
        if each is None or questions is None or len(each) != len(questions):
            each, one = None, value
        else:
            one = {key: item for key, item in value.items() if key != names[RULES]}
        rules = "\n".join(filter(None, (rules, rules_of(one, question, at))))
        if isinstance(question, list) and QUESTION in roles(heads):
            for number, row in enumerate(question):  # how pandas splits a table
                if isinstance(row, list) and len(row) == len(heads):
                    item = at.key(names[QUESTION]).item(number)
                    yield from read_records(dict(zip(heads, row, strict=True)), item, rules)
        elif text:
            answer = as_text(answers) or ""
            others = [str(value.get(names.get(role), "")) for role in (RATING, DOMAIN)]
            columns = [QUESTION, ANSWER, RATING, DOMAIN, RULES]
            yield Record(Place(str(at), 0, ""), columns, [text, answer, *others, rules])
        elif questions is not None:
            beside = {ANSWER: _column(answers), RULES: each}
            yield from _beside(questions, beside, at.key(names[QUESTION]), rules)
        elif isinstance(question, dict):
            yield from read_records(question, at.key(names[QUESTION]), rules)
        elif value.keys() and (text := _named_rows(value) or ""):
            yield Record(Place(str(at), 0, ""), [QUESTION, RULES], [text, rules])
        else:
            alone = not any(map(_may_hold, (item for item in value.values() if item != answers)))
            for key, item in value.items():
                if _is_answered([key, item]):
                    yield from read_records([key, item], at.key(key), rules)
                    continue
                full = alone and key == names.get(ANSWER)  # a file of answers
                if _may_hold(item, full, roles([key])[0]) and key != names.get(RULES):
                    yield from read_records(item, at.key(key), rules)


def _column(value: Any) -> list[Any] | None:
    """The items of a list, or of the object that pandas writes in its place."""
    if isinstance(value, dict) and value and all(map(str.isdecimal, value)):
        return [*value.values()]
    return value if isinstance(value, list) else None


def _beside(
    questions: list[Any], others: dict[str, list[Any] | None], at: At, rules: str
) -> Iterator[Record]:
    """Questions in one list, their answers and rules in lists of the same length."""
    beside = {
        role: items for role, items in others.items() if items and len(items) == len(questions)
    }
    for number, question in enumerate(questions):
        row = {QUESTION: question} | {role: items[number] for role, items in beside.items()}
        yield from read_records(row if beside else question, at.item(number), rules)


def as_text(value: Any) -> str | None:
    """The lines of one board that a value holds, or None when it is something else."""
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not value:
        return None
    if all(isinstance(item, str) for item in value) and len(value[0]) > 1:
        if any("\n" in item for item in value):
            return None
        if value[0][0] == "<" and value[-1][-1:] == ">":  # tokens of a language model
            return " ".join(value)
        square = all(len(value) in (len(item), len(item.replace(" ", ""))) for item in value)
        drawn = len({*map(len, value)}) == 1 < len(value) and set("#█|│") & {*value[0]}
        whole = isqrt(len(value[0])) ** 2 == len(value[0]) >= LEAST_LINE
        return "\n".join(value) if square or (drawn and not whole) else None
    if all(isinstance(item, dict) for item in value):
        rows = [[*item.values()] for item in value if item.keys() == value[0].keys()]
        if len(rows) == len(value) == len(value[0]) and _are_labels([*value[0]]):
            return as_text(rows)  # as pandas writes a table
        if all(place_of(cell, (0, 1)) or _index(cell) is not None for cell in value):
            return _placed(value)
    if all(isinstance(row, list) for row in value):
        width = max(map(len, value))
        boards = len(value) != width and width >= LEAST_BOARD and isqrt(width) ** 2 == width > 25
        rows = _with_walls(value)
        return None if boards else _join((_join(map(_cell, row), " ") for row in rows), "\n")
    return _join(map(_cell, value), " ") if LEAST_BOARD <= len(value) <= MAX_GRID_SIDE**2 else None


def _with_walls(rows: list[list[Any]]) -> list[list[Any]]:
    """Rows with signs for -1 and 0 where these are all numbers: walls and floor of a maze."""
    if {cell for row in rows for cell in row if type(cell) is int} != {-1, 0}:
        return rows
    signs = {-1: "#", 0: "."}
    return [[signs[cell] if type(cell) is int else cell for cell in row] for row in rows]


def _is_answered(texts: list[Any]) -> bool:
    """Whether these are a board with blanks and one of its size without."""
    if len(texts) != 2 or not all(isinstance(text, str) for text in texts):
        return False
    question, answer = texts
    full = _BOARD.fullmatch(answer) is not None and answer.isalnum() and "0" not in answer
    return full and len(question) == len(answer) and not _BLANKS.isdisjoint(question)


def _may_hold(item: Any, full: bool = False, role: str = QUESTION) -> bool:
    """Whether an item of an object is a board, or may have one in it."""
    text = isinstance(item, str) and (full or role != ANSWER) and _is_board(item, full)
    return text or isinstance(item, (list, dict))


def _is_board(text: str, full: bool = False) -> bool:
    """Whether a text of an object is a puzzle whatever its key is, and no name, hash or number.

    Only what is known for an answer may be `full`, without blanks.
    """
    lines = text.strip("\n").split("\n")
    rows = len(lines) >= LEAST_ROWS and len({*map(len, lines)}) == 1
    whole = _BOARD.fullmatch(text) is not None and isqrt(len(text)) ** 2 == len(text)
    return rows or (whole and (full or not _BLANKS.isdisjoint(text)))


def _placed(cells: list[dict[str, Any]]) -> str | None:
    """The rows of a board whose cells tell their places; None where values have unknown names."""
    if not any(name in cell for cell in cells for name in VALUES):
        return None
    values = [_cell(cell) or "strange" for cell in cells]
    indices = [index for cell in cells if (index := _index(cell)) is not None]
    if len(indices) == len(cells):
        return rows_counted([*zip(indices, values, strict=True)])
    places = [place for cell in cells if (place := place_of(cell, (0, 1)))]
    told = [(*place, value) for place, value in zip(places, values, strict=False)]
    return rows_at(told) if len(told) == len(cells) else None


def _index(cell: dict[str, Any]) -> int | None:
    """The number of a cell that names no row and no column."""
    if place_of(cell, (0, 1)) or {*map(str.lower, cell)} - NO_CELL_RULES:
        return None
    return next((cell[name] for name in INDICES if type(cell.get(name)) is int), None)


def _are_labels(names: list[str]) -> bool:
    """Whether these are names of columns in their order: 0 1 2, c1 c2 c3, A B C."""
    stem = names[0][:-1]
    numbers = [*map(str, range(len(names) + 1))]
    known = (numbers[:-1], numbers[1:], [*ascii_uppercase[: len(names)]])
    return len(names) > 3 and [name.removeprefix(stem).upper() for name in names] in known


def _named_rows(value: dict[str, Any]) -> str | None:
    """The rows of a board that have a key each, such as row1, or its cells, such as A1 or r1c1."""
    if len(value) >= LEAST_BOARD:
        cells = ((key.strip("()"), str(item or ".")) for key, item in value.items())
        told = (  # candidates are no value
            f"{key if key.isalnum() else f'({key})'}: {text if len(text) == 1 else '.'}"
            for key, text in cells
        )
        if board := rows_told(" ".join(told)):
            return board
    rows = [*value.values()]
    flat = all(isinstance(row, (list, str)) and len(row) == len(rows) for row in rows)
    return as_text(rows) if flat and len(rows) >= 4 else None


def _join(parts: Iterable[str | None], separator: str) -> str | None:
    """Parts as one text, or None when one of them is None."""
    found = []
    for part in parts:
        if part is None:
            return None
        found.append(part)
    return separator.join(found) or None


def _cell(cell: Any) -> str | None:
    if cell is None or cell in ("", " ") or cell != cell:  # NaN
        return "."
    if isinstance(cell, dict):
        unnamed = cell.keys().isdisjoint(VALUES) and {*map(str.lower, cell)} - NO_CELL_RULES
        return None if "input" in cell or unnamed else _cell(value_of(cell))
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, (int, str)) and (len(str(cell)) <= 2 or cell == 255):
        return str(cell)
    return None
