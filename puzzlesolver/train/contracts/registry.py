"""Training contracts: which states a model is trained from, and where the loss is taken.

In: a puzzle source and a model. Out: one `Learned` (loss and accuracies) per update; the loop does
the rest.

    >>> contract = CONTRACTS["carried"](config, source, generator, ranks)
    >>> contract.loss(model, step, progress=0.0).loss.backward()
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch.optim import Optimizer

from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.contracts.carried import CarriedState
from puzzlesolver.train.contracts.final import FinalStep
from puzzlesolver.train.contracts.losses import Learned
from puzzlesolver.train.contracts.supervised import DeepSupervision
from puzzlesolver.train.contracts.tasks import ManyTasks
from puzzlesolver.train.distributed import Ranks


class Contract(Protocol):
    """What the loop asks of a training contract."""

    @property
    def optimizers(self) -> Sequence[Optimizer]:
        """Of what it trains beside the model, if anything."""

    def loss(self, model: Any, step: Any, progress: float) -> Learned:
        """The next update's loss; `progress` runs from 0 to 1 over the training.

        Args:
            model: a `RecursiveModel`, or the network of the contract.
            step: its step on the layout of the puzzles, perhaps compiled.
            progress: of the run.
        """

    def state_dict(self) -> dict[str, Any]:
        """All that the next `loss` depends on, besides model, optimizers, source and generator."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""


CONTRACTS: dict[str, Callable[[TrainConfig, Any, torch.Generator, Ranks], Contract]] = {
    "carried": CarriedState,
    "supervised": DeepSupervision,
    "final": FinalStep,
    "tasks": ManyTasks,
}
