"""Typed errors: one class per exit code, each saying what is wrong, where, and what to do.

>>> raise ParseError("expected 81 cells, found 80", where="puzzle.txt:3", hint="add the missing
cell")
"""

from __future__ import annotations

import contextlib
import difflib
from collections import Counter
from collections.abc import Iterable, Iterator

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


class Faults:
    """Errors of single inputs, which are raised together when all others have been read."""

    def __init__(self, strict: bool = False) -> None:
        self.strict, self.found = strict, list[ParseError]()

    def add(self, error: ParseError) -> None:
        if self.strict:
            raise error
        self.found += [error, *error.others]
        error.others = ()

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """Go on after an error within the block."""
        try:
            yield
        except ParseError as error:
            self.add(error)

    def end(self, total: str) -> None:
        """Raise what was found: first what has the commonest hint, which says what they are."""
        if self.found:
            common = Counter(error.hint for error in self.found).most_common(1)[0][0]
            first = next(error for error in self.found if error.hint == common)
            first.others = tuple(error for error in self.found if error is not first)
            if first.others and "; " not in first.what:
                first.what += f"; {len(first.others):,} more of the {total} cannot be read"
            raise first


class ModelError(PuzzleSolverError):
    """A model that is unknown, damaged, or unfit for the puzzle."""

    exit_code = 4


def nearest(name: str, known: Iterable[str], told: str = "known") -> str:
    """A hint: the known name that is closest, or all of them, which are called `told`."""
    close = difflib.get_close_matches(name, known := list(known))
    return f"did you mean {close[0]!r}?" if close else f"{told}: {', '.join(known)}"
