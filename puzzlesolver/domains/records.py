"""What every text format shares: numbered lines, their places, CSV records, and lazy names.

In: lines of text. Out: `(Place, line)` pairs for a domain's `parse`, and its puzzles with names.

    >>> [place.line for place, line in numbered(["a", "b"], "list.csv", "sudoku")]
    [1, 2]
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from puzzlesolver.domains.base import Grid, Puzzle
from puzzlesolver.errors import ParseError
from puzzlesolver.limits import MAX_LINE_CHARS


@dataclass(frozen=True)
class Place:
    """A line of a text, for errors and for the puzzles of a domain that begin there."""

    source: str
    line: int
    domain: str

    def error(self, column: int, what: str, hint: str = "") -> ParseError:
        return ParseError(what, where=f"{self.source}:{self.line}:{column}", hint=hint)

    def puzzle(self, grid: Grid, label: Grid | None = None, rating: float | None = None) -> Puzzle:
        return Puzzle(
            self.domain,
            self.source,
            grid,
            f"{self.source}:{self.line}",
            label=label,
            rating=rating,
        )


def numbered(lines: Iterable[str], source: str, domain: str) -> Iterator[tuple[Place, str]]:
    """Lines without their ends, and where they stand; raises `ParseError` at one too long."""
    for number, line in enumerate(lines, 1):
        place = Place(source, number, domain)
        if len(line) > MAX_LINE_CHARS:
            raise place.error(MAX_LINE_CHARS, f"a line is longer than {MAX_LINE_CHARS} characters")
        if number == 1:
            line = line.removeprefix("\ufeff")
        yield place, line.rstrip("\r\n")


def named(puzzles: Iterator[Puzzle], source: str, hint: str) -> Iterator[Puzzle]:
    """Puzzles named `source` when there is one, `source:LINE` when there are several.

    Raises:
        ParseError: that of `puzzles`, after the puzzles before it, or when there is no puzzle.
    """
    first = next(puzzles, None)
    if first is None:
        raise ParseError("no puzzle found", where=source, hint=hint)
    try:
        second = next(puzzles, None)
    except ParseError:
        yield replace(first, name=first.source)
        raise
    if second is None:
        yield first
        return
    yield replace(first, name=first.source)
    yield replace(second, name=second.source)
    for puzzle in puzzles:
        yield replace(puzzle, name=puzzle.source)


def header(text: str) -> list[str] | None:
    """Names of columns when the line is the header of a CSV with questions."""
    names = [name.strip().lower() for name in text.split(",")]
    return names if "question" in names else None


@dataclass(frozen=True)
class Record:
    """One row of a CSV; fields are as they stand there, for leading spaces can matter."""

    place: Place
    columns: list[str]
    fields: list[str]

    def __getitem__(self, name: str) -> str:
        """The field below a name, empty when there is no such column."""
        return dict(zip(self.columns, self.fields, strict=True)).get(name, "")

    def column(self, name: str) -> int:
        """Where the field begins in the line, from 1."""
        before = self.fields[: self.columns.index(name)]
        return sum(len(field) + 1 for field in before) + 1

    def rating(self) -> float | None:
        """The rating when there is one; raises `ParseError` when it is no number."""
        text = self["rating"].strip()
        try:
            return float(text) if text else None
        except ValueError as error:
            raise self.place.error(self.column("rating"), f"{text!r} is no number") from error


def read_record(line: str, columns: list[str], place: Place) -> Record:
    """Split one row of a CSV; raises `ParseError` when it does not fit the header."""
    try:
        (fields,) = csv.reader([line], strict=True)
    except csv.Error as error:
        raise place.error(1, f"this is no CSV: {error}") from error
    if len(fields) != len(columns):
        raise place.error(
            1,
            f"expected {len(columns)} fields, found {len(fields)}",
            f"the header is {','.join(columns)}",
        )
    return Record(place, columns, fields)
