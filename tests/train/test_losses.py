"""Losses: one symbol of a cell is right, or each of its statements may be, once news has come."""

from __future__ import annotations

import pytest
import torch

from puzzlesolver.models.interface import Batch, Readout
from puzzlesolver.models.relations import Layout
from puzzlesolver.train.contracts.losses import LATE, all_right, cell_cross_entropy, judge

LAYOUT = Layout((1, 2, 1), ())


def board(known_from: int) -> Batch:
    """Two cells with one statement each: the first is true, the second false."""
    targets = torch.tensor([[[1], [0]]])
    return Batch(torch.zeros(1, 2, dtype=torch.int64), LAYOUT, targets, targets * known_from)


def says(first: float, second: float) -> Readout:
    return Readout(torch.tensor([[[float(first)], [float(second)]]]), exclusive=False)


def loss_of(readout: Readout, known_from: int, steps: int) -> float:
    learned, _ = judge(readout, board(known_from), torch.tensor([steps]))
    return learned.loss.item()


def test_cross_entropy_without_and_with_the_none_class() -> None:
    logits = torch.tensor([[[2.0, -1.0]]])
    plain = cell_cross_entropy(logits, torch.tensor([[2]]), none_class=False)
    assert plain.item() == pytest.approx(-torch.tensor([2.0, -1.0]).log_softmax(0)[1].item())
    for target in (0, 1, 2):
        expected = -torch.tensor([0.0, 2.0, -1.0]).log_softmax(0)[target].item()
        loss = cell_cross_entropy(logits, torch.tensor([[target]]), none_class=True)
        assert loss.item() == pytest.approx(expected)


def test_before_news_can_have_come_nothing_is_to_be_said() -> None:
    assert loss_of(says(-9, -9), known_from=20, steps=19) < 1e-3
    assert loss_of(says(9, -9), known_from=20, steps=19) > 1


def test_between_nothing_is_asked_and_then_the_truth() -> None:
    for said in (-9, 9):
        assert loss_of(says(said, -9), known_from=20, steps=20 + LATE - 1) < 1e-3
    assert loss_of(says(9, -9), known_from=20, steps=20 + LATE) < 1e-3
    assert loss_of(says(-9, -9), known_from=20, steps=20 + LATE) > 1


def test_solved_means_every_statement_whatever_is_asked() -> None:
    early = torch.tensor([1])
    for said, solved in ((9.0, True), (-9.0, False)):
        _, told = judge(says(said, -9), board(20), early)
        assert told.tolist() == [solved]
        assert all_right(says(said, -9), torch.tensor([[[1], [0]]])).tolist() == [solved]
