"""What a state should have said: the loss of a batch, and which of its puzzles are solved.

Shape legend: B puzzles, C cells, S symbols.

    >>> learned, solved = judge(model.readout(state, layout), batch, steps)
    >>> learned.loss.backward()
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import Batch, Readout
from puzzlesolver.train.settings import flag

LATE = 4
"""Steps that news may lose on its way before a target of `Batch.known_from` counts."""


CrossEntropy = Literal["stablemax", "softmax"]
"""Of models that say a whole vocabulary; keys of `CROSS_ENTROPIES`."""


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


def judge(
    readout: Readout, batch: Batch, steps: Tensor, cross_entropy: CrossEntropy = "stablemax"
) -> tuple[Learned, Tensor]:
    """The loss with its accuracies, and which puzzles are solved, `bool[B]`.

    Args:
        readout: what the states say.
        batch: with targets.
        steps: that each state has made, `int64[B]`.
        cross_entropy: key of `CROSS_ENTROPIES`, for models that say a whole vocabulary.

    Raises:
        UsageError: the batch holds contradictory puzzles, and the model has no class for them.
    """
    if readout.vocabulary is not None:
        return _judge_tokens(readout, batch, cross_entropy)
    if readout.exclusive:
        return _judge_symbols(readout, batch)
    return _judge_statements(readout, batch, steps)


def all_right(readout: Readout, targets: Tensor) -> Tensor:
    """Which puzzles have every cell right that counts, `bool[B]`."""
    if readout.exclusive:
        return ((readout.logits.argmax(-1) + 1 == targets) | (targets == 0)).all(1)
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


def stablemax_cross_entropy(logits_BCV: Tensor, labels_BC: Tensor) -> Tensor:
    """-log p of the labels, mean over the cells of each puzzle that have one, `float64[B]`.

    p is s(v) / Σ s with s(v) = v + 1 for v ≥ 0 and 1 / (1 - v) below, in float64 (arXiv 2501.04697;
    the loss of HRM, TRM and RSM).

    Args:
        logits_BCV: `float[B, C, V]`.
        labels_BC: `int64[B, C]`; cells with 0, padding, do not count.
    """
    v = logits_BCV.double()
    s = torch.where(v < 0, 1 / (1 - v.clamp_max(0) + 1e-30), v + 1)
    p = s.take_along_dim(labels_BC[..., None], -1).squeeze(-1) / s.sum(-1)
    return _mean_per_puzzle(-p.log(), labels_BC)


def softmax_cross_entropy(logits_BCV: Tensor, labels_BC: Tensor) -> Tensor:
    """The same with softmax, which HRM's command for the full Sudoku set asks for, `float32[B]`."""
    each = F.cross_entropy(logits_BCV.mT.float(), labels_BC, reduction="none")
    return _mean_per_puzzle(each, labels_BC)


CROSS_ENTROPIES = {"stablemax": stablemax_cross_entropy, "softmax": softmax_cross_entropy}


def _mean_per_puzzle(each_BC: Tensor, labels_BC: Tensor) -> Tensor:
    counts = labels_BC > 0
    return (each_BC * counts).sum(1) / counts.sum(1).clamp_min(1)


def _judge_tokens(
    readout: Readout, batch: Batch, cross_entropy: CrossEntropy
) -> tuple[Learned, Tensor]:
    """Every cell of a published model counts, given ones too, except padding."""
    assert batch.targets is not None and readout.vocabulary is not None
    # Symbols are the last tokens of the vocabulary.
    first = readout.vocabulary.shape[-1] - readout.logits.shape[-1] - 1
    counts = batch.targets > 0
    labels = torch.where(counts, batch.targets + first, 0)
    loss = CROSS_ENTROPIES[cross_entropy](readout.vocabulary, labels).mean()
    with torch.no_grad():
        right = (readout.vocabulary.argmax(-1) == labels) | ~counts
        solved = right.all(1)
    return _learned(loss, right[counts], solved), solved


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
        unknown = sound[:, None] & (batch.tokens == 0)
        rejected = (best[~sound] < 0).float().mean()
    return _learned(loss, right[unknown], solved[sound])._replace(rejected=rejected), solved


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
    return _learned(loss, right[told & (batch.targets > 0)], solved), solved


def _learned(loss: Tensor, right: Tensor, solved: Tensor) -> Learned:
    """With shares of the cells and puzzles that count, `bool[…]` each."""
    nan = torch.full_like(loss.detach(), torch.nan)
    return Learned(loss, right.float().mean(), solved.float().mean(), nan)
