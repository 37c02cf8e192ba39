"""What was read from an input becomes puzzles of the kind that takes it.

In: values of JSON, rows of tables, numbers, arrays and pictures, and the kinds that they may be of.
Out: puzzles. Where several kinds could take something, the first one does, and a note says so.

    >>> next(from_value([[1, 0, 0, 4]] + [[0] * 4] * 3, At("a.json"), "a.json", kinds)).domain
    'sudoku'
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import DOMAINS, Domain, Puzzle, size_of
from puzzlesolver.domains.formats.documents import At, Repeating, read_values, told
from puzzlesolver.domains.formats.fields import read_records
from puzzlesolver.domains.formats.numbers import Integers, read_rows, readings
from puzzlesolver.domains.records import DOMAIN, QUESTION, RULES, Record, named, read_table, roles
from puzzlesolver.errors import NoKindError, OtherDataError, ParseError

JSON_HINT = (
    'name the board "puzzle", and its solution "solution" if there is one; '
    "a board is text, a list of rows, or all cells with their rows and columns"
)
EMPTY_HINT = "give a file with a puzzle"

WALL_OR_DIGIT = re.compile(r"#|\d")


def fitting(text: str, where: str, kinds: Sequence[Domain]) -> Sequence[Domain]:
    """The kinds that a text can be of; one that the user named is not asked."""
    if len(kinds) == 1:
        return kinds
    if found := [kind for kind in kinds if kind.recognise(text)]:
        return found
    if "://" in text and len(text.split()) == 1:
        hint = "only its site can open it: copy the board there, or export it"
        raise ParseError("there is no puzzle in this link", where=where, hint=hint)
    if not text.strip():
        raise NoKindError("there is nothing in it", where=where, hint=EMPTY_HINT)
    hint = f"name one of {', '.join(DOMAINS)} with --domain to see what is wrong"
    raise NoKindError("no known kind of puzzle", where=where, hint=hint)


def parted(lines: Sequence[str], kinds: Sequence[Domain]) -> list[tuple[Domain, list[str]]]:
    """Runs of lines of one kind each, with empty lines for those of the runs before it.

    Another run begins where another kind takes what follows, and reads it or the kind of this run
    would drop it.
    """
    runs: list[tuple[Domain, list[str]]] = [(kinds[0], [])]
    fits: Sequence[Domain] = ()
    first = 0
    for block in _blocks(lines):
        found = [kind for kind in kinds if kind.recognise("\n".join(block))]
        if len(block) == 1:  # such as the size of the maze below
            found = [kind for kind in found if _reads(kind, block)]
        if not fits or {*fits} & {*found}:
            fits = [kind for kind in fits if kind in found] or found
        elif found and (_reads(found[0], block) or _reads(fits[0], block) is None):
            fits = found
            runs.append((fits[0], [""] * first))
        rows = runs[-1][1]
        rows += block
        runs[-1] = (fits or kinds)[0], rows
        first += len(block)
    return runs


def _blocks(lines: Iterable[str]) -> Iterator[list[str]]:
    """Lines up to an empty one, or to where walls follow digits or digits walls."""
    block: list[str] = []
    last = ""
    for line in lines:
        sign = "".join(WALL_OR_DIGIT.findall(line)[:1])
        changes = sign and last and (sign == "#") != (last == "#")
        if block and (changes or not line.strip()):
            yield block
            block, last = [], ""
        block.append(line)
        last = sign or last
    yield block


def _reads(kind: Domain, lines: Iterable[str]) -> bool | None:
    """Whether a kind reads all of these lines; None where it finds no puzzle in them."""
    try:
        return all(True for _ in kind.parse(lines, ""))
    except ParseError as error:
        return False if error.where else None


def read_json(lines: Iterable[str], source: str, kinds: Sequence[Domain]) -> Iterator[Puzzle]:
    """The puzzles in values of JSON: documents of one kind, or questions as in tables."""
    documents = [kind for kind in kinds if kind.from_document is not None]
    read = (_unwrapped(value, at, documents) for value, at in read_values(lines, source))
    for value, at in itertools.chain.from_iterable(read):
        for kind in documents:
            if len(kinds) == 1 or kind.holds(value):
                assert kind.from_document is not None
                yield from kind.from_document(value, at)
                break
        else:
            yield from from_value(value, at, source, kinds)


def _unwrapped(value: Any, at: At, documents: Sequence[Domain]) -> Iterator[tuple[Any, At]]:
    """The documents in an object of other keys, such as sets by their names; else the value."""
    known = not isinstance(value, dict) or any(kind.holds(value) for kind in documents)
    if known or isinstance(value, Repeating):
        yield value, at
        return
    others, wrapped = {}, False
    for key, item in value.items():
        inner = [(item, at.key(key))]
        if isinstance(item, list):
            inner = [(each, at.key(key).item(number)) for number, each in enumerate(item)]
        if any(kind.holds(each) for kind in documents for each, _ in inner):
            wrapped = True
            yield from inner
        else:
            others[key] = item
    if not wrapped or any(True for _ in read_records(others, at)):
        yield others if wrapped else value, at


def from_value(value: Any, at: At, source: str, kinds: Sequence[Domain]) -> Iterator[Puzzle]:
    """The puzzles of the questions in a value; raises `ParseError` where there is none."""
    found = False
    try:
        for record in read_records(value, at):
            found = True
            yield replace(_from_record(record, kinds), name=source)
    except RecursionError as error:  # json takes what is just less deep than what Python can follow
        raise at.error("it is nested too deeply") from error
    if not found:
        if not value:
            raise at.error(f"there is nothing in {told(value)}", EMPTY_HINT)
        raise OtherDataError(f"no puzzle found in {told(value)}", where=str(at), hint=JSON_HINT)


def read_rows_below(
    lines: Iterable[str], head: list[str], source: str, kinds: Sequence[Domain]
) -> Iterator[Puzzle]:
    """The puzzles of a table below a header; the first shows the kind of all that name none."""
    for first in read_table(head, source):
        domain = _from_record(first, kinds).domain
        known = {kind.name: kind for kind in kinds}
        for record in read_table(lines, source, domain):
            if (name := record[DOMAIN]) in known and name != domain:
                yield known[name].from_record(record.of(name))
            else:
                yield known[domain].from_record(record)
        return


def _from_record(record: Record, kinds: Sequence[Domain]) -> Puzzle:
    """The puzzle of a record: of the kind that it names, or that fits."""
    if (name := record[DOMAIN]) in DOMAINS:
        kinds = [kind for kind in kinds if kind.name == name] or kinds
    question = record[QUESTION]
    rows = read_rows(question.splitlines()) if "\n" in question and not record[RULES] else None
    if rows is not None and (taken := _taken(rows, kinds)) is not None:
        return next(_from_numbers(record.place.source, record.place.where, *taken))
    kinds = fitting(question, record.place.where, kinds)
    return noted(kinds[0].from_record(record.of(kinds[0].name)), kinds)


def read_image(data: bytes, source: str, kinds: Sequence[Domain]) -> Iterator[Puzzle]:
    """The puzzles of a picture, of the first kind that is read from any."""
    for kind in kinds:
        if kind.parse_image is not None:
            yield from kind.parse_image(data, source)
            return
    raise ParseError(f"{kinds[0].name} is not read from images", where=source, hint="give its text")


def read_numbers(text: str, source: str, kinds: Sequence[Domain]) -> Iterator[Puzzle] | None:
    """The puzzles of 0/1 grids with blank lines between them, where a kind takes all of them.

    What a kind takes only as a whole, as a Sudoku with gaps between its bands, is one grid.
    """
    blocks: list[tuple[str, Integers]] = []
    line = 1
    for block in re.split(r"(\n\s*\n)", text):
        if block.strip():
            if (array := read_rows(block.strip().splitlines())) is None:
                return None
            first = line + len(block) - len(block.lstrip("\n"))
            blocks.append((f"{source}:{first}", array))
        line += block.count("\n")
    arrays = [array for _, array in blocks]
    if len({array.shape[1] for array in arrays}) == 1:
        whole = np.concatenate(arrays)
        if any(kind.takes(whole) and not any(map(kind.takes, arrays)) for kind in kinds):
            blocks = [(blocks[0][0], whole)]
    found = [(place, taken) for place, array in blocks if (taken := _taken(array, kinds))]
    puzzles = (puzzle for place, taken in found for puzzle in _from_numbers(source, place, *taken))
    return named(puzzles, source, "") if found and len(found) == len(blocks) else None


def read_arrays(
    arrays: Mapping[str, npt.NDArray[Any]], source: str, kinds: Sequence[Domain]
) -> Iterator[Puzzle]:
    """The puzzles of arrays: integers, texts, or questions and answers by their names."""
    if QUESTION in roles(arrays):
        lists = {
            name: (array.astype(str) if array.dtype.kind in "SU" else array).tolist()
            for name, array in arrays.items()
        }
        yield from from_value(lists, At(source), source, kinds)
        return
    for name, array in arrays.items():
        at = At(source, name)
        if array.dtype.kind in "SU":
            yield from from_value(array.astype(str).tolist(), at, source, kinds)
        elif (taken := _taken(array, kinds)) is not None:
            yield from _from_numbers(source, str(at), *taken)
        else:
            what = f"no kind of puzzle has these {size_of(array)} numbers"
            hint = "a Sudoku has 0 for blanks, a maze 1 for walls"
            raise OtherDataError(what, where=str(at), hint=hint)


def _taken(
    array: npt.NDArray[Any], kinds: Sequence[Domain]
) -> tuple[list[Integers], list[Domain]] | None:
    """The grids of an array as a kind takes them, and all the kinds that do."""
    for grids in readings(array):
        if fitting := [kind for kind in kinds if all(map(kind.takes, grids))]:
            return grids, fitting[::-1]  # what is a Sudoku by its rules is hardly a maze
    return None


def _from_numbers(
    source: str, where: str, grids: list[Integers], kinds: Sequence[Domain]
) -> Iterator[Puzzle]:
    for number, grid in enumerate(grids):
        place = where if len(grids) == 1 else f"{where}[{number}]"
        yield replace(noted(kinds[0].from_numbers(grid, place), kinds), name=source)


def noted(puzzle: Puzzle, kinds: Sequence[Domain]) -> Puzzle:
    """The puzzle of the first of these kinds, which says so where there are others."""
    if len(kinds) == 1:
        return puzzle
    first, *others = (kind.name for kind in kinds)
    return puzzle.noting(f"read as {first}; --domain {others[0]} reads it as {others[0]}")
