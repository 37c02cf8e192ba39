"""What a cell's colour is copied from: a view of the input that the cell chooses, or nothing.

Most cells of an output are copies of some cell of the input. A network that has to say where from
cannot mix several sources that happen to give the right colours, so it finds other rules than one
that weighs colours alone. A pointer network (arXiv 1506.03134) whose choice is gated with colours
of its own (arXiv 1704.04368, equation 9).

In: the state of all tokens, and logits of the colours of every cell. Out: such logits again.

Shape legend: as in `stem.py`, and K = most colours of a sheet.

    >>> logits = pointer(state, logits, canvases.slots, canvases.views)
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from puzzlesolver.models.arc.features import DIRECTIONS, VIEWS

KEEP = 2.0
"""Logit that a cell copies the first plane as it is, before any fitting; of other choices 0."""

FLOOR = 1e-3
"""Share of the probability that all colours of a cell have in equal parts, for finite losses."""


class Pointer(nn.Module):
    """Chooses for every cell what to copy.

    It can tell directions from each other: what it says of a turned grid is not what it says of the
    grid, turned. So fits look at the canonical variant of a task (`refine/adapt/sheets.py`).

    Args:
        width: channels per direction of the state (D).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.choose = nn.Linear(DIRECTIONS * width, VIEWS + 1)
        with torch.no_grad():
            self.choose.bias.zero_()
            self.choose.bias[0] = KEEP

    def forward(self, state: Tensor, logits: Tensor, slots: Tensor, views: Tensor) -> Tensor:
        """Log probabilities of colours that are copied, or said where a cell copies nothing.

        Args:
            state: `[4, D, T]`, in modes.
            logits: `[C, K]`, of colours that are said; -inf where a sheet has fewer.
            slots: `int64[C, K]`, as in `Canvases`.
            views: `int64[C, VIEWS]`, likewise.
        """
        there = slots < state.shape[2]
        counts = there.sum(-1, keepdim=True)
        cells = F.pad(state, (0, 1))[:, :, slots].sum(-1).flatten(0, 1).T / counts
        nothing = F.pad(views == slots.shape[1], (0, 1))
        choice = self.choose(cells).masked_fill(nothing, -math.inf).softmax(-1)
        copied = logits.new_zeros(len(slots), slots.shape[1] + 1)
        copied = copied.scatter_add(1, views, choice[:, :-1])[:, :-1]
        chances = copied + choice[:, -1:] * logits.softmax(-1)
        floored: Tensor = (1 - FLOOR) * chances + FLOOR / counts
        return floored.log().masked_fill(~there, -math.inf)
