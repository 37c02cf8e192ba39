"""Random tokens in place of a dataset folder, so that a dry run needs none.

>>> RandomBoards(get_preset("trm-arc1")).draw(2).tokens.shape
torch.Size([2, 900])
"""

from __future__ import annotations

from typing import Any

import torch

from puzzlesolver.models.interface import Batch
from puzzlesolver.models.relations import Layout
from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.data.curriculum import Reveal

CANVAS = 30


class RandomBoards:
    """A `PuzzleSource` of ARC canvases that mean nothing."""

    recipe = "random tokens in place of the dataset folder that --data will name"

    def __init__(self, config: TrainConfig) -> None:
        self.layout = Layout((CANVAS, CANVAS, 1), ())
        self.symbols = config.model["vocab_size"] - 1
        self.identifiers: int = config.model["num_puzzle_identifiers"]
        self.reveal = Reveal(config)
        self.drawn, self.epoch = 0, config.train_puzzles
        self.generator = torch.Generator().manual_seed(config.seed)

    def draw(self, count: int) -> Batch:
        self.drawn += count
        return Batch(
            tokens=self._integers(self.symbols, (count, self.layout.cells)),
            layout=self.layout,
            targets=1 + self._integers(self.symbols, (count, self.layout.cells)),
            identifiers=self._integers(self.identifiers, (count,)),
        )

    def heldout(self) -> Batch | None:
        return None

    def observe(self, solved: float | None) -> None:
        """Nothing is learned here."""

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing is saved."""

    def _integers(self, below: int, shape: tuple[int, ...]) -> torch.Tensor:
        return torch.randint(below, shape, generator=self.generator)
