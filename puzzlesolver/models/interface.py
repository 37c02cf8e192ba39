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
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, NamedTuple, get_type_hints

import torch
from torch import Tensor, nn

from puzzlesolver.models.relations import Layout

State = tuple[Tensor, ...]
Noise = Callable[[tuple[int, ...]], Tensor]
"""Standard normal noise of a given shape `[B, …]`; the caller decides the seed of every row."""

StepFunction = Callable[[State, Tensor], State]
"""`RecursiveModel.step` for one layout: from a state and what is recalled to the next state."""

PARTS = ("tokens", "targets", "known_from", "identifiers")
"""The fields of a `Batch` that are tensors with one row a puzzle, or None."""


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
        identifiers: `int64[B]`, rows of the puzzle embedding of published models; None = all 0.
    """

    tokens: Tensor
    layout: Layout
    targets: Tensor | None = None
    known_from: Tensor | None = None
    identifiers: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        return self._each(lambda tensor: tensor.to(device))

    def rows(self, chosen: slice | Tensor) -> Batch:
        """Some of the puzzles."""
        return self._each(lambda tensor: tensor[chosen])

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        parts = {name: getattr(self, name) for name in PARTS}
        changed: dict[str, Any] = {
            name: change(part) for name, part in parts.items() if part is not None
        }
        return replace(self, **changed)


class Readout(NamedTuple):
    """What a state says.

    Attributes:
        logits: `float32[B, C, S]`.
        halt: `float32[B]`, the model's own logit that its answer is right, or None.
        contradiction: `float32[B]`, the model's probability that the givens and clamps allow no
            answer, or None.
        exclusive: whether one symbol of a cell is right, or each of them may be.
        vocabulary: `float32[B, C, V]`, logits of all tokens of a published model, of which the last
            S are the symbols, or None.
        proceed: `float32[B]`, HRM's logit that going on is better, or None.
    """

    logits: Tensor
    halt: Tensor | None = None
    contradiction: Tensor | None = None
    exclusive: bool = True
    vocabulary: Tensor | None = None
    proceed: Tensor | None = None

    @property
    def probabilities(self) -> Tensor:
        """Of every symbol of every cell, `float32[B, C, S]`."""
        return self.logits.softmax(-1) if self.exclusive else self.logits.sigmoid()

    def row(self, index: int) -> Readout:
        """What one state of the batch says, on the CPU."""
        one = slice(index, index + 1)
        parts: Any = (part[one].cpu() if isinstance(part, Tensor) else part for part in self)
        return Readout(*parts)


class Habits(NamedTuple):
    """How steps are made with a model.

    Attributes:
        stride: how far one step gets, in steps of the kind that `Policy.patience` counts.
        refuted: belief in a contradiction that turns or drops the model's own suppositions
            (`refine/suppose.py`).
        deepest: so many suppositions stand at once; where they decide nothing, all are dropped.
    """

    stride: int = 1
    refuted: float = 0.5
    deepest: int = 3


@dataclass(frozen=True)
class ModelConfig:
    """Hyperparameters of one architecture; stored as `config.json` beside the weights.

    Every number is of the type that its field names, finite, and within `RANGES`: a hostile file
    must be refused before memory is used.

    Attributes:
        RANGES: least and largest value of every number.
        GROWING: fields in which a model may differ from one that it starts from, `grow_from`.
    """

    RANGES: ClassVar[Mapping[str, tuple[float, float]]] = {}
    GROWING: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(type(self)).items():
            if kind not in (int, float, bool, str):
                continue
            value = getattr(self, name)
            if type(value) is not kind and not (kind is float and type(value) is int):
                raise ValueError(f"{name} must be of type {kind.__name__}, not {short(value)}")
            if kind in (int, float):
                lowest, highest = self.RANGES[name]
                if not lowest <= value <= highest:
                    raise ValueError(f"{name} must lie in {lowest}..{highest}, not {short(value)}")

    @property
    def habits(self) -> Habits:
        """Those that the model was trained with."""
        return Habits()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def short(value: object) -> str:
    """A setting as messages show it, however long it is."""
    return repr(value)[:40]


class Network(nn.Module):
    """What can be trained, stored and named."""

    config: ModelConfig

    def grow_from(self, smaller: Network) -> None:
        """Take the weights of a model that is smaller in `GROWING` alone.

        Raises:
            ValueError: it cannot grow from that size.
        """
        self.load_state_dict(smaller.state_dict())


class RecursiveModel(Network, ABC):
    """One small network applied again and again to a latent state."""

    @property
    def cores(self) -> tuple[nn.Module, ...]:
        """Parts that one step applies many times, to be compiled one by one; empty: the step is."""
        return ()

    @property
    def fixed_start(self) -> bool:
        """Whether `init_state` gives a puzzle the same state every time, whatever the noise."""
        return False

    def fused_step(self, layout: Layout, dtype: torch.dtype = torch.float32) -> StepFunction | None:
        """`step` on one layout as machine code, if there is such; a copy of the weights.

        It takes float32 states on a CPU, gives no gradient, and differs from `step` by rounding:
        factors of its products are of `dtype` where that makes them faster, else float32.
        """
        return None

    @abstractmethod
    def embed(self, batch: Batch) -> Tensor:
        """What is recalled at every step."""

    @abstractmethod
    def init_state(self, batch: Batch, noise: Noise) -> State:
        """The state before the first step; without any noise where `fixed_start`."""

    @abstractmethod
    def step(self, state: State, inputs: Tensor, layout: Layout) -> State:
        """One outer step."""

    @abstractmethod
    def readout(self, state: State, layout: Layout) -> Readout:
        """What the state says now."""
