"""Lines between and beside boards: headings, numbers, comments, the heads of tables.

>>> is_heading("Grid 01", Place("euler.txt", 1, "sudoku")), index_of(",1,2,3,4,5,6,7,8,9")
(True, ',')
"""

from __future__ import annotations

import re

from puzzlesolver.domains.records import Place
from puzzlesolver.domains.sudoku.reading.cells import BOARDS, SEPARATORS, VALUES, sides
from puzzlesolver.domains.sudoku.reading.lines import read_cells
from puzzlesolver.domains.sudoku.units import SIZES
from puzzlesolver.errors import ParseError

COMMENT = re.compile(r"#(?!\d+[:.)]?\s+\S{16}).*|//.*|\s;(?=\s).*|^;(?=.*[A-Za-z]{2}).*")
PREFIX = re.compile(r"^\s*(?:\w{1,4}\s*[:)](?=\s+\S)|>+|-\s+(?=\[)|\w+\s*=\s*(?=\[))")
"""What stands before a row or a board: a number, the sign of a quotation, a name."""

FENCE = "```"
NUMBER_ALONE = re.compile(
    r"\(?\d{1,3}[:)]?|\d{1,2}\.|\d \d|\d+\.\d+ ?(?:m?s|secs?)\.?|"
    r"(\d\d?) ?[x×] ?\1|[-=*]{2,} +\d+ +[-=*]{2,}"
)
DATE = re.compile(r"(?:19|20)\d\d([-./])\d\d\1\d\d")
CELL_NAME = re.compile(r"\W*(?:r(?:ow)?_?\d+_?c(?:ol)?_?\d+|[a-iA-I][1-9])\W*", re.IGNORECASE)
WORD = re.compile(r"(?<!\w)[^\W\d_]{2,}(?!\w)")


def uncommented(line: str) -> str:
    """A line with spaces for what stands before it, and without its comment."""
    line = COMMENT.sub("", line)
    return PREFIX.sub(lambda prefix: " " * len(prefix[0]), line)


def is_heading(text: str, place: Place) -> bool:
    """Whether a line is words, or a number alone, rather than cells."""
    if NUMBER_ALONE.fullmatch(text) or DATE.fullmatch(text) or text.startswith(FENCE):
        return True
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

    None where a line does not number the columns: `,0,1,2,…`, `c1;c2;c3;…`. One that goes from 1 to
    9 can be a row.
    """
    for delimiter in filter(text.__contains__, ",;\t"):
        if len(names := text.split(delimiter)) in BOARDS and all(map(CELL_NAME.fullmatch, names)):
            return ""
        first, *others = names = [name.strip("\"' ").lower() for name in text.split(delimiter)]
        names = names if first else others
        numbers = [name.lstrip("abcdefghijklmnopqrstuvwxyz_") for name in names]
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
