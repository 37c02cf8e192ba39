"""One recurrent step of the ARC stem as machine code, forward and backward.

A fit is tens of thousands of such steps of a small network on a few thousand tokens; as separate
operations of torch they spend their time on passing numbers through memory. Here a chunk of tokens
stays in the cache from the state to what it says, and from what it hears to the next state.

Arrays are of one kind, float32 or float64; the last arguments are written. Backward passes compute
again what is local to a token; only what crossed tokens is kept for them.

All of it but products is one file, long as it is: numba notices that machine code on the disk is
old by the file of the function, and not by those that it calls.

Shape legend: T tokens, D width, S scanned and P pooled channels, N = D + 2S + P heard ones, H
hidden width, R runs (a colour of a sheet), C cells of all sheets; 4 = directions, or the modes of
their symmetry group (see `modes.py`), 8 = directions and diagonals.

    >>> speak(state, told, weight, decay, modes, x, gate, news, message)
    >>> travel(gate, news, lines, arrived)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from puzzlesolver.models.matrices import (
    Places,
    Reals,
    add_product,
    compiled,
    inlined,
    product,
    sigmoid,
)

MATRICES = "053affe3"
"""Of that file: when it changes, so must this one."""

CHUNK = 128
"""Tokens computed together: what they need fits into the first level of the cache."""

At = np.uint64
"""Of indices that are sums: what cannot be negative needs no check, and loops become vectors."""

ONE = np.float32(1)
ZERO = np.float32(0)
EPSILON = np.float32(1e-6)
"""Added to the mean square before the root."""

TIE = np.float32(1e-5)
"""Maxima so close share the gradient: tokens that are alike have equal states but for rounding, and
turned grids must have turned gradients."""


class Heard(NamedTuple):
    """What tokens, colours and cells have to hear in a step, or its gradients."""

    x: Reals  # [4, D, T], in modes
    arrived: Reals  # [8, T, S]
    shared: Reals  # [4, P, T]
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


@inlined
def _transposed(weight: Reals) -> Reals:
    modes, outputs, inputs = weight.shape
    transposed = np.empty((modes, inputs, outputs), weight.dtype)
    for v in range(modes):
        for o in range(outputs):
            for i in range(inputs):
                transposed[v, i, o] = weight[v, o, i]
    return transposed


@inlined
def _sum(row: Reals) -> float:
    total: float = row[0] * ZERO
    for t in range(CHUNK):
        total += row[t]
    return total


@inlined
def _copy(row: Reals, out: Reals) -> None:
    for t in range(CHUNK):
        out[t] = row[t]


@inlined
def _add(row: Reals, other: Reals, out: Reals) -> None:
    for t in range(CHUNK):
        out[t] = row[t] + other[t]


@inlined
def _to_modes(x: Reals, first: int, modes: Reals) -> None:
    """Directions `[4, c, CHUNK]` become modes, from channel `first` on."""
    half, root = modes[0, 0], modes[2, 0]
    for c in range(first, x.shape[1]):
        for t in range(CHUNK):
            along, across = x[0, c, t] + x[2, c, t], x[1, c, t] + x[3, c, t]
            x[2, c, t] = (x[0, c, t] - x[2, c, t]) * root
            x[3, c, t] = (x[1, c, t] - x[3, c, t]) * root
            x[0, c, t] = (along + across) * half
            x[1, c, t] = (along - across) * half


@inlined
def _from_modes(x: Reals, first: int, modes: Reals) -> None:
    """The inverse, which is also the transpose."""
    half, root = modes[0, 0], modes[2, 0]
    for c in range(first, x.shape[1]):
        for t in range(CHUNK):
            along = (x[0, c, t] + x[1, c, t]) * half
            across = (x[0, c, t] - x[1, c, t]) * half
            ahead, down = x[2, c, t] * root, x[3, c, t] * root
            x[0, c, t], x[2, c, t] = along + ahead, along - ahead
            x[1, c, t], x[3, c, t] = across + down, across - down


@inlined
def _load(x: Reals, start: int, first: int, out: Reals) -> None:
    """A chunk of `x[4, c, T]`, into the channels from `first` on; zero beyond the last token."""
    count = min(CHUNK, x.shape[2] - start)
    for v in range(x.shape[0]):
        for c in range(x.shape[1]):
            for t in range(count):
                out[v, first + c, t] = x[v, c, At(start + t)]
            for t in range(count, CHUNK):
                out[v, first + c, t] = 0


@inlined
def _load_rows(x: Reals, start: int, out: Reals) -> None:
    """A chunk of `x[8, T, S]` as `[8, S, CHUNK]`; zero beyond the last token."""
    count = min(CHUNK, x.shape[1] - start)
    for v in range(x.shape[0]):
        for s in range(x.shape[2]):
            for t in range(count):
                out[v, s, t] = x[v, At(start + t), s]
            for t in range(count, CHUNK):
                out[v, s, t] = 0


@inlined
def _store_rows(x: Reals, start: int, out: Reals) -> None:
    """The inverse: `x[8, S, CHUNK]` into `out[8, T, S]`."""
    for v in range(out.shape[0]):
        for t in range(min(CHUNK, out.shape[1] - start)):
            for s in range(out.shape[2]):
                out[v, At(start + t), s] = x[v, s, t]


@inlined
def _say(weight: Reals, x: Reals, modes: Reals, said: Reals, gates: Reals, news: Reals) -> None:
    """What a chunk says, `[4, 4S + P, CHUNK]`, and of it what becomes gates and news, `[8, S, …]`.

    A diagonal speaks for the two directions between which it lies.
    """
    scanned = gates.shape[1]
    for v in range(4):
        product(weight[v], x[v], said[v])
    _from_modes(said, 0, modes)
    for v in range(4):
        own, next_ = said[v], said[(v + 1) % 4]
        for s in range(scanned):
            _copy(own[s], gates[v, s])
            _copy(own[scanned + s], news[v, s])
            _add(own[2 * scanned + s], next_[2 * scanned + s], gates[4 + v, s])
            _add(own[3 * scanned + s], next_[3 * scanned + s], news[4 + v, s])


@compiled
def speak(
    state: Reals,
    told: Reals,
    weight: Reals,
    decay: Reals,
    modes: Reals,
    x: Reals,
    gate: Reals,
    news: Reals,
    message: Reals,
) -> None:
    """From the state to what every token says.

    Args:
        state: `[4, D, T]`, in modes.
        told: likewise; what is added to it.
        weight: `[4, 4S + P, D]`, a map of modes: gate and news of directions, of diagonals, a
            message.
        decay: `[S]`, of gates.
        modes: `[4, 4]`.
        x: `[4, D, T]`, `state + told`.
        gate: `[8, T, S]`, the share that a token lets through.
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
        _store_rows(opened, start, gate)
        _store_rows(added, start, news)
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
    mixed = _transposed(weight)
    for start in range(0, tokens, CHUNK):
        count = min(CHUNK, tokens - start)
        _load(x, start, 0, near)
        _say(weight, near, modes, said, opened, added)
        _load_rows(by_gate, start, by_opened)
        _load_rows(by_news, start, by_added)
        for way in range(8):
            for s in range(scanned):
                opening, adding, more = opened[way, s], added[way, s], decay[s]
                by_opening, by_adding = by_opened[way, s], by_added[way, s]
                for t in range(CHUNK):
                    opens, adds = sigmoid(opening[t] + more), adding[t]
                    shut, share = ONE - opens, sigmoid(adds)
                    by_opening[t] = (by_opening[t] - by_adding[t] * adds * share) * opens * shut
                    by_adding[t] *= shut * share * (ONE + adds * (ONE - share))
                by_decay[s] += _sum(by_opening)
        for v in range(4):
            for s in range(scanned):
                own, before = 4 + v, 4 + (v - 1) % 4
                _copy(by_opened[v, s], back[v, s])
                _copy(by_added[v, s], back[v, scanned + s])
                _add(by_opened[own, s], by_opened[before, s], back[v, 2 * scanned + s])
                _add(by_added[own, s], by_added[before, s], back[v, 3 * scanned + s])
            for p in range(4 * scanned, said.shape[1]):
                for t in range(count):
                    says, share = said[v, p, t], sigmoid(said[v, p, t])
                    slope = share * (ONE + says * (ONE - share))
                    back[v, p, t] = by_message[v, p - 4 * scanned, At(start + t)] * slope
                for t in range(count, CHUNK):
                    back[v, p, t] = 0
        _to_modes(back, 0, modes)
        for v in range(4):
            add_product(back[v], near[v], by_weight[v])
            product(mixed[v], back[v], near[v])
            for c in range(x.shape[1]):
                for t in range(count):
                    by_x[v, c, At(start + t)] += near[v, c, t]


