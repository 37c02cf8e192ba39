"""Who hears whom among the tokens of ARC: lines, components, cells and colours as index tables.

In: sheets of any sizes, laid one after the other without padding. Out: `Relations`, for the
functions of `hearing.py`.

Shape legend: T tokens, ordered by sheet, colour, cell; G groups.

    >>> relations = relate(sheets)
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from puzzlesolver.models.arc.features import DIRECTIONS, Sheet


@dataclass(frozen=True, eq=False)
class Lines:
    """The rows, columns and diagonals of all sheets, in both directions, packed by position.

    All first tokens come first, then all second ones; longer lines before shorter ones, so that
    those that go on are a prefix.

    Attributes:
        packed: `int64[8T]`, the (direction, token) that stands at each place.
        place: `int64[8T]`, the inverse.
        counts: how many lines have a first token, a second one, and so on.
    """

    packed: Tensor
    place: Tensor
    counts: list[int]


@dataclass(frozen=True, eq=False)
class Groups:
    """A partition of all (direction, token) pairs.

    Attributes:
        member: `int64[4T]`, the group of each.
        order: `int64[4T]`, them all, group by group.
        starts: `int64[G]`, where each group starts in `order`.
        share: `float32[G, 1]`, one over the size.
    """

    member: Tensor
    order: Tensor
    starts: Tensor
    share: Tensor


@dataclass(frozen=True)
class Block:
    """Sheets of equal sizes that follow one another.

    Attributes:
        sheets: how many.
        colours: of each.
        cells: of each.
    """

    sheets: int
    colours: int
    cells: int

    @property
    def tokens(self) -> int:
        """Of all its sheets."""
        return self.sheets * self.colours * self.cells


@dataclass(frozen=True, eq=False)
class Relations:
    """All relations among the tokens of some sheets.

    Attributes:
        lines: that news travel along.
        components: of each colour's tokens on each component.
        blocks: of tokens, for pools over cells and over colours.
        average: `float32[colours of all sheets, same]`, the mean over the colours of a sheet.
        source: `float32[colours of all sheets, same]`, from those of its source; zero for others.
    """

    lines: Lines
    components: Groups
    blocks: list[Block]
    average: Tensor
    source: Tensor


def relate(sheets: Sequence[Sheet]) -> Relations:
    """The relations of sheets in this order; equal sizes should be neighbours."""
    sizes = [(len(sheet.colours), sheet.cells) for sheet in sheets]
    blocks = [Block(len(list(same)), *size) for size, same in itertools.groupby(sizes)]
    sheet = np.repeat(np.arange(len(sheets)), [len(sheet.colours) for sheet in sheets])
    together = (sheet[:, None] == sheet).astype(np.float32)
    average = torch.from_numpy(together / together.sum(0))
    numbers = {id(each): number for number, each in enumerate(sheets)}
    sources = np.array([numbers.get(id(each.source), -1) for each in sheets])
    slot = np.concatenate([np.arange(len(each.colours)) for each in sheets])
    source = (sheet[:, None] == sources[sheet]) & (slot[:, None] == slot)
    return Relations(
        _lines(sheets), _components(sheets), blocks, average, torch.from_numpy(source).float()
    )


def _lines(sheets: Sequence[Sheet]) -> Lines:
    lines: list[npt.NDArray[np.int64]] = []
    positions: list[npt.NDArray[np.int64]] = []
    lengths = [np.empty(0, np.int64)]
    before = 0
    for direction in range(2 * DIRECTIONS):
        for sheet in sheets:
            line, position = _ways(*sheet.shape)[direction // DIRECTIONS][direction % 2]
            own = np.bincount(line)
            if direction % DIRECTIONS >= DIRECTIONS // 2:
                position = own[line] - 1 - position
            for _ in sheet.colours:
                lines.append(before + line)
                positions.append(position)
                lengths.append(own)
                before += len(own)
    length_of = np.concatenate(lengths)
    rank = np.argsort(np.argsort(-length_of, kind="stable"))
    counts = np.array([(length_of > step).sum() for step in range(length_of.max())])
    starts = np.cumsum(counts) - counts
    place = starts[np.concatenate(positions)] + rank[np.concatenate(lines)]
    return Lines(_tensor(np.argsort(place)), _tensor(place), counts.tolist())


Way = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""The line of every cell, and its place on it."""


def _ways(height: int, width: int) -> tuple[tuple[Way, Way], tuple[Way, Way]]:
    """Right and down, then right-down and left-down."""
    row, column = np.indices((height, width)).reshape(2, -1)
    mirrored = width - 1 - column
    return ((row, column), (column, row)), (
        (column - row + height - 1, np.minimum(row, column)),
        (mirrored - row + height - 1, np.minimum(row, mirrored)),
    )


def _components(sheets: Sequence[Sheet]) -> Groups:
    member: list[npt.NDArray[np.int64]] = []
    count = 0
    for _, sheet in itertools.product(range(DIRECTIONS), sheets):
        for _ in sheet.colours:
            member.append(count + sheet.component)
            count += int(sheet.component.max()) + 1
    group = np.concatenate(member)
    sizes = np.bincount(group, minlength=count)
    return Groups(
        _tensor(group),
        _tensor(np.argsort(group, kind="stable")),
        _tensor(np.cumsum(sizes) - sizes),
        torch.from_numpy((1 / sizes).astype(np.float32))[:, None],
    )


def _tensor(numbers: npt.NDArray[np.int64]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(numbers, np.int64))
