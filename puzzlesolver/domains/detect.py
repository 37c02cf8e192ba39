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
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from puzzlesolver.domains.base import DOMAINS, Domain, Puzzle, get_domain
from puzzlesolver.domains.formats import texts
from puzzlesolver.domains.formats.numbers import NPY, ZIP, read_numpy
from puzzlesolver.domains.formats.pictures import is_picture
from puzzlesolver.domains.kinds import NoKindError, read_arrays, read_image
from puzzlesolver.domains.records import named
from puzzlesolver.domains.text import parse_text
from puzzlesolver.errors import ParseError, UsageError
from puzzlesolver.limits import DETECT_BYTES, MAX_ARRAY_BYTES, MAX_IMAGE_BYTES

AUTO = "auto"
STDIN = "-"
RUN, SHARDS = "run.json", "[0-9]*-*.jsonl"
"""What shows that `solve -o FOLDER/` filled a folder, and its files of results."""


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
