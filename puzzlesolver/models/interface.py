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
        tokens: `int64[B, C]`, what is given in every cell; Sudoku: 0 = unknown, 1..S a symbol.
        layout: the lattice of nodes and which of them hear each other.
        targets: the right answers, when known: `int64[B, C]`, the symbol 1..S of every cell, or
            `int64[B, C, S]`, 1 for each symbol that is right.
        known_from: `int64[B, C, S]`, for targets of the latter kind: the steps that news need to
            reach this cell; 0 = it is known at once.
    """

    tokens: Tensor
    layout: Layout
    targets: Tensor | None = None
    known_from: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        moved = {
            name: tensor.to(device)
            for name in ("tokens", "targets", "known_from")
            if (tensor := getattr(self, name)) is not None
        }
        return replace(self, **moved)


class Readout(NamedTuple):
    """What a state says.

    Attributes:
        logits: `float32[B, C, S]`.
        halt: `float32[B]`, the model's own logit that its answer is right, or None.
        contradiction: `float32[B]`, the model's probability that the givens and clamps allow no
            answer, or None.
        exclusive: whether one symbol of a cell is right, or each of them may be.
    """

    logits: Tensor
    halt: Tensor | None = None
    contradiction: Tensor | None = None
    exclusive: bool = True

    @property
    def probabilities(self) -> Tensor:
        """Of every symbol of every cell, `float32[B, C, S]`."""
        return self.logits.softmax(-1) if self.exclusive else self.logits.sigmoid()

    def row(self, index: int) -> Readout:
        """What one state of the batch says, on the CPU."""
        one = slice(index, index + 1)
        return Readout(
            self.logits[one].cpu(),
            None if self.halt is None else self.halt[one].cpu(),
            None if self.contradiction is None else self.contradiction[one].cpu(),
            self.exclusive,
        )


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
