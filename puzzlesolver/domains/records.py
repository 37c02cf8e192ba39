"""What every text format shares: numbered lines, their places, records of tables, and lazy names.

In: lines of text. Out: `(Place, line)` pairs for a domain's `parse`, records for `from_record`, and
puzzles with names.

    >>> header("id;Quizzes;Solutions")
    (['id', 'question', 'answer'], ';')
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from puzzlesolver.domains.base import Grid, Puzzle, get_domain
from puzzlesolver.errors import ParseError
from puzzlesolver.limits import MAX_LINE_CHARS

QUESTION, ANSWER, RATING, DOMAIN, RULES = "question", "answer", "rating", "domain", "rules"

ROLES = {
    QUESTION: "question questions puzzle puzzles quiz quizzes board boards grid grids sudoku "
    "sudokus maze mazes unsolved problem problems input inputs initial mission clues givens cells "
    "data value start starting",
    ANSWER: "answer answers solution solutions solved label labels target output outputs result",
    RATING: "rating ratings difficulty score",
    DOMAIN: "domain",
    RULES: "rules rule ruleset variant variants constraint constraints",
}
"""What columns of tables and keys of objects are called; of several, the first one counts."""

NO_ROLES = {
    "id", "ids", "number", "no", "count", "length", "size", "name", "type", "level", "time", "date",
    "source", "url",
}  # fmt: skip
"""Words by which a column tells something about a puzzle."""

_COMPOUND = re.compile("[a-z]{2,}(?:[ _-][a-z]{2,}){1,2}")

_RULED = re.compile(r"[-+|:= ]+|\(\d+ rows?\)")
"""What Markdown and databases draw below a header, and write below a table."""

_ANSWER_HEAD = re.compile(
    rf"\W*(?:[a-z]+ ){{0,2}}(?:{'|'.join(ROLES[ANSWER].split())})\b", re.IGNORECASE
)

PARTING = re.compile(
    r"(?P<sign>[-=*~_+%$@^&•–—─═])(?: ?(?P=sign))*|\f|[)\]}]+[;,]?"
    r"|(?:[(\[]|#\s?|N[or]\. ?)?\d{1,4}[)\].:]{0,2}|(?P<both>[-=*~_])(?P=both)+ ?\d+ ?(?P=both)+"
)
"""What can stand between two puzzles: one sign again and again, a number, ends of a list."""

_RANKS = {
    name: (rank, role) for role, names in ROLES.items() for rank, name in enumerate(names.split())
}

csv.field_size_limit(MAX_LINE_CHARS + 1)


@dataclass(frozen=True)
class Place:
    """A line of a text, for errors and for the puzzles of a domain that begin there.

    Attributes:
        source: the text, or the place in a document.
        line: its number from 1; 0 in a document, whose places are paths.
        domain: of its puzzles.
        rules: of its puzzles, as `make_board` reads them; "" where they are the usual ones.
    """

    source: str
    line: int
    domain: str
    rules: str = ""

    @property
    def where(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source

    def error(self, column: int, what: str, hint: str = "") -> ParseError:
        where = f"{self.where}:{column}" if self.line else self.where
        return ParseError(what, where=where, hint=hint)

    def puzzle(self, grid: Grid, label: Grid | None = None, rating: float | None = None) -> Puzzle:
        where = self.where
        return Puzzle(self.domain, where, grid, where, label=label, rating=rating)


def numbered(
    lines: Iterable[str], source: str, domain: str, rules: str = ""
) -> Iterator[tuple[Place, str]]:
    """Lines without their ends, and where they stand; raises `ParseError` at one too long."""
    for number, line in enumerate(lines, 1):
        place = Place(source, number, domain, rules)
        if len(line) > MAX_LINE_CHARS:
            raise place.error(MAX_LINE_CHARS, f"a line is longer than {MAX_LINE_CHARS} characters")
        if number == 1:
            line = line.removeprefix("\ufeff")
        yield place, line.rstrip("\r\n")


def named(puzzles: Iterator[Puzzle], source: str, hint: str) -> Iterator[Puzzle]:
    """Puzzles named `source` when there is one, by their places when there are several.

    Those that have another name already keep it.

    Raises:
        ParseError: that of `puzzles`, after the puzzles before it, or when there is no puzzle.
    """

    def placed(puzzle: Puzzle) -> Puzzle:
        return replace(puzzle, name=puzzle.source) if puzzle.name == source else puzzle

    first = next(puzzles, None)
    if first is None:
        raise ParseError("no puzzle found", where=source, hint=hint)
    try:
        second = next(puzzles, None)
    except ParseError:
        yield placed(first)
        raise
    if second is None:
        yield replace(first, name=source) if first.name == first.source else first
        return
    yield placed(first)
    yield placed(second)
    yield from map(placed, puzzles)


def heads_answer(text: str) -> bool:
    """Whether a line begins with words for an answer: `Solution:`, `## The answer is`."""
    return _ANSWER_HEAD.match(text) is not None


def with_answers(puzzles: Iterator[Puzzle | None]) -> Iterator[Puzzle]:
    """Puzzles with the answers that stand below them; None is a heading of an answer.

    What no heading followed is taken for a list, whose puzzles come at once.
    """
    held: Puzzle | None = None
    headed = listed = False
    try:
        for puzzle in puzzles:
            if puzzle is None:
                headed = True
                continue
            if held is not None and headed and _answers(puzzle, held):
                yield replace(held, label=puzzle.answer)
                held, headed, listed = None, False, False
                continue
            if held is not None:
                yield held
                held = None
            headed = headed and (puzzle.label is not None or bool(puzzle.grid.all()))
            if headed and listed:
                what = "it is headed as an answer, but does not answer the puzzle above it"
                puzzle = puzzle.noting(what)
            if listed:
                yield puzzle
            else:
                held, listed = puzzle, True
    except ParseError:
        if held is not None:
            yield held
        raise
    if held is not None:
        yield held


def _answers(puzzle: Puzzle, asked: Puzzle) -> bool:
    return get_domain(asked.domain).verify(asked, puzzle.answer).status == "verified"


def roles(names: Iterable[str]) -> list[str]:
    """What columns or keys stand for; those that are unknown, or come second, keep their names."""
    plain = [name.strip().strip("\"'").lower() for name in names]
    ranks = {name: rank for name in plain if (rank := _rank(name))}
    best: dict[str, str] = {}
    for name in sorted(ranks, key=ranks.__getitem__):
        best.setdefault(ranks[name][1], name)
    found = {name: role for role, name in best.items()}
    return [found.get(name, name if name not in ROLES else f"other {name}") for name in plain]


def _rank(name: str) -> tuple[int, str] | None:
    """How surely a name is that of a role, and which; `solved_sudoku` is an answer by its words."""
    if name in _RANKS:
        return _RANKS[name]
    words = set(re.split("[ _-]", name)) if _COMPOUND.fullmatch(name) else set()
    found = sorted(_RANKS[word] for word in words & _RANKS.keys())
    if not found or words & NO_ROLES:
        return None
    rank, role = max(found, key=lambda each: (each[1] == ANSWER, each[1] == RULES))
    return len(_RANKS) + rank, role


def header(text: str) -> tuple[list[str], str] | None:
    """Columns and delimiter of a table that has questions; None when a line is no header."""
    if text.lstrip().upper().startswith("INSERT "):  # of SQL, which names columns before rows
        return None
    for delimiter in ",;\t|":
        if delimiter in text or delimiter == ",":
            names = text.split(delimiter)
            columns = roles(names)
            if QUESTION in columns and (len(names) > 1 or " " not in text.strip()):
                return columns, delimiter
    return None


@dataclass(frozen=True)
class Record:
    """One row of a table, or an object; fields are as they stand there, for spaces can matter."""

    place: Place
    columns: list[str]
    fields: list[str]

    def __getitem__(self, name: str) -> str:
        """The field of a role, empty when there is no such column."""
        return self.fields[self.columns.index(name)] if name in self.columns else ""

    def of(self, domain: str) -> Record:
        """The same as a record of this kind."""
        return replace(self, place=replace(self.place, domain=domain))

    def column(self, name: str) -> int:
        """Where the field begins in the line, from 1."""
        before = self.fields[: self.columns.index(name)]
        return sum(len(field) + 1 for field in before) + 1

    def rating(self) -> float | None:
        """The rating where it is a number; "hard" is none."""
        try:
            return float(self[RATING])
        except ValueError:
            return None


def read_table(lines: Iterable[str], source: str, domain: str = "") -> Iterator[Record]:
    """The rows below a header, one after another.

    Raises:
        ParseError: a row does not fit the header.
    """
    rows = ((place, line) for place, line in numbered(lines, source, domain) if line.strip())
    _, first = next(rows)
    top = header(first)
    assert top is not None
    columns, delimiter = top
    at: list[Place] = []

    def texts() -> Iterator[str]:
        for place, line in rows:
            if delimiter != "|" or not _RULED.fullmatch(line):
                at.append(place)
                yield f"{line}\n"

    reader = csv.reader(texts(), delimiter=delimiter, strict=True)
    while True:
        at.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise at[0].error(1, f"this is no CSV: {error}") from error
        if len(fields) != len(columns):
            what = f"expected {len(columns)} fields, found {len(fields)}"
            raise at[0].error(1, what, f"the header is {first}")
        yield Record(at[0], columns, fields)
