"""What crosses tokens of ARC: states that travel along lines, and means and maxima of groups.

Shape legend and rules: as in `chunks.py`; lines, groups, runs and sheets: as in `Relations`.

    >>> travel(gate, news, lines, arrived)
"""

from __future__ import annotations

import numpy as np

from puzzlesolver.models.arc.chunks import ONE, ZERO
from puzzlesolver.models.code.matrices import Places, Reals, compiled

TIE = np.float32(1e-5)
"""Maxima so close share the gradient: tokens that are alike have equal states but for rounding, and
turned grids must have turned gradients."""


@compiled
def travel(gate: Reals, news: Reals, lines: Places, arrived: Reals) -> None:
    """What arrives at every token from behind: s_t = gate_{t-1} s_{t-1} + news_{t-1}, s_0 = 0.

    All are `[8, T, S]`.
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
    """The mean of `rows[4, P, T]` over the group of every token.

    It is its own gradient, as it is a symmetric projection.
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

    From `message[4, P, T]` to `by_colour[4, 2P, R]` and `by_cell[4, 2P, C]`.
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
