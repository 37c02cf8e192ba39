"""Signs such as ✓ and ─ on streams whose encoding lacks them: ASCII forms instead of an error.

In: stdout and stderr as Python opened them, perhaps in cp1252, latin-1 or ASCII. Out: the same
streams, on which any text can be printed.

    >>> adapt_streams()
    >>> print("9×9 ✓ …")  # 9x9 ok ... where stdout is ASCII
"""

from __future__ import annotations

import codecs
import functools
import io
import sys
import unicodedata
from collections.abc import Callable
from typing import Any

import typer

from puzzlesolver.printable import printable

HANDLER = "ascii-forms"
"""What to give as `errors` when a stream or a file is opened."""

ASCII = "ascii-only"
"""The encoding ASCII by a name that Typer, which would write UTF-8 instead, does not know."""

FORMS = {
    **{"✓": "ok", "✔": "ok", "✗": "x", "✘": "x", "×": "x", "·": "-", "•": "*", "…": "..."},
    **{"→": "->", "←": "<-", "↔": "<->", "↑": "^", "↓": "v", "–": "-", "—": "-", "−": "-"},
    **{"‘": "'", "’": "'", "“": '"', "”": '"', "≥": ">=", "≤": "<=", "≈": "~", "‖": "||"},
    **{"●": "*", "○": "o", "±": "+-", "°": " deg", "²": "^2", "³": "^3", "σ": "sigma"},
    **dict(zip("▁▂▃▄▅▆▇█", "_.-=+*%#", strict=True)),
    **dict(zip("▀▌▐▖▗▘▝▙▛▜▟░▒▓", "\"||.,'`####.:%", strict=True)),
}  # fmt: skip
"""Forms of the signs that we print; those of frames have one character, as the sign has."""


def adapt_streams() -> None:
    """Let stdout and stderr write `FORMS` of what their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            plain = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding=ASCII if plain else None, errors=HANDLER)


def say(text: Any = "", err: bool = False) -> None:
    """Print a line whose names and messages may come from anywhere."""
    typer.echo(printable(str(text)), err=err)


def teller(quiet: bool) -> Callable[[str], object]:
    """What prints lines on stderr, unless nobody wants them."""
    return str if quiet else functools.partial(say, err=True)


def ascii_form(sign: str) -> str:
    """A character in ASCII: its form, its letter without an accent, or its number."""
    if sign in FORMS:
        return FORMS[sign]
    name = unicodedata.name(sign, "")
    if name.startswith("BOX DRAWINGS"):
        crossing = " AND " in name or "ARC" in name
        return "+" if crossing else "|" if "VERTICAL" in name else "-"
    letters = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return letters or sign.encode("ascii", "backslashreplace").decode()


def _replace(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return "".join(map(ascii_form, error.object[error.start : error.end])), error.end


def _find(name: str) -> codecs.CodecInfo | None:
    if name.replace("_", "-") != ASCII:
        return None
    known = codecs.lookup("ascii")
    return codecs.CodecInfo(
        known.encode,
        known.decode,
        known.streamreader,
        known.streamwriter,
        known.incrementalencoder,
        known.incrementaldecoder,
        name=ASCII,
    )


codecs.register_error(HANDLER, _replace)
codecs.register(_find)
