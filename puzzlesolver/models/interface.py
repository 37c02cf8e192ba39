"""What every recursive model offers: `embed`, `init_state`, `step`, `readout`; no more is known.

Shape legend: B puzzles, C cells (row-major), S symbols, T = tuple of state tensors, each with B
first.

    >>> inputs = model.embed(batch)
    >>> state = model.init_state(batch, noise)
    >>> for _ in range(64):
    ...     state = model.step(state, inputs, batch.layout)
    >>> model.readout(state, batch.layout).logits.argmax(-1)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from puzzlesolver.models.relations import Layout

State = tuple[Tensor, ...]
Noise = Callable[[tuple[int, ...]], Tensor]
"""Standard normal noise of a given shape `[B, …]`; the caller decides the seed of every row."""


@dataclass(frozen=True)
class Batch:
    """Puzzles of one layout as tensors.

    Attributes:
        tokens: `int64[B, C]`, 0 = unknown, 1..S a symbol.
        layout: the lattice of (cell, symbol) nodes and which of them see each other.
        targets: `int64[B, C]`, the symbol 1..S of every cell, when known.
    """

    tokens: Tensor
    layout: Layout
    targets: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        targets = None if self.targets is None else self.targets.to(device)
        return replace(self, tokens=self.tokens.to(device), targets=targets)


class Readout(NamedTuple):
    """What a state says.

    Attributes:
        logits: `float32[B, C, S]`.
        halt: `float32[B]`, the model's own logit that its answer is right, or None.
        contradiction: `float32[B]`, the model's probability that the givens and clamps allow no
            answer, or None.
    """

    logits: Tensor
    halt: Tensor | None = None
    contradiction: Tensor | None = None

    def row(self, index: int) -> Readout:
        """What one state of the batch says, on the CPU."""
        logits, *others = (part if part is None else part[index : index + 1].cpu() for part in self)
        assert logits is not None
        return Readout(logits, *others)


@dataclass(frozen=True)
class ModelConfig:
    """Hyperparameters of one architecture; stored as `config.json` beside the weights."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class RecursiveModel(nn.Module, ABC):
    """One small network applied again and again to a latent state."""

    config: ModelConfig

    @abstractmethod
    def embed(self, batch: Batch) -> Tensor:
        """What is recalled at every step."""

    @abstractmethod
    def init_state(self, batch: Batch, noise: Noise) -> State:
        """The state before the first step; some models start from a constant, not from `noise`."""

    @abstractmethod
    def step(self, state: State, inputs: Tensor, layout: Layout) -> State:
        """One outer step."""

    @abstractmethod
    def readout(self, state: State, layout: Layout) -> Readout:
        """What the state says now."""
