"""What tokens of ARC hear, and the next state that they make of it.

Shape legend and rules: as in `chunks.py`.

    >>> renew(told, runs, maps, modes, state)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from puzzlesolver.models.arc import chunks
from puzzlesolver.models.arc.chunks import CHUNK, ONE, ZERO, At
from puzzlesolver.models.code.matrices import Places, Reals, add_product, compiled, inlined, product
from puzzlesolver.models.code.simd import sigmoid

EPSILON = np.float32(1e-6)
"""Added to the mean square before the root."""


class Heard(NamedTuple):
    """What tokens, colours and cells have to hear in a step, or its gradients."""

    x: Reals  # [4, D, T], in modes
    arrived: Reals  # [8, T, S]
    shared: Reals  # [4, 2P, T], the means over two kinds of groups
    by_colour: Reals  # [4, N, R], what each colour is told, in modes
    by_cell: Reals  # [4, N, C], what each cell is told, in modes


class Maps(NamedTuple):
    """The weights of what is heard, or their gradients."""

    up: Reals  # [4, 2H, N], a map of modes
    rule: Reals  # [2H], added to what it gives
    down: Reals  # [4, D, H], a map of modes
    gain: Reals  # [D]


class Scratch(NamedTuple):
    """What is computed of a chunk, from what it hears to its fresh state."""

    rows: Reals  # [8, S, CHUNK]
    heard: Reals  # [4, N, CHUNK]
    risen: Reals  # [4, 2H, CHUNK]
    gated: Reals  # [4, H, CHUNK]
    fresh: Reals  # [4, D, CHUNK]
    scale: Reals  # [CHUNK]


@compiled
def renew(told: Heard, runs: Places, maps: Maps, modes: Reals, state: Reals) -> None:
    """From what every token hears to its next `state[4, D, T]`, by a gated unit and a norm."""
    chunk = _scratch(told, maps)
    fresh, scale, gain = chunk.fresh, chunk.scale, maps.gain
    for start in range(0, state.shape[2], CHUNK):
        _rise(told, runs, maps, modes, start, chunk)
        for v in range(4):
            for c in range(state.shape[1]):
                for t in range(min(CHUNK, state.shape[2] - start)):
                    state[v, c, At(start + t)] = fresh[v, c, t] * scale[t] * gain[c]


@compiled
def renew_backward(
    by_state: Reals,
    told: Heard,
    runs: Places,
    maps: Maps,
    modes: Reals,
    by_told: Heard,
    by_maps: Maps,
) -> None:
    """The gradients of `renew`; those of `x`, `arrived` and `shared` are written, others added."""
    up, rule, down, gain = maps
    by_x, by_arrived, by_shared, from_colour, from_cell = by_told
    by_up, by_rule, by_down, by_gain = by_maps
    width, tokens = by_x.shape[1], by_x.shape[2]
    scanned, pooled = by_arrived.shape[2], by_shared.shape[1]
    chunk = _scratch(told, maps)
    rows, heard, risen, gated, fresh, scale = chunk
    by_risen, by_gated, by_fresh = np.empty_like(risen), np.empty_like(gated), np.empty_like(fresh)
    fall, rise = chunks.transposed(down), chunks.transposed(up)
    for start in range(0, tokens, CHUNK):
        count = min(CHUNK, tokens - start)
        _rise(told, runs, maps, modes, start, chunk)

        chunks.load(by_state, start, 0, by_fresh)
        _normalise_backward(fresh, scale, gain, by_fresh, by_gain)
        for v in range(4):
            add_product(by_fresh[v], gated[v], by_down[v])
            product(fall[v], by_fresh[v], by_gated[v])
        chunks.from_modes(by_gated, 0, modes)
        _gate_backward(by_gated, risen, rule, by_risen, by_rule)
        chunks.to_modes(by_risen, 0, modes)
        for v in range(4):
            add_product(by_risen[v], heard[v], by_up[v])
            product(rise[v], by_risen[v], heard[v])
        for v in range(4):
            for c in range(width):
                for t in range(count):
                    by_x[v, c, At(start + t)] = by_fresh[v, c, t] + heard[v, c, t]
        for run in range(len(runs)):
            first, last, cell = _part(runs, run, start)
            if first >= last:
                continue
            for v in range(4):
                for c in range(heard.shape[1]):
                    total = gain[0] * ZERO
                    for t in range(last - first):
                        back = heard[v, c, At(first + t)]
                        total += back
                        from_cell[v, c, At(cell + t)] += back
                    from_colour[v, c, run] += total
        chunks.from_modes(heard, width, modes)
        chunks.spread(heard, width, width + scanned, rows)
        for v in range(4):
            for p in range(pooled):
                for t in range(count):
                    by_shared[v, p, At(start + t)] = heard[v, width + 2 * scanned + p, t]
        chunks.store_ways(rows, start, by_arrived)


@inlined
def _scratch(told: Heard, maps: Maps) -> Scratch:
    up, _, down, _ = maps
    kind, hidden = told.x.dtype, down.shape[2]
    return Scratch(
        np.empty((8, told.arrived.shape[2], CHUNK), kind),
        np.empty((4, up.shape[2], CHUNK), kind),
        np.empty((4, 2 * hidden, CHUNK), kind),
        np.empty((4, hidden, CHUNK), kind),
        np.empty((4, down.shape[1], CHUNK), kind),
        np.empty(CHUNK, kind),
    )


@inlined
def _rise(told: Heard, runs: Places, maps: Maps, modes: Reals, start: int, chunk: Scratch) -> None:
    """What a chunk hears, and through the gated unit its fresh state and the scale of that."""
    up, rule, down, _ = maps
    rows, heard, risen, gated, fresh, scale = chunk
    _hear(told, runs, modes, start, rows, heard)
    for v in range(4):
        product(up[v], heard[v], risen[v])
    chunks.from_modes(risen, 0, modes)
    _gate(risen, rule, gated)
    chunks.to_modes(gated, 0, modes)
    for v in range(4):
        product(down[v], gated[v], fresh[v])
    _normalise(told.x, start, fresh, scale)


@inlined
def _hear(told: Heard, runs: Places, modes: Reals, start: int, rows: Reals, heard: Reals) -> None:
    """Everything that a chunk hears, `heard[4, N, CHUNK]` in modes, zero beyond the last token."""
    x, arrived, shared, by_colour, by_cell = told
    width, scanned, pooled = x.shape[1], arrived.shape[2], shared.shape[1]
    chunks.load_ways(arrived, start, rows)
    chunks.load(shared, start, width + 2 * scanned, heard)
    chunks.collect(rows, width, width + scanned, heard)
    chunks.to_modes(heard, width, modes)
    chunks.load(x, start, 0, heard)
    for run in range(len(runs)):
        first, last, cell = _part(runs, run, start)
        if first >= last:
            continue
        for v in range(4):
            for c in range(width + 2 * scanned + pooled):
                told = by_colour[v, c, run]
                for t in range(last - first):
                    heard[v, c, At(first + t)] += told + by_cell[v, c, At(cell + t)]


@inlined
def _part(runs: Places, run: int, start: int) -> tuple[int, int, int]:
    """Where in a chunk a run begins and ends, if it does, and the cell at which it begins."""
    token, count, cell = runs[run, 0], runs[run, 1], runs[run, 2]
    first = max(token - start, 0)
    return first, min(token + count - start, CHUNK), cell + start + first - token


@inlined
def _gate(risen: Reals, rule: Reals, gated: Reals) -> None:
    """The gated unit: SiLU of the first half of the channels times the second half."""
    hidden = gated.shape[1]
    for v in range(4):
        for h in range(hidden):
            opening, lifting = risen[v, h], risen[v, hidden + h]
            open_more, lift_more, out = rule[h], rule[hidden + h], gated[v, h]
            for t in range(CHUNK):
                opens = opening[t] + open_more
                out[t] = opens * sigmoid(opens) * (lifting[t] + lift_more)


@inlined
def _gate_backward(
    by_gated: Reals, risen: Reals, rule: Reals, by_risen: Reals, by_rule: Reals
) -> None:
    """The gradients of `_gate`; those of `rule` are added."""
    hidden = by_gated.shape[1]
    for v in range(4):
        for h in range(hidden):
            opening, lifting, back = risen[v, h], risen[v, hidden + h], by_gated[v, h]
            open_more, lift_more = rule[h], rule[hidden + h]
            by_opening, by_lifting = by_risen[v, h], by_risen[v, hidden + h]
            for t in range(CHUNK):
                opens = opening[t] + open_more
                lets = sigmoid(opens)
                slope = lets * (ONE + opens * (ONE - lets))
                by_opening[t] = back[t] * (lifting[t] + lift_more) * slope
                by_lifting[t] = back[t] * opens * lets
            by_rule[h] += chunks.total_of(by_opening)
            by_rule[hidden + h] += chunks.total_of(by_lifting)


@inlined
def _normalise(x: Reals, start: int, fresh: Reals, scale: Reals) -> None:
    """Add `x` to a chunk, and find by what its length is to be multiplied."""
    width, count = fresh.shape[1], min(CHUNK, x.shape[2] - start)
    for t in range(CHUNK):
        scale[t] = 0
    for v in range(4):
        for c in range(width):
            for t in range(count):
                fresh[v, c, t] += x[v, c, At(start + t)]
            for t in range(CHUNK):
                scale[t] += fresh[v, c, t] * fresh[v, c, t]
    share = ONE / np.float32(4 * width)
    for t in range(CHUNK):
        scale[t] = ONE / np.sqrt(scale[t] * share + EPSILON)


@inlined
def _normalise_backward(
    fresh: Reals, scale: Reals, gain: Reals, by_fresh: Reals, by_gain: Reals
) -> None:
    """Gradients by what is scaled and gained become those by what was normalised."""
    width, along = fresh.shape[1], np.zeros(CHUNK, scale.dtype)
    for v in range(4):
        for c in range(width):
            own, back, grows, total = fresh[v, c], by_fresh[v, c], gain[c], ZERO * gain[c]
            for t in range(CHUNK):
                total += back[t] * own[t] * scale[t]
                back[t] *= grows
                along[t] += back[t] * own[t]
            by_gain[c] += total
    share = ONE / np.float32(4 * width)
    for t in range(CHUNK):
        along[t] *= scale[t] * scale[t] * scale[t] * share
    for v in range(4):
        for c in range(width):
            own, back = fresh[v, c], by_fresh[v, c]
            for t in range(CHUNK):
                back[t] = back[t] * scale[t] - own[t] * along[t]
