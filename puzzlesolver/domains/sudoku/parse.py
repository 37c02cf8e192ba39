"""Text → Sudoku puzzles, one after another, whatever the format.

In: lines of text. What a line means shows in the line, so one file may even mix formats:

- a whole board of 36 cells or more as one word, alone or within anything: a number before it, a
  rating or a comment after it, a link, an element of XML. A second one that completes it is its
  answer;
- a whole board of 16 cells, or split by spaces, alone on its line;
- one row a line, as one word or split by spaces, commas, semicolons, tabs, `|` or `!`, with or
  without a frame of any signs; split rows may hold decimal numbers, so that `A` and `10` mean the
  same. In rows of a table empty cells are blanks, in a frame spaces are;
- pencil marks: a cell with one candidate is a given, others are blanks;
- statements `r1c3=2`;
- headings, and numbers alone, between boards; comments from `#` or `//` on, or from ` ;`; sections
  `[Name]`, of which all but `[Puzzle]` and `[Solution]` are skipped. A board below a heading such
  as `Solution` is the answer of the one above.

Blanks are any of `. 0 - * _ X ?`, digits 1-9 and then A-P for 10-25. Where 0 stands beside another
blank, it can be a digit: boards in 0-8, 0-F or A-I keep their alphabet. One word of 16 characters
is a row of a 16×16 board, unless no digit near it is above 4: then it is a 4×4 board. Out: puzzles
as soon as they are complete, so that long lists need no memory.

    >>> [puzzle.grid.shape for puzzle in parse(["1......32..1...4"], "argument")]
    [(4, 4)]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import DIGITS, Grid, Puzzle
from puzzlesolver.domains.records import (
    ANSWER,
    QUESTION,
    RULES,
    Place,
    Record,
    heads_answer,
    named,
    numbered,
    roles,
    with_answers,
)
from puzzlesolver.domains.sudoku.board import Board, overlapping
from puzzlesolver.domains.sudoku.cells import (
    BOARDS,
    DECORATION,
    SEPARATORS,
    VALUES,
    Cells,
    as_board,
    boards_at,
    find_boards,
    is_rule,
    quick_board,
    read_board,
    read_cells,
    sides,
    unframed,
)
from puzzlesolver.domains.sudoku.rules import contradiction
from puzzlesolver.domains.sudoku.told import (
    RULES_TOLD,
    Found,
    joined,
    rules_in,
    tells_rules,
    with_board,
    with_boards,
)
from puzzlesolver.domains.sudoku.units import SIZES, box_shape
from puzzlesolver.errors import ParseError

HINT = "a Sudoku is 81 digits and dots, or 9 rows of 9"
SECTION = re.compile(r"\[([A-Za-z][\w ]*)\]")
COMMENT = re.compile(r"#(?!\d+[:.)]?\s+\S{16}).*|//.*|\s;(?=\s).*|^;(?=.*[A-Za-z]{2}).*")
MAZE_ROW = re.compile(r"\s*#[# .]*([SGE][# .]*){1,2}#\s*")
PREFIX = re.compile(r"^\s*(?:\w{1,4}\s*[:)](?=\s+\S)|>+|-\s+(?=\[)|\w+\s*=\s*(?=\[))")
"""What stands before a row or a board: a number, the sign of a quotation, a name."""

FENCE = "```"
NUMBER_ALONE = re.compile(
    r"\(?\d{1,3}[:)]?|\d{1,2}\.|\d \d|\d+\.\d+ ?(?:m?s|secs?)\.?|"
    r"(\d\d?) ?[x×] ?\1|[-=*]{2,} +\d+ +[-=*]{2,}"
)
DATE = re.compile(r"(?:19|20)\d\d([-./])\d\d\1\d\d")
RATING = re.compile(r"(?<!\S)\d+\.\d+(?!\S)")
STATEMENT = re.compile(r"\br([1-9]\d?)c([1-9]\d?)\s*[=:]\s*(\d\d?)\b", re.IGNORECASE)
COLUMN_RULE = re.compile(r"\|?(?:\s*:?-+:?\s*\|){3,}(?:\s*:?-+:?\s*)?")
"""What stands below the heads of columns in a table of Markdown."""

CELL_NAME = re.compile(r"\W*(?:r(?:ow)?_?\d+_?c(?:ol)?_?\d+|[a-iA-I][1-9])\W*", re.IGNORECASE)
WORD = re.compile(r"(?<!\w)[^\W\d_]{2,}(?!\w)")
HEAD_LINES = 200
"""So many lines are looked through for what shows the kind."""

SAMURAI = 369
"""Cells of a samurai; no other board has so many."""

MOST_ROWS = 2 * max(SIZES)
"""Lines of a board on separate lines with its frame; what comes beyond can only be frame."""


def parse(lines: Iterable[str], source: str, rules: str = "") -> Iterator[Puzzle]:
    """Read puzzles lazily.

    Args:
        lines: with or without line ends.
        source: how errors and results call the text.
        rules: those of all boards, as `make_board` reads them.

    Yields:
        Puzzles named `source` when there is one, `source:LINE` when there are several.

    Raises:
        ParseError: at `source:LINE:COLUMN` after the puzzles before it, or when there is no puzzle.
    """
    return named(_read(numbered(lines, source, "sudoku", rules)), source, HINT)


def recognise(head: str) -> bool:
    """Whether the first line that is neither comment nor heading is made of cells."""
    place = Place("", 1, "sudoku")
    digits = any(map(str.isdigit, head))
    for line in map(unframed, head.splitlines()[:HEAD_LINES]):
        try:
            found = bool(tells_rules(line) or STATEMENT.search(line) or find_boards(line, place))
        except ParseError:
            found = digits
        if found:
            return True
        text = _uncommented(line).strip()
        if not text or SECTION.fullmatch(text) or is_rule(text) or _is_heading(text, place):
            continue
        if _index(text) is not None:
            continue
        cells = sum(symbol in VALUES for symbol in text)
        empty = head.isascii() and cells in {*BOARDS, *SIZES, SAMURAI} and not {*text} <= {*"Xx "}
        likely = digits or empty
        usual = all(symbol in VALUES or symbol in DECORATION for symbol in text)
        return likely and (usual or _holds_row(text, place))
    return False


def _holds_row(text: str, place: Place) -> bool:
    """Whether a line is a row, or a board, in an alphabet that is known."""
    if len(text) < sides(place.rules).rows[0]:
        return False
    try:
        cells = read_cells(text, place)
    except ParseError:
        return False
    return cells is not None and cells.fits


def takes(numbers: npt.NDArray[np.int64], rules: str = "") -> bool:
    """Whether a grid of numbers is a board; one of 0 to 3 only where no two of them clash."""
    side = len(numbers)
    if numbers.shape != (side, side) or side not in sides(rules).rows or overlapping(rules):
        return False
    if not 0 <= numbers.min() <= numbers.max() <= side:
        return False
    return bool(numbers.max() > 3) or contradiction(from_numbers(numbers, "", rules)) is None


def from_numbers(numbers: npt.NDArray[np.int64], source: str, rules: str = "") -> Puzzle:
    """The board of numbers, 0 = blank."""
    return with_board(Found(Place(source, 0, "sudoku", rules), numbers.astype(np.uint8)))


def from_record(record: Record, rules: str = "") -> Puzzle:
    """The board of a row of a table, or of an object; what is no full board is no answer."""
    place = record.place
    if told := rules_in(record[RULES], place) if RULES in record.columns else "":
        rules = joined(rules, told)
    if rules:
        place = replace(place, rules=rules)
        record = replace(record, place=place)
    grid, alphabet = _read_field(record, QUESTION)
    label = None
    if record[ANSWER].strip():
        label, _ = _read_field(record, ANSWER)
        if label.shape != grid.shape:
            what = "the answer is not a board of the question's size"
            raise record.place.error(record.column(ANSWER), what)
        label = label if label.all() else None
    return with_board(Found(place, grid, alphabet, label, record.rating()))


def _read_field(record: Record, name: str) -> tuple[Grid, str]:
    """The one board in a field, on one line or on several, and its alphabet."""
    text, place = record[name].strip(), record.place
    if (quick := quick_board(text, boards_at(place))) is not None:
        return quick, DIGITS
    column = record.column(name) + len(record[name]) - len(record[name].lstrip())
    if not any(map(str.isspace, text)) and overlapping(place.rules) is None:
        return read_board(text, place, column)
    try:
        (found,) = filter(None, _find((place, line) for line in text.splitlines()))
    except ValueError as error:
        raise place.error(column, "expected one board", HINT) from error
    return found.grid, found.alphabet


def _read(lines: Iterable[tuple[Place, str]]) -> Iterator[Puzzle]:
    return with_answers(with_boards(_find(lines)))


def _find(lines: Iterable[tuple[Place, str]]) -> Iterator[Found | None]:
    """The grids of a text, with the rules that it tells; None is a heading of an answer."""
    rows, grids, stated = _Rows(), _Grids(), _Statements()
    elsewhere, index, told = False, "", ""
    for place, line in lines:
        if not line:  # as in files of a million blank lines
            yield from (*stated.end(), *rows.pause())
            continue
        if told:
            place = replace(place, rules=joined(place.rules, told))
        quick = None if elsewhere else quick_board(line.strip(), boards_at(place))
        if quick is not None and len(quick) > 5:
            if rows.lines or stated.place:
                yield from (*stated.end(), *rows.end())
            yield Found(place, quick)
            continue
        line = unframed(line)
        if len(line) >= SAMURAI and any(len(word) == SAMURAI for word in line.split()):
            place = replace(place, rules=joined(place.rules, "samurai"))
        if rule := RULES_TOLD.search(line):
            own = rules_in(rule[1] or rule[2], replace(place, rules=""))
            line = line[: rule.start()] + " " * len(rule[0]) + line[rule.end() :]
            if not line.strip():
                told = own
                continue
            place = replace(place, rules=joined(place.rules, own))
        if (board := overlapping(place.rules)) is not None and not elsewhere:
            if line.strip() and not is_rule(line) and not _is_heading(line.strip(), place):
                yield from grids.add(line, place, board)
            continue
        if index:  # the number of the row is no cell
            number, _, rest = line.partition(index)
            line = " " * (len(number) + 1) + rest
        text = _uncommented(line).strip(" ")
        if (
            not text.strip() and text.count("\t") + 1 not in sides(place.rules).rows
        ):  # else blanks between tabs
            text = ""
        if section := SECTION.fullmatch(text):
            yield from (*stated.end(), *rows.end())
            role = roles([section[1].rstrip(" 0123456789")])[0]
            elsewhere = role not in (QUESTION, ANSWER)
            if role == ANSWER:
                yield None
        elif not text and MAZE_ROW.fullmatch(line):
            hint = "put mazes into a file of their own"
            raise place.error(1, "a row of a maze among Sudokus", hint)
        elif elsewhere or (not text and line.strip()):  # a section of other things, or a comment
            if not elsewhere and heads_answer(line):
                yield from (*stated.end(), *rows.end())
                yield None
        elif not text:
            yield from (*stated.end(), *rows.pause())
        elif stated.add(line, place):
            yield from rows.end()
        elif not is_rule(text) and (boards := find_boards(line, place)):
            yield from (*stated.end(), *rows.end())
            if heads_answer(line[: boards[0][2].start()]):
                yield None
            yield from _on_one_line(line, place, boards)
        elif rows.hold_heads(text):
            continue
        elif (heads := _index(text)) is not None:
            index = heads
        elif _is_heading(text, place):
            yield from (*stated.end(), *rows.end())
            if heads_answer(text):
                yield None
        elif (cells := read_cells(_uncommented(line), place)) is not None:
            if len(cells.words) in sides(place.rules).rows:
                yield from rows.add(cells)
            else:
                yield from rows.end()
                yield Found(place, *as_board([cells]))
    yield from (*stated.end(), *rows.end())
    grids.end()


def _uncommented(line: str) -> str:
    """A line with spaces for what stands before it, and without its comment."""
    line = COMMENT.sub("", line)
    return PREFIX.sub(lambda prefix: " " * len(prefix[0]), line)


def _is_heading(text: str, place: Place) -> bool:
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
    return not _holds_row(text, place)


def _index(text: str) -> str | None:
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


def _on_one_line(
    line: str, place: Place, boards: list[tuple[Grid, str, re.Match[str]]]
) -> Iterator[Found]:
    """The boards that a line holds; one that completes the one before is its answer."""
    rest = line
    for *_, run in boards:
        rest = rest.replace(run[0], " ", 1)
    words = rest.split()
    rated = words[1:] if len(words) == 2 and words[1].isdecimal() else RATING.findall(rest)
    rating = float(rated[-1]) if rated else None
    while boards:
        grid, alphabet, _ = boards.pop(0)
        label = boards[0][0] if boards else None
        if label is None or label.shape != grid.shape or not label.all() or grid.all():
            label = None
        elif (label == grid)[grid > 0].all():
            boards.pop(0)
        else:
            label = None
        yield Found(place, grid, alphabet, label, rating, mapped=bool(boards))


class _Statements:
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


class _Grids:
    """Rows of a board of several grids, until they make one; holes have signs or none."""

    def __init__(self) -> None:
        self.place: Place | None = None
        self.values: list[int] = []
        self.row = 0

    def add(self, text: str, place: Place, board: Board) -> Iterator[Found]:
        """Take one more line; yields what is complete with it."""
        words = [[VALUES[sign] for sign in word if sign in VALUES] for word in text.split()]
        if words and all(len(word) == board.cells for word in words):
            grids = [self._grid(word, board) for word in words]
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
            yield Found(self.place, self._grid(self.values, board))
            self.place, self.values, self.row = None, [], 0

    def end(self) -> None:
        """No more rows follow; raises `ParseError` when some are missing."""
        if self.place is not None:
            raise self.place.error(1, f"the board ends with row {self.row}")

    @staticmethod
    def _grid(values: list[int], board: Board) -> Grid:
        return board.grid(np.array(values, np.uint8))


class _Rows:
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
            raise cells.place.error(
                cells.columns[0],
                f"this row has {len(cells.words)} cells, the first row has {side}",
            )
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
        blanks = set().union(*(row.blanks for row in sure))
        patterns = {(len(row.words), row.pattern) for row in sure}
        return [
            line
            for line in self.lines
            if not line.is_rule
            or (line.blanks <= blanks and (len(line.words), line.pattern) in patterns)
        ]

    @staticmethod
    def _are_boards(rows: list[Cells]) -> bool:
        """Whether each of the rows can be a whole board: of 16 cells, a 4×4 one."""
        return all(
            row.pattern == "x"
            and max(row.values) <= sides(row.place.rules).boards.get(len(row.words), -1)
            for row in rows
        )
