"""JSON, read with every check; errors name the place, such as `train[2].input[4][7]`.

In: lines of text: a value, many after one another, or a list that need not fit in memory. Out:
values with their places, and the records in them (`formats.tables`).

    >>> [(value, at.path) for value, at in read_values(['[{"a": 1},', '{"a": 2}]'], "list.json")]
    [({'a': 1}, '[0]'), ({'a': 2}, '[1]')]
"""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from puzzlesolver.errors import ParseError
from puzzlesolver.files import open_regular
from puzzlesolver.limits import DETECT_BYTES, MAX_DOCUMENT_CHARS, MAX_LINE_CHARS

START = re.compile(
    r'\s*(?!\[\[?\s*\d+\.?\s+\d|\[\[[A-Za-z_]+\]\])(?:\{(?!\s*\{)|\[\s*(?:[\[\]{"\d-]|null|true|false|$))'
)
"""How JSON begins; `[Puzzle]` is a heading, `[[1 2` is what numpy prints, `{{` a list of others."""

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""Keys that need no quotes in a path."""

_PAIR = r'\s*"\w{1,9}"\s*:\s*(?:\d{1,3}(?:\.0)?|null|NaN|true|false|"[^"\n]?")\s*'
CELLS = re.compile(rf"\s*\{{{_PAIR}(?:,{_PAIR})*\}}")
"""An object of nothing but cells: a row of a board, or one cell with its place."""

_LONG = re.compile(rf'\[\s*(?=(?!{CELLS.pattern})\{{|\[\s*\[|\[\s*"[^"]{{9}}|"[^"]{{81}})')
"""How a list begins whose items are worth to be read one by one."""

_SPACE = re.compile(r"[\s\ufeff]*")


@dataclass(frozen=True)
class At:
    """A place in a document."""

    source: str
    path: str = ""

    def key(self, name: str) -> At:
        """The value of an object's key."""
        if _PLAIN.fullmatch(name):
            return At(self.source, f"{self.path}.{name}" if self.path else name)
        return At(self.source, f"{self.path}[{json.dumps(name[:40])}]")

    def item(self, number: int) -> At:
        """A value of a list, counted from 0."""
        return At(self.source, f"{self.path}[{number}]")

    def __str__(self) -> str:
        return f"{self.source}: {self.path}" if self.path else self.source

    def error(self, what: str, hint: str = "") -> ParseError:
        return ParseError(what, where=str(self), hint=hint)


class Repeating(dict[str, Any]):
    """An object that has a key twice; only its reader knows where it stands."""

    key = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeating, counts = Repeating(), Counter(name for name, _ in pairs)
    repeating.key = max(counts, key=counts.__getitem__)
    return repeating


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


class _Text:
    """What is left to read of a text; grows as it is needed, and forgets what was read."""

    def __init__(self, lines: Iterable[str], source: str) -> None:
        self.lines, self.source = iter(lines), source
        self.text, self.at, self.line = "", 0, 1

    def grow(self) -> bool:
        """Read as much again as is left; returns whether there was more."""
        parts, size = [self.text[self.at :]], 0
        for line in self.lines:
            parts.append(line)
            # A line may come with its end or without it, and one that is too long in pieces.
            if not line.endswith("\n") and len(line) <= MAX_LINE_CHARS:
                parts.append("\n")
            if (size := size + len(line) + 1) > max(len(parts[0]), DETECT_BYTES):
                break
        self.text, self.at = "".join(parts), 0
        if len(self.text) > MAX_DOCUMENT_CHARS:
            what = f"it is longer than {MAX_DOCUMENT_CHARS:,} characters"
            raise ParseError(what, where=self.source)
        return size > 0

    def skip(self, end: int) -> None:
        self.line += self.text.count("\n", self.at, end)
        self.at = end

    def next(self) -> str:
        """The character that comes next, "" at the end; spaces before it are skipped."""
        while True:
            self.skip(_SPACE.match(self.text, self.at).end())  # type: ignore[union-attr]
            if self.at < len(self.text) or not self.grow():
                return self.text[self.at : self.at + 1]

    def begins_list(self) -> bool:
        """Enter a list whose items are read one by one."""
        begin = _LONG.match(self.text, self.at)
        self.skip(begin.end() if begin else self.at)
        return begin is not None

    def value(self) -> Any:
        """Take the next value; raises `ParseError` where there is none."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                if self.grow():
                    continue
                ends = error.pos >= len(self.text.rstrip()) or error.msg.startswith("Unterminated")
                what = "it ends too early" if ends else error.msg.removesuffix(" at")
                raise self.error(what, error.pos) from error
            except ValueError as error:
                raise ParseError("a number has too many digits", where=self.source) from error
            except RecursionError as error:
                raise ParseError("it is nested too deeply", where=self.source) from error
            if end < len(self.text) or not self.grow():
                self.skip(end)
                return value

    def error(self, what: str, position: int | None = None) -> ParseError:
        """What is no JSON; where a text ends too early, at the end of its last line."""
        end = self.at if position is None else position
        before = self.text[self.at : max(self.at, min(end, len(self.text.rstrip())))]
        start = self.text.rfind("\n", 0, self.at) + 1
        line, column = before.count("\n"), len(before) - before.rfind("\n")
        if not line:
            column += self.at - start
        what = f"this is no JSON: {what[:1].lower()}{what[1:]}"
        hint = "write it as JSON, or the puzzle as rows"
        return ParseError(what, where=f"{self.source}:{self.line + line}:{column}", hint=hint)


def read_values(lines: Iterable[str], source: str) -> Iterator[tuple[Any, At]]:
    """The values of a text with their places; the items of a long list, or of objects, one by one.

    Raises:
        ParseError: after the values before it.
    """
    text, at, many = _Text(lines, source), At(source), False
    while text.next() or not many:
        if many:
            at = At(f"{source}:{text.line}")
        if text.begins_list():
            number = 0
            while True:
                yield text.value(), at.item(number)
                number += 1
                if (sign := text.next()) not in (",", "]") or not sign:
                    raise text.error("expecting ',' delimiter")
                text.skip(text.at + 1)
                if sign == "]":
                    break
                text.next()
        else:
            line, value = text.line, text.value()
            yield value, At(f"{source}:{line}") if many or text.next() else at
        many = True


def read_document(lines: Iterable[str], source: str) -> Any:
    """The one value that a text holds; raises `ParseError` where it is too long or no JSON."""
    text = _Text(lines, source)
    text.next()
    value = text.value()
    if text.next():
        raise text.error("extra data")
    return value


def read_file(path: Path) -> Any:
    """The value that a file holds; raises `ParseError` where that cannot be read."""
    try:
        with io.TextIOWrapper(open_regular(path), "utf-8-sig") as file:
            return read_document(iter(lambda: file.read(MAX_LINE_CHARS + 1), ""), str(path))
    except OSError as error:
        raise ParseError(f"cannot read it: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise ParseError("this is no text", where=str(path), hint="save it as UTF-8") from error


def told(value: Any) -> str:
    """What stands where something else was expected, in a few words."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
