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
    if all(isinstance(row, str) and len(row) > 1 for row in rows):
        return None if any(map(os.path.lexists, rows)) else "\n".join(rows)
    if all(map(_is_cell, rows)):
        return _line(rows)
    if all(isinstance(row, list | tuple) and row and all(map(_is_cell, row)) for row in rows):
        return "\n".join(map(_line, rows))
    return None


def _is_cell(value: Any) -> bool:
    return value is None or isinstance(value, int | float | str)


def _line(cells: Iterable[Any]) -> str:
    """Cells that are characters stand side by side, for a space may be one."""
    words = [
        "." if cell in (None, "") else str(int(cell) if isinstance(cell, float) else cell)
        for cell in cells
    ]
    characters = not any(isinstance(cell, int | float) for cell in cells)
    return ("" if characters and max(map(len, words)) == 1 else " ").join(words)
