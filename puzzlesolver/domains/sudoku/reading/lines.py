"""One line of text → the cells in it, or what else it is: a heading, a number, heads of a table.

>>> read_cells("53.|.7.|...", Place("puzzle.txt", 1, "sudoku")).words
['5', '3', '.', '.', '7', '.', '.', '.', '.']
>>> is_heading("Grid 01", Place("euler.txt", 1, "sudoku"))
True
"""

from __future__ import annotations

import re
from string import ascii_lowercase

import numpy as np

from puzzlesolver.domains.records import PARTING, Place
from puzzlesolver.domains.sudoku.reading.cells import (
    BOARDS,
    NUMBERS,
    SEPARATORS,
    VALUES,
    Cells,
    Sides,
    check,
    is_rule,
    sides,
    wrong_count,
)
from puzzlesolver.domains.sudoku.units import SIZES, box_shape
from puzzlesolver.errors import ParseError

COMMENT = re.compile(r"#(?!\d+[:.)]?\s+\S{16}).*|//.*|\s;(?=\s).*|^;(?=.*[A-Za-z]{2}).*")
PREFIX = re.compile(
    r"^\s*(?:\w{1,4}\s*[:)](?=\s+\S)|>+|-\s+(?=\[)|\w+\s*=\s*(?=\[)|r(?:ow)?_?\d\d?\s*=\s*)"
)
"""What stands before a row or a board: a number, the sign of a quotation, a name."""

FENCE = "```"
NUMBER_ALONE = re.compile(
    r"[(\[]?\d{1,3}[:)\]]?|\d{1,2}\.|\d \d|\d+\.\d+ ?(?:m?s|secs?)\.?|"
    r"(\d\d?) ?[x×] ?\1|[-=*]{2,} +\d+ +[-=*]{2,}|[)}]+[;,]?"
)
DATE = re.compile(r"(?:19|20)\d\d([-./])\d\d\1\d\d")
CELL_NAME = re.compile(r"\W*(?:r(?:ow)?_?\d+_?c(?:ol)?_?\d+|[a-iA-I][1-9])\W*", re.IGNORECASE)
WORD = re.compile(r"(?<!\w)[^\W\d_]{2,}(?!\w)")

MARKED = 9
"""The largest side of a board whose pencil marks are read: there a digit is one character."""

MINUS_ONE = "-1"
"""What some programs write for a blank."""

CHUNK = re.compile(rf"[^{re.escape(SEPARATORS)}]+")


def read_cells(text: str, place: Place) -> Cells | None:
    """The row or board that a line holds, or None for a piece of frame; raises `ParseError`."""
    rule = is_rule(text)
    words = _split(text, place)
    known = sides(place.rules)
    if not words or (
        rule and (len(words) not in known.rows or any(word not in VALUES for word, _ in words))
    ):
        return None
    cells = Cells(
        place,
        [word for word, _ in words],
        [column for _, column in words],
        re.sub(r" +", " ", CHUNK.sub("x", text.strip())),
        rule,
    )
    if len(words) not in known.largest:
        check([cells], 25)  # a strange character explains more than a wrong count
        raise wrong_count(len(words), place, words[0][1])
    return cells


Words = list[tuple[str, int]]
"""What stands in cells, and in which columns from 1."""


def _split(text: str, place: Place) -> Words:
    """The words that are cells: fields, framed columns, decimal numbers, marks, or characters."""
    known = sides(place.rules)
    for separator in ",;\t|":
        if separator in text and (words := _fields(text, separator, known)) is not None:
            return words
    if text.count("|") > 1 and (words := _columns(text)) is not None:
        return words
    words = [
        ("." if match[0] == MINUS_ONE else match[0], match.start() + 1)
        for match in CHUNK.finditer(text)
    ]
    if len(words) in known.largest and all(
        len(word) == 1 or (word in NUMBERS and int(word) <= known.largest[len(words)])
        for word, _ in words
    ):
        return words
    if len(words) in known.rows and all(_is_marks(word) or word in VALUES for word, _ in words):
        if len(words) > MARKED:
            what = f"pencil marks are not read on boards of {len(words)} rows"
            raise place.error(words[0][1], what, "write the givens alone")
        return [(word if len(word) == 1 else ".", column) for word, column in words]
    return [(symbol, column) for column, symbol in enumerate(text, 1) if symbol not in SEPARATORS]


def _is_marks(word: str) -> bool:
    """Whether a word is candidates of one cell: digits that grow."""
    return word.isascii() and word.isdecimal() and list(word) == sorted({*word})


