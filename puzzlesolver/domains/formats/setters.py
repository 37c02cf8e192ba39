"""Documents of the programs that setters use, f-puzzles and SudokuPad: their grids, their rules.

Rules that are more than those of Sudoku are refused by name, never dropped.

    >>> as_plain({"size": 9, "grid": grid, "antiknight": True}, grid, At("puzzle.json"))
    Traceback (most recent call last):
    ParseError: puzzle.json: its rules are more than those of Sudoku: antiknight
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from puzzlesolver.domains.formats.documents import At
from puzzlesolver.domains.records import roles
from puzzlesolver.domains.sudoku.board import SIZES, box_shape

NO_RULES = {
    "size", "title", "author", "grid", "cells", "ruleset", "rules", "info", "solution",
    "highlightconflicts", "successmessage", "metadata", "cellsize", "settings", "id", "name",
}  # fmt: skip
"""Keys of a document that add no rule."""

NO_CELL_RULES = {
    "value", "given", "c", "carray", "highlight", "centerpencilmarks", "cornerpencilmarks",
    "givenpencilmarks", "pencilmarks", "candidates", "centremarks", "cornermarks", "notes",
    "marks", "digit", "number", "isgiven", "fixed", "isfixed", "locked", "readonly", "editable",
    "row", "col", "column", "box", "block", "index", "id", "x", "y", "solution", "color", "colour",
    "selected",
}  # fmt: skip
"""Keys of a cell that add no rule."""


VALUES, GIVEN = ("value", "digit", "number"), ("given", "isGiven", "fixed", "isFixed", "locked")
"""What programs call the digit of a cell, and what says that it is a given."""


def value_of(cell: Mapping[str, Any]) -> Any:
    """The digit of a cell."""
    return next((cell[name] for name in VALUES if name in cell), None)


def as_plain(document: Mapping[str, Any], grid: Any, at: At) -> Any:
    """The grid with its givens alone; raises `ParseError` where the rules are not Sudoku's.

    Anything but a grid of objects is returned as it is.
    """
    if not isinstance(grid, list) or not all(isinstance(row, list) for row in grid):
        return grid
    cells = [cell for row in grid for cell in row if isinstance(cell, dict)]
    if not cells or any("input" in cell for cell in cells):
        return grid
    if rules := sorted(set(_rules(document, grid))):
        raise at.error(
            f"its rules are more than those of Sudoku: {', '.join(rules)}",
            "only boards with rows, columns and boxes are read",
        )
    mark = next((name for name in GIVEN if any(cell.get(name) for cell in cells)), "")
    return [
        [
            value_of(cell) if isinstance(cell, dict) and cell.get(mark, not mark) else None
            for cell in row
        ]
        for row in grid
    ]


def _rules(document: Mapping[str, Any], grid: list[list[Any]]) -> Iterator[str]:
    """The names of what is more than rows, columns and boxes."""
    side = len(grid)
    rows, columns = box_shape(side) if side in SIZES else (1, side)
    boxes = {
        (row, column): row // rows * (side // columns) + column // columns
        for row, column in product(range(side), repeat=2)
    }
    for key, value in document.items():
        name = key.lower()
        if name == "regions":
            yield from [] if _standard(value, boxes) else ["irregular regions"]
        elif name == "cages" and isinstance(value, list):
            # SudokuPad keeps titles in cages without cells.
            yield from ["cages"] * any(isinstance(c, dict) and c.get("cells") for c in value)
        elif name not in NO_RULES and roles([name]) == [name] and value:
            yield key
    for (row, column), box in boxes.items():
        cell = grid[row][column] if column < len(grid[row]) else None
        for key, value in cell.items() if isinstance(cell, dict) else ():
            if key.lower() == "region":
                yield from ["irregular regions"] * (value not in (box, None))
            elif key.lower() not in NO_CELL_RULES and value:
                yield key


def _standard(regions: Any, boxes: Mapping[tuple[int, int], int]) -> bool:
    """Whether lists of [row, column] are the boxes, or none are given."""
    if not regions:
        return True
    try:
        found = {tuple(sorted(map(tuple, region))) for region in regions}
    except TypeError:
        return False
    expected: dict[int, list[tuple[int, int]]] = {}
    for cell, box in boxes.items():
        expected.setdefault(box, []).append(cell)
    return found == {tuple(cells) for cells in expected.values()}
