"""Bytes → lines of text, whatever system wrote them.

In: a stream whose first bytes can be looked at. Out: lines without their ends, with digits and
spaces of all scripts as plain ones.

    >>> list(read_lines(io.BufferedReader(io.BytesIO("１　２".encode("utf-16"))), "puzzle.txt"))
    ['1 2']
"""

from __future__ import annotations

import codecs
import functools
import io
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from puzzlesolver.errors import NoKindError, OtherDataError, ParseError
from puzzlesolver.limits import DETECT_BYTES, MAX_LINE_CHARS

LEGACY = "puzzlesolver.legacy"
"""How bytes that are no UTF-8 are read: one by one, as Windows of the West writes them."""

MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark begins like it
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
NULS = {
    (False, True, True, True): "utf-32-le",
    (True, True, True, False): "utf-32-be",
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}
"""Encodings without a mark, by which bytes of every four are ever zero."""

CONTROL = re.compile(r"[\0-\x08\x0e-\x19\x1b-\x1f\x7f]")
"""Characters of no text; the last but one of the others, ^Z, ends files of DOS."""

COLOUR = re.compile(r"\x1b\[[\d;]*[mK]")
"""How terminals are told a colour."""

BINARY = {
    b"%PDF": ("a PDF", "copy the puzzle out of it as text"),
    b"{\\rtf": ("rich text", "save it as plain text"),
    b"\xd0\xcf\x11\xe0": ("a document of Office", "save the table as CSV"),
    b"SQLite format 3": ("a database", "export the table as CSV"),
}
"""What other files begin with, what they are, and what to do."""

PACKED = {
    b"\x1f\x8b": ("compressed", "gunzip it first"),
    b"version https://git-lfs": ("a git-LFS pointer", "run `git lfs pull` in its repository"),
}
"""The same of files that stand for a puzzle."""


def _legacy(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(LEGACY, _legacy)


def encoding_of(head: bytes) -> str:
    """The encoding of a text that begins with these bytes."""
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding
    zero = tuple(0 in head[start::4] for start in range(4))
    return NULS.get(zero, "utf-8-sig")  # type: ignore[arg-type]


def read_lines(stream: io.BufferedReader[Any], source: str) -> Iterator[str]:
    """The lines of a text without their ends, normalised; one too long comes in pieces.

    Raises:
        ParseError: the first bytes are those of no text.
    """
    head = stream.peek(DETECT_BYTES)
    for known, error in ((BINARY, OtherDataError), (PACKED, ParseError)):
        for magic, (what, hint) in known.items():
            if head.startswith(magic):
                raise error(f"this is {what}", where=source, hint=hint)
    encoding = encoding_of(head)
    if strange := CONTROL.search(COLOUR.sub("", head.decode(encoding, LEGACY))):
        what = f"this is no text: it has the byte {ord(strange[0]):#04x}"
        raise NoKindError(what, where=source, hint="save the puzzle as text or as a picture")
    decode = codecs.getincrementaldecoder(encoding)(LEGACY)
    decoder, rest = io.IncrementalNewlineDecoder(decode, translate=True), ""
    while chunk := stream.read1(DETECT_BYTES):
        *lines, rest = (rest + plain(decoder.decode(chunk))).split("\n")
        yield from lines
        if len(rest) > MAX_LINE_CHARS:
            yield rest
            rest = ""
    if rest := rest + plain(decoder.decode(b"", final=True)):
        yield rest


def plain(text: str) -> str:
    """The text with digits, spaces and ASCII signs of all forms and scripts as plain ones."""
    text = COLOUR.sub("", text) if "\x1b" in text else text
    return text if text.isascii() and "\x1a" not in text else "".join(map(_plain, text))


@functools.lru_cache(4096)
def _plain(character: str) -> str:
    if character.isascii():
        return "" if character == "\x1a" else character
    if character in "\ufeff\u200b\u200e\u200f\u2060\ufe0e\ufe0f\u20e3":
        return ""
    if (digit := unicodedata.digit(character, None)) is not None:
        return str(digit)
    if unicodedata.category(character) == "Zs":
        return " "
    form = unicodedata.normalize("NFKC", character)
    return form if len(form) == 1 and form.isascii() else character
