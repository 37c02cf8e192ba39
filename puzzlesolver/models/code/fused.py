"""A step of the relational stem as machine code, for refinement on a CPU.

As operations of torch a step passes every number through memory some twenty times. Here a puzzle
stays in a core's cache, and of it a chunk of nodes in the first level from what it hears to its
next state. The equations are those of `models/stem.py`; only rounding differs.

Shape legend: B puzzles, N nodes, D width, M message width, H hidden width, L layers; S sources of
what is heard, Q their rows, R relations. Widths are padded with zeros to whole tiles.

    >>> step = FusedStep(stem, layout, heard_on(layout, stem.config))
    >>> (z_BND,) = step((z_BND,), e_BND)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from puzzlesolver.models.code import matrices
from puzzlesolver.models.code.matrices import Places, Reals, compiled, inlined
from puzzlesolver.models.code.tiles import TILE_COLUMNS, TILE_ROWS, sigmoid
from puzzlesolver.models.interface import State
from puzzlesolver.models.relations import Layout, Links, Neighbour, Pool, Relation, Units, overlaps

if TYPE_CHECKING:
    from puzzlesolver.models.stem import RelationalStem, StemConfig

CHUNK = 32
"""Nodes computed together."""

ONE = np.float32(1)
EPSILON = np.float32(np.finfo(np.float32).eps)
"""Added to the mean square before the root, as `torch.nn.functional.rms_norm` does."""


class Weights(NamedTuple):
    """Those of all layers, as `step` takes them."""

    message: Reals  # [L, D, M]
    message_bias: Reals  # [L, M]
    relation: Reals  # [L, S, M, D], from a row of a source to what is heard
    relation_bias: Reals  # [L, D]
    up: Reals  # [L, D, 2H], gates, then values
    down: Reals  # [L, H, D]
    parts: Reals  # [L, M, 2K], for the parts of units, then for whole units; K = 0 without
    parts_bias: Reals  # [L, K], not padded
    locked: Reals  # [L, D, K]
    gain: Reals  # [L, D], not padded


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
            first.append(first[-1] + _whole(count, TILE_ROWS))
        pool_rows = first[-1]
        begins: dict[str, int] = {}
        for each in relations:
            if isinstance(each, Pool | Units):
                continue
            if each.weights not in begins:
                begins[each.weights] = first[-1]
                sizes.append(0)
                first.append(first[-1] + _whole(nodes.size, CHUNK))
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


class FusedStep:
    """`RelationalStem.step` of one layout, for tensors on the CPU, without gradients.

    Args:
        stem: whose weights are copied.
        layout: of the boards.
        heard: the relations of the layout along which messages go.
    """

    def __init__(self, stem: RelationalStem, layout: Layout, heard: Sequence[Relation]) -> None:
        routes = Routes.of(layout.lattice, heard)
        parts = PartRoutes.of(layout, stem.config.overlaps > 0)
        self._tables = routes.first, routes.pools, routes.hears, parts
        loudness = stem.config.loudness(layout.symbols) / layout.symbols
        layers = (_weights(layer, routes, stem.config, loudness) for layer in stem.layers)
        self._weights = Weights(*map(np.stack, zip(*layers, strict=True)))

    @torch.inference_mode()
    def __call__(self, state: State, inputs: Tensor) -> State:
        (z_BND,) = state
        out = torch.empty_like(z_BND)
        arrays = (tensor.contiguous().numpy() for tensor in (z_BND, inputs, out))
        step(*arrays, self._weights, *self._tables)
        return (out,)


def _weights(layer: Any, routes: Routes, config: StemConfig, loudness: float) -> tuple[Reals, ...]:
    """Those of one layer, in the order of `Weights`; `loudness` of a member of a unit."""
    shares = [config.loudness(size) / size if size else 1.0 for size in routes.sizes]
    gate, value = (_padded(part.T) for part in layer.up.weight.chunk(2))
    return (
        _padded(layer.message.weight.T),
        _padded(layer.message.bias),
        np.stack(
            [
                _padded(share * layer.relation[name].weight.T)
                for name, share in zip(routes.weights, shares, strict=True)
            ]
        ),
        _padded(layer.relation_bias),
        np.concatenate([gate, value], axis=1),
        _padded(layer.down.weight.T),
        *_weights_of_parts(layer, config, loudness),
        layer.gain.detach().numpy(),
    )


def _weights_of_parts(layer: Any, config: StemConfig, loudness: float) -> tuple[Reals, ...]:
    if not config.overlaps:
        messages, width = (_whole(n, TILE_COLUMNS) for n in (config.messages, config.width))
        sizes: tuple[tuple[int, ...], ...] = (messages, 0), (0,), (width, 0)
        return tuple(np.zeros(size, np.float32) for size in sizes)
    return (
        _padded(loudness * torch.cat([layer.inside.weight, layer.whole.weight]).T),
        (loudness * layer.inside.bias).detach().numpy(),
        _padded(layer.locked.weight),
    )


def _padded(weight: Tensor) -> Reals:
    """With zeros up to whole tiles."""
    missing = [(-length) % TILE_COLUMNS for length in reversed(weight.shape)]
    padding = [amount for end in missing for amount in (0, end)]
    padded: Reals = F.pad(weight.detach(), padding).contiguous().numpy()
    return padded


def _whole(count: int, by: int) -> int:
    """The least multiple that is no smaller."""
    return -(-count // by) * by


@compiled
def step(
    state: Reals,
    told: Reals,
    out: Reals,
    weights: Weights,
    first: Places,
    pools: Sums,
    hears: Sums,
    parts: PartRoutes,
) -> None:
    """All layers of a step.

    Args:
        state: `[B, N, D]`.
        told: likewise; what is recalled.
        out: likewise, written.
        weights: of all layers.
        first: as in `Routes`, and so is the rest.
        pools: see there.
        hears: see there.
        parts: of units.
    """
    message, message_bias, relation, relation_bias, up, down, of_parts, bias, locked, gain = weights
    kind, nodes = state.dtype, state.shape[1]
    whole = (nodes + CHUNK - 1) // CHUNK * CHUNK
    said = np.zeros((whole, message.shape[2]), kind)
    pooled = np.zeros((len(pools.starts) - 1, message.shape[2]), kind)
    heard = np.zeros((first[-1], down.shape[2]), kind)
    near = np.zeros((CHUNK, down.shape[2]), kind)
    gated = np.empty((CHUNK, down.shape[1]), kind)
    nothing = np.zeros_like(relation_bias[0])
    with_parts = len(parts.unit) > 0
    told_apart = np.empty((whole if with_parts else 0, of_parts.shape[2]), kind)
    units = np.empty((len(parts.units.starts) - 1, of_parts.shape[2]), kind)
    concluded = np.zeros((len(parts.unit), locked.shape[2]), kind)
    learned = np.zeros((CHUNK, locked.shape[2]), kind)
    for puzzle in range(len(state)):
        recalled, fresh = told[puzzle], out[puzzle]
        for layer in range(len(message)):
            old = fresh if layer else state[puzzle]
            for start in range(0, whole, CHUNK):
                near[:] = 0
                _meet(old, recalled, nothing, start, near)
                spoken = said[start : start + CHUNK]
                matrices.silu_product(near, message[layer], message_bias[layer], spoken)
            matrices.row_sums(said, pools.members, pools.starts, pooled)
            for source in range(relation.shape[1]):
                rows = heard[first[source] : first[source + 1]]
                of_nodes = first[source] >= len(pooled)
                spoken = said if of_nodes else pooled[first[source] : first[source + 1]]
                matrices.product(spoken, relation[layer, source], rows)
            if with_parts:
                matrices.product(said, of_parts[layer], told_apart)
                matrices.row_sums(told_apart, parts.units.members, parts.units.starts, units)
                _conclude(told_apart, units, bias[layer], parts, concluded)
            for start in range(0, whole, CHUNK):
                matrices.row_sums(
                    heard, hears.members, hears.starts[start : start + CHUNK + 1], near
                )
                if with_parts:
                    ends = parts.seen.starts[start : start + CHUNK + 1]
                    matrices.row_sums(concluded, parts.seen.members, ends, learned)
                    matrices.add_product(learned, locked[layer], near)
                _meet(old, recalled, relation_bias[layer], start, near)
                matrices.gated_product(near, up[layer], gated)
                matrices.product(gated, down[layer], near)
                _renew(old, near, gain[layer], start, fresh)


@inlined
def _conclude(told: Reals, units: Reals, bias: Reals, parts: PartRoutes, concluded: Reals) -> None:
    """What each part of a unit gives, from sums over the part and over the unit."""
    count, starts = len(bias), parts.inside.starts
    matrices.row_sums(told, parts.inside.members, starts, concluded)
    for row in range(len(concluded)):
        unit, size = parts.unit[row], np.float32(starts[row + 1] - starts[row])
        for k in range(count):
            concluded[row, k] += units[unit, count + k] + size * bias[k]
            concluded[row, k] *= sigmoid(concluded[row, k])


@inlined
def _meet(state: Reals, told: Reals, bias: Reals, start: int, near: Reals) -> None:
    """Add a chunk of the state to what is near, what it recalls, and a bias."""
    for row in range(min(CHUNK, len(state) - start)):
        for d in range(state.shape[1]):
            near[row, d] += state[start + row, d] + told[start + row, d] + bias[d]


@inlined
def _renew(state: Reals, change: Reals, gain: Reals, start: int, fresh: Reals) -> None:
    """The next state of a chunk: the old one changed and normalised."""
    width = state.shape[1]
    for row in range(min(CHUNK, len(state) - start)):
        total = gain[0] * np.float32(0)
        for d in range(width):
            change[row, d] += state[start + row, d]
            total += change[row, d] * change[row, d]
        scale = ONE / np.sqrt(total / np.float32(width) + EPSILON)
        for d in range(width):
            fresh[start + row, d] = change[row, d] * scale * gain[d]
