"""Who hears whom among the tokens of ARC: lines, groups, cells and colours as index tables.

In: sheets of any sizes, laid one after the other without padding. Out: `Relations`, for the
functions of `hearing.py`.

Shape legend: T tokens, ordered by sheet, colour, cell; R runs, G groups, C cells.

    >>> relations = relate(sheets)
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from puzzlesolver.models.arc.features import GROUPS, Sheet
from puzzlesolver.models.code.matrices import Places

WAYS = ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, -1), (-1, 1))
"""Steps down and to the right of each direction: right, down, left, up, then the diagonals."""


@dataclass(frozen=True, eq=False)
class Relations:
    """All relations among the tokens of some sheets.

    Attributes:
        lines: `int64[lines, 4]`, rows, columns and diagonals, both ways: direction, first token,
            step to the next one, length.
        groups: of both kinds of groups `int64[T]`, that of each token, those of a colour on a
            component, or on all components of one shape; and `int64[G]`, their sizes.
        runs: `int64[R, 3]`, the tokens of a colour of a sheet: the first, how many, number of the
            first cell.
        sheets: `int64[sheets, 2]`, their runs: the first, how many.
        cells: of all sheets (C).
        average: `float32[R, R]`, the mean over the colours of a sheet.
        source: `float32[R, R]`, from those of its source; zero for others.
    """

    lines: Places
    groups: tuple[tuple[Places, Places], ...]
    runs: Places
    sheets: Places
    cells: int
    average: Tensor
    source: Tensor


def relate(sheets: Sequence[Sheet]) -> Relations:
    """The relations of sheets in this order."""
    colours = np.array([len(sheet.colours) for sheet in sheets])
    cells = np.array([sheet.cells for sheet in sheets])
    sheet = np.repeat(np.arange(len(sheets)), colours)
    together = (sheet[:, None] == sheet).astype(np.float32)
    numbers = {id(each): number for number, each in enumerate(sheets)}
    sources = np.array([numbers.get(id(each.source), -1) for each in sheets])
    slot = np.concatenate([np.arange(count) for count in colours])
    source = (sheet[:, None] == sources[sheet]) & (slot[:, None] == slot)
    runs = np.stack([_starts(cells[sheet]), cells[sheet], _starts(cells)[sheet]], 1)
    owners = [each for each in sheets for _ in each.colours]
    lines = [
        _lines(*own.shape) + np.array([0, first, 0, 0])
        for first, own in zip(runs[:, 0], owners, strict=True)
    ]
    return Relations(
        np.concatenate(lines),
        tuple(_grouped([own.groups[kind] for own in owners]) for kind in range(GROUPS)),
        runs,
        np.stack([_starts(colours), colours], 1),
        int(cells.sum()),
        torch.from_numpy(together / together.sum(0)),
        torch.from_numpy(source).float(),
    )


def _grouped(groups: Sequence[Places]) -> tuple[Places, Places]:
    """Groups of the tokens of a colour of a sheet, numbered over all, and their sizes."""
    firsts = _starts(np.array([own.max() + 1 for own in groups]))
    members = np.concatenate([first + own for first, own in zip(firsts, groups, strict=True)])
    return members, np.bincount(members)


def _starts(counts: Places) -> Places:
    starts: Places = np.cumsum(counts) - counts
    return starts


@functools.cache
def _lines(height: int, width: int) -> Places:
    """The lines of a grid, as in `Relations`; every cell lies on one of each direction."""
    row, column = np.indices((height, width)).reshape(2, -1)
    lines = []
    for way, (down, right) in enumerate(WAYS):
        behind = np.minimum(_room(row, height, -down), _room(column, width, -right))
        ahead = np.minimum(_room(row, height, down), _room(column, width, right))
        first = np.flatnonzero(behind == 0)
        step = np.full(len(first), down * width + right)
        lines.append(np.stack([np.full(len(first), way), first, step, ahead[first] + 1], 1))
    return np.concatenate(lines)


def _room(place: Places, size: int, step: int) -> Places:
    """How many such steps there are to the edge."""
    if step == 0:
        return np.full_like(place, place.size)
    return size - 1 - place if step > 0 else place
