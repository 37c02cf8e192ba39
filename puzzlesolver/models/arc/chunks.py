"""What machine code of the ARC stem does with a chunk of tokens: load, store, mix directions.

A fit is tens of thousands of steps of a small network on a few thousand tokens; as separate
operations of torch they spend their time on passing numbers through memory. Here a chunk of tokens
stays in the cache from the state to what it says (`speaking.py`), and from what it hears to the
next state (`renewing.py`); between them what was said crosses tokens (`pooling.py`).

Arrays are of one kind, float32 or float64; the last arguments are written. Backward passes compute
again what is local to a token; only what crossed tokens is kept for them.

Shape legend: T tokens, D width, S scanned and P pooled channels, N = D + 2S + P heard ones, H
hidden width, R runs (a colour of a sheet), C cells of all sheets; 4 = directions, or the modes of
their symmetry group (see `modes.py`), 8 = ways: directions and diagonals.

    >>> load(x, start, 0, near)
"""

from __future__ import annotations

import numpy as np

from puzzlesolver.models.code.matrices import Reals, inlined

CHUNK = 128
"""Tokens computed together: what they need fits into the first level of the cache."""

At = np.uint64
"""Of indices that are sums: what cannot be negative needs no check, and loops become vectors."""

ONE = np.float32(1)
ZERO = np.float32(0)


@inlined
def transposed(weight: Reals) -> Reals:
    """Each of the maps, `[modes, outputs, inputs]`."""
    modes, outputs, inputs = weight.shape
    transposed = np.empty((modes, inputs, outputs), weight.dtype)
    for v in range(modes):
        for o in range(outputs):
            for i in range(inputs):
                transposed[v, i, o] = weight[v, o, i]
    return transposed


@inlined
def total_of(row: Reals) -> float:
    """The sum over a chunk."""
    total: float = row[0] * ZERO
    for t in range(CHUNK):
        total += row[t]
    return total


@inlined
def to_modes(x: Reals, first: int, modes: Reals) -> None:
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
def from_modes(x: Reals, first: int, modes: Reals) -> None:
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
def load(x: Reals, start: int, first: int, out: Reals) -> None:
    """A chunk of `x[4, c, T]`, into the channels from `first` on; zero beyond the last token."""
    count = min(CHUNK, x.shape[2] - start)
    for v in range(x.shape[0]):
        for c in range(x.shape[1]):
            for t in range(count):
                out[v, first + c, t] = x[v, c, At(start + t)]
            for t in range(count, CHUNK):
                out[v, first + c, t] = 0


@inlined
def load_ways(x: Reals, start: int, out: Reals) -> None:
    """A chunk of `x[8, T, S]` as `[8, S, CHUNK]`; zero beyond the last token."""
    count = min(CHUNK, x.shape[1] - start)
    for v in range(x.shape[0]):
        for s in range(x.shape[2]):
            for t in range(count):
                out[v, s, t] = x[v, At(start + t), s]
            for t in range(count, CHUNK):
                out[v, s, t] = 0


@inlined
def store_ways(x: Reals, start: int, out: Reals) -> None:
    """The inverse: `x[8, S, CHUNK]` into `out[8, T, S]`."""
    for v in range(out.shape[0]):
        for t in range(min(CHUNK, out.shape[1] - start)):
            for s in range(out.shape[2]):
                out[v, At(start + t), s] = x[v, s, t]


@inlined
def spread(x: Reals, straight: int, slanted: int, ways: Reals) -> None:
    """Channels of the directions `x[4, c, CHUNK]` on the ways `[8, S, CHUNK]`.

    A diagonal takes from the two directions between which it lies.
    """
    for v in range(4):
        for s in range(ways.shape[1]):
            one, other = x[v, slanted + s], x[(v + 1) % 4, slanted + s]
            for t in range(CHUNK):
                ways[v, s, t] = x[v, straight + s, t]
                ways[4 + v, s, t] = one[t] + other[t]


@inlined
def collect(ways: Reals, straight: int, slanted: int, x: Reals) -> None:
    """The transpose: a direction takes from itself and from the two diagonals beside it."""
    for v in range(4):
        for s in range(ways.shape[1]):
            one, other = ways[4 + v, s], ways[4 + (v - 1) % 4, s]
            for t in range(CHUNK):
                x[v, straight + s, t] = ways[v, s, t]
                x[v, slanted + s, t] = one[t] + other[t]
