"""The engine: number formats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.runtime import choose_runtime

BLANK = Puzzle("sudoku", "blank", np.zeros((9, 9), np.uint8), "test")


def test_bfloat16_products_move_a_float32_state(
    tiny_model: RecursiveModel, device: torch.device
) -> None:
    batch = get_domain("sudoku").encode([BLANK])

    def after_steps(dtype: torch.dtype) -> torch.Tensor:
        runtime = replace(choose_runtime(str(device), 1), dtype=dtype)
        engine = TorchEngine(tiny_model, runtime, fused=False)
        state = engine.init_state(batch, [0])
        (state,), _ = engine.advance(state, engine.embed(batch), batch.layout, steps=2)
        return state

    exact, rounded = after_steps(torch.float32), after_steps(torch.bfloat16)
    assert rounded.dtype == torch.float32
    assert not torch.equal(exact, rounded)
    torch.testing.assert_close(exact, rounded, atol=0.05, rtol=0.05)
