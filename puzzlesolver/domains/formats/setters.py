"""Documents of the programs that setters use, f-puzzles and SudokuPad: their grids, their rules.

Rules of different digits become text for `make_board`; all others are refused by name, never
dropped.

    >>> rules_of({"size": 9, "grid": grid, "antiknight": True}, grid, At("puzzle.json"))
    'antiknight'
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

from puzzlesolver.domains.base import DIGITS
from puzzlesolver.domains.formats.documents import At, told
from puzzlesolver.domains.records import roles
from puzzlesolver.domains.sudoku.board import CELL, SIZES, box_shape, boxes, place_name
from puzzlesolver.domains.sudoku.variants import RULES, Place, is_rule

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
    "selected", "region",
}  # fmt: skip
"""Keys of a cell that add no rule."""


NO_SUM = {"cells", "unique", "style"}
"""Keys of a cage that say no more than that its digits differ."""

VALUES, GIVEN = ("value", "digit", "number"), ("given", "isGiven", "fixed", "isFixed", "locked")
"""What programs call the digit of a cell, and what says that it is a given."""


def value_of(cell: Mapping[str, Any]) -> Any:
    """The digit of a cell."""
    return next((cell[name] for name in VALUES if name in cell), None)


def as_plain(grid: Any) -> Any:
    """The grid with its givens alone; anything but a grid of objects is returned as it is."""
    if not (cells := _objects(grid)):
        return grid
    mark = next((name for name in GIVEN if any(cell.get(name) for cell in cells)), "")
    return [
        [
            value_of(cell) if isinstance(cell, dict) and cell.get(mark, not mark) else None
            for cell in row
        ]
        for row in grid
    ]


def rules_of(document: Mapping[str, Any], grid: Any, at: At) -> str:
    """The rules of a document of these programs, as `make_board` reads them.

    Raises:
        ParseError: some are more than different digits in some cells, or a region has no number.
    """
    if not (cells := _objects(grid)):
        flags = [key for key, value in document.items() if value is True and is_rule(key)]
        return ",".join(flags)
    numbers = (cell["region"] for cell in cells if cell.get("region") is not None)
    for number in numbers:
        if type(number) is not int or number not in range(len(DIGITS)):
            what = f"a cell's region is {told(number)}, and not a number from 0"
            raise at.error(what, "leave it out where regions are boxes")
    rules, refused = _told(document, grid)
    if refused:
        raise at.error(
            f"its rules are more than different digits in some cells: {', '.join(sorted(refused))}",
            f"known rules: {', '.join(RULES)}, and regions of any shape",
        )
    return ",".join(rules)


def _objects(grid: Any) -> list[Mapping[str, Any]]:
    """The cells of a grid of objects; none of other or larger grids, nor of tasks of ARC."""
    if not isinstance(grid, list) or not all(isinstance(row, list) for row in grid):
        return []
    if len(grid) > max(SIZES):  # maps of regions grow with the square of it
        return []
    cells: list[Mapping[str, Any]]
    cells = [cell for row in grid for cell in row if isinstance(cell, dict)]
    return [] if any("input" in cell for cell in cells) else cells


def _told(document: Mapping[str, Any], grid: list[list[Any]]) -> tuple[list[str], set[str]]:
    """Rules of different digits as text, and the names of all others."""
    flags, rules, refused, regions = list[str](), list[str](), set[str](), _cell_regions(grid)
    for key, value in document.items():
        name = key.lower()
        if name == "metadata" and isinstance(value, dict):
            flags += [flag for flag, on in value.items() if on is True]
        elif not value or name in NO_RULES or roles([name]) != [name]:
            continue
        elif value is True:
            flags.append(key)
        elif name == "global" and isinstance(value, list):
            flags += map(str, value)
        elif name == "regions" and (places := _regions(value)):
            regions = _map(places, len(grid))
        elif name in ("extraregion", "cages") and (places := _regions(value)) is not None:
            rules += [f"extra={''.join(map(place_name, cells))}" for cells in places if cells]
        else:
            refused.add(key)
    rules += filter(is_rule, flags)
    refused |= {flag for flag in flags if not is_rule(flag) and flag.lower() not in NO_RULES}
    for cell in _objects(grid):
        refused |= {key for key in cell if cell[key] and key.lower() not in NO_CELL_RULES}
    return rules + [f"jigsaw={regions}"] * bool(regions), refused


def _regions(value: Any) -> list[list[Place]] | None:
    """The cells of regions, as lists or as cages without a sum; None where they are more."""
    regions = []
    for region in value if isinstance(value, list) else [None]:
        cells = region.get("cells", []) if isinstance(region, dict) else region
        if not isinstance(cells, list):
            return None
        # SudokuPad keeps titles in cages without cells.
        if cells and isinstance(region, dict) and any(map(region.get, region.keys() - NO_SUM)):
            return None
        places = [_place(cell) for cell in cells]
        if None in places:
            return None
        regions.append([place for place in places if place])
    return regions


def _place(cell: Any) -> Place | None:
    """Row and column from 0 of `R1C1`, or of `[0, 0]`."""
    if isinstance(cell, str) and (match := CELL.fullmatch(cell)):
        return int(match[1]) - 1, int(match[2]) - 1
    if isinstance(cell, list) and len(cell) == 2 and all(type(each) is int for each in cell):
        return cell[0], cell[1]
    return None


def _map(regions: list[list[Place]], side: int) -> str:
    """A character for the region of every cell; `.` where there is none."""
    labels = {cell: DIGITS[k] for k, cells in enumerate(regions[: len(DIGITS)]) for cell in cells}
    return "".join(labels.get((r, c), ".") for r, c in product(range(side), repeat=2))


def _cell_regions(grid: list[list[Any]]) -> str:
    """The map that cells tell by the numbers of their regions, from 0; "" where none does."""
    side = len(grid)
    cells = [cell if isinstance(cell, dict) else {} for row in grid for cell in row]
    if len(cells) != side * side or all(cell.get("region") is None for cell in cells):
        return ""
    usual = boxes(side, *box_shape(side)) if side in SIZES else "." * side * side
    return "".join(
        box if (number := cell.get("region")) is None else DIGITS[number]
        for cell, box in zip(cells, usual, strict=True)
    )
