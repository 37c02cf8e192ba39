"""What contracts of boards share: luck, and slots that carry boards from update to update.

Shape legend: B puzzles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor

from puzzlesolver.models.interface import PARTS, Batch, RecursiveModel, State
from puzzlesolver.train.contracts.base import Contract, S
from puzzlesolver.train.data.source import BoardSource


class BoardContract(Contract[S]):
    """A contract whose source draws boards, with random numbers on which all ranks agree."""

    source: BoardSource[Any]

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


class SlotContract(BoardContract[S]):
    """Each slot of the batch keeps its board and its states until it takes another board.

    Attributes:
        KEPT: names of further tensors with a row for every slot.
        POOL: how checkpoints call the boards.
        pool: the boards, givens and solutions; None before the first update.
        state: the detached states.
    """

    KEPT: ClassVar[tuple[str, ...]]
    POOL: ClassVar[str]

    pool: Batch | None = None
    state: State = ()

    @property
    def slots(self) -> int:
        """How many there are on this rank."""
        return self.config.batch_size // self.ranks.world

    def state_dict(self) -> dict[str, Any]:
        saved: dict[str, Any] = {name: getattr(self, name) for name in self.KEPT}
        if self.pool is not None:
            parts = ((name, getattr(self.pool, name)) for name in PARTS)
            saved[self.POOL] = {name: part for name, part in parts if part is not None}
            saved["state"] = {str(number): part for number, part in enumerate(self.state)}
        gathered: dict[str, Any] = _each_tensor(saved, self.ranks.gather)
        return gathered

    def load_state_dict(self, state: dict[str, Any]) -> None:
        device = self.generator.device
        state = _each_tensor(state, lambda tensor: self.ranks.mine(tensor).to(device))
        for name in state.keys() & set(self.KEPT):
            setattr(self, name, state[name])
        if self.POOL in state:
            self.pool = Batch(layout=self.source.layout, **state[self.POOL])
            self.state = tuple(state["state"][str(n)] for n in range(len(state["state"])))


def per_puzzle(flags: Tensor, like: Tensor) -> Tensor:
    """`flags[B]` in a shape that broadcasts over `like[B, …]`."""
    return flags.view(-1, *(1,) * (like.dim() - 1))


def _each_tensor(node: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A nested dict of tensors, each one changed, in the same order on every rank."""
    if isinstance(node, dict):
        return {key: _each_tensor(value, change) for key, value in sorted(node.items())}
    return change(node)
