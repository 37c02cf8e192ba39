"""Lines that make a board together: rows, rows of several grids, statements.

>>> rows, place = Rows(), Place("puzzle.txt", 1, "sudoku")
>>> cells = [read_cells(row, place) for row in ("1 2 3 4", "3 4 1 2", "2 1 4 3", ". . . .")]
>>> [len(found.grid) for row in cells for found in rows.add(row)]
[4]
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from puzzlesolver.domains.records import Place
from puzzlesolver.domains.sudoku.board import Board
from puzzlesolver.domains.sudoku.reading.cells import BLANKS, VALUES, Cells, as_board, sides
from puzzlesolver.domains.sudoku.told import Found
from puzzlesolver.domains.sudoku.units import SIZES, box_shape

STATEMENT = re.compile(r"\br([1-9]\d?)c([1-9]\d?)\s*[=:]\s*(\d\d?)\b", re.IGNORECASE)
COLUMN_RULE = re.compile(r"\|?(?:\s*:?-+:?\s*\|){3,}(?:\s*:?-+:?\s*)?")
"""What stands below the heads of columns in a table of Markdown."""

MOST_ROWS = 2 * max(SIZES)
"""Lines of a board on separate lines with its frame; what comes beyond can only be frame."""


class Statements:
    """Givens that are stated one by one, until something else follows."""

    def __init__(self) -> None:
        self.place: Place | None = None
        self.givens: dict[tuple[int, int], int] = {}

    def add(self, line: str, place: Place) -> bool:
        """Take the statements of a line; returns whether there were any."""
        found = list(STATEMENT.finditer(line))
        self.place = self.place or (place if found else None)
        for match in found:
            row, column, value = map(int, match.groups())
            if self.givens.setdefault((row, column), value) != value:
                raise place.error(match.start() + 1, f"r{row}c{column} is stated twice")
            if max(row, column, value) > max(SIZES):
                raise place.error(match.start() + 1, f"no board has {max(row, column, value)} rows")
        return bool(found)

    def end(self) -> Iterator[Found]:
        """The board of all statements so far: 9×9 where that is enough."""
        if self.place is not None:
            largest = max(max(*cell, value) for cell, value in self.givens.items())
            rows = sides(self.place.rules).rows
            side = next(side for side in rows if side >= max(largest, 9))
            grid = np.zeros((side, side), np.uint8)
            for (row, column), value in self.givens.items():
                grid[row - 1, column - 1] = value
            yield Found(self.place, grid)
            self.place, self.givens = None, {}


class Grids:
    """Rows of a board of several grids, until they make one; holes have signs or none."""

    def __init__(self) -> None:
        self.place: Place | None = None
        self.values: list[int] = []
        self.row = 0

    def add(self, text: str, place: Place, board: Board) -> Iterator[Found]:
        """Take one more line; yields what is complete with it."""
        words = [[VALUES[sign] for sign in word if sign in VALUES] for word in text.split()]
        if words and all(len(word) == board.cells for word in words):
            grids = [board.grid(np.array(word, np.uint8)) for word in words]
            yield Found(place, grids[0], label=grids[1] if len(grids) > 1 else None)
            return
        values = [value for word in words for value in word]
        columns = [column for row, column in board.places if row == self.row]
        if len(values) == board.shape[1]:
            values = [values[column] for column in columns]
        if len(values) != len(columns):
            what = f"row {self.row + 1} of this board has {len(columns)} cells, found {len(values)}"
            raise place.error(1, what, "holes are spaces, or signs that are no cells")
        if values and max(values) > board.symbols:
            raise place.error(1, f"{max(values)} is no digit of a board with {board.symbols}")
        self.place = self.place or place
        self.values += values
        self.row += 1
        if self.row == board.shape[0]:
            yield Found(self.place, board.grid(np.array(self.values, np.uint8)))
            self.place, self.values, self.row = None, [], 0

    def end(self) -> None:
        """No more rows follow; raises `ParseError` when some are missing."""
        if self.place is not None:
            raise self.place.error(1, f"the board ends with row {self.row}")


class Rows:
    """Rows on separate lines, until they make a board.

    A line of dashes can be a frame or a row of blanks. It is a row when the rows around it write
    blanks that way and are split the same way. The first row of a table can be its heads.
    """

    def __init__(self) -> None:
        self.lines: list[Cells] = []
        self.heads: Cells | None = None

    def hold_heads(self, text: str) -> bool:
        """Set the first row apart where this line of a table says that it is the heads."""
        if len(self.lines) != 1 or not COLUMN_RULE.fullmatch(text):
            return False
        if len(self.lines[0].words) != text.strip("|").count("|") + 1:
            return False
        self.heads = self.lines.pop()
        return True

    def add(self, cells: Cells) -> Iterator[Found]:
        """Take one more line; yields what is complete with it."""
        if cells.is_rule and len(self.lines) >= MOST_ROWS:
            return
        self.lines.append(cells)
        rows = self._rows()
        if not rows:
            return
        side = len(rows[0].words)
        if not cells.is_rule and len(cells.words) != side:
            what = f"this row has {len(cells.words)} cells, the first row has {side}"
            raise cells.place.error(cells.columns[0], what)
        if len(rows) == side:
            yield from self.end()

    def pause(self) -> Iterator[Found]:
        """A blank line: a gap between bands, or the end."""
        if not self.lines:
            return
        rows = self._rows()
        side = len(rows[0].words) if rows else 0
        band = box_shape(side)[0] if side in SIZES else 1
        if not rows or self._are_boards(rows) or len(rows) % band:
            yield from self.end()

    def end(self) -> Iterator[Found]:
        """No more rows follow; raises `ParseError` when some are missing."""
        rows = self._rows()
        self.lines.clear()
        if not rows:
            return
        side = len(rows[0].words)
        if self.heads is not None and len(rows) == side - 1:
            rows.insert(0, self.heads)
        self.heads = None
        if self._are_boards(rows):
            for row in rows:
                yield Found(row.place, *as_board([row]))
        elif len(rows) == side:
            yield Found(rows[0].place, *as_board(rows), mapped=True)
        else:
            as_board([*rows, *rows[-1:] * (side - len(rows))])  # tells of a strange character first
            hint = "on one line, a 4×4 board has no digit above 4" if side == 16 else ""
            raise rows[-1].place.error(1, f"the board ends with row {len(rows)} of {side}", hint)

    def _rows(self) -> list[Cells]:
        """The lines without the frame."""
        sure = [line for line in self.lines if not line.is_rule]
        if len(sure) == len(self.lines):
            return sure
        blanks = {word for row in sure for word in row.words if word in BLANKS}
        patterns = {(len(row.words), row.pattern) for row in sure}
        return [
            line
            for line in self.lines
            if not line.is_rule
            or ((len(line.words), line.pattern) in patterns and blanks.issuperset(line.words))
        ]

    @staticmethod
    def _are_boards(rows: list[Cells]) -> bool:
        """Whether each of the rows can be a whole board: of 16 cells, a 4×4 one."""
        return all(
            row.pattern == "x"
            and max(row.values) <= sides(row.place.rules).boards.get(len(row.words), -1)
            for row in rows
        )
