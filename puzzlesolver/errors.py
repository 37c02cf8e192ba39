"""Typed errors: one class per exit code, each saying what is wrong, where, and what to do.

>>> raise ParseError("expected 81 cells, found 80", where="puzzle.txt:3", hint="add the missing
cell")
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from puzzlesolver.printable import printable

INTERRUPTED = 130
"""Exit code of Ctrl-C and SIGTERM, as of a shell: 128 + SIGINT."""


class PuzzleSolverError(Exception):
    """Base of every error meant for people; the CLI prints it and exits with `exit_code`.

    Args:
        what: what is wrong, in one sentence without a full stop.
        where: the file, line, column, option or tensor that is meant, or "".
        hint: what the reader can do about it, or "".
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        return f"{printable(self.where, keep='')}: {self.what}" if self.where else self.what


class UsageError(PuzzleSolverError):
    """A combination of options that makes no sense."""

    exit_code = 2


class ParseError(PuzzleSolverError):
    """Input that is no puzzle; `where` is `FILE:LINE:COL`.

    Attributes:
        others: the same of further inputs, where several cannot be read.
    """

    exit_code = 3
    others: tuple[ParseError, ...] = ()


class NoKindError(ParseError):
    """A text of no kind of puzzle; it may be a puzzle that is damaged."""


class OtherDataError(NoKindError):
    """Data without a puzzle, such as a PDF or an index in JSON."""


class ModelError(PuzzleSolverError):
    """A model that is unknown, damaged, or unfit for the puzzle."""

    exit_code = 4


def nearest(name: str, known: Iterable[str], told: str = "known") -> str:
    """A hint: the known name that is closest, or all of them, which are called `told`."""
    close = difflib.get_close_matches(name, known := list(known))
    return f"did you mean {close[0]!r}?" if close else f"{told}: {', '.join(known)}"
