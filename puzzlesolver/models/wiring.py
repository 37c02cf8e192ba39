"""How a relational stem is wired on a layout: axes to average over, and matrices of listed cells.

In: a layout and the settings of a stem. Out: a `Wiring` on a device.

    >>> wiring_of(layout, StemConfig(), torch.device("cpu")).regular[0].name
    'row'
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from puzzlesolver.errors import ModelError
from puzzlesolver.models.relations import (
    IMPLIED,
    Layout,
    Links,
    Neighbour,
    Pool,
    Relation,
    Units,
    overlaps,
)

if TYPE_CHECKING:
    from puzzlesolver.models.stem import StemConfig


SETS = 64
"""Parts of units are filled up with silent ones to a multiple of so many."""


class Parts(NamedTuple):
    """`Overlaps` as matrices; a mean of them is as loud as that of a unit.

    Attributes:
        inside: from cells to the sets that they are in.
        units: from cells to units.
        unit: of each set.
        seen: from sets to the cells that see them.
    """

    inside: Tensor
    units: Tensor
    unit: Tensor
    seen: Tensor


class Wiring(NamedTuple):
    """A layout as a stem takes it; steps compiled for one serve all of the same shapes.

    Attributes:
        lattice: as in `Layout`.
        regular: relations that are axes.
        loudness: what the mean over some axes counts, where that is not 1.
        listed: of each relation whose cells are listed, the name of its weights, a matrix from
            cells to units, and one from units to cells, or None where the units are the cells.
        overlaps: of a stem that hears parts of units, where there are any.
    """

    lattice: tuple[int, ...]
    regular: tuple[Pool | Neighbour, ...]
    loudness: dict[tuple[int, ...], float]
    listed: tuple[tuple[str, Tensor, Tensor | None], ...]
    overlaps: Parts | None


def wiring_of(layout: Layout, config: StemConfig, device: torch.device) -> Wiring:
    """How a stem is wired on a layout; raises `ModelError` where it lacks weights for it."""
    return _wired(layout, config, device)


@functools.lru_cache(64)
@torch.inference_mode(False)
def _wired(layout: Layout, config: StemConfig, device: torch.device) -> Wiring:
    regular: list[Pool | Neighbour] = []
    loudness: dict[tuple[int, ...], float] = {}
    listed: list[tuple[str, Tensor, Tensor | None]] = []
    for each in heard_on(layout, config):
        if isinstance(each, Units):
            size, count = len(each.cells[0]), len(each.cells)
            holds = torch.zeros(count, layout.cells)
            holds[torch.arange(count)[:, None], torch.tensor(each.cells)] = 1
            holds = _filled(holds, layout.symbols)
            share = config.loudness(size) / size
            listed.append((each.weights, (share * holds).to(device), holds.T.to(device)))
        elif isinstance(each, Links):
            linked = torch.zeros(layout.cells, layout.cells)
            one, other = torch.tensor(each.pairs).T
            linked[one, other] = linked[other, one] = 1
            listed.append((each.weights, linked.to(device), None))
        else:
            regular.append(each)
            if config.balanced and isinstance(each, Pool):
                nodes = math.prod(layout.lattice[axis] for axis in each.over)
                loudness[each.over] = config.loudness(nodes)
    parts = _parts(layout, config, device) if config.overlaps else None
    return Wiring(layout.lattice, tuple(regular), loudness, tuple(listed), parts)


def _parts(layout: Layout, config: StemConfig, device: torch.device) -> Parts | None:
    found = overlaps(layout)
    if not len(found.unit):
        return None
    cells = np.zeros((len(found.units), layout.cells))
    np.put_along_axis(cells, found.units, 1, axis=1)
    share = config.loudness(layout.symbols) / layout.symbols
    inside, units, unit, seen = (
        _filled(torch.from_numpy(each), by).to(device)
        for each, by in (
            (found.inside, SETS), (cells, layout.symbols), (found.unit, SETS), (found.seen, SETS),
        )
    )  # fmt: skip
    return Parts(share * inside.float(), share * units.float(), unit, seen.T.float())


def _filled(rows: Tensor, by: int) -> Tensor:
    """With rows of zeros up to a multiple, so that boards with more or fewer look alike."""
    missing = rows.new_zeros(-len(rows) % by, *rows.shape[1:])
    return torch.cat([rows, missing])


def heard_on(layout: Layout, config: StemConfig) -> list[Relation]:
    """The relations of a layout that a stem has weights for; `ModelError` where that is too few."""
    unknown = {each.weights for each in layout.relations} - {*config.relations, *IMPLIED}
    if unknown:
        raise ModelError(
            f"this model has no weights for {' and '.join(sorted(unknown))} units, which boards "
            f"of the rules {layout.rules or 'given'} have",
            where="--model",
            hint="sudoku-any has them; `puzzlesolver train sudoku --preset sudoku-any` trains one",
        )
    return [each for each in layout.relations if each.weights in config.relations]