@compiled
def travel(gate: Reals, news: Reals, lines: Places, arrived: Reals) -> None:
    """What arrives at every token from behind: s_t = gate_{t-1} s_{t-1} + news_{t-1}, s_0 = 0.

    Args:
        gate: `[8, T, S]`.
        news: `[8, T, S]`.
        lines: `[lines, 4]`: direction, first token, step to the next one, length.
        arrived: `[8, T, S]`.
    """
    for line in range(len(lines)):
        way, token, step, length = lines[line, 0], lines[line, 1], lines[line, 2], lines[line, 3]
        for s in range(gate.shape[2]):
            arrived[way, token, s] = 0
        for place in range(length - 1):
            at = token + step * place
            for s in range(gate.shape[2]):
                arrived[way, at + step, s] = (
                    gate[way, at, s] * arrived[way, at, s] + news[way, at, s]
                )


@compiled
def travel_backward(
    by_arrived: Reals, gate: Reals, arrived: Reals, lines: Places, by_gate: Reals, by_news: Reals
) -> None:
    """The gradients of `travel`, written into `by_gate` and `by_news`."""
    for line in range(len(lines)):
        way, token, step, length = lines[line, 0], lines[line, 1], lines[line, 2], lines[line, 3]
        last = token + step * (length - 1)
        for s in range(gate.shape[2]):
            by_gate[way, last, s] = by_news[way, last, s] = 0
        for place in range(length - 2, -1, -1):
            at = token + step * place
            for s in range(gate.shape[2]):
                left = (
                    by_arrived[way, at + step, s]
                    + gate[way, at + step, s] * by_news[way, at + step, s]
                )
                by_news[way, at, s] = left
                by_gate[way, at, s] = left * arrived[way, at, s]


