"""A step of the relational stem as machine code, for refinement on a CPU.

As operations of torch a step passes every number through memory some twenty times. Here a puzzle
stays in a core's cache, and of it a chunk of nodes in the first level from what it hears to its
next state. The equations are those of `models/stem.py`; only rounding differs.

Shape legend: B puzzles, N nodes, D width, M message width, H hidden width, L layers; S sources of
what is heard, Q their rows, R relations. Widths are padded with zeros to whole vectors.

    >>> step = FusedStep(stem, layout, heard_on(layout, stem.config))
    >>> (z_BND,) = step((z_BND,), e_BND)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from puzzlesolver.models.code import amx, matrices
from puzzlesolver.models.code.matrices import Factor, Pairs, Places, Reals, compiled, inlined
from puzzlesolver.models.code.routes import CHUNK, PartRoutes, Routes, Sums, rounded_up
from puzzlesolver.models.code.simd import LANES, sigmoid
from puzzlesolver.models.code.tiles import PAIRS_ARE_FASTER
from puzzlesolver.models.interface import State
from puzzlesolver.models.relations import Layout, Relation

if TYPE_CHECKING:
    from puzzlesolver.models.stem import RelationalStem, StemConfig

ONE = np.float32(1)
EPSILON = np.float32(np.finfo(np.float32).eps)
"""Added to the mean square before the root, as `torch.nn.functional.rms_norm` does."""


class Weights(NamedTuple):
    """Those of all layers, as `step` takes them."""

    message: Factor  # [L, D, M]
    message_bias: Reals  # [L, M]
    relation: Factor  # [L, S, M, D], from a row of a source to what is heard
    relation_bias: Reals  # [L, D]
    up: Factor  # [L, D, 2H], gates, then values
    down: Factor  # [L, H, D]
    parts: Factor  # [L, M, 2K], for the parts of units, then for whole units; K = 0 without
    parts_bias: Reals  # [L, K], not padded
    locked: Reals  # [L, K, D]
    gain: Reals  # [L, D], not padded


FACTORS = "message", "relation", "up", "down", "parts"
"""`Weights` of the large products."""


class FusedStep:
    """`RelationalStem.step` of one layout, for tensors on the CPU, without gradients.

    Args:
        stem: whose weights are copied.
        layout: of the boards.
        heard: the relations of the layout along which messages go.
        dtype: of the factors of large products, as far as `factors_of` allows; all else is float32.
    """

    def __init__(
        self,
        stem: RelationalStem,
        layout: Layout,
        heard: Sequence[Relation],
        dtype: torch.dtype = torch.float32,
    ) -> None:
        routes = Routes.of(layout.lattice, heard)
        parts = PartRoutes.of(layout, stem.config.overlaps > 0)
        self._tables = routes.first, routes.pools, routes.hears, parts
        loudness = stem.config.loudness(layout.symbols) / layout.symbols
        layers = (_weights(layer, routes, stem.config, loudness) for layer in stem.layers)
        self._weights = Weights(*map(np.stack, zip(*layers, strict=True)))
        if factors_of(dtype) is np.uint32:
            pairs = ((name, pairs_of(getattr(self._weights, name))) for name in FACTORS)
            self._weights = self._weights._replace(**dict[str, Any](pairs))

    @torch.inference_mode()
    def __call__(self, state: State, inputs: Tensor) -> State:
        (z_BND,) = state
        out = torch.empty_like(z_BND)
        arrays = (tensor.contiguous().numpy() for tensor in (z_BND, inputs, out))
        step(*arrays, self._weights, *self._tables)
        return (out,)


def factors_of(dtype: torch.dtype) -> type[np.uint32 | np.float32]:
    """What factors are made of: pairs of bfloat16 if asked for and faster here, else float32."""
    return np.uint32 if dtype == torch.bfloat16 and PAIRS_ARE_FASTER else np.float32


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
        messages, width = (rounded_up(n, LANES) for n in (config.messages, config.width))
        sizes: tuple[tuple[int, ...], ...] = (messages, 0), (0,), (0, width)
        return tuple(np.zeros(size, np.float32) for size in sizes)
    return (
        _padded(loudness * torch.cat([layer.inside.weight, layer.whole.weight]).T),
        (loudness * layer.inside.bias).detach().numpy(),
        _padded(layer.locked.weight.T),
    )


def pairs_of(weights: Reals) -> Pairs:
    """A right factor as pairs of bfloat16: two rows in one."""
    halves = torch.from_numpy(weights).bfloat16().view(torch.int16).numpy()
    pairs: Pairs = np.stack([halves[..., ::2, :], halves[..., 1::2, :]], -1).view(np.uint32)[..., 0]
    return pairs


def _padded(weight: Tensor) -> Reals:
    """With zeros up to whole vectors."""
    missing = [(-length) % LANES for length in reversed(weight.shape)]
    padding = [amount for end in missing for amount in (0, end)]
    padded: Reals = F.pad(weight.detach(), padding).contiguous().numpy()
    return padded


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
    gated = np.empty((CHUNK, up.shape[2] // 2), kind)
    nothing = np.zeros_like(relation_bias[0])
    with_parts = len(parts.unit) > 0
    told_apart = np.empty((whole if with_parts else 0, of_parts.shape[2]), kind)
    units = np.empty((len(parts.units.starts) - 1, of_parts.shape[2]), kind)
    concluded = np.zeros((len(parts.unit), locked.shape[1]), kind)
    learned = np.zeros((CHUNK, locked.shape[1]), kind)
    near_room = np.empty((CHUNK, up.shape[1]), up.dtype)
    gated_room = np.empty((CHUNK, down.shape[1]), up.dtype)
    said_room = np.empty((max(whole, len(pooled)), relation.shape[2]), up.dtype)
    amx.begin(up)
    for puzzle in range(len(state)):
        recalled, fresh = told[puzzle], out[puzzle]
        for layer in range(len(message)):
            old = fresh if layer else state[puzzle]
            for start in range(0, whole, CHUNK):
                near[:] = 0
                _meet(old, recalled, nothing, start, near)
                spoken = said[start : start + CHUNK]
                words = matrices.factor(near, near_room)
                matrices.silu_product(words, message[layer], message_bias[layer], spoken)
            matrices.row_sums(said, pools.members, pools.starts, pooled)
            for source in range(relation.shape[1]):
                rows = heard[first[source] : first[source + 1]]
                of_nodes = first[source] >= len(pooled)
                spoken = said if of_nodes else pooled[first[source] : first[source + 1]]
                words = matrices.factor(spoken, said_room[: len(spoken)])
                matrices.tiled_product(words, relation[layer, source], rows)
            if with_parts:
                words = matrices.factor(said, said_room[:whole])
                matrices.tiled_product(words, of_parts[layer], told_apart)
                matrices.row_sums(told_apart, parts.units.members, parts.units.starts, units)
                _conclude(told_apart, units, bias[layer], parts, concluded)
            for start in range(0, whole, CHUNK):
                matrices.row_sums(
                    heard, hears.members, hears.starts[start : start + CHUNK + 1], near
                )
                if with_parts:
                    ends = parts.seen.starts[start : start + CHUNK + 1]
                    matrices.row_sums(concluded, parts.seen.members, ends, learned)
                    matrices.add_tiled_product(learned, locked[layer], near)
                _meet(old, recalled, relation_bias[layer], start, near)
                matrices.gated_product(matrices.factor(near, near_room), up[layer], gated)
                matrices.tiled_product(matrices.factor(gated, gated_room), down[layer], near)
                _renew(old, near, gain[layer], start, fresh)
    amx.end(up)


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
