"""Text → Sudoku puzzles, one after another, whatever the format.

In: lines of text. What a line means shows in the line, so one file may even mix formats:

- a whole board on one line (`.sdm`): blanks `. 0 - * _ X`, digits `1-9` and then `A-P` for 10-25;
- one row a line (`.sdk`, `.ss`), as one word or split by spaces, commas, tabs, `|` or `!`, with or
  without a frame; split rows may hold decimal numbers, so that `A` and `10` mean the same;
- a line of the Sudoku Exchange bank: hash, board, rating;
- CSV below a header that has `question` and perhaps `answer` and `rating`;
- comments from `#` to the end of the line, and sections: all but `[Puzzle]` are skipped.

One word of 16 characters is a row of a 16×16 board, unless no digit near it is above 4: then it is
a 4×4 board. Out: puzzles as soon as they are complete, so that long lists need no memory.

    >>> [puzzle.grid.shape for puzzle in parse(["1......32..1...4"], "argument")]
    [(4, 4)]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Puzzle
from puzzlesolver.domains.records import Place, header, named, numbered, read_record
from puzzlesolver.domains.sudoku.cells import (
    BOARDS,
    DECORATION,
    VALUES,
    Cells,
    is_rule,
    quick_board,
    read_board,
    read_cells,
)
from puzzlesolver.domains.sudoku.rules import BOXES, box_shape, contradiction

SECTION = re.compile(r"\[([\w ]+)\]")
BANK = re.compile(r"\S+\s+(\S{36,})\s+(\d+(?:\.\d+)?)")
MOST_ROWS = 2 * max(BOXES)
"""Lines of a board on separate lines with its frame; what comes beyond can only be frame."""


def parse(lines: Iterable[str], source: str) -> Iterator[Puzzle]:
    """Read puzzles lazily.

    Args:
        lines: with or without line ends.
        source: how errors and results call the text.

    Yields:
        Puzzles named `source` when there is one, `source:LINE` when there are several.

    Raises:
        ParseError: at `source:LINE:COLUMN` after the puzzles before it, or when there is no puzzle.
    """
    return named(_read(lines, source), source, "a Sudoku is 81 digits and dots, or 9 rows of 9")


def recognise(head: str) -> bool:
    """Whether the first line that is no comment is made of what Sudokus are made of."""
    contents = (text for line in head.splitlines() if (text := _content(line)))
    text = next((text for text in contents if not SECTION.fullmatch(text)), "")
    if (columns := header(text)) is not None:
        field = columns.index("question")
        text = ",".join(next(contents, "").split(",")[field : field + 1])
    elif bank := BANK.fullmatch(text):
        text = bank[1]
    cells = sum(symbol in VALUES for symbol in text)
    likely = is_rule(text) or cells in {*BOARDS, *BOXES} or any(map(str.isdigit, text))
    return likely and all(symbol in VALUES or symbol in DECORATION for symbol in text)


def takes(numbers: npt.NDArray[np.int64]) -> bool:
    """Whether a grid of numbers is a board; one of 0 to 3 only where no two of them clash."""
    side = len(numbers)
    if numbers.shape != (side, side) or side not in BOXES:
        return False
    if not 0 <= numbers.min() <= numbers.max() <= side:
        return False
    return numbers.max() > 3 or contradiction(from_numbers(numbers, "")) is None


def from_numbers(numbers: npt.NDArray[np.int64], source: str) -> Puzzle:
    """The board of numbers, 0 = blank."""
    return Puzzle("sudoku", source, numbers.astype(np.uint8), source)


def _read(lines: Iterable[str], source: str) -> Iterator[Puzzle]:
    rows = _Rows()
    columns: list[str] | None = None
    elsewhere = False
    for place, line in numbered(lines, source, "sudoku"):
        text = _content(line)
        if columns is not None:
            if line.strip():
                yield _read_record(line, columns, place)
        elif section := SECTION.fullmatch(text):
            yield from rows.end()
            elsewhere = section[1].strip().lower() != "puzzle"
        elif elsewhere or (not text and line.strip()):
            continue  # a section of other things, or a comment
        elif not text:
            yield from rows.pause()
        elif (columns := header(text)) is not None:
            yield from rows.end()
        elif bank := BANK.fullmatch(text):
            yield from rows.end()
            board = read_board(bank[1], place, line.index(bank[1]) + 1)
            yield place.puzzle(board, rating=float(bank[2]))
        elif len(text) > 16 and not is_rule(text) and (quick := quick_board(text)) is not None:
            yield from rows.end()
            yield place.puzzle(quick)
        elif (cells := read_cells(line.partition("#")[0], place)) is not None:
            if len(cells.values) in BOXES:
                yield from rows.add(cells)
            else:
                yield from rows.end()
                yield place.puzzle(cells.board())
    yield from rows.end()


def _content(line: str) -> str:
    """A line without its comment."""
    return line.partition("#")[0].strip()


def _read_record(line: str, columns: list[str], place: Place) -> Puzzle:
    """One row of a CSV."""
    record = read_record(line, columns, place)
    question = read_board(record["question"].strip(), place, record.column("question"))
    label = None
    if answer := record["answer"].strip():
        label = read_board(answer, place, record.column("answer"))
        if label.shape != question.shape or not label.all():
            raise place.error(
                record.column("answer"), "the answer is not a full board of the question's size"
            )
    return place.puzzle(question, label, record.rating())


class _Rows:
    """Rows on separate lines, until they make a board.

    A line of dashes can be a frame or a row of blanks. It is a row when the rows around it write
    blanks that way and are split the same way.
    """

    def __init__(self) -> None:
        self.lines: list[Cells] = []

    def add(self, cells: Cells) -> Iterator[Puzzle]:
        """Take one more line; yields what is complete with it."""
        if cells.is_rule and len(self.lines) >= MOST_ROWS:
            return
        self.lines.append(cells)
        rows = self._rows()
        if not rows:
            return
        side = len(rows[0].values)
        if not cells.is_rule and len(cells.values) != side:
            raise cells.place.error(
                cells.columns[0],
                f"this row has {len(cells.values)} cells, the first row has {side}",
            )
        if self._are_boards(rows):
            if len(rows) == side:
                yield from self.end()
            return
        cells.check(side)
        if len(rows) == side:
            self.lines.clear()
            yield _board(rows)

    def pause(self) -> Iterator[Puzzle]:
        """A blank line: a gap between bands, or the end."""
        rows = self._rows()
        if not rows or self._are_boards(rows) or len(rows) % box_shape(len(rows[0].values))[0]:
            yield from self.end()

    def end(self) -> Iterator[Puzzle]:
        """No more rows follow; raises `ParseError` when some are missing."""
        rows = self._rows()
        self.lines.clear()
        if not rows:
            return
        side = len(rows[0].values)
        if self._are_boards(rows):
            for row in rows:
                yield row.place.puzzle(row.board())
        elif len(rows) == side:
            yield _board(rows)
        else:
            hint = "on one line, a 4×4 board has no digit above 4" if side == 16 else ""
            raise rows[-1].place.error(1, f"the board ends with row {len(rows)} of {side}", hint)

    def _rows(self) -> list[Cells]:
        """The lines without the frame."""
        sure = [line for line in self.lines if not line.is_rule]
        blanks = set().union(*(row.blanks for row in sure))
        patterns = {(len(row.values), row.pattern) for row in sure}
        return [
            line
            for line in self.lines
            if not line.is_rule
            or (line.blanks <= blanks and (len(line.values), line.pattern) in patterns)
        ]

    @staticmethod
    def _are_boards(rows: list[Cells]) -> bool:
        """Whether each of the rows can be a 4×4 board."""
        return all(
            len(row.values) == 16 and row.pattern == "x" and max(row.values) <= 4 for row in rows
        )


def _board(rows: list[Cells]) -> Puzzle:
    """A board from as many rows as it has columns."""
    side = len(rows[0].values)
    return rows[0].place.puzzle(np.array([row.check(side) for row in rows], np.uint8))
