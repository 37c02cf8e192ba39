"""What the contracts share: luck, and states and boards that are carried from update to update.

Shape legend: B puzzles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from puzzlesolver.models.interface import PARTS, Batch, RecursiveModel, State
from puzzlesolver.train.distributed import Ranks


class Luck:
    """Random numbers of a run: for the rows of all ranks at once, so all ranks agree on them."""

    def __init__(self, generator: torch.Generator, ranks: Ranks) -> None:
        self.generator = generator
        self.ranks = ranks

    def toss(self) -> float:
        """One number in [0, 1), the same for all."""
        return self._rand(()).item()

    def uniform(self, shape: tuple[int, ...]) -> Tensor:
        """Numbers in [0, 1) for the rows of this rank, `float32[shape]`."""
        return self.ranks.draw(self._rand, shape)

    def initial_state(self, model: RecursiveModel, batch: Batch) -> State:
        """Fresh states of a batch that all ranks hold alike."""
        with torch.no_grad():
            return model.init_state(batch, self._randn)

    def perturbed(self, state: State, sigma: float) -> State:
        """The states of this rank with Gaussian noise."""
        if sigma == 0:
            return state
        return tuple(
            part + sigma * self.ranks.draw(self._randn, tuple(part.shape)).to(part.dtype)
            for part in state
        )

    def _rand(self, shape: tuple[int, ...]) -> Tensor:
        return torch.rand(shape, generator=self.generator, device=self.generator.device)

    def _randn(self, shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=self.generator, device=self.generator.device)


def batch_state(batch: Batch) -> dict[str, Tensor]:
    """The tensors of a batch, for a checkpoint."""
    return {name: part for name in PARTS if (part := getattr(batch, name)) is not None}


def each_tensor(node: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A nested dict of tensors, each one changed, in the same order on every rank."""
    if isinstance(node, dict):
        return {key: each_tensor(value, change) for key, value in sorted(node.items())}
    return change(node)


def in_order(parts: dict[str, Tensor]) -> State:
    """A state whose tensors a checkpoint has numbered."""
    return tuple(parts[str(index)] for index in range(len(parts)))


def per_puzzle(flags: Tensor, like: Tensor) -> Tensor:
    """`flags[B]` in a shape that broadcasts over `like[B, …]`."""
    return flags.view(-1, *(1,) * (like.dim() - 1))
