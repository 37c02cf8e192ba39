"""What Python programs have - puzzles, grids, paths, texts - becomes puzzles.

In: the arguments of `solve`. Out: puzzles, read lazily. A grid is written as text first, so that it
is read by the same rules as a file.

    >>> [puzzle.domain for puzzle in read_values([["1...", "...3", "2..1", "...4"], board])]
    ['sudoku', 'sudoku']
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from puzzlesolver.domains.base import Puzzle
from puzzlesolver.domains.detect import AUTO, read_puzzles
from puzzlesolver.domains.formats.fields import as_text


def read_values(values: Iterable[Any], domain: str = AUTO, rules: str = "") -> Iterator[Puzzle]:
    """Read puzzles one after another.

    Args:
        values: `Puzzle` objects, paths, literal texts, `-` for stdin; a grid as an array, as a list
            of rows of cells, or as a list of lines; or iterables of these.
        domain: as in `read_puzzles`.
        rules: likewise.

    Raises:
        UsageError: there is no such domain, or it has no such rules.
        ParseError: a value is no puzzle.
    """
    for value in values:
        if isinstance(value, Puzzle):
            yield value
        elif isinstance(value, str | os.PathLike):
            yield from read_puzzles([value], domain, rules)
        elif (text := _as_text(value)) is not None:
            for puzzle in read_puzzles([text], domain, rules):
                yield replace(puzzle, name="grid", source="grid")
        else:
            yield from read_values(value, domain, rules)


def _as_text(value: Any) -> str | None:
    """The text of a grid, or None for anything else."""
    rows = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(rows, list | tuple) or not rows:
        return None
    if any(isinstance(row, str) and len(row) > 1 and os.path.lexists(row) for row in rows):
        return None
    return as_text([list(row) if isinstance(row, tuple) else row for row in rows])
