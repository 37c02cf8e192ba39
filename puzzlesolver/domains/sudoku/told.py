"""What a text tells of the rules of its boards: their names, and maps of regions beside them.

In: the grids that the reader finds, and words such as `rules: diagonal`. Out: puzzles with boards.

    >>> rules_in("X, anti-knight", place)
    'diagonal,anti-knight'
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np

from puzzlesolver.domains.base import DIGITS, Grid, Puzzle
from puzzlesolver.domains.records import Place
from puzzlesolver.domains.sudoku.board import make_board, needs_map, overlapping
from puzzlesolver.domains.sudoku.reading.cells import unframed
from puzzlesolver.domains.sudoku.units import FREE_SIZES
from puzzlesolver.domains.sudoku.variants import rule_details
from puzzlesolver.errors import ParseError, UsageError

RULES_TOLD = re.compile(
    r"(?:^|(?<=\s))(?:#\s*)?(?:rules?|variants?)\s*(?::\s*([^|]*\S)|=\s*(\S+))", re.IGNORECASE
)
"""`rules: NAME, NAME` to the end of a line, or the word `rules=NAME,NAME`."""

MOSTLY = 0.75
"""Share of the cells of a map that have one of their region beside them, at least."""

MOST_ROWS = FREE_SIZES[-1] + 1
"""Rows of a map that are read; one with so many fits no board."""

WORDS = 3
"""Words that the name of a rule has at most; more are a sentence for people."""


class Found(NamedTuple):
    """A grid in a text, where it begins, and what is told with it.

    Attributes:
        place: with the rules that are told.
        grid: the givens, or a map of regions.
        alphabet: as in `Puzzle`.
        label: its answer.
        rating: its difficulty.
        mapped: whether the grid that comes next can be its map, below it or behind it on its line.
    """

    place: Place
    grid: Grid
    alphabet: str = DIGITS
    label: Grid | None = None
    rating: float | None = None
    mapped: bool = False


def joined(*rules: str) -> str:
    """Rules that are told in several places as one text."""
    return ",".join(filter(None, rules))


def tells_rules(line: str) -> bool:
    """Whether a line names rules of Sudokus."""
    told = RULES_TOLD.search(line)
    with contextlib.suppress(UsageError):
        return told is not None and bool(rule_details(told[1] or told[2])[0])
    return False


def rules_in(text: str, place: Place) -> str:
    """The rules of a place and those that its text names; raises `ParseError` at unknown ones.

    A line that is a sentence for people names none.
    """
    rules = place.rules
    for line in text.splitlines():
        more = joined(rules, line.strip())
        try:
            rule_details(more)
            overlapping(more)
        except UsageError as error:
            prose = ". " in line or any(len(part.split()) > WORDS for part in line.split(","))
            if not (prose and "unknown" in error.what):
                raise place.error(1, error.what, error.hint) from error
        else:
            rules = more
    return rules


def with_boards(found: Iterator[Found | None]) -> Iterator[Puzzle | None]:
    """The puzzles of grids; a map of regions goes to the grid before it, None comes as it is."""
    last: Found | None = None
    try:
        for each in found:
            board, last = last, None
            if board is not None and each is not None and _is_map_of(each, board):
                yield with_board(board, each)
                continue
            if board is not None:
                yield with_board(board)
            if each is None:
                yield None
                continue
            rules = each.place.rules
            if each.mapped or (rules and needs_map(rules)):
                last = each
            else:
                yield with_board(each)
    except ParseError:
        if last is not None:
            yield with_board(last)
        raise
    if last is not None:
        yield with_board(last)


def _is_map_of(found: Found, board: Found) -> bool:
    """Whether a full grid is the map of a board.

    It is where one is needed, or where most cells are like one beside them: in no answer they are.
    """
    grid = found.grid
    if grid.shape != board.grid.shape or not grid.all():
        return False
    alike = np.zeros(grid.shape, np.bool_)
    for turned, marks in ((grid, alike), (grid.T, alike.T)):
        same = turned[1:] == turned[:-1]
        marks[1:] |= same
        marks[:-1] |= same
    return needs_map(board.place.rules) or bool(alike.mean() >= MOSTLY)


def with_board(found: Found, regions: Found | None = None) -> Puzzle:
    """The puzzle of a grid and its map; raises `ParseError` where they make no board."""
    place, alphabet = found.place, found.alphabet
    puzzle = place.puzzle(found.grid, found.label, found.rating)
    if place.rules or regions is not None:
        labels = [regions.alphabet[value - 1] for value in regions.grid.flat] if regions else ""
        try:
            several = overlapping(place.rules)
            board = several or make_board(len(found.grid), place.rules, "".join(labels))
        except UsageError as error:
            at = regions.place if regions else place
            raise at.error(1, error.what, error.hint) from error
        if board.shape != found.grid.shape:
            (rows, columns), side = board.shape, len(found.grid)
            raise place.error(1, f"these rules need a board of {rows}×{columns}, not {side}×{side}")
        puzzle = replace(puzzle, board=board)
    if alphabet is DIGITS:
        return puzzle
    note = f"its digits are {alphabet[0]} to {alphabet[-1]}"
    return replace(puzzle, alphabet=alphabet, note=note)


def map_in(lines: Iterable[str], source: str) -> str:
    """The map of regions that a text holds alone, as `make_board` reads it.

    Raises:
        ParseError: its rows are not as long as there are rows.
    """
    split = (unframed(line).replace(",", " ").split() for line in lines)
    found = (row if len(row) > 1 else [*row[0]] for row in split if row and row[0][0] != "#")
    rows = list(islice(found, MOST_ROWS))
    cells = [cell for row in rows for cell in row]
    labels = dict(zip(dict.fromkeys(cells), DIGITS, strict=False))
    if {*map(len, rows)} != {len(rows)} or not {*cells} <= labels.keys():
        what = f"expected {len(rows)} cells in every row, for there are so many rows"
        raise ParseError(what, where=source, hint="a map has a letter or a digit for every cell")
    one_each = all(len(cell) == 1 for cell in cells)
    return "".join(cells if one_each else map(labels.__getitem__, cells))