@compiled
def average(rows: Reals, member: Places, sizes: Places, out: Reals) -> None:
    """The mean over the group of every token; its own gradient, as it is a symmetric projection.

    Args:
        rows: `[4, P, T]`.
        member: `[T]`, the group of each token.
        sizes: of the groups.
        out: `[4, P, T]`.
    """
    mean = np.empty(len(sizes), rows.dtype)
    for v in range(rows.shape[0]):
        for p in range(rows.shape[1]):
            for group in range(len(sizes)):
                mean[group] = 0
            for t in range(len(member)):
                mean[member[t]] += rows[v, p, t]
            for group in range(len(sizes)):
                mean[group] /= sizes[group]
            for t in range(len(member)):
                out[v, p, t] = mean[member[t]]


@compiled
def pool(message: Reals, runs: Places, sheets: Places, by_colour: Reals, by_cell: Reals) -> None:
    """Means, then maxima, over the cells of each run and over the colours of each cell.

    Args:
        message: `[4, P, T]`.
        runs: `[R, 3]`: first token, how many, number of its first cell.
        sheets: `[sheets, 2]`: first run, how many.
        by_colour: `[4, 2P, R]`.
        by_cell: `[4, 2P, C]`.
    """
    pooled = message.shape[1]
    for v in range(4):
        for p in range(pooled):
            for sheet in range(len(sheets)):
                first, colours = sheets[sheet, 0], sheets[sheet, 1]
                count, cell = runs[first, 1], runs[first, 2]
                mean, most = by_cell[v, p, cell:], by_cell[v, pooled + p, cell:]
                for c in range(count):
                    mean[c], most[c] = 0, -np.inf
                for run in range(first, first + colours):
                    said = message[v, p, runs[run, 0] :]
                    total, largest = said[0] * ZERO, said[0]
                    for c in range(count):
                        total += said[c]
                        largest = max(largest, said[c])
                        mean[c] += said[c]
                        most[c] = max(most[c], said[c])
                    by_colour[v, p, run] = total / count
                    by_colour[v, pooled + p, run] = largest
                for c in range(count):
                    mean[c] /= np.float32(colours)


