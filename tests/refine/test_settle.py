from __future__ import annotations

import math

import torch

from puzzlesolver.refine.settle import quiet_steps, relative_residual


def test_residual_is_the_relative_norm_of_the_move() -> None:
    previous = (torch.tensor([[3.0, 4.0], [1.0, 0.0]]), torch.tensor([[0.0], [0.0]]))
    now = (torch.tensor([[3.0, 4.0], [1.0, 3.0]]), torch.tensor([[1.0], [4.0]]))
    expected = torch.tensor([1 / 5, math.sqrt(9 + 16) / 1])
    torch.testing.assert_close(relative_residual(previous, now), expected)


def test_quiet_steps_add_up_until_answer_or_state_moves() -> None:
    def after(quiet: int, changed: bool, residual: float) -> int:
        return quiet_steps(quiet, 4, changed, residual, tolerance=0.02)

    assert after(0, False, 0.01) == 4
    assert after(4, False, 0.01) == 8
    assert after(8, True, 0.01) == 0
    assert after(8, False, 0.02) == 0
