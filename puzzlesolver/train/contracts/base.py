"""Training contracts: from which states a model is trained, and where the loss is taken.

In: settings, a puzzle source and a model. Out: one `Learned` (loss and accuracies) per update; the
loop does the rest. A new contract is a file with its settings and its class, and one line in
`registry.py`.

    >>> contract = CONTRACTS["carried"](config, source, generator, ranks)
    >>> contract.loss(model, step, progress=0.0).loss.backward()
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, Literal, TypeVar

import torch
from torch.optim import Optimizer

from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.contracts.losses import Learned
from puzzlesolver.train.distributed import ALONE, Ranks
from puzzlesolver.train.resuming import Resumable
from puzzlesolver.train.settings import Settings

S = TypeVar("S", bound=Settings)


class Contract(Resumable, ABC, Generic[S]):
    """What the loop asks of a training contract.

    It keeps what the next `loss` depends on, besides model, optimizers, source and generator.

    Attributes:
        wants: the class of its settings.
        draws: what its source gives: boards of one layout, of many, or tasks.
        optimizers: of what it trains beside the model, if anything.
        settings: its own.
        config: those of the run.
    """

    wants: type[S]
    draws: ClassVar[Literal["boards", "many boards", "tasks"]] = "boards"
    optimizers: Sequence[Optimizer] = ()

    def __init__(
        self, config: TrainConfig, source: Any, generator: torch.Generator, ranks: Ranks = ALONE
    ) -> None:
        assert isinstance(config.contract, self.wants)
        self.settings, self.config = config.contract, config
        self.source, self.generator, self.ranks = source, generator, ranks

    @abstractmethod
    def loss(self, model: Any, step: Any, progress: float) -> Learned:
        """The next update's loss; `progress` runs from 0 to 1 over the training.

        Args:
            model: a `RecursiveModel`, or the network of the contract.
            step: its step on the layout of the puzzles, perhaps compiled.
            progress: of the run.
        """

    def rate(self, updates: int, progress: float) -> float:
        """Share of the learning rate that the next update takes, after so many."""
        return 1.0
