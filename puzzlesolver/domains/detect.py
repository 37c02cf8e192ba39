"""Whatever the user names - a file, literal text, `-` for stdin - becomes puzzles.

In: the words of a command line. Out: puzzles, read lazily; the first bytes show their format, the
first lines their kind.

    >>> [puzzle.name for puzzle in read_puzzles(["list.csv", "1......32..1...4"])]
    ['list.csv:2', 'list.csv:3', '1......32..1...4']
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from puzzlesolver.domains.base import DOMAINS, Domain, Puzzle, get_domain
from puzzlesolver.domains.formats import texts
from puzzlesolver.domains.formats.documents import START, At
from puzzlesolver.domains.formats.links import unpacked
from puzzlesolver.domains.formats.markup import bracketed, plain_rows
from puzzlesolver.domains.formats.numbers import NPY, ZIP, read_numpy
from puzzlesolver.domains.formats.pictures import is_picture
from puzzlesolver.domains.formats.spaces import dotted
from puzzlesolver.domains.kinds import (
    JSON_HINT,
    NoKindError,
    fitting,
    from_value,
    noted,
    parted,
    read_arrays,
    read_image,
    read_json,
    read_numbers,
    read_rows_below,
)
from puzzlesolver.domains.records import header, named
from puzzlesolver.errors import ParseError, UsageError
from puzzlesolver.limits import DETECT_BYTES, MAX_ARRAY_BYTES, MAX_IMAGE_BYTES

AUTO = "auto"
STDIN = "-"
RUN, SHARDS = "run.json", "[0-9]*-*.jsonl"
"""What shows that `solve -o FOLDER/` filled a folder, and its files of results."""

REMARK = re.compile(r"\s*(?:#[^#]*[A-Za-z]{2}[^#]*$|//)")
"""A line that is a comment and no wall of a maze; a puzzle may follow megabytes of them."""

TABLE_HINT = "below the header there is a puzzle a line"


def read_puzzles(
    inputs: Iterable[str | os.PathLike[str]], domain: str = AUTO, rules: str = ""
) -> Iterator[Puzzle]:
    """Read puzzles one after another.

    Args:
        inputs: paths, literal texts such as 81 characters, or `-`; what is no `str` is a path.
        domain: key of `DOMAINS`, or `auto` to look at the text of each input.
        rules: further rules of the puzzles, as `Domain.under` takes them.

    Raises:
        UsageError: there is no such domain, or it has no such rules.
        ParseError: a text is no puzzle, a file cannot be read, or a path leads nowhere.
    """
    kinds = tuple(DOMAINS.values()) if domain == AUTO else (get_domain(domain),)
    if rules:
        kinds = tuple(kind.under(rules) for kind in kinds if kind.under is not None)
        if not kinds:
            raise UsageError(f"{domain} has no rules by name", where="--rules")
    for item in inputs:
        name = os.fspath(item)
        if os.path.isdir(name):
            yield from _read_folder(Path(name), kinds)
        elif not isinstance(item, str) or name == STDIN or os.path.lexists(name):
            with _opened(name) as (stream, source):
                yield from _read_stream(stream, source, kinds)
        else:
            yield from _read_literal(name, kinds)


def _read_folder(folder: Path, kinds: Sequence[Domain]) -> Iterator[Puzzle]:
    """The puzzles of all files of a folder and of those in it, in the order of their names.

    Raises:
        ParseError: after all that can be read, of the files that cannot; or there are no files.
    """
    filled = (folder / RUN).is_file()
    files = sorted(path for path in folder.rglob(SHARDS if filled else "*") if path.is_file())
    files = [path for path in files if not _is_aside(path.relative_to(folder), files)]
    wrong: list[ParseError] = []
    for path in files:
        try:
            with _opened(str(path)) as (stream, source):
                yield from _read_stream(stream, source, kinds)
        except ParseError as error:
            wrong.append(error)
    if wrong:
        # What is wrong with most of them is what they are.
        common = Counter(error.hint for error in wrong).most_common(1)[0][0]
        first = next(error for error in wrong if error.hint == common)
        others = len(wrong) - 1
        more = f"; {others:,} more of the {len(files):,} files cannot be read" if others else ""
        raise ParseError(f"{first.what}{more}", where=first.where, hint=first.hint) from first
    if not files:
        raise ParseError("there is no file in this folder", where=str(folder))


def _is_aside(path: Path, files: Sequence[Path]) -> bool:
    """Whether a file of a folder is hidden, or goes with ARC challenges: solutions, submissions."""
    challenges = re.sub(r"solutions\.json$", "challenges.json", path.name)
    beside = challenges != path.name and any(file.name == challenges for file in files)
    beside = beside or path.name.endswith("submission.json")
    return beside or any(part.startswith(".") for part in path.parts)


@contextlib.contextmanager
def read_lines(name: str) -> Iterator[tuple[Iterator[str], str]]:
    """The lines of a file, or of stdin for `-`, and how errors call it, for `Domain.mark`.

    Raises:
        ParseError: the file cannot be read, or holds no text.
    """
    with _opened(name) as (stream, source):
        yield texts.read_lines(stream, source), source


class _Arriving(io.RawIOBase):
    """Stdin, of which a reader gets what is there instead of waiting until a buffer is full."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = sys.stdin.buffer.read1(len(buffer))  # type: ignore[union-attr]
        buffer[: len(data)] = data
        return len(data)


