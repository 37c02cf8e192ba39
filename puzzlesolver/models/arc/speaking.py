"""What tokens of ARC say: from the state to gates and news of lines, and to messages for pools.

Shape legend and rules: as in `chunks.py`.

    >>> speak(state, told, weight, decay, signs, modes, x, gate, news, message)
"""

from __future__ import annotations

import numpy as np

from puzzlesolver.models.arc import chunks
from puzzlesolver.models.arc.chunks import CHUNK, ONE, At
from puzzlesolver.models.code.matrices import Reals, add_product, compiled, inlined, product
from puzzlesolver.models.code.simd import sigmoid


@compiled
def speak(
    state: Reals,
    told: Reals,
    weight: Reals,
    decay: Reals,
    signs: Reals,
    modes: Reals,
    x: Reals,
    gate: Reals,
    news: Reals,
    message: Reals,
) -> None:
    """From `x = state + told` to what every token says.

    Args:
        state: `[4, D, T]`, in modes.
        told: likewise, and so is `x`.
        weight: `say` of `hear`.
        decay: see there.
        signs: likewise.
        modes: `[4, 4]`.
        x: written, as the following are.
        gate: `[8, T, S]`, the share that a token lets through, with the sign of its channel.
        news: `[8, T, S]`, what it adds.
        message: `[4, P, T]`, to its component, colour and cell.
    """
    tokens, scanned, kind = state.shape[2], len(decay), state.dtype
    near = np.zeros((4, state.shape[1], CHUNK), kind)
    said = np.empty((4, weight.shape[1], CHUNK), kind)
    opened, added = np.empty((8, scanned, CHUNK), kind), np.empty((8, scanned, CHUNK), kind)
    for start in range(0, tokens, CHUNK):
        count = min(CHUNK, tokens - start)
        for v in range(4):
            for c in range(state.shape[1]):
                for t in range(count):
                    near[v, c, t] = state[v, c, At(start + t)] + told[v, c, At(start + t)]
                    x[v, c, At(start + t)] = near[v, c, t]
        _say(weight, near, modes, said, opened, added)
        for way in range(8):
            for s in range(scanned):
                opening, adding, more = opened[way, s], added[way, s], decay[s]
                for t in range(CHUNK):
                    opening[t] = sigmoid(opening[t] + more)
                for t in range(CHUNK):
                    adding[t] *= (ONE - opening[t]) * sigmoid(adding[t])
                    opening[t] *= signs[s]
        chunks.store_ways(opened, start, gate)
        chunks.store_ways(added, start, news)
        for v in range(4):
            for p in range(message.shape[1]):
                for t in range(count):
                    says = said[v, 4 * scanned + p, t]
                    message[v, p, At(start + t)] = says * sigmoid(says)


@compiled
def speak_backward(
    by_gate: Reals,
    by_news: Reals,
    by_message: Reals,
    x: Reals,
    weight: Reals,
    decay: Reals,
    signs: Reals,
    modes: Reals,
    by_x: Reals,
    by_weight: Reals,
    by_decay: Reals,
) -> None:
    """The gradients of `speak`, added to `by_x[4, D, T]`, `by_weight` and `by_decay`."""
    tokens, scanned, kind = x.shape[2], len(decay), x.dtype
    near = np.empty((4, x.shape[1], CHUNK), kind)
    said = np.empty((4, weight.shape[1], CHUNK), kind)
    back = np.empty((4, weight.shape[1], CHUNK), kind)
    opened, added = np.empty((8, scanned, CHUNK), kind), np.empty((8, scanned, CHUNK), kind)
    by_opened = np.empty((8, scanned, CHUNK), kind)
    by_added = np.empty((8, scanned, CHUNK), kind)
    mixed = chunks.transposed(weight)
    for start in range(0, tokens, CHUNK):
        count = min(CHUNK, tokens - start)
        chunks.load(x, start, 0, near)
        _say(weight, near, modes, said, opened, added)
        chunks.load_ways(by_gate, start, by_opened)
        chunks.load_ways(by_news, start, by_added)
        for way in range(8):
            for s in range(scanned):
                opening, adding, more = opened[way, s], added[way, s], decay[s]
                by_opening, by_adding = by_opened[way, s], by_added[way, s]
                for t in range(CHUNK):
                    opens, adds = sigmoid(opening[t] + more), adding[t]
                    shut, share = ONE - opens, sigmoid(adds)
                    passed = by_opening[t] * signs[s]
                    by_opening[t] = (passed - by_adding[t] * adds * share) * opens * shut
                    by_adding[t] *= shut * share * (ONE + adds * (ONE - share))
                by_decay[s] += chunks.total_of(by_opening)
        chunks.collect(by_opened, 0, 2 * scanned, back)
        chunks.collect(by_added, scanned, 3 * scanned, back)
        for v in range(4):
            for p in range(4 * scanned, said.shape[1]):
                for t in range(count):
                    says, share = said[v, p, t], sigmoid(said[v, p, t])
                    slope = share * (ONE + says * (ONE - share))
                    back[v, p, t] = by_message[v, p - 4 * scanned, At(start + t)] * slope
                for t in range(count, CHUNK):
                    back[v, p, t] = 0
        chunks.to_modes(back, 0, modes)
        for v in range(4):
            add_product(back[v], near[v], by_weight[v])
            product(mixed[v], back[v], near[v])
            for c in range(x.shape[1]):
                for t in range(count):
                    by_x[v, c, At(start + t)] += near[v, c, t]


@inlined
def _say(weight: Reals, x: Reals, modes: Reals, said: Reals, gates: Reals, news: Reals) -> None:
    """What a chunk says, `[4, 4S + P, CHUNK]`, and of it what becomes gates and news."""
    for v in range(4):
        product(weight[v], x[v], said[v])
    chunks.from_modes(said, 0, modes)
    chunks.spread(said, 0, 2 * gates.shape[1], gates)
    chunks.spread(said, gates.shape[1], 3 * gates.shape[1], news)
