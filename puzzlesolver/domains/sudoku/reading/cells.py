"""Signs of cells, and what boards they make: in which alphabet, of how many rows.

>>> read_board("1......32..1...4", Place("puzzle.txt", 1, "sudoku"))[0].shape
(4, 4)
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import ascii_uppercase
from typing import NamedTuple

import numpy as np

from puzzlesolver.domains.base import DIGITS, Grid
from puzzlesolver.domains.records import Place
from puzzlesolver.domains.sudoku.units import FREE_SIZES, JIGSAW, LATIN, SIZES
from puzzlesolver.domains.sudoku.variants import rule_details
from puzzlesolver.errors import ParseError

SYMBOLS = f".{DIGITS}"
FROM_ZERO = "0123456789" + ascii_uppercase[:15]
"""A second alphabet, where another sign stands for blanks; the third one is letters alone."""

BLANKS = ".0-*_Xx?"
SEPARATORS = " \t,;|![]"
HORIZONTAL = frozenset("-_=+")
DECORATION = HORIZONTAL | frozenset(SEPARATORS + ":.*'`")
VALUES = (
    {symbol: value for value, symbol in enumerate(SYMBOLS)}
    | {symbol.lower(): value for value, symbol in enumerate(SYMBOLS)}
    | dict.fromkeys(BLANKS, 0)
)
NUMBERS = VALUES | {f"{number:02}": number for number in range(100)}


class Sides(NamedTuple):
    """What boards there are.

    Attributes:
        rows: their sides.
        boards: their sides by their number of cells.
        largest: the largest digit in a line by its number of cells: of a row, or of a whole board.
    """

    rows: tuple[int, ...]
    boards: dict[int, int]
    largest: dict[int, int]


@functools.lru_cache(64)
def sides(rules: str) -> Sides:
    """Sides of boards with these rules: any where regions are no boxes."""
    free = {LATIN, JIGSAW} & {*rule_details(rules)[0]}
    rows = tuple(FREE_SIZES) if free else SIZES
    boards = {side * side: side for side in rows}
    return Sides(rows, boards, boards | {side: side for side in rows})


BOARDS = sides("").boards

RUN = re.compile(rf"(?<![^\s{re.escape(SEPARATORS)}:=\"'/>#(])[\w.*?-]{{36,}}")
"""What can be a whole board within a line of other things, and what it may come after."""

_BYTES = bytes(VALUES.get(chr(code), 255) for code in range(256))
_FRAME = {ord(sign): "|" for sign in "│┃║╎╏┆┇┊┋╽╿|¦"} | {ord(sign): "-" for sign in "─━═╌╍┄┅┈┉╼╾"}
_FRAME |= {code: "+" for code in range(0x2500, 0x2580) if code not in _FRAME}
_FRAME |= {ord(sign): "." for sign in "·•∙⋅◦○◯□▢◻☐⬜⬛◼🟦🟨🟧🟪🟫␣▯∅"} | {
    ord(sign): "-" for sign in "‐‑‒–—−"
}


@dataclass(frozen=True)
class Cells:
    """Cells of one line: how each is written, in which column from 1, and how they are split."""

    place: Place
    words: list[str]
    columns: list[int]
    pattern: str = "x"
    is_rule: bool = False

    @property
    def values(self) -> list[int]:
        """What the cells hold in the usual alphabet; what is no digit of it counts as many."""
        return [_value(word) for word in self.words]

    @property
    def fits(self) -> bool:
        """Whether all are digits, in the usual alphabet or in letters, of a board of this size."""
        largest = sides(self.place.rules).largest[len(self.words)]
        letters = {*ascii_uppercase[:largest], *BLANKS}
        return max(self.values) <= largest or letters >= {word.upper() for word in self.words}


def _value(word: str) -> int:
    return NUMBERS.get(word, 255)


def unframed(text: str) -> str:
    """The text with lines of boxes as `|`, `-` and `+`, and signs of blanks as `.`."""
    return text if text.isascii() else text.translate(_FRAME)


def is_rule(text: str) -> bool:
    """Whether a line may be part of a frame: nothing but decoration, some of it horizontal."""
    return DECORATION.issuperset(text) and not HORIZONTAL.isdisjoint(text)


def quick_board(text: str, boards: Mapping[int, int] = BOARDS) -> Grid | None:
    """A board of up to 9×9 as one word in the usual alphabet, or None when it is anything else."""
    side = boards.get(len(text), 25)
    if side > 9 or ("0" in text and (str(side) not in text or any(map(text.count, ".-*_?")))):
        return None  # 0 may be a digit
    values = np.frombuffer(text.encode("ascii", "replace").translate(_BYTES), np.uint8)
    largest = values.max()
    if largest > side or (largest == 0 and is_rule(text)):
        return None
    return values.reshape(side, side).copy()


def find_boards(text: str, place: Place) -> list[tuple[Grid, str, re.Match[str]]]:
    """Whole boards within a line of other things, each with its alphabet and where it stands.

    Raises:
        ParseError: there is one but for the number of its cells.
    """
    found, wrong = [], None
    for run in RUN.finditer(text):
        if len(run[0]) in sides(place.rules).boards:
            with contextlib.suppress(ParseError):
                grid, alphabet = read_board(run[0], place, run.start() + 1)
                if grid.any() or run[0] == text.strip():
                    found.append((grid, alphabet, run))
        elif {*"0123456789", *BLANKS}.issuperset(run[0]) and not is_rule(run[0]):
            wrong = wrong_count(len(run[0]), place, run.start() + 1)
    if wrong is not None and not found:
        raise wrong
    return found


def read_board(word: str, place: Place, column: int = 1) -> tuple[Grid, str]:
    """A whole board as one word that starts in `column`, and its alphabet; raises `ParseError`."""
    boards = sides(place.rules).boards
    if (board := quick_board(word, boards)) is not None:
        return board, DIGITS
    cells = Cells(place, list(word), list(range(column, column + len(word))))
    if len(word) not in boards:
        check([cells], 25)
        raise wrong_count(len(word), place, column)
    return as_board([cells])


def as_board(rows: Iterable[Cells]) -> tuple[Grid, str]:
    """The board of all these cells and its alphabet; raises `ParseError`."""
    rows = list(rows)
    words = [word.upper() for row in rows for word in row.words]
    side = sides(rows[0].place.rules).boards[len(words)]
    alphabet = _alphabet(words, side)
    if alphabet is DIGITS:
        check(rows, side)
        values = [_value(word) for word in words]
    else:
        values = [alphabet.find(word) + 1 for word in words]
    return np.array(values, np.uint8).reshape(side, side), alphabet


def _alphabet(words: list[str], side: int) -> str:
    """The alphabet that a board is written in."""
    used = set(words)
    others = used.intersection(".-*_?X")
    if "0" in used and used <= {*FROM_ZERO[:side], *others}:
        full = all(words.count(symbol) == side for symbol in FROM_ZERO[:side])
        return FROM_ZERO[:side] if full or (others and words.count("0") <= side) else DIGITS
    unusual = any(_value(word) > side for word in used)
    letters = used <= {*ascii_uppercase[:side], *(others - {"X"} or "X")}
    return ascii_uppercase[:side] if unusual and letters else DIGITS


def check(rows: Iterable[Cells], side: int) -> None:
    """Raise `ParseError` at what is no digit of a board with `side` rows."""
    for row in rows:
        for word, column in zip(row.words, row.columns, strict=True):
            value = _value(word)
            if value == 255:
                what = f"{word!r} is neither a digit nor a blank"
                hint = f"blanks are any of {' '.join(BLANKS)}, digits 1-9 and then A-P"
                raise row.place.error(column, what, hint)
            if value > side:
                what = f"{word!r} is no digit of a {side}×{side} board"
                digits = f"1-{side}" if side < 10 else f"1-9 and A-{SYMBOLS[side]}"
                raise row.place.error(column, what, f"its digits are {digits}")


def wrong_count(count: int, place: Place, column: int) -> ParseError:
    """A line with a number of cells that is neither a row nor a board."""
    known = sides(place.rules)
    if count > max(known.rows):
        near = min(known.boards, key=lambda size: abs(size - count))
        what = f"expected {near} cells, found {count}"
    else:
        what = f"no board has rows of {count} cells"
    rows, boards = (", ".join(map(str, sizes)) for sizes in (known.rows, known.boards))
    return place.error(column, what, f"a row has one of {rows} cells, a board on one line {boards}")
