"""What a board is: cells, an alphabet, and units - sets of cells that hold different symbols.

In: a size, the names of rules, perhaps a map of regions. Out: a `Board`. Standard 9×9 Sudoku is one
of them, a samurai of 369 cells is another; all that solves, checks or draws boards asks for units.

    >>> board = make_board(9, ("diagonal",))
    >>> board.units[-2].name
    'the main diagonal'
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.puzzle import DIGITS, Grid, Puzzle, place_name
from puzzlesolver.domains.sudoku.units import (
    FREE_SIZES,
    JIGSAW,
    LATIN,
    OVERLAPS,
    SIZES,
    Kind,
    Place,
    box_shape,
    boxes,
    grid_names,
    pairs_of,
    units_of,
)
from puzzlesolver.domains.sudoku.variants import EXTRA_REGION, rule_details, rule_names
from puzzlesolver.errors import UsageError

CELL = re.compile(r"r(\d+)c(\d+)", re.IGNORECASE)

HOLE = 255
"""What a grid holds where its board has no cell."""


@dataclass(frozen=True)
class Unit:
    """Cells that hold different symbols.

    Attributes:
        kind: "line", "region" (a box is one), "extra" or "pair".
        name: in the user's words, such as "row 3" or "the main diagonal".
        cells: their numbers on the board, in rising order.
    """

    kind: Kind
    name: str
    cells: tuple[int, ...]


@dataclass(frozen=True)
class Board:
    """Cells, an alphabet and units; equal boards are one object in a process.

    Attributes:
        symbols: how many there are, written as 1 to `symbols`.
        shape: rows and columns of the grid that it is drawn in.
        rules: beyond rows, columns and boxes, as `rule_names` gives them.
        regions: a character for the region of every cell; "" where they are the boxes, or none.
        extra: places of further regions that no rule names.
        places: row and column of every cell, row by row; a grid can have holes.
        units: lines, then regions, then the others.
    """

    symbols: int
    shape: tuple[int, int]
    rules: tuple[str, ...]
    regions: str
    extra: tuple[tuple[Place, ...], ...]
    places: tuple[Place, ...] = field(compare=False, repr=False)
    units: tuple[Unit, ...] = field(compare=False, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return make_board, (self.symbols, self.rules, self.regions, self.extra)

    @property
    def cells(self) -> int:
        """How many there are."""
        return len(self.places)

    @property
    def told(self) -> str:
        """All rules as text that `make_board` reads, "" where it is standard."""
        names = [f"{JIGSAW}={self.regions}" if rule == JIGSAW else rule for rule in self.rules]
        cells = ["".join(map(place_name, region)) for region in self.extra]
        return ",".join(names + [f"{EXTRA_REGION}={each}" for each in cells])

    @property
    def is_standard(self) -> bool:
        """Whether rows, columns and boxes are all the rules."""
        return not (self.rules or self.regions or self.extra)

    @functools.cached_property
    def full(self) -> tuple[Unit, ...]:
        """Units as large as the alphabet: they hold every symbol."""
        return tuple(unit for unit in self.units if len(unit.cells) == self.symbols)

    @functools.cached_property
    def numbers(self) -> npt.NDArray[np.int64]:
        """Where the cells lie in the grid, row-major, `int64[cells]`."""
        rows, columns = np.array(self.places, np.int64).T
        numbers: npt.NDArray[np.int64] = rows * self.shape[1] + columns
        return numbers

    @functools.cached_property
    def peers(self) -> npt.NDArray[np.bool_]:
        """Which other cells a cell differs from, `bool[cells, cells]`."""
        peers = np.zeros((self.cells, self.cells), np.bool_)
        for unit in self.units:
            peers[np.ix_(unit.cells, unit.cells)] = True
        np.fill_diagonal(peers, False)
        return peers

    @functools.cached_property
    def pairs(self) -> npt.NDArray[np.int64]:
        """Peers, each pair once, `int64[2, pairs]`."""
        return np.stack(np.nonzero(np.triu(self.peers)))

    def clashes(self, values: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
        """Cells whose digit stands in a peer, too, `bool[cells]`; 0 = blank."""
        one, other = self.pairs
        alike = (values[one] == values[other]) & (values[one] > 0)
        clashing = np.zeros(self.cells, np.bool_)
        if alike.any():
            clashing[self.pairs[:, alike]] = True
        return clashing

    def values(self, grid: Grid) -> Grid:
        """What the cells of a grid hold, `uint8[cells]`."""
        flat = grid.reshape(-1)
        return flat if self.cells == flat.size else flat[self.numbers]

    def grid(self, values: npt.NDArray[Any], hole: float = HOLE) -> npt.NDArray[Any]:
        """A value for every cell as a grid."""
        grid = np.full(self.shape, hole, values.dtype)
        grid.reshape(-1)[self.numbers] = values
        return grid


def board_of(puzzle: Puzzle) -> Board:
    """The board of a puzzle; one that names none has the standard one of its size."""
    return puzzle.board or _made(len(puzzle.grid), (), "", ())


def make_board(
    size: int = 9,
    rules: str | Iterable[str] = (),
    regions: str = "",
    extra: Iterable[Iterable[Place]] = (),
) -> Board:
    """The board of these rules, always the same object.

    Args:
        size: rows of the grid, or of each of those that overlap.
        rules: names, as `rule_names` reads them, or all that `Board.told` says.
        regions: a character a cell, row by row; as many regions as rows, of as many cells.
        extra: places of further regions, at most as many as rows.

    Raises:
        UsageError: rules that exclude each other or do not fit the size, or a map that is none.
    """
    names, details = rule_details(rules)
    regions = "".join((regions or details.get(JIGSAW, [""])[0]).split())
    named = [CELL.findall(told) for told in details.get(EXTRA_REGION, [])]
    places = [[(int(row) - 1, int(column) - 1) for row, column in cells] for cells in named]
    regular = tuple(tuple(sorted(cells)) for cells in [*extra, *places])
    if regions:
        names = rule_names((*names, JIGSAW))
        _check(size, names, regions)
        labels = dict(zip(dict.fromkeys(regions), DIGITS, strict=False))
        relabelled = "".join(map(labels.__getitem__, regions))
        if size in SIZES and relabelled == boxes(size, *box_shape(size)):
            regions, names = "", tuple(name for name in names if name != JIGSAW)
    return _made(size, names, regions, regular)


@functools.lru_cache(512)
def overlapping(rules: str) -> Board | None:
    """The board of several grids that rules name, if they do."""
    return make_board(9, rules) if {*rule_details(rules)[0]} & OVERLAPS.keys() else None


def needs_map(rules: str | Iterable[str]) -> bool:
    """Whether these rules name a jigsaw without its map; raises `UsageError` as `rule_names`."""
    names, details = rule_details(rules)
    return JIGSAW in names and JIGSAW not in details


@functools.lru_cache(512)
def _made(
    size: int, rules: tuple[str, ...], regions: str, extra: tuple[tuple[Place, ...], ...]
) -> Board:
    _check(size, rules, regions)
    overlap = next((rule for rule in rules if rule in OVERLAPS), None)
    offsets = OVERLAPS[overlap] if overlap else ((0, 0),)
    shape = size + max(row for row, _ in offsets), size + max(column for _, column in offsets)
    places = sorted(
        {(top + r, left + c) for top, left in offsets for r in range(size) for c in range(size)}
    )
    number = {place: cell for cell, place in enumerate(places)}
    named: list[tuple[Kind, str, tuple[int, ...]]] = [
        (kind, name + of, tuple(number[top + row, left + column] for row, column in cells))
        for (top, left), of in zip(offsets, grid_names(offsets), strict=True)
        for kind, name, cells in units_of(size, rules, regions)
    ]
    for label, cells in enumerate(extra, 1):
        if not 1 < len(cells) == len({*cells} & {*places}) <= size:
            what = f"extra region {label} has {len(cells)} cells"
            hint = f"it can have 2 to {size} different cells of the board"
            raise UsageError(what, where="--rules", hint=hint)
        named.append(("extra", f"extra region {label}", tuple(number[cell] for cell in cells)))
    for name, one, other in pairs_of(rules, places):
        named.append(("pair", name, (number[one], number[other])))
    order = ("line", "region", "extra", "pair")
    units: dict[tuple[int, ...], Unit] = {}
    for kind, name, members in sorted(named, key=lambda unit: order.index(unit[0])):
        units.setdefault(members, Unit(kind, name, members))
    return Board(size, shape, rules, regions, extra, tuple(places), tuple(units.values()))


def _check(size: int, rules: tuple[str, ...], regions: str) -> None:
    """Raise `UsageError` at rules that exclude each other, a size without boards, a wrong map."""
    overlap = next((rule for rule in rules if rule in OVERLAPS), None)
    free = LATIN in rules or regions
    if size not in (FREE_SIZES if free else SIZES) or (overlap and size != 9):
        sizes = "9" if overlap else ", ".join(map(str, SIZES))
        hint = f"sizes are {sizes}" + ("" if overlap else "; 4 to 25 with `latin` or a region map")
        raise UsageError(f"no {overlap or 'Sudoku'} has {size} rows", hint=hint)
    told = [rule for rule in rules if rule in OVERLAPS or rule in (LATIN, JIGSAW)]
    if len(told) > 1:
        raise UsageError(f"{told[0]} and {told[1]} exclude each other", where="--rules")
    if JIGSAW in rules and not regions:
        hint = "give it as a second grid below the board, or with --regions FILE"
        raise UsageError("jigsaw needs a map of the regions", where="--rules", hint=hint)
    counts = Counter(regions).most_common()
    if not regions or [count for _, count in counts] == [size] * size:
        return
    if len(regions) == size * size and len(counts) == size:
        (large, most), (small, least) = counts[0], counts[-1]
        what = f"region {large} has {most} cells and region {small} has {least}"
    else:
        what = f"the map has {len(regions)} cells and {len(counts)} regions"
    hint = f"a board of {size} rows has {size} regions of {size} cells"
    raise UsageError(what, where="--regions", hint=hint)
