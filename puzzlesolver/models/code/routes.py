"""Who hears what in the machine code of a stem: relations as rows of tables that are summed.

In: the relations of a layout. Out: `Routes` and `PartRoutes`, arrays that `fused.step` takes.

    >>> Routes.of(layout.lattice, layout.relations).hears.starts.shape
    (730,)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from puzzlesolver.models.code.matrices import Places
from puzzlesolver.models.code.tiles import TILE_ROWS
from puzzlesolver.models.relations import Layout, Links, Neighbour, Pool, Relation, Units, overlaps

CHUNK = 32
"""Nodes computed together."""


class Sums(NamedTuple):
    """Sums over rows of a table: row i of the result is that of `members[starts[i]:starts[i + 1]]`.

    Attributes:
        members: `[M]`.
        starts: `[rows + 1]`.
    """

    members: Places
    starts: Places

    @classmethod
    def of(cls, pairs: list[tuple[Places, Places]], rows: int) -> Sums:
        """From pairs of (row of the result, row of the table), a few arrays of them."""
        nothing = np.empty(0, np.int64)
        into, out_of = (
            np.concatenate(each) for each in zip((nothing, nothing), *pairs, strict=True)
        )
        order = np.argsort(into, kind="stable")
        return cls(out_of[order], np.searchsorted(into[order], np.arange(rows + 1)))


@dataclass(frozen=True)
class Routes:
    """Who hears what on a layout.

    A source is what one weight matrix makes of some rows: of the mean messages of the groups of a
    pool or of units, or of the messages of all nodes, for neighbours and links. Groups come first.

    Attributes:
        weights: the matrix of each source.
        first: `[S + 1]`, where the rows of each source begin, whole tiles of them.
        sizes: `[S]`, how many messages a row of the source is the mean of; 0 = it is a message.
        pools: from nodes to the rows of pools.
        hears: from rows of sources to nodes.
    """

    weights: tuple[str, ...]
    first: Places
    sizes: tuple[int, ...]
    pools: Sums
    hears: Sums

    @classmethod
    def of(cls, lattice: tuple[int, ...], relations: Sequence[Relation]) -> Routes:
        """The routes of these relations on a lattice."""
        nodes = np.arange(math.prod(lattice)).reshape(lattice)
        first, sizes, pooled, heard = [0], [], [], []
        grouped = [each for each in relations if isinstance(each, Pool | Units)]
        for relation in grouped:
            groups, members = _groups(relation, nodes)
            pooled.append((first[-1] + groups, members))
            heard.append(pooled[-1][::-1])
            count = int(groups.max()) + 1
            sizes.append(groups.size // count)
            first.append(first[-1] + rounded_up(count, TILE_ROWS))
        pool_rows = first[-1]
        begins: dict[str, int] = {}
        for each in relations:
            if isinstance(each, Pool | Units):
                continue
            if each.weights not in begins:
                begins[each.weights] = first[-1]
                sizes.append(0)
                first.append(first[-1] + rounded_up(nodes.size, CHUNK))
            here, there = _ends(each, nodes)
            heard.append((here, begins[each.weights] + there))
        return cls(
            (*(each.weights for each in grouped), *begins),
            np.array(first),
            tuple(sizes),
            Sums.of(pooled, pool_rows),
            Sums.of(heard, nodes.size),
        )


def _groups(relation: Pool | Units, nodes: Places) -> tuple[Places, Places]:
    """The group of each member, and the members, which are nodes."""
    if isinstance(relation, Units):
        members = nodes.reshape(-1, nodes.shape[-1])[np.array(relation.cells)].swapaxes(1, 2)
        groups = np.arange(members.size // members.shape[2]).reshape(*members.shape[:2], 1)
    else:
        members = nodes
        kept = [1 if axis in relation.over else n for axis, n in enumerate(nodes.shape)]
        groups = np.arange(math.prod(kept)).reshape(kept)
    return np.broadcast_to(groups, members.shape).ravel(), members.ravel()


def _ends(relation: Neighbour | Links, nodes: Places) -> tuple[Places, Places]:
    """Nodes, and those that each of them hears."""
    if isinstance(relation, Links):
        pairs = nodes.reshape(-1, nodes.shape[-1])[np.array(relation.pairs)]
        return pairs.swapaxes(0, 1).ravel(), pairs[:, ::-1].swapaxes(0, 1).ravel()
    axis = relation.axis
    here, there = (
        np.roll(nodes, shift, axis).take(range(1, nodes.shape[axis]), axis)
        for shift in ((0, 1) if relation.step < 0 else (1, 0))
    )
    return here.ravel(), there.ravel()


class PartRoutes(NamedTuple):
    """Who hears what of the parts of units; rows are nodes.

    Attributes:
        units: from nodes to whole units.
        unit: of every part.
        inside: from nodes to parts.
        seen: from parts to nodes.
    """

    units: Sums
    unit: Places
    inside: Sums
    seen: Sums

    @classmethod
    def of(cls, layout: Layout, heard: bool) -> PartRoutes:
        """Those of a layout, or none."""
        found = overlaps(layout if heard else replace(layout, relations=()))
        symbols = np.arange(layout.symbols)

        def rows(cells: Places) -> Places:
            return (cells[..., None] * layout.symbols + symbols).ravel()

        def sums(into: Places, out_of: Places, count: int) -> Sums:
            return Sums.of([(rows(into), rows(out_of))], count * layout.symbols)

        unit, cell = np.indices(found.units.shape)[0].ravel(), found.units.ravel()
        part, member = np.nonzero(found.inside)
        heard_part, hearer = np.nonzero(found.seen)
        return cls(
            sums(unit, cell, len(found.units)),
            rows(found.unit),
            sums(part, member, len(found.unit)),
            sums(hearer, heard_part, layout.cells),
        )


def rounded_up(count: int, by: int) -> int:
    """The least multiple that is no smaller."""
    return -(-count // by) * by
