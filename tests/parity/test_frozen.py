"""What all six variants said once, to the last bit.

Products of float32 matrices round differently on each kind of CPU, so the frozen answers are those
of float64 rounded to float32, which are the same on all of them (tried with AVX-512, AVX2, neither,
and MKL's kernels for any CPU); float32 comes within 1e-6. Weights are dyadic numbers of numpy's
legacy generator, whose stream never changes. The rotary table is compared as it is.

    >>> freeze()  # after a change that is meant
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.models.layers import rotary_table
from puzzlesolver.models.registry import build_model
from tests.parity.support import VARIANTS as TWO_LATENTS
from tests.parity.support import Variant, start, sudoku_batch
from tests.parity.test_se_rrm import ALIKE

FROZEN = Path(__file__).with_name("frozen.safetensors")
VARIANTS = TWO_LATENTS | {"se-rrm": ALIKE}
STEPS = 2
POSITIONS = [1, 81, 915]
"""Rows of the table of a maze, of which the last ones differ most."""


def built(variant: Variant, dtype: torch.dtype) -> RecursiveModel:
    wider = variant.but(hidden_size=64, puzzle_emb_ndim=160)
    model = build_model(wider.family, wider.config)
    rng = np.random.RandomState(0)
    with torch.no_grad():
        for tensor in model.state_dict().values():
            shift = round(np.log2(tensor.shape[-1]) / 2) if tensor.dim() == 2 else 0
            numbers = rng.randint(-128, 128, tuple(tensor.shape)) * 2.0 ** (-8 - shift)
            tensor.copy_(torch.from_numpy(numbers))
    return model.to(dtype).eval()


@torch.no_grad()
def said(variant: Variant, dtype: torch.dtype) -> Tensor:
    """Logits of all tokens after two steps, `float32[B, C, V]`."""
    model, batch = built(variant, dtype), sudoku_batch()
    inputs, state = model.embed(batch), start(model, batch)
    for _ in range(STEPS):
        state = model.step(state, inputs, batch.layout)
    vocabulary = model.readout(state, batch.layout).vocabulary
    assert vocabulary is not None
    return vocabulary


def table() -> Tensor:
    cos, sin = rotary_table(916, 64, torch.device("cpu"))
    return torch.stack([cos[POSITIONS], sin[POSITIONS]])


def freeze() -> None:
    tensors = {name: said(variant, torch.float64) for name, variant in VARIANTS.items()}
    save_file(tensors | {"rotary": table()}, FROZEN)


@pytest.mark.parametrize("name", VARIANTS)
def test_outputs_are_those_that_were_frozen(name: str) -> None:
    frozen = load_file(FROZEN)[name]
    assert torch.equal(said(VARIANTS[name], torch.float64), frozen)
    torch.testing.assert_close(said(VARIANTS[name], torch.float32), frozen, rtol=1e-6, atol=1e-6)


def test_the_rotary_table_is_the_published_formula() -> None:
    frequencies = 1.0 / (10_000.0 ** (torch.arange(0, 64, 2, dtype=torch.float32) / 64))
    angles = torch.outer(torch.arange(916, dtype=torch.float32), frequencies)
    both = torch.cat((angles, angles), dim=-1)
    for ours, expected in zip(
        rotary_table(916, 64, torch.device("cpu")), (both.cos(), both.sin()), strict=True
    ):
        assert torch.equal(ours, expected)
    assert torch.equal(table(), load_file(FROZEN)["rotary"])