@contextlib.contextmanager
def _opened(name: str) -> Iterator[tuple[io.BufferedReader[Any], str]]:
    """A file, or stdin for `-`, and what it is called; what cannot be read is a `ParseError`."""
    called = "stdin" if name == STDIN else name
    try:
        if name == STDIN:
            stream = io.BufferedReader(_Arriving(), DETECT_BYTES)
            yield stream, called
            stream.detach()  # or its end would close stdin
        else:
            with io.BufferedReader(io.FileIO(name), DETECT_BYTES) as file:
                yield file, called
    except OSError as error:
        raise ParseError(f"cannot read it: {error.strerror}", where=called) from error


def _read_literal(text: str, kinds: Sequence[Domain]) -> Iterator[Puzzle]:
    first, *others = text.splitlines() or [""]
    name = first if not others and len(first) <= 24 else f"{first[:20]}…"
    try:
        yield from parse_text(map(texts.plain, [first, *others]), name, kinds)
    except NoKindError as error:
        raise ParseError(
            "there is no such file, and this is no puzzle either",
            where=name if name.strip() else repr(name),
            hint="check the path, paste the puzzle, or use - for stdin",
        ) from error


def _read_stream(
    stream: io.BufferedReader[Any], source: str, kinds: Sequence[Domain]
) -> Iterator[Puzzle]:
    head = stream.peek(DETECT_BYTES)
    if is_picture(head):
        yield from read_image(stream.read(MAX_IMAGE_BYTES), source, kinds)
    elif head.startswith((NPY, ZIP)):
        arrays = read_numpy(stream.read(MAX_ARRAY_BYTES), source)
        yield from named(read_arrays(dict(arrays), source, kinds), source, "")
    else:
        yield from parse_text(texts.read_lines(stream, source), source, kinds)


