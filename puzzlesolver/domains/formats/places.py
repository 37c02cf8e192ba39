r"""Cells told one by one, by their rows and columns → the rows of a Sudoku.

In: a text of nothing else, as programs, solvers and tables write it, or the cells. Out: rows of
text, the blanks as dots; None where the cells do not tell a board.

    >>> rows_told("\n".join(f"given({row},{(5 * row) % 9 + 1},{row})." for row in range(1, 10)))
    '. . . . . 1 . . .\n. 2 . . . . . . .\n...'
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from puzzlesolver.domains.sudoku.units import box_shape

SIDES = (4, 6, 9, 16, 25)
"""Rows of the boards that cells can tell."""

BLANKS = frozenset({"", ".", "?", "_", "-", "*", "null", "none"})
"""What stands in a cell that has no digit, beside 0."""

Told = tuple[int, int, str]
"""Row and column, as they are counted, and what stands there."""

_CALL = r"(?:\b(?:(?:constraint|assert)\s+|\w+\.(?:add|append|assert)\w*\(\s*)?[a-z]\w*\s*)?"
_NUMBER = r"\s*(\d{1,2})\s*"
_VALUE = r"\s*[\"']?(\d{1,2}|null|None|[.?_])[\"']?\s*"
_ROW, _COLUMN = r"[\"']?(?:row|r|y)[\"']?", r"[\"']?(?:column|col|c|x)[\"']?"
_DIGIT = r"[\"']?(?:value|val|v|digit|number|num|n)[\"']?\s*"
_FORMS = {
    re.compile(pattern, re.IGNORECASE | re.MULTILINE): known
    for pattern, known in {
        rf"{_CALL}[(\[]{_NUMBER}(?:,|\]\[){_NUMBER}[)\]]\s*(?::|==?>?|->){_VALUE}": (None, 8),
        rf"{_CALL}\({_NUMBER},{_NUMBER},{_VALUE}\)": (None, 8),
        rf"\[{_NUMBER},{_NUMBER},{_VALUE}\]": (None, 17),  # fewer may be a maze of 3 columns
        rf"\{{\s*{_ROW}\s*:{_NUMBER},\s*{_COLUMN}\s*:{_NUMBER},\s*{_DIGIT}:{_VALUE}\}}": (None, 8),
        rf"\br{_NUMBER}c{_NUMBER}[:=]{_VALUE}": (1, 8),
        rf"\b([A-I])([1-9])\s*[:=]{_VALUE}": (1, 8),
    }.items()
}
"""Ways to write a cell; from which number rows and columns count, if it is known; least cells."""

_HEAD = re.compile(rf"\A\s*{_ROW}[\s,;|]+{_COLUMN}[\s,;|]+{_DIGIT}\n", re.IGNORECASE)
_LINE = re.compile(r"^ *(\d{1,2})[ ,;|\t]+(\d{1,2})[ ,;|\t]+(\d{1,2}|[.?_]|) *$", re.MULTILINE)
_AROUND = re.compile(r"\{?\s*(?:[\"']?[a-z]\w*[\"']?\s*[=:])?[\s,;.{}()\[\]&]*", re.IGNORECASE)
_REMARK = re.compile(
    r"^[ \t]*(?:(?:%|#|//)(.*)"
    r"|(?:clingo version|Reading from|Solving|Answer|SATISFIABLE|Models|Calls|Time|CPU Time)\b.*)$",
    re.MULTILINE,
)
"""Comments, and what clingo prints around an answer set."""

_NUMBERS = re.compile(
    r"\b(?:row|col|column|num|number|digit|val|value|n|size)\((?:\d+\.\.)?(\d+)\)\.?", re.IGNORECASE
)
"""Facts of the numbers that there are."""


def rows_told(text: str) -> str | None:
    """The rows of the board whose cells a text tells, each with its place; remarks above them."""
    remarks = [f"# {remark.strip()}" for remark in _REMARK.findall(text) if remark]
    text = _REMARK.sub("", text)
    smallest = max(map(int, _NUMBERS.findall(text)), default=0)
    text = _NUMBERS.sub("", text)
    head = _HEAD.match(text)
    text, forms = (text[head.end() :], {_LINE: (None, 8)}) if head else (text, _FORMS)
    for form, (first, least) in forms.items():
        rest = form.sub("", text) if form.search(text) else "?"
        if _AROUND.fullmatch(rest) and rest.count("[") <= 1:  # lists of lists are rows
            told = [(_number(row), int(column), value) for row, column, value in form.findall(text)]
            if len({cell[:2] for cell in told}) >= least:
                rows = rows_at(told, first, smallest)
                return rows and "\n".join([*remarks, rows])
    return None


def rows_counted(cells: Sequence[tuple[int, str]]) -> str | None:
    """The rows of the smallest board whose cells are counted row by row, from 0 or from 1.

    The first cell or the last one shows which, or the digits: none is twice in a row, column, box.
    """
    numbers = {number for number, _ in cells}
    most = max((int(value) for _, value in cells if value.isdecimal()), default=0)
    sizes = {
        base: next((s for s in SIDES if most <= s and max(numbers) - base < s * s), 0)
        for base in (0, 1)
        if base <= min(numbers)
    }
    side = min(filter(None, sizes.values()), default=0)
    found = [
        [(*divmod(number - base, side), value) for number, value in cells]
        for base in sizes
        if side and sizes[base] == side
    ]
    found = [told for told in found if len(found) == 1 or not _clash(told, side)]
    return rows_at(found[0], 0, side) if len(found) == 1 else None


def _clash(cells: Sequence[Told], side: int) -> bool:
    """Whether a digit is twice in a row, a column or a box of a board of so many rows."""
    height, width = box_shape(side)
    units = [
        (value, *unit)
        for row, column, value in cells
        if value.isdecimal() and int(value)
        for unit in ((row, -1), (-1, column), (row // height, column // width, 0))
    ]
    return len({*units}) < len(units)


def rows_at(cells: Sequence[Told], first: int | None = None, least: int = 0) -> str | None:
    """The rows of the smallest board that has these cells.

    Args:
        cells: each with its place; none may have two values.
        first: the number of the first row and column; None finds out if it is 0 or 1.
        least: the board has so many rows, or more.
    """
    numbers = {number for row, column, _ in cells for number in (row, column)}
    base = int(0 not in numbers) if first is None else first
    digits = [int(value) for *_, value in cells if value.isdecimal()]
    most = max([number - base + 1 for number in numbers] + digits, default=0)
    side = next((side for side in SIDES if max(most, least) <= side), 0)
    unclear = first is None and base and side not in numbers
    known: dict[tuple[int, int], str] = {}
    twice = any(known.setdefault((row, column), value) != value for row, column, value in cells)
    strange = any(not each.isdecimal() and each.lower() not in BLANKS for *_, each in cells)
    if not side or unclear or twice or strange:
        return None
    rows = [["."] * side for _ in range(side)]
    for row, column, value in cells:
        rows[row - base][column - base] = value if value.isdecimal() and int(value) else "."
    return "\n".join(map(" ".join, rows))


def _number(row: str) -> int:
    return int(row) if row.isdecimal() else ord(row.upper()) - ord("A") + 1