@compiled
def pool_backward(
    message: Reals,
    runs: Places,
    sheets: Places,
    by_colour: Reals,
    by_cell: Reals,
    from_colour: Reals,
    from_cell: Reals,
    by_message: Reals,
) -> None:
    """The gradients of `pool` by `from_colour` and `from_cell`, added to `by_message[4, P, T]`."""
    pooled = message.shape[1]
    ties = np.empty(by_cell.shape[2], message.dtype)
    for v in range(4):
        for p in range(pooled):
            for sheet in range(len(sheets)):
                first, colours = sheets[sheet, 0], sheets[sheet, 1]
                count, cell = runs[first, 1], runs[first, 2]
                most, mean = by_cell[v, pooled + p, cell:], from_cell[v, p, cell:]
                each, share = from_cell[v, pooled + p, cell:], ONE / np.float32(colours)
                for c in range(count):
                    ties[c] = 0
                for run in range(first, first + colours):
                    said = message[v, p, runs[run, 0] :]
                    for c in range(count):
                        ties[c] += ONE if said[c] >= most[c] - TIE else ZERO
                for run in range(first, first + colours):
                    said, back = message[v, p, runs[run, 0] :], by_message[v, p, runs[run, 0] :]
                    bar, tied = by_colour[v, pooled + p, run] - TIE, said[0] * ZERO
                    for c in range(count):
                        tied += ONE if said[c] >= bar else ZERO
                    alike = from_colour[v, p, run] / np.float32(count)
                    extra = from_colour[v, pooled + p, run] / tied
                    for c in range(count):
                        back[c] += alike + mean[c] * share
                        back[c] += extra if said[c] >= bar else ZERO
                        back[c] += each[c] / ties[c] if said[c] >= most[c] - TIE else ZERO


@inlined
def _hear(told: Heard, runs: Places, modes: Reals, start: int, rows: Reals, heard: Reals) -> None:
    """Everything that a chunk hears, `heard[4, N, CHUNK]` in modes, zero beyond the last token.

    A diagonal is heard by the two directions between which it lies.
    """
    x, arrived, shared, by_colour, by_cell = told
    width, scanned, pooled = x.shape[1], arrived.shape[2], shared.shape[1]
    _load_rows(arrived, start, rows)
    _load(shared, start, width + 2 * scanned, heard)
    for v in range(4):
        for s in range(scanned):
            _copy(rows[v, s], heard[v, width + s])
            _add(rows[4 + v, s], rows[4 + (v - 1) % 4, s], heard[v, width + scanned + s])
    _to_modes(heard, width, modes)
    _load(x, start, 0, heard)
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
    _from_modes(risen, 0, modes)
    _gate(risen, rule, gated)
    _to_modes(gated, 0, modes)
    for v in range(4):
        product(down[v], gated[v], fresh[v])
    _normalise(told.x, start, fresh, scale)


@compiled
def renew(told: Heard, runs: Places, maps: Maps, modes: Reals, state: Reals) -> None:
    """From what every token hears to its next state, by a gated unit and a normalisation.

    Args:
        told: what there is to hear.
        runs: as in `pool`.
        maps: the weights.
        modes: `[4, 4]`.
        state: `[4, D, T]`, in modes.
    """
    chunk = _scratch(told, maps)
    fresh, scale, gain = chunk.fresh, chunk.scale, maps.gain
    for start in range(0, state.shape[2], CHUNK):
        _rise(told, runs, maps, modes, start, chunk)
        for v in range(4):
            for c in range(state.shape[1]):
                for t in range(min(CHUNK, state.shape[2] - start)):
                    state[v, c, At(start + t)] = fresh[v, c, t] * scale[t] * gain[c]


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
            by_rule[h] += _sum(by_opening)
            by_rule[hidden + h] += _sum(by_lifting)


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
    fall, rise = _transposed(down), _transposed(up)
    for start in range(0, tokens, CHUNK):
        count = min(CHUNK, tokens - start)
        _rise(told, runs, maps, modes, start, chunk)

        _load(by_state, start, 0, by_fresh)
        _normalise_backward(fresh, scale, gain, by_fresh, by_gain)
        for v in range(4):
            add_product(by_fresh[v], gated[v], by_down[v])
            product(fall[v], by_fresh[v], by_gated[v])
        _from_modes(by_gated, 0, modes)
        _gate_backward(by_gated, risen, rule, by_risen, by_rule)
        _to_modes(by_risen, 0, modes)
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
        _from_modes(heard, width, modes)
        for v in range(4):
            own, next_ = heard[v], heard[(v + 1) % 4]
            for s in range(scanned):
                _copy(own[width + s], rows[v, s])
                _add(own[width + scanned + s], next_[width + scanned + s], rows[4 + v, s])
            for p in range(pooled):
                for t in range(count):
                    by_shared[v, p, At(start + t)] = heard[v, width + 2 * scanned + p, t]
        _store_rows(rows, start, by_arrived)