def parse_text(
    lines: Iterable[str], source: str, kinds: Sequence[Domain] | None = None
) -> Iterator[Puzzle]:
    """The puzzles of a text, read one after another.

    Args:
        lines: as `formats.texts.read_lines` gives them.
        source: how errors and results call the text.
        kinds: those it may be of; None = all.

    Raises:
        ParseError: it is no puzzle.
    """
    lines, kinds = iter(lines), kinds or tuple(DOMAINS.values())
    head: list[str] = []
    size = 0
    if len(kinds) == 1 and (first := next(lines, None)) is not None:
        if len(first.split()) == 1 and kinds[0].recognise(first):  # a list of boards, as it arrives
            yield from kinds[0].parse(itertools.chain([first], lines), source)
            return
        head, size = [first], len(first)
    while size < DETECT_BYTES and (line := next(lines, None)) is not None:
        head.append(line)
        size += len(line) // 64 if REMARK.match(line) else len(line)
    text, lines = "\n".join(line.rstrip("\n") for line in head), itertools.chain(head, lines)
    whole = size < DETECT_BYTES
    if not whole or _is_json(text) or header(_first(text)):
        yield from _read_text(lines, text, whole, source, kinds)
    elif values := bracketed(text):
        read = (from_value(value, At(source), source, kinds) for value in values)
        yield from named(itertools.chain.from_iterable(read), source, JSON_HINT)
    else:
        told = text.removeprefix("\ufeff").split("\n")
        plain, numbers = plain_rows("\n".join(told))
        rows = dotted(plain).split("\n")
        places = {
            number: (line, row == told[line - 1])
            for number, (line, row) in enumerate(zip(numbers, rows, strict=True), 1)
        }
        puzzles = _read_text(rows, "\n".join(rows), True, source, kinds)
        yield from _placed(puzzles, source, places)


def _placed(
    puzzles: Iterator[Puzzle], source: str, places: Mapping[int, tuple[int, bool]]
) -> Iterator[Puzzle]:
    """Puzzles, and errors, of a text that was converted, by the places in what the user has.

    Args:
        puzzles: read from the converted text.
        source: how they call it.
        places: by a line of it, the user's line, and whether that has the same columns.
    """

    def place(found: re.Match[str]) -> str:
        line, is_same = places.get(int(found[1]), (found[1], True))
        return f"{source}:{line}{found[2] if is_same else ''}"

    moved = partial(re.compile(rf"^{re.escape(source)}:(\d+)((?::\d+)?)").sub, place)
    try:
        for puzzle in puzzles:
            yield replace(puzzle, name=moved(puzzle.name), source=moved(puzzle.source))
    except ParseError as error:
        error.where = moved(error.where)
        raise


def _read_text(
    lines: Iterable[str], text: str, whole: bool, source: str, kinds: Sequence[Domain]
) -> Iterator[Puzzle]:
    """The puzzles of lines whose first ones, or all, are this text."""
    if START.match(text):
        yield from named(read_json(lines, source, kinds), source, JSON_HINT)
    elif whole and (packed := _unpacked(text, source)):
        yield from named(read_json(packed, source, kinds), source, JSON_HINT)
    elif header(_first(text)):
        yield from named(
            read_rows_below(lines, text.split("\n"), source, kinds), source, TABLE_HINT
        )
    elif whole and (grids := read_numbers(text, source, kinds)) is not None:
        yield from grids
    else:
        runs = parted(text.split("\n"), kinds) if whole and len(kinds) > 1 else []
        if len(runs) > 1:
            read = (each for kind, rows in runs for each in kind.parse(rows, source))
            yield from named(read, source, "")
            return
        told = "\n".join(line for line in text.split("\n") if not REMARK.match(line))
        kinds = fitting(told, source, kinds)
        for puzzle in kinds[0].parse(lines, source):
            yield noted(puzzle, kinds)


def _first(text: str) -> str:
    """The first line that is not empty."""
    return text.lstrip("\n").partition("\n")[0]


def _is_json(text: str) -> bool:
    """Whether a text is JSON, or would be but for its end or a mistake within an object."""
    if not START.match(text):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text.lstrip("\ufeff \n")[:1] == "{" or "{" in text
    return True


def _unpacked(text: str, source: str) -> list[str]:
    """The documents packed in links."""
    try:
        return unpacked(text)
    except ValueError as error:
        hint = "copy the whole link, or export the puzzle as a file"
        raise ParseError(f"the link is damaged: {error}", where=source, hint=hint) from error