def _fields(text: str, separator: str, known: Sides) -> Words | None:
    """Cells with a separator between all of them, where some are empty."""
    start, boxed = 1, False
    if separator == "|":
        start += len(text) - len(text := text.lstrip())
        text = text.rstrip()
        boxed = text[:1] == "|" == text[-1:]
        if boxed and text.count("|") - 1 in known.largest:  # else the outer cells are blank
            text, start, boxed = text[1:-1], start + 1, False
    fields = text.split(separator)
    widest = 3 if separator == "|" and len(fields) == 4 else 2 * MARKED  # four can be boxes
    if len(fields) not in known.largest or any(len(field) > widest for field in fields):
        return None
    names = ["." if (name := field.strip()) == MINUS_ONE else name for field in fields]
    if "" not in names and separator != "|":
        return None
    if not all(not name or name in NUMBERS for name in names):
        return None
    if boxed and any(len(name) > 1 for name in names):
        return None  # a frame around boxes, with their cells side by side
    starts = np.cumsum([start] + [len(field) + 1 for field in fields[:-1]]).tolist()
    return [(name or ".", column) for name, column in zip(names, starts, strict=True)]


def _columns(text: str) -> Words | None:
    """Cells in columns of a frame, where blanks are spaces: every cell has a place of its own."""
    start, framed = text.find("|") + 1, text.strip()
    boxes = framed[1:-1].split("|")
    width = len(boxes[0])
    if not framed.startswith("|") or not framed.endswith("|") or len({*map(len, boxes)}) != 1:
        return None
    for side in SIZES:
        cells = box_shape(side)[1]
        if side // cells == len(boxes) and width in (cells, 2 * cells - 1, 2 * cells + 1):
            step = 1 if width == cells else 2
            places = range(int(width > 2 * cells), width, step)
            if all(sign == " " or at in places for box in boxes for at, sign in enumerate(box)):
                return [
                    (box[at].replace(" ", "."), start + 1 + number * (width + 1) + at)
                    for number, box in enumerate(boxes)
                    for at in places
                ]
    return None


def uncommented(line: str) -> str:
    """A line with spaces for what stands before it, and without its comment."""
    line = COMMENT.sub("", line)
    return PREFIX.sub(lambda prefix: " " * len(prefix[0]), line)


def is_heading(text: str, place: Place) -> bool:
    """Whether a line is words, or a number alone, rather than cells."""
    if NUMBER_ALONE.fullmatch(text) or DATE.fullmatch(text) or text.startswith(FENCE):
        return True
    if (parting := PARTING.fullmatch(text)) and (sign := parting["sign"]) and not is_rule(text):
        return text.count(sign) not in sides(place.rules).rows or sign not in VALUES
    letters = sum(map(str.isalpha, text))
    if not letters:
        return False
    signs = sum(sign not in SEPARATORS for sign in text)
    strange = any(set(word[0]) - VALUES.keys() for word in WORD.finditer(text))
    if not (strange or 2 * letters >= signs):
        return False
    longest = max(text.split(), key=len)
    if len(longest) > 16 and 2 * sum(map(str.isalpha, longest)) < len(longest) and "<" not in text:
        return False  # rather a board with a strange character in it
    return not holds_row(text, place)


def index_of(text: str) -> str | None:
    """What follows the number of a row in a table, "" where rows have none.

    None where a line does not number the columns: `,0,1,2,…`, `,A,B,C,…`, `c1;c2;c3;…`. One that
    goes from 1 to 9 can be a row.
    """
    for delimiter in filter(text.__contains__, ",;\t"):
        if len(names := text.split(delimiter)) in BOARDS and all(map(CELL_NAME.fullmatch, names)):
            return ""
        first, *others = names = [name.strip("\"' ").lower() for name in text.split(delimiter)]
        if not first and len(others) > 5 and "".join(others) == ascii_lowercase[: len(others)]:
            return delimiter
        names = names if first else others
        numbers = [name.lstrip(f"{ascii_lowercase}_") for name in names]
        if len(names) < 6 or not numbers[0].isdecimal() or int(numbers[0]) > 1:
            continue
        start = int(numbers[0])
        sure = start == 0 or not first or names != numbers or len(names) > max(SIZES)
        if sure and numbers == [str(start + number) for number in range(len(names))]:
            return "" if first else delimiter
    return None


def holds_row(text: str, place: Place) -> bool:
    """Whether a line is a row, or a board, in an alphabet that is known."""
    if len(text) < sides(place.rules).rows[0]:
        return False
    try:
        cells = read_cells(text, place)
    except ParseError:
        return False
    return cells is not None and cells.fits
