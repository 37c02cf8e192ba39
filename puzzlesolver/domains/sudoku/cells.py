"""One line of text → the cells in it; which characters are digits, blanks, separators and frames.

>>> read_cells("53.|.7.|...", Place("puzzle.txt", 1, "sudoku")).values
[5, 3, 0, 0, 7, 0, 0, 0, 0]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.records import Place
from puzzlesolver.domains.sudoku.rules import BOXES
from puzzlesolver.errors import ParseError

SYMBOLS = ".123456789" + ascii_uppercase[:16]
"""The character of every digit; `A` is 10 and `P` is 25, so that `X` can stand for a blank."""

BLANKS = ".0-*_Xx"
SEPARATORS = " \t,|!"
HORIZONTAL = frozenset("-_=+")
DECORATION = HORIZONTAL | frozenset(SEPARATORS + ":.*'`")
VALUES = (
    {symbol: value for value, symbol in enumerate(SYMBOLS)}
    | {symbol.lower(): value for value, symbol in enumerate(SYMBOLS)}
    | dict.fromkeys(BLANKS, 0)
)
BOARDS = {side * side: side for side in BOXES}
"""Sides of boards by their number of cells."""

LARGEST = BOARDS | {side: side for side in BOXES}
"""The largest digit in a line, by its number of cells: those of a row, or of a whole board."""

CHUNK = re.compile(rf"[^{re.escape(SEPARATORS)}]+")
_BYTES = bytes(VALUES.get(chr(code), 255) for code in range(256))


@dataclass(frozen=True)
class Cells:
    """Cells of one line: what they hold, how that is written, and in which column from 1."""

    place: Place
    values: list[int]
    symbols: list[str]
    columns: list[int]
    pattern: str
    is_rule: bool

    @property
    def blanks(self) -> set[str]:
        """How blanks are written."""
        return {
            symbol for symbol, value in zip(self.symbols, self.values, strict=True) if not value
        }

    def check(self, side: int) -> list[int]:
        """The values; raises `ParseError` when one is no digit of a board with `side` rows."""
        for value, symbol, column in zip(self.values, self.symbols, self.columns, strict=True):
            if value > side:
                what = f"{symbol!r} is no digit of a {side}×{side} board"
                raise self.place.error(column, what, f"its digits are {digits(side)}")
        return self.values

    def board(self) -> Grid:
        """The whole board that these cells are; raises `ParseError`."""
        side = BOARDS[len(self.values)]
        return np.array(self.check(side), np.uint8).reshape(side, side)


def digits(side: int) -> str:
    """The digits of a board for people: `1-9`, or `1-9 and A-G`."""
    return f"1-{side}" if side < 10 else f"1-9 and A-{SYMBOLS[side]}"


def is_rule(text: str) -> bool:
    """Whether a line may be part of a frame: nothing but decoration, some of it horizontal."""
    return DECORATION.issuperset(text) and not HORIZONTAL.isdisjoint(text)


def quick_board(text: str) -> Grid | None:
    """A whole board as one word of characters, or None when it is anything else."""
    if len(text) not in BOARDS:
        return None
    side = BOARDS[len(text)]
    values = np.frombuffer(text.encode("ascii", "replace").translate(_BYTES), np.uint8)
    return values.reshape(side, side).copy() if values.max() <= side else None


def read_board(word: str, place: Place, column: int) -> Grid:
    """A whole board as one word that starts in `column`; raises `ParseError`."""
    if (board := quick_board(word)) is not None:
        return board
    cells = _interpret([(symbol, column + k) for k, symbol in enumerate(word)], place)
    if len(word) not in BOARDS:
        raise _wrong_count(len(word), place, column)
    return cells.board()


def read_cells(text: str, place: Place) -> Cells | None:
    """The row or board that a line holds, or None for a piece of frame; raises `ParseError`."""
    rule = is_rule(text)
    words = _split(text)
    if not words or (
        rule and (len(words) not in BOXES or any(word not in VALUES for word, _ in words))
    ):
        return None
    if len(words) not in LARGEST:
        _interpret(words, place)  # a strange character explains more than a wrong count
        raise _wrong_count(len(words), place, words[0][1])
    return _interpret(words, place, re.sub(r" +", " ", CHUNK.sub("x", text.strip())), rule)


def _wrong_count(count: int, place: Place, column: int) -> ParseError:
    """A line with a number of cells that is neither a row nor a board."""
    if count > max(BOXES):
        near = min(BOARDS, key=lambda size: abs(size - count))
        what = f"expected {near} cells, found {count}"
    else:
        what = f"no board has rows of {count} cells"
    sizes = "a row has 4, 6, 9, 16 or 25 cells, a board on one line 16, 36, 81, 256 or 625"
    return place.error(column, what, sizes)


def _split(text: str) -> list[tuple[str, int]]:
    """The words that are cells, with their columns: fields, decimal numbers, or characters."""
    for separator in ",\t":
        fields = text.split(separator)
        if len(fields) in LARGEST and all(len(name.strip()) <= 2 for name in fields):
            starts = np.cumsum([1] + [len(name) + 1 for name in fields[:-1]]).tolist()
            if "" in (names := [name.strip() for name in fields]):
                return [
                    (name or BLANKS[0], start) for name, start in zip(names, starts, strict=True)
                ]
    words = [(match[0], match.start() + 1) for match in CHUNK.finditer(text)]
    if len(words) in LARGEST and all(
        len(word) == 1 or (_is_number(word) and int(word) <= LARGEST[len(words)])
        for word, _ in words
    ):
        return words
    return [(symbol, column) for column, symbol in enumerate(text, 1) if symbol not in SEPARATORS]


def _is_number(word: str) -> bool:
    return len(word) == 2 and word.isascii() and word.isdecimal()


def _interpret(
    words: list[tuple[str, int]], place: Place, pattern: str = "x", rule: bool = False
) -> Cells:
    values = []
    for word, column in words:
        if word in VALUES:
            values.append(VALUES[word])
        elif _is_number(word):
            values.append(int(word))
        else:
            raise place.error(
                column,
                f"{word!r} is neither a digit nor a blank",
                f"blanks are any of {' '.join(BLANKS[:-1])}, digits 1-9 and then A-P",
            )
    symbols, columns = [word for word, _ in words], [column for _, column in words]
    return Cells(place, values, symbols, columns, pattern, rule)
