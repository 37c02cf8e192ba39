"""What a state should have said: the loss of a batch, and which of its puzzles are solved.

Shape legend: B puzzles, C cells, S symbols.

    >>> learned, solved = judge(model.readout(state, layout), batch, steps)
    >>> learned.loss.backward()
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import Batch, Readout
from puzzlesolver.train.presets import flag

LATE = 4
"""Steps that news may lose on its way before a target of `Batch.known_from` counts."""


class Learned(NamedTuple):
    """One update's loss and what it was taken from.

    Attributes:
        loss: scalar with gradient.
        cells: share of cells that are right: unknown ones of puzzles with a solution, or of those
            that news has reached the ones where something is right.
        solved: share of those puzzles with every cell right.
        rejected: share of the cells of contradictory puzzles where "none" wins; nan without such
            puzzles.
    """

    loss: Tensor
    cells: Tensor
    solved: Tensor
    rejected: Tensor


def judge(readout: Readout, batch: Batch, steps: Tensor) -> tuple[Learned, Tensor]:
    """The loss with its accuracies, and which puzzles are solved, `bool[B]`.

    Args:
        readout: what the states say.
        batch: with targets.
        steps: that each state has made, `int64[B]`.

    Raises:
        UsageError: the batch holds contradictory puzzles, and the model has no class for them.
    """
    if readout.exclusive:
        return _judge_symbols(readout, batch)
    return _judge_statements(readout, batch, steps)


def all_right(readout: Readout, targets: Tensor) -> Tensor:
    """Which puzzles have every cell right, `bool[B]`."""
    if readout.exclusive:
        return (readout.logits.argmax(-1) + 1 == targets).all(1)
    return ((readout.logits > 0) == (targets > 0)).flatten(1).all(1)


def cell_cross_entropy(logits_BCS: Tensor, targets_BC: Tensor, none_class: bool) -> Tensor:
    """Mean softmax cross-entropy over all cells.

    Args:
        logits_BCS: `float[B, C, S]`.
        targets_BC: `int64[B, C]`, the symbol 1..S, or 0 = none fits (only with `none_class`).
        none_class: whether "none" takes part, with a fixed logit of 0.
    """
    if none_class:
        logits_BCS = F.pad(logits_BCS, (1, 0))
    else:
        targets_BC = targets_BC - 1
    return F.cross_entropy(logits_BCS.flatten(0, 1), targets_BC.flatten())


def _judge_symbols(readout: Readout, batch: Batch) -> tuple[Learned, Tensor]:
    """One symbol of a cell is right."""
    assert batch.targets is not None
    none_class = readout.contradiction is not None
    sound = batch.targets[:, 0] > 0
    if not none_class and not sound.all():
        raise UsageError(
            "contradictory boards teach only a model that can call them so",
            where=flag("wrong"),
            hint="give the model such a class (--set model.none_class=true), or leave them out",
        )
    loss = cell_cross_entropy(readout.logits, batch.targets, none_class)
    with torch.no_grad():
        best, symbol = readout.logits.max(-1)
        right = symbol + 1 == batch.targets
        solved = right.all(1)
        learned = Learned(
            loss,
            cells=right[sound[:, None] & (batch.tokens == 0)].float().mean(),
            solved=solved[sound].float().mean(),
            rejected=(best[~sound] < 0).float().mean(),
        )
    return learned, solved


def _judge_statements(readout: Readout, batch: Batch, steps: Tensor) -> tuple[Learned, Tensor]:
    """Each statement of a cell is right or wrong, once news can have reached it; before, none is.

    To ask for guesses beforehand would teach states that must be unlearned when the news arrives.
    """
    assert batch.targets is not None and batch.known_from is not None
    now = steps[:, None, None]
    told = now >= batch.known_from + LATE
    asked = (told | (now < batch.known_from)).float()
    truth = (batch.targets * told).float()
    each = F.binary_cross_entropy_with_logits(readout.logits, truth, reduction="none")
    loss = (each * asked).sum() / asked.sum()
    with torch.no_grad():
        right = (readout.logits > 0) == (batch.targets > 0)
        solved = right.flatten(1).all(1)
        learned = Learned(
            loss,
            cells=right[told & (batch.targets > 0)].float().mean(),
            solved=solved.float().mean(),
            rejected=torch.full_like(loss, torch.nan),
        )
    return learned, solved
