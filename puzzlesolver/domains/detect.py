"""Whatever the user names - a file, literal text, `-` for stdin - becomes puzzles.

In: the words of a command line. Out: puzzles, read lazily; the first lines show their kind. A PNG
goes to the kind that is read from images.

    >>> [puzzle.name for puzzle in read_puzzles(["list.csv", "1......32..1...4"])]
    ['list.csv:2', 'list.csv:3', '1......32..1...4']
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from puzzlesolver.domains.base import DOMAINS, Domain, Puzzle, get_domain
from puzzlesolver.errors import ParseError
from puzzlesolver.limits import DETECT_BYTES, MAX_IMAGE_BYTES, MAX_LINE_CHARS

AUTO = "auto"
STDIN = "-"
PNG = b"\x89PNG\r\n"
"""The first line of every PNG."""
_LINE_BYTES = 4 * MAX_LINE_CHARS
"""Leaves room for what `parse` refuses as too long, whatever the bytes a character."""


def read_puzzles(inputs: Iterable[str | os.PathLike[str]], domain: str = AUTO) -> Iterator[Puzzle]:
    """Read puzzles one after another.

    Args:
        inputs: paths, literal texts such as 81 characters, or `-`.
        domain: key of `DOMAINS`, or `auto` to look at the text of each input.

    Raises:
        UsageError: there is no such domain.
        ParseError: a text is no puzzle, a file cannot be read, or a path leads nowhere.
    """
    kind = None if domain == AUTO else get_domain(domain)
    for item in inputs:
        name = os.fspath(item)
        if name == STDIN or os.path.lexists(name):
            with _opened(name) as (stream, source):
                yield from _read_stream(stream, source, kind)
        else:
            yield from _read_literal(name, kind)


@contextlib.contextmanager
def read_lines(name: str) -> Iterator[tuple[Iterator[str], str]]:
    """The lines of a file, or of stdin for `-`, and how errors call it, for `Domain.mark`.

    Raises:
        ParseError: the file cannot be read, or holds no text.
    """
    with _opened(name) as (stream, source):
        yield _decode(stream.readline(_LINE_BYTES), stream, source), source


@contextlib.contextmanager
def _opened(name: str) -> Iterator[tuple[BinaryIO, str]]:
    """A file, or stdin for `-`, and what it is called; what cannot be read is a `ParseError`."""
    if name == STDIN:
        yield sys.stdin.buffer, "stdin"
        return
    try:
        with open(name, "rb") as file:
            yield file, name
    except OSError as error:
        raise ParseError(f"cannot read it: {error.strerror}", where=name) from error


def _read_literal(text: str, kind: Domain | None) -> Iterator[Puzzle]:
    kind = kind or _recognise(text)
    first, *others = text.splitlines() or [""]
    name = first if not others and len(first) <= 24 else f"{first[:20]}…"
    if kind is None:
        raise ParseError(
            "there is no such file, and this is no puzzle either",
            where=name or "''",
            hint="check the path, paste the puzzle, or use - for stdin",
        )
    yield from kind.parse([first, *others], name)


def _read_stream(stream: BinaryIO, source: str, kind: Domain | None) -> Iterator[Puzzle]:
    first = stream.readline(_LINE_BYTES)
    if first == PNG:
        yield from _read_image(first + stream.read(MAX_IMAGE_BYTES), source, kind)
        return
    lines = _decode(first, stream, source)
    if kind is None:
        head: list[str] = []
        size = 0
        while size < DETECT_BYTES and (line := next(lines, None)) is not None:
            head.append(line)
            size += len(line)
        kind = _recognise("".join(head))
        if kind is None:
            empty = not "".join(head).strip()
            raise ParseError(
                "there is nothing in it" if empty else "no known kind of puzzle",
                where=source,
                hint=f"name one of {', '.join(DOMAINS)} with --domain to see what is wrong",
            )
        lines = itertools.chain(head, lines)
    yield from kind.parse(lines, source)


def _recognise(head: str) -> Domain | None:
    return next((kind for kind in DOMAINS.values() if kind.recognise(head)), None)


def _read_image(data: bytes, source: str, kind: Domain | None) -> Iterator[Puzzle]:
    kind = kind or next(kind for kind in DOMAINS.values() if kind.parse_image)
    if kind.parse_image is None:
        raise ParseError(f"{kind.name} is not read from images", where=source, hint="give its text")
    yield from kind.parse_image(data, source)


def _decode(first: bytes, stream: BinaryIO, source: str) -> Iterator[str]:
    """The first line and the others as UTF-8 text; raises `ParseError` where they are none."""
    raw, number = first, 0
    while raw:
        number += 1
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise ParseError(
                "this is no text",
                where=f"{source}:{number}:{error.start + 1}",
                hint="save it as UTF-8",
            ) from error
        raw = stream.readline(_LINE_BYTES)
