"""Documents of the programs that setters use, f-puzzles and SudokuPad: their grids, their rules.

Rules of different digits become text for `make_board`; all others are refused by name, never
dropped.

    >>> rules_of({"size": 9, "grid": grid, "antiknight": True}, grid, At("puzzle.json"))
    'antiknight'
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from puzzlesolver.domains.formats.documents import At, told
from puzzlesolver.domains.puzzle import DIGITS, place_name
from puzzlesolver.domains.records import RULES, roles
from puzzlesolver.domains.sudoku.board import CELL
from puzzlesolver.domains.sudoku.units import JIGSAW, SIZES, Place, box_shape, boxes
from puzzlesolver.domains.sudoku.variants import RULES as ALL_RULES
from puzzlesolver.domains.sudoku.variants import is_more, is_rule

NO_RULES = {
    "size", "title", "author", "grid", "cells", "info", "solution", "highlightconflicts",
    "successmessage", "cellsize", "id", "name",
}  # fmt: skip
"""Keys of a document that add no rule."""

NO_CELL_RULES = {
    "value", "given", "c", "carray", "highlight", "centerpencilmarks", "cornerpencilmarks",
    "givenpencilmarks", "pencilmarks", "candidates", "centremarks", "cornermarks", "notes",
    "marks", "digit", "number", "isgiven", "fixed", "isfixed", "locked", "readonly", "editable",
    "row", "col", "column", "box", "block", "index", "id", "x", "y", "solution", "color", "colour",
    "selected", "region", "r", "val", "v", "num", "n",
    "idx", "i", "j",
}  # fmt: skip
"""Keys of a cell that add no rule."""


WITHIN = ("metadata", "settings")
"""Keys of objects that can hold rules, too."""

UNITS = ("regions", "extraregion", "cages")
"""Keys of lists of cells that differ."""

RULES_HINT = 'write them as "diagonal,anti-knight", or as a list of such names'

NO_SUM = {"cells", "unique", "style"}
"""Keys of a cage that say no more than that its digits differ."""

VALUES = ("value", "digit", "number", "val", "v", "num", "n")
GIVEN = ("given", "isGiven", "fixed", "isFixed", "locked")
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
    """The rules of a document, as `rules_in` reads them: what is told in one place on a line.

    In documents of these programs, whose cells are objects, all that is unknown can be a rule.

    Raises:
        ParseError: some are more than different digits in some cells, or no names; a region has no
            number, or the size is another one.
    """
    cells = _objects(grid)
    numbers = (cell["region"] for cell in cells if cell.get("region") is not None)
    for number in numbers:
        if type(number) is not int or number not in range(len(DIGITS)):
            what = f"a cell's region is {told(number)}, and not a number from 0"
            raise at.error(what, "leave it out where regions are boxes")
    size = document.get("size")
    if cells and size not in (None, len(grid), str(len(grid))):
        raise at.key("size").error(f"it is {told(size)}, and the grid has {len(grid)} rows")
    rules, refused = _told(document, at, len(grid) if cells else 0)
    for cell in cells:
        refused |= {key for key in cell if cell[key] and key.lower() not in NO_CELL_RULES}
    mapped = any(rule.startswith(f"{JIGSAW}=") for rule in rules)
    if cells and not mapped and (regions := _cell_regions(grid)):
        rules.append(f"{JIGSAW}={regions}")
    if refused:
        raise at.error(
            f"its rules are more than different digits in some cells: {', '.join(sorted(refused))}",
            f"known rules: {', '.join(ALL_RULES)}, and regions of any shape",
        )
    return "\n".join(rules)


def _objects(grid: Any) -> list[Mapping[str, Any]]:
    """The cells of a grid of objects; none of other or larger grids, nor of tasks of ARC."""
    if not isinstance(grid, list) or not all(isinstance(row, list) for row in grid):
        return []
    if len(grid) > max(SIZES):  # maps of regions grow with the square of it
        return []
    cells: list[Mapping[str, Any]]
    cells = [cell for row in grid for cell in row if isinstance(cell, dict)]
    return [] if any("input" in cell for cell in cells) else cells


def _told(document: Mapping[str, Any], at: At, side: int) -> tuple[list[str], set[str]]:
    """Rules of different digits as text, and the names of all others; `side` 0: of any program."""
    rules, refused = list[str](), set[str]()
    for key, value in document.items():
        name = key.lower()
        if (role := _role(name)) == RULES or (name == "global" and side):
            rules += _names(value, at.key(key))
        elif name in WITHIN and isinstance(value, dict):
            more, others = _told(value, at.key(key), 0)
            rules, refused = rules + more, refused | others
            if side and name == "metadata":
                flags = {flag for flag, on in value.items() if on is True and not is_rule(flag)}
                refused |= {flag for flag in flags if flag.lower() not in NO_RULES}
        elif not value or name in NO_RULES or role != name:
            continue
        elif is_rule(key) and (value is True or name != "x"):  # which can be a number, too
            rules += _names({key: value}, at)
        elif name == "regions" and side and (places := _regions(value)):
            rules.append(f"{JIGSAW}={_map(places, side)}")
        elif name in UNITS[1:] and (places := _regions(value)) is not None:
            rules += [f"extra={''.join(map(place_name, cells))}" for cells in places if cells]
        elif side or (is_more(key) and isinstance(value, list | dict | bool)) or name in UNITS:
            refused.add(key)
    return rules, refused


@functools.lru_cache(1_024)
def _role(key: str) -> str:
    """What a key stands for, alone."""
    return roles([key])[0]


def _names(value: Any, at: At) -> Iterator[str]:
    """The names in a text or a list, or those that an object has as true, each on one line.

    Raises:
        ParseError: something else may be a rule.
    """
    if isinstance(value, dict):
        for name, on in value.items():
            if on is True:
                yield name
            elif on and (is_rule(name) or not isinstance(on, int | float)):
                raise at.key(name).error(f"this rule is {told(on)}, and not true or false")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            if not isinstance(item, str):
                raise at.item(number).error(f"a rule is {told(item)}, and not a name", RULES_HINT)
            yield " ".join(item.split())
    elif isinstance(value, str):
        yield " ".join(value.split())
    elif value is not None and value is not False:
        raise at.error(f"the rules are {told(value)}, and not names", RULES_HINT)


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
        if isinstance(region, dict) and region.get("unique") is False:
            cells = []
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
