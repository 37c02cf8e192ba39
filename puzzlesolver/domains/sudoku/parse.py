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
from puzzlesolver.domains.sudoku.board import overlapping
from puzzlesolver.domains.sudoku.reading.cells import (
    BOARDS,
    DECORATION,
    VALUES,
    as_board,
    find_boards,
    is_rule,
    quick_board,
    read_board,
    sides,
    unframed,
)
from puzzlesolver.domains.sudoku.reading.lines import (
    holds_row,
    index_of,
    is_heading,
    read_cells,
    uncommented,
)
from puzzlesolver.domains.sudoku.reading.rows import STATEMENT, Grids, Rows, Statements
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
from puzzlesolver.domains.sudoku.units import SIZES
from puzzlesolver.errors import ParseError

HINT = "a Sudoku is 81 digits and dots, or 9 rows of 9"
SECTION = re.compile(r"\[([A-Za-z][\w ]*)\]")
MAZE_ROW = re.compile(r"\s*#[# .]*([SGE][# .]*){1,2}#\s*")
RATING = re.compile(r"(?<!\S)\d+\.\d+(?!\S)")
HEAD_LINES = 200
"""So many lines are looked through for what shows the kind."""

SAMURAI = 369
"""Cells of a samurai; no other board has so many."""


def parse(lines: Iterable[str], source: str, rules: str = "") -> Iterator[Puzzle]:
    """The boards of a text, as `Domain.parse` says, all under `rules`."""
    found = _find(numbered(lines, source, "sudoku", rules))
    return named(with_answers(with_boards(found)), source, HINT)


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
        text = uncommented(line).strip()
        if not text or SECTION.fullmatch(text) or is_rule(text) or is_heading(text, place):
            continue
        if index_of(text) is not None:
            continue
        cells = sum(symbol in VALUES for symbol in text)
        empty = head.isascii() and cells in {*BOARDS, *SIZES, SAMURAI} and not {*text} <= {*"Xx "}
        likely = digits or empty
        usual = all(symbol in VALUES or symbol in DECORATION for symbol in text)
        return likely and (usual or holds_row(text, place))
    return False


def takes(numbers: npt.NDArray[np.int64], rules: str = "") -> bool:
    """Whether a grid of numbers is a board; one of 0 to 3 only where no two of them clash."""
    side, numbers = len(numbers), _usual(numbers)
    if numbers.shape != (side, side) or side not in sides(rules).rows or overlapping(rules):
        return False
    if not 0 <= numbers.min() <= numbers.max() <= side:
        return False
    return bool(numbers.max() > 3) or contradiction(from_numbers(numbers, "", rules)) is None


def from_numbers(numbers: npt.NDArray[np.int64], source: str, rules: str = "") -> Puzzle:
    """The board of numbers, 0 = blank; or -1, beside which digits may count from 0."""
    return with_board(Found(Place(source, 0, "sudoku", rules), _usual(numbers).astype(np.uint8)))


def _usual(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    if numbers.min() != -1:
        return numbers
    return numbers + (1 if (numbers == 0).any() else numbers == -1)


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
    if (quick := quick_board(text, sides(place.rules).boards)) is not None:
        return quick, DIGITS
    column = record.column(name) + len(record[name]) - len(record[name].lstrip())
    if not any(map(str.isspace, text)) and overlapping(place.rules) is None:
        return read_board(text, place, column)
    try:
        (found,) = filter(None, _find((place, line) for line in text.splitlines()))
    except ValueError as error:
        raise place.error(column, "expected one board", HINT) from error
    return found.grid, found.alphabet


def _find(lines: Iterable[tuple[Place, str]]) -> Iterator[Found | None]:
    """The grids of a text, with the rules that it tells; None is a heading of an answer."""
    rows, grids, stated = Rows(), Grids(), Statements()
    elsewhere, index, told = False, "", ""

    def end() -> tuple[Found, ...]:
        return (*stated.end(), *rows.end())

    for place, line in lines:
        if not line:  # as in files of a million blank lines
            yield from (*stated.end(), *rows.pause())
            continue
        if told:
            place = replace(place, rules=joined(place.rules, told))
        quick = None if elsewhere else quick_board(line.strip(), sides(place.rules).boards)
        if quick is not None and len(quick) > 5:
            if rows.lines or stated.place:
                yield from end()
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
            if line.strip() and not is_rule(line) and not is_heading(line.strip(), place):
                yield from grids.add(line, place, board)
            continue
        if index:  # the number of the row is no cell
            number, _, rest = line.partition(index)
            line = " " * (len(number) + 1) + rest
        text = uncommented(line).strip(" ")
        if not text.strip() and text.count("\t") + 1 not in sides(place.rules).rows:
            text = ""  # no blanks between tabs
        if section := SECTION.fullmatch(text):
            yield from end()
            role = roles([section[1].rstrip(" 0123456789")])[0]
            elsewhere = role not in (QUESTION, ANSWER)
            if role == ANSWER:
                yield None
        elif not text and MAZE_ROW.fullmatch(line):
            hint = "mazes need a file of their own, without --rules and --domain sudoku"
            raise place.error(1, "a row of a maze among Sudokus", hint)
        elif elsewhere or (not text and line.strip()):  # a section of other things, or a comment
            if not elsewhere and heads_answer(line):
                yield from end()
                yield None
        elif not text:
            yield from (*stated.end(), *rows.pause())
        elif stated.add(line, place):
            yield from rows.end()
        elif not is_rule(text) and (boards := find_boards(line, place)):
            yield from end()
            if heads_answer(line[: boards[0][2].start()]):
                yield None
            yield from _on_one_line(line, place, boards)
        elif rows.hold_heads(text):
            continue
        elif (heads := index_of(text)) is not None:
            index = heads
        elif is_heading(text, place):
            yield from end()
            if heads_answer(text):
                yield None
        elif (cells := read_cells(uncommented(line), place)) is not None:
            if len(cells.words) in sides(place.rules).rows:
                yield from rows.add(cells)
            else:
                yield from rows.end()
                yield Found(place, *as_board([cells]))
    yield from end()
    grids.end()


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
        label = boards[0][0] if boards and _completes(boards[0][0], grid) else None
        if label is not None:
            boards.pop(0)
        yield Found(place, grid, alphabet, label, rating, mapped=bool(boards))


def _completes(answer: Grid, grid: Grid) -> bool:
    if answer.shape != grid.shape or not answer.all() or grid.all():
        return False
    return bool((answer == grid)[grid > 0].all())
