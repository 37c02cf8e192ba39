"""Suppositions: which cell, which digit, when they are dropped, when they stay."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from puzzlesolver.models.interface import Habits, Readout
from puzzlesolver.refine.suppose import (
    Supposition,
    cell_doubt,
    decided,
    draw,
    suppose,
    turned,
)

CELLS, DIGITS = 6, 4
EMPTY = torch.zeros(1, CELLS, dtype=torch.int64)


def says(belief: Tensor, contradiction: float = 0.0) -> Readout:
    """A model with this belief, `[C, S]`, that is sure that some digit fits everywhere."""
    logits = 12 + belief.clamp_min(1e-9).log()
    return Readout(logits[None], contradiction=torch.tensor([contradiction]))


def unsure() -> Tensor:
    """Two digits fit cell 2, four fit cell 3, the others are decided."""
    belief = torch.eye(DIGITS)[torch.tensor([0, 1, 0, 0, 1, 2])].clone()
    belief[2] = torch.tensor([0.0, 0.5, 0.5, 0.0])
    belief[3] = 0.25
    return belief


def lots(seed: int) -> Tensor:
    return torch.rand(1, CELLS + 1, generator=torch.Generator().manual_seed(seed))


def test_a_cell_that_two_digits_can_hold_is_supposed() -> None:
    assert cell_doubt(unsure()).argmin() == 2
    drawn = set()
    for seed in range(40):
        (moved,) = suppose(EMPTY, EMPTY, says(unsure()), lots(seed))
        assert moved.nonzero().flatten().tolist() == [2]
        drawn.add(int(moved[2]))
    assert drawn == {2, 3}, "in proportion to belief, so never a digit without any"


@pytest.mark.parametrize(("standing", "contradiction"), [(1, 0.9), (Habits().deepest, 0.1)])
def test_refuted_or_fruitless_suppositions_are_dropped(standing: int, contradiction: float) -> None:
    givens = torch.tensor([[1, 0, 0, 0, 0, 0]])
    tokens = givens.clone()
    tokens[0, CELLS - standing :] = 3
    assert torch.equal(suppose(givens, tokens, says(unsure(), contradiction), lots(0)), givens)


def test_suppositions_pile_up_until_then() -> None:
    tokens = EMPTY.clone()
    tokens[0, 5] = 3
    moved = suppose(EMPTY, tokens, says(unsure(), 0.1), lots(0))
    assert (moved > 0).sum() == 2 and moved[0, 5] == 3


def test_the_other_digit_is_the_next_best_one() -> None:
    for seed in range(40):
        cell, symbol, other = (int(each) for each in draw(EMPTY, says(unsure()), lots(seed)))
        assert cell == 2 and {symbol, other} == {2, 3}


def test_there_is_no_other_digit_where_one_is_all_but_sure() -> None:
    belief = unsure()
    belief[2] = torch.tensor([0.0, 0.85, 0.15, 0.0])
    belief[3] = torch.eye(DIGITS)[0]
    others = {int(draw(EMPTY, says(belief), lots(seed))[2]) for seed in range(40)}
    assert 0 in others and 3 not in others


def test_refuted_suppositions_are_turned_from_the_latest_on() -> None:
    first, second = Supposition(0, 1, 2), Supposition(3, 4, 1)
    standing = [first, second]
    assert (standing := turned(standing)) == [first, Supposition(3, 1, 0)]
    assert (standing := turned(standing)) == [Supposition(0, 2, 0)]
    assert turned(standing) == turned([]) == []


def test_what_is_decided_stays() -> None:
    sure = unsure()
    sure[2:4] = torch.eye(DIGITS)[:2]
    assert decided(says(sure).logits).item()
    tokens = EMPTY.clone()
    tokens[0, 2] = 1
    assert torch.equal(suppose(EMPTY, tokens, says(sure), lots(0)), tokens)
    # Sure of the best digit, but not that any digit fits.
    assert not decided(says(sure).logits - 12).item()


def test_every_puzzle_has_its_own_luck() -> None:
    several = torch.cat([lots(seed) for seed in range(8)])
    readout = Readout(says(unsure()).logits.expand(8, -1, -1), contradiction=torch.zeros(8))
    together = suppose(EMPTY.expand(8, -1), EMPTY.expand(8, -1), readout, several)
    for row, seed in zip(together, range(8), strict=True):
        assert torch.equal(row, suppose(EMPTY, EMPTY, says(unsure()), lots(seed))[0])
