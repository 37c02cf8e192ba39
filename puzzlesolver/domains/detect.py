"""Whatever the user names - a file, literal text, `-` for stdin - becomes puzzles.

In: the words of a command line. Out: puzzles, read lazily; the first bytes show whether a file is a
picture, numbers of numpy or a text, whose first lines show the kind (`text`).

    >>> [puzzle.name for puzzle in read_puzzles(["list.csv", "1......32..1...4"])]
    ['list.csv:2', 'list.csv:3', '1......32..1...4']
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from puzzlesolver.domains.base import DOMAINS, Domain, Puzzle, get_domain
from puzzlesolver.domains.formats import texts
from puzzlesolver.domains.formats.numbers import NPY, ZIP, read_numpy
from puzzlesolver.domains.formats.pictures import is_picture
from puzzlesolver.domains.kinds import read_arrays, read_image
from puzzlesolver.domains.records import named
from puzzlesolver.domains.text import parse_text
from puzzlesolver.errors import Faults, NoKindError, OtherDataError, ParseError, UsageError
from puzzlesolver.limits import DETECT_BYTES, MAX_ARRAY_BYTES, MAX_IMAGE_BYTES

AUTO = "auto"
STDIN = "-"
RUN, SHARDS = "run.json", "[0-9]*-*.jsonl"
"""What shows that `solve -o FOLDER/` filled a folder, and its files of results."""

ASIDE = re.compile(
    r"\..*|(?:readme|licen[cs]e|copying|notice|authors|changelog|contributing|citation|"
    r"requirements)(?:[._-].*)?|thumbs\.db|desktop\.ini|.*submission\.json",
    re.IGNORECASE,
)
"""Names of files that lie beside puzzles; submissions lie beside tasks of ARC."""

SOLUTIONS = re.compile(r"solutions\.json$")
MOST_NAMES = 10


def read_puzzles(
    inputs: Iterable[str | os.PathLike[str]],
    domain: str = AUTO,
    rules: str = "",
    tell: Callable[[str], object] = warnings.warn,
    strict: bool = False,
) -> Iterator[Puzzle]:
    """Read puzzles one after another, those behind an input that cannot be read too.

    Args:
        inputs: paths, literal texts such as 81 characters, or `-`; what is no `str` is a path.
        domain: key of `DOMAINS`, or `auto` to look at the text of each input.
        rules: further rules of the puzzles, as `Domain.under` takes them.
        tell: called with a line about the files of a folder that are no puzzles.
        strict: raise an error where it is found, instead of behind all that can be read.

    Raises:
        UsageError: there is no such domain, or it has no such rules.
        ParseError: a text is no puzzle, a file cannot be read, or a path leads nowhere.
    """
    kinds = tuple(DOMAINS.values()) if domain == AUTO else (get_domain(domain),)
    if rules:
        kinds = tuple(kind.under(rules) for kind in kinds if kind.under is not None)
        if not kinds:
            raise UsageError(f"{domain} has no rules by name", where="--rules")
    inputs, faults = list(inputs), Faults(strict)
    for item in inputs:
        name = os.fspath(item)
        with faults.kept():
            if os.path.isdir(name):
                yield from _read_folder(Path(name), kinds, tell, strict)
            elif not isinstance(item, str) or name == STDIN or os.path.lexists(name):
                yield from _read_file(name, kinds)
            else:
                yield from _read_literal(name, kinds)
    faults.end(f"{len(inputs):,} inputs")


def _read_folder(
    folder: Path, kinds: Sequence[Domain], tell: Callable[[str], object], strict: bool
) -> Iterator[Puzzle]:
    """The puzzles of all files of a folder and of those in it, in the order of their names.

    Files that are no puzzles are passed over: by their names, as data of another kind, or as no
    puzzles of a type (a suffix) of which none was read.

    Raises:
        ParseError: after all that can be read, of the files that cannot; or no file has a puzzle.
    """
    filled = (folder / RUN).is_file()
    files = sorted(path for path in folder.rglob(SHARDS if filled else "*") if path.is_file())
    parts = {path: path.relative_to(folder).parts for path in files}
    files = [path for path in files if not any(part[0] == "." for part in parts[path][:-1])]
    aside = {path for path in files if ASIDE.fullmatch(path.name)}
    names = {path.name for path in files}
    faults, read, strange = Faults(strict), set[str](), list[tuple[Path, ParseError, bool]]()
    for path in files:
        challenges = SOLUTIONS.sub("challenges.json", path.name)
        if path in aside or (challenges != path.name and challenges in names):
            continue
        begun = False
        try:
            for puzzle in _read_file(str(path), kinds):
                begun = True
                yield puzzle
        except ParseError as error:
            other = error if len(kinds) > 1 else _first_error(path)
            if isinstance(other, NoKindError) and not begun:
                strange.append((path, error, isinstance(other, OtherDataError)))
            else:
                faults.add(error)
        if begun:
            read.add(path.suffix)
    for path, fault, sure in strange:
        if read and (sure or path.suffix not in read):
            aside.add(path)
        else:
            faults.add(fault)
    if aside and read:
        told = [os.path.join(*parts[path]) for path in sorted(aside)]
        more = f" and {len(told) - MOST_NAMES:,} more" * (len(told) > MOST_NAMES)
        tell(f"note: {folder}: passed over, no puzzles: {', '.join(told[:MOST_NAMES])}{more}")
    faults.end(f"{len(files):,} files")
    if not read:
        raise ParseError("there is no file with a puzzle in this folder", where=str(folder))


def _first_error(path: Path) -> ParseError | None:
    """Why no kind reads a file; None where one does, or begins to."""
    try:
        next(_read_file(str(path), tuple(DOMAINS.values())), None)
    except ParseError as error:
        return error
    return None


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


def _read_file(name: str, kinds: Sequence[Domain]) -> Iterator[Puzzle]:
    with _opened(name) as (stream, source):
        yield from _read_stream(stream, source, kinds)


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
