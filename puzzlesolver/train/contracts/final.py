"""The contract of RSM: one unroll from a fresh state, and a loss at its end.

In: a puzzle source and a model. Out: one `Learned` per update.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import RecursiveModel, StepFunction
from puzzlesolver.models.rsm import RSM
from puzzlesolver.train.config import TrainConfig, flag
from puzzlesolver.train.contracts.carry import Luck
from puzzlesolver.train.contracts.losses import Learned, judge
from puzzlesolver.train.data.curriculum import grown
from puzzlesolver.train.distributed import ALONE, Ranks

if TYPE_CHECKING:
    from puzzlesolver.train.data.sudoku import PuzzleSource


class FinalStep:
    """RSM's contract (arXiv 2603.15641): fresh state, detached warm-up, loss at the end only.

    The warm-up grows over the training (`warmup_growth`), and so do RSM's inner cycles
    (`inner_growth`). With probability `chain` its last step joins the graph, of a model with inner
    cycles only what comes after them: the stochastic outer transition of the paper.
    """

    optimizers = ()

    def __init__(
        self,
        config: TrainConfig,
        source: PuzzleSource,
        generator: torch.Generator,
        ranks: Ranks = ALONE,
    ) -> None:
        self.config = config
        self.source = source
        self.luck = Luck(generator, ranks)
        self.ranks = ranks

    def loss(self, model: RecursiveModel, step: StepFunction, progress: float) -> Learned:
        size, device = self.config.batch_size, self.luck.generator.device
        whole, rows = self.source.draw(size).to(device), self.ranks.rows(size)
        batch = whole.rows(rows)
        warmup = self._warmup_steps(progress)
        if self.config.inner_growth:
            self._grow(model, warmup, grown(self.config.inner_growth, progress))
        joined = warmup > 0 and self.luck.toss() < self.config.chain
        inputs = model.embed(batch)
        with torch.no_grad():
            state = tuple(part[rows] for part in self.luck.initial_state(model, whole))
            for _ in range(warmup - joined):
                state = step(state, inputs)
        state = self.luck.perturbed(state, self.config.noise)
        if joined:
            transition = model.transition if isinstance(model, RSM) else step
            state = transition(state, inputs)
        for _ in range(self.config.grad_steps):
            state = step(state, inputs)
        readout = model.readout(state, batch.layout)
        steps = torch.full_like(batch.tokens[:, 0], warmup + self.config.grad_steps)
        learned, _ = judge(readout, batch, steps, self.config.cross_entropy)
        solved = self.ranks.agree(learned.solved.item())
        self.source.observe(None if math.isnan(solved) else solved)
        return learned

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing is carried from one update to the next."""

    def _grow(self, model: RecursiveModel, warmup: int, inner_cycles: int) -> None:
        if not isinstance(model, RSM):
            what = f"{self.config.family} has no inner cycles that could grow"
            raise UsageError(what, where=flag("inner_growth"), hint="leave it empty")
        model.grow(warmup + self.config.grad_steps, inner_cycles)

    def _warmup_steps(self, progress: float) -> int:
        length = grown(self.config.warmup_growth, progress)
        return int(self.luck.toss() * (length + 1)) if self.config.warmup_drawn else length
