from __future__ import annotations

import math

import numpy as np
import torch

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.domains.symmetry import UNCHANGED
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.settle import relative_residual
from puzzlesolver.refine.track import Seen, Track

BLANK = Puzzle("sudoku", "blank", np.zeros((4, 4), np.uint8), "test")


def test_residual_is_the_relative_norm_of_the_move() -> None:
    previous = (torch.tensor([[3.0, 4.0], [1.0, 0.0]]), torch.tensor([[0.0], [0.0]]))
    now = (torch.tensor([[3.0, 4.0], [1.0, 3.0]]), torch.tensor([[1.0], [4.0]]))
    expected = torch.tensor([1 / 5, math.sqrt(9 + 16) / 1])
    torch.testing.assert_close(relative_residual(previous, now), expected)


def test_quiet_steps_add_up_until_answer_or_state_moves() -> None:
    policy = Policy(mode="settle", tolerance=0.02, settle_window=8)
    track = Track(0, BLANK, get_domain("sudoku"), policy, UNCHANGED, iter(()), number=0)

    def after(digit: int, residual: float) -> int:
        says = np.eye(4, dtype=np.float32)[np.full(16, digit - 1)]
        track.observe(Seen(says, residual), steps=4)
        return track.quiet

    assert after(1, 0.01) == 0  # the first answer is new
    assert after(1, 0.01) == 4 and not track.settled
    assert after(1, 0.01) == 8 and track.settled
    assert after(2, 0.01) == 0 and not track.settled
    assert after(2, 0.01) == 4
    assert after(2, 0.02) == 0
