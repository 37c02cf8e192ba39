"""The products with weights in a step: what its linear layers do.

Products of activations with each other, as in attention, and sums over units are not among them.

    >>> flop(products(model, puzzles))
    24219648
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.models.interface import RecursiveModel

Shape = tuple[int, int, int]
"""Rows, inner length and columns of a product."""


def products(model: RecursiveModel, puzzles: Sequence[Puzzle]) -> list[Shape]:
    """Those of one step on these puzzles of one layout, together; the model is on the CPU."""
    shapes: list[Shape] = []

    def note(layer: nn.Module, inputs: tuple[Tensor, ...], _: Tensor) -> None:
        assert isinstance(layer, nn.Linear)
        shapes.append((inputs[0].shape[:-1].numel(), layer.in_features, layer.out_features))

    batch = get_domain(puzzles[0].domain).encode(list(puzzles))
    with torch.inference_mode():
        inputs, state = model.embed(batch), model.init_state(batch, torch.randn)
        linear = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
        hooks = [layer.register_forward_hook(note) for layer in linear]
        model.step(state, inputs, batch.layout)
    for hook in hooks:
        hook.remove()
    return shapes


def flop(shapes: Sequence[Shape]) -> int:
    """Multiplications and additions of these products."""
    return sum(2 * rows * inner * columns for rows, inner, columns in shapes)
