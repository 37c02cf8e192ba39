"""What if? Suppositions that a model makes on its own along one trajectory.

Where a state cannot be decided, one uncertain cell after another is given a digit drawn from the
model's own belief, and the state goes on with it. Where the model believes in a contradiction, the
latest supposition takes the other digit of its cell; one that has it already, or has none, is
dropped, and the one before it takes its other digit (`turned`). In training, where a batch keeps no
order, all are dropped (`suppose`). No rule is consulted and no earlier state comes back: this is
one more part of the step.

Shape legend: B puzzles, C cells, S symbols.

    >>> turned([Supposition(7, 3, 5), Supposition(9, 1, 0)])
    [Supposition(cell=7, symbol=5, other=0)]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from puzzlesolver.models.interface import Habits, Readout

DECIDED = 0.9
"""Belief from which a cell counts as decided; where all are, nothing is left to suppose."""

FURTHER = 2.0
"""How much belief in a third digit and beyond counts against supposing a cell."""

SPREAD = 0.1
"""How far from the most fitting cell the choice strays."""

RIVAL = 0.3
"""Belief in the next best digit of a cell from which it is tried when the drawn one is refuted.

A doubt about a cell that was all but decided says more of the network than of the digit.
"""


class Supposition(NamedTuple):
    """A cell, its digit for the time being, and the `other` one to try; 0 where there is none."""

    cell: int
    symbol: int
    other: int


def turned(standing: Sequence[Supposition]) -> list[Supposition]:
    """What remains of suppositions, the latest last, when together they are refuted."""
    kept = list(standing)
    while kept and not kept[-1].other:
        kept.pop()
    return [*kept[:-1], Supposition(kept[-1].cell, kept[-1].other, 0)] if kept else []


def cell_doubt(belief_CS: Tensor) -> Tensor:
    """How unfit cells are for a hypothesis, `float[…, C]`; 0 is a cell with two even digits.

    A cell that only two digits can hold makes a narrow tree, so belief in further ones counts
    against it.
    """
    best, second = belief_CS.topk(2, -1).values.unbind(-1)
    return (best - 0.5).abs() + FURTHER * (1 - best - second)


def decided(logits_BCS: Tensor) -> Tensor:
    """Whether the model is sure of every cell, and that some digit fits there, `bool[B]`."""
    belief = F.pad(logits_BCS, (1, 0)).softmax(-1)[..., 1:]
    return (belief.amax(-1) >= DECIDED).all(1)


def draw(tokens_BC: Tensor, readout: Readout, lots: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What every puzzle supposes next.

    Args:
        tokens_BC: `int64[B, C]`, givens and present suppositions, 0 = unknown.
        readout: what the states say now.
        lots: `float32[B, C + 1]`, random numbers in [0, 1): one for every cell, one for the digit.

    Returns:
        An open cell, its digit, and the one believed in most beside that, 0 if it is no `RIVAL`;
        each `int64[B, 1]`.
    """
    belief_BCS = readout.logits.softmax(-1)
    cells = tokens_BC.shape[1]
    strayed = -(-lots[:, :cells].clamp_min(1e-30).log()).clamp_min(1e-30).log()  # Gumbel
    appeal = (strayed - cell_doubt(belief_BCS) / SPREAD).masked_fill(tokens_BC > 0, -torch.inf)
    cell = appeal.argmax(1, keepdim=True)
    belief_BS = belief_BCS.take_along_dim(cell[..., None], 1).squeeze(1)
    drawn = (belief_BS.cumsum(-1) < lots[:, cells:]).sum(-1, keepdim=True)
    drawn = drawn.clamp_max(belief_BS.shape[-1] - 1)
    belief, other = belief_BS.scatter(1, drawn, -1.0).max(1, keepdim=True)
    return cell, 1 + drawn, torch.where(belief < RIVAL, 0, 1 + other)


def suppose(
    givens_BC: Tensor,
    tokens_BC: Tensor,
    readout: Readout,
    lots: Tensor,
    refuted: float = Habits().refuted,
    deepest: int = Habits().deepest,
) -> Tensor:
    """The suppositions of every puzzle from here on, in training.

    Args:
        givens_BC: `int64[B, C]`, the puzzles, 0 = unknown.
        tokens_BC: `int64[B, C]`, givens and present suppositions.
        readout: what the states say now, a belief in a contradiction included.
        lots: `float32[B, C + 1]`, as `draw` takes them.
        refuted: belief in a contradiction that drops the suppositions.
        deepest: so many suppositions stand at once; where they decide nothing, all are dropped.

    Returns:
        New tokens: unchanged where every cell is decided, the givens where the suppositions are
        refuted or lead nowhere, one more supposition elsewhere.
    """
    assert readout.contradiction is not None
    cell, symbol, _ = draw(tokens_BC, readout, lots)
    supposed = (tokens_BC != givens_BC).sum(1)
    dropped = (supposed > 0) & ((readout.contradiction > refuted) | (supposed >= deepest))
    moved = torch.where(dropped[:, None], givens_BC, tokens_BC.scatter(1, cell, symbol))
    done = decided(readout.logits) | (tokens_BC > 0).all(1)
    return torch.where(done[:, None], tokens_BC, moved)
