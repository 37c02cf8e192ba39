"""Links that hold a whole puzzle: those of f-puzzles and SudokuPad, packed by lz-string.

Links with the digits of a board in them need no more than the reader of boards.

    >>> unpacked("https://www.f-puzzles.com/?load=N4Ig…", "link.txt")
    ['{"size":9,"grid":[[{},…']
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import ascii_lowercase, ascii_uppercase, digits
from urllib.parse import unquote

from puzzlesolver.errors import ParseError
from puzzlesolver.limits import MAX_DOCUMENT_CHARS

_PACKED = re.compile(
    r"(?:[?&#](?:load|puzzleid|puzzle)=|fpuz(?:zles)?|scl)([A-Za-z0-9+/$-]{40,}=*)"
)
_BASE64 = f"{ascii_uppercase}{ascii_lowercase}{digits}+/"
_DIGITS = {sign: value for value, sign in enumerate(_BASE64)} | {"-": 63}
"""Six bits a sign, as base64 writes them; `-` for `/` in URLs."""


def unpacked(text: str, source: str) -> list[str]:
    """The documents in the links of a text; raises `ParseError` where one is damaged."""
    if not any(sign in text for sign in ("load=", "fpuz", "scl")):
        return []
    found = (_PACKED.search(unquote(word)) for word in text.split())
    try:
        return [decompress(each[1]) for each in found if each]
    except ValueError as error:
        hint = "copy the whole link, or export the puzzle as a file"
        raise ParseError(f"the link is damaged: {error}", where=source, hint=hint) from error


def decompress(packed: str) -> str:
    """The text that lz-string packed as base64; `ValueError` where that is none.

    It is LZ78 with codes that grow by a bit whenever as many are known, lowest bit first; codes 0
    and 1 announce a new character of 8 or 16 bits, 2 is the end.
    """
    packed = packed.rstrip("=$")
    if "$" in packed:
        raise ValueError("it has a strange character")
    values = [_DIGITS[sign] for sign in packed]
    bits = iter([value >> shift & 1 for value in values for shift in range(5, -1, -1)])
    known, parts, last, size = ["", "", ""], [], "", 0
    try:
        while (code := _read(bits, len(known).bit_length())) != 2:
            if code < 2:
                known.append(chr(_read(bits, 8 * (code + 1))))
                code = len(known) - 1
            if code > len(known) or not (last or code < len(known)):
                raise ValueError("an unknown code")
            last, before = known[code] if code < len(known) else last + last[0], last
            if before:
                known.append(before + last[0])
            parts.append(last)
            if (size := size + len(last)) > MAX_DOCUMENT_CHARS:
                raise ValueError("too long")
    except StopIteration as error:
        raise ValueError("it ends too early") from error
    return "".join(parts)


def _read(bits: Iterator[int], width: int) -> int:
    """The number of the next `width` bits."""
    number = 0
    for place in range(width):
        number |= next(bits) << place
    return number
