"""The optimizers of the published models, and the rate's schedule."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from puzzlesolver.models.layers import PuzzleEmbedding
from puzzlesolver.train.optim import rate_scale
from puzzlesolver.train.optimizers import AdamATan2, RowSignSGD
from puzzlesolver.train.presets import get_preset


def test_adam_atan2_follows_its_equations() -> None:
    rng = np.random.default_rng(0)
    weights, gradients = rng.normal(size=5), rng.normal(size=(4, 5))
    parameter = torch.nn.Parameter(torch.tensor(weights))
    optimizer = AdamATan2([parameter], lr=0.1, betas=(0.8, 0.9), weight_decay=0.5)
    first = second = np.zeros(5)
    for count, gradient in enumerate(gradients, start=1):
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        first = 0.8 * first + 0.2 * gradient
        second = 0.9 * second + 0.1 * gradient**2
        direction = np.arctan2(first, np.sqrt(second) / math.sqrt(1 - 0.9**count))
        weights = weights * (1 - 0.1 * 0.5) - 0.1 / (1 - 0.8**count) * direction
    np.testing.assert_allclose(parameter.detach().numpy(), weights, rtol=1e-12)


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_adam_atan2_does_not_see_the_size_of_gradients(size: float) -> None:
    parameter = torch.nn.Parameter(torch.zeros(3, dtype=torch.float64))
    optimizer = AdamATan2([parameter], lr=1.0, betas=(0.9, 0.95), weight_decay=0.0)
    parameter.grad = size * torch.tensor([1.0, -2.0, 0.0], dtype=torch.float64)
    optimizer.step()
    quarter = math.atan2(0.1, 1) / 0.1
    torch.testing.assert_close(
        parameter.data, torch.tensor([-quarter, quarter, 0.0], dtype=torch.float64)
    )


def test_only_drawn_rows_of_a_puzzle_embedding_move() -> None:
    table = PuzzleEmbedding(4, 2).train()
    table.weights.copy_(torch.arange(8.0).view(4, 2))
    optimizer = RowSignSGD(table, lr=0.1, weight_decay=0.5)
    rows = table(torch.tensor([2, 0, 2]))
    # The two gradients of row 2 add up to (-1, 0): signs are taken of the sum.
    (rows * torch.tensor([[1.0, 2.0], [-5.0, 0.0], [-2.0, -2.0]])).sum().backward()
    optimizer.step()
    expected = torch.tensor([[0.1, 0.95], [2.0, 3.0], [3.9, 4.75], [6.0, 7.0]])
    torch.testing.assert_close(table.weights, expected)
    optimizer.step()  # nothing was drawn since
    torch.testing.assert_close(table.weights, expected)


def test_a_puzzle_embedding_is_no_parameter_and_draws_nothing_when_it_serves() -> None:
    table = PuzzleEmbedding(4, 2)
    assert not list(table.parameters())
    table.eval()(torch.tensor([1]))
    assert table.drawn is None
    with torch.no_grad():
        table.train()(torch.tensor([1]))
    assert table.drawn is None


def test_the_rate_warms_up_and_then_follows_the_cosine_to_its_floor() -> None:
    config = get_preset("rsm-sudoku")
    assert config.steps is not None
    scales = [
        rate_scale(config.optimizer, config.steps, update, 0.0)
        for update in (1, 1_000, 2_000, config.steps)
    ]
    assert scales == pytest.approx([1 / 2_000, 0.5, 1.0, 0.02])
    lower = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi / (config.steps - 2_000)))
    assert rate_scale(config.optimizer, config.steps, 2_001, 0.0) == pytest.approx(lower, rel=1e-12)
    middle = (2_000 + config.steps) // 2
    assert rate_scale(config.optimizer, config.steps, middle, 0.5) == pytest.approx(0.51, abs=1e-3)
    constant = get_preset("trm-mlp-sudoku-1k")
    assert rate_scale(constant.optimizer, constant.steps, 60_000, 0.9) == 1.0
