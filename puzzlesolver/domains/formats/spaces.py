r"""Boards without a frame whose blanks are spaces, or whose rows and columns are labelled.

In: the lines of a text. Out: as many lines, with dots for blanks and no labels.

    >>> dotted("A B C D\n1   3 4\n    1 2\n\n4   2  ").split("\n")[1]
    '1.34'
"""

from __future__ import annotations

import re
from itertools import takewhile

BLANK_ROW = re.compile(r"[1-9 |]*")
CELLS = re.compile(r"(?=.{8})[ |]*[A-Pa-pXx\d.*_?-][A-Pa-pXx\d.*_?| -]*")
RAGGED = re.compile(r"\d+|\d(?: \d)*")
"""A row that shows no blank; where all are such, no one can tell where the blanks were."""

RULE = re.compile(r"[ |]*[-=+][-=+| ]*")
SIDE = 9
SPACED = [list(range(SIDE)), list(range(0, 2 * SIDE, 2))]
"""In which columns cells stand side by side, and apart."""

LABEL = re.compile(
    r"\s*\|?\s*(?:row\s*|r|\[)?([\dA-I])(?:[:.)]|,\])?(?:[ \t]+(?=[\d.|*_?X+-])|(?=\|))",
    re.IGNORECASE,
)
NUMBERS, LETTERS = list("123456789"), list("ABCDEFGHI")
FROM_ZERO = list("012345678")


def dotted(text: str) -> str:
    """The text with all such boards of nine rows written in the usual way."""
    if not re.search("[4-9]", text):
        return text
    lines = _unlabelled(text.split("\n"))
    start = 0
    while start < len(lines):
        block = list(
            takewhile(lambda line: BLANK_ROW.fullmatch(line) or RULE.fullmatch(line), lines[start:])
        )
        around = [*lines[max(0, start - 1) : start], *lines[start + len(block) :][:1]]
        larger = any(map(CELLS.fullmatch, around))  # rows of more digits, or with blanks in them
        if not larger and (rows := _rows(block)):
            lines[start : start + len(block)] = rows
        start += len(block) or 1
    return "\n".join(lines)


def _rows(block: list[str]) -> list[str]:
    """The lines of a board with dots for its blanks; empty where the cells have no columns."""
    numbers = [number for number, line in enumerate(block) if not RULE.fullmatch(line)]
    for end in (-1, 0):
        while len(numbers) > SIDE and not block[numbers[end]].strip():
            numbers.pop(end)
    if len(numbers) != SIDE or all(len(re.findall(r"\d", block[n])) == SIDE for n in numbers):
        return []
    if all(RAGGED.fullmatch(block[n].rstrip()) for n in numbers):
        return []
    signs = [(at, sign) for n in numbers for at, sign in enumerate(block[n])]
    digits = {at for at, sign in signs if sign.isdigit()}
    bars = {at for at, sign in signs if sign == "|"}
    for places in (sorted(digits), *SPACED):
        if digits.issubset(places) and len(places) == SIDE and bars.isdisjoint(places):
            rows = [line if RULE.fullmatch(line) else "" for line in block]
            for number in numbers:
                row = block[number].ljust(places[-1] + 1)
                rows[number] = "".join(row[at].replace(" ", ".") for at in places)
            return rows
    return []


def _unlabelled(lines: list[str]) -> list[str]:
    """The lines without the labels of nine rows, and without the heads above them."""
    heads = [
        number
        for number, line in enumerate(lines)
        if _is_heads(line, LETTERS) and line[0] not in ",;\t"  # those stand above numbered fields
    ]
    found = [(number, label) for number, line in enumerate(lines) if (label := LABEL.match(line))]
    for first in range(len(found) - SIDE + 1):
        part = found[first : first + SIDE]
        names = [label[1].upper() for _, label in part]
        above = range(max(0, part[0][0] - 2), part[0][0])
        numbers = FROM_ZERO if names == FROM_ZERO else NUMBERS
        numbered = [number for number in above if _is_heads(lines[number], numbers)]
        larger = any(
            CELLS.fullmatch(lines[number])
            and not RULE.fullmatch(lines[number])
            and number not in (*heads, *numbered)
            for number in above
        )
        lettered = {*above} & {*heads} or all(label[0].rstrip().endswith(".") for _, label in part)
        told = names == LETTERS or numbered or lettered or "r" in part[0][1][0].lower()
        sure = told and not larger
        if names in (NUMBERS, LETTERS, FROM_ZERO) and sure:
            heads += numbered
            for number, label in part:
                lines[number] = lines[number][label.end() :].rjust(len(lines[number]))
    for number in heads:
        if any(map(str.isdigit, "".join(lines[number + 1 : number + 3]))):
            lines[number] = ""
    return lines


def _is_heads(line: str, names: list[str]) -> bool:
    return re.findall(r"(?:C(?:OL)?(?=\d))?(\w+)", line.upper()) == names
