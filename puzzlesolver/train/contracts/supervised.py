"""The contract of HRM, TRM and SE-RRM: deep supervision, with learned or random halting.

In: a puzzle source and a model with a halting head. Out: one `Learned` per update, which is one
step of every slot.

Shape legend: B puzzles (slots).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional as F

from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import PARTS, Batch, Readout, RecursiveModel, State, StepFunction
from puzzlesolver.models.relations import Layout
from puzzlesolver.train.config import TrainConfig, flag
from puzzlesolver.train.contracts.carry import Luck, batch_state, each_tensor, in_order, per_puzzle
from puzzlesolver.train.contracts.losses import Learned, judge
from puzzlesolver.train.distributed import ALONE, Ranks

if TYPE_CHECKING:
    from puzzlesolver.train.data.sudoku import PuzzleSource

HALTING_WEIGHT = 0.5
"""Of the halting losses beside the answer's, in HRM and TRM."""


class DeepSupervision:
    """A loss after every step, and a head that learns when to stop.

    Every slot carries a puzzle and its detached states from update to update, until its model says
    halt or `halt_max_steps` are made; then it takes the row of the incoming batch, which other
    slots ignore. One update is one step. With `q_learning` (HRM, section 2.3 of the paper) a second
    logit learns by a further step, without gradient, what going on would be worth; without (TRM,
    section 4.4) the model halts when it believes that its answer is right. With `halt_randomly`
    (SE-RRM) chance decides.
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
        self.board: Batch | None = None
        self.state: State = ()
        device, size = generator.device, config.batch_size // ranks.world
        self.steps = torch.zeros(size, dtype=torch.int64, device=device)
        self.halted = torch.ones(size, dtype=torch.bool, device=device)

    def loss(self, model: RecursiveModel, step: StepFunction, progress: float) -> Learned:
        board = self._take_rows(model)
        inputs = model.embed(board)
        state = step(self.state, inputs)
        readout = model.readout(state, board.layout)
        self.state = tuple(part.detach() for part in state)
        self.steps = self.steps + 1
        learned, solved = judge(readout, board, self.steps, self.config.cross_entropy)
        if readout.halt is None or (self.config.q_learning and readout.proceed is None):
            raise UsageError(
                f"{self.config.family} has no halting head", where=flag("contract"), hint="final"
            )
        # SE-RRM's probability of being right is published as if it were a logit, without gradient.
        said = readout.halt.sigmoid() if self.config.halt_randomly else readout.halt
        halting = F.binary_cross_entropy_with_logits(said, solved.float())
        if self.config.q_learning:
            assert readout.proceed is not None
            worth = self._worth_of_going_on(model, step, inputs.detach(), board.layout)
            halting = halting + F.binary_cross_entropy_with_logits(readout.proceed, worth)
        self._halt(readout)
        left = self.ranks.gather(solved)[self.ranks.gather(self.halted)]
        self.source.observe(left.float().mean().item() if len(left) else None)
        return learned._replace(loss=learned.loss + HALTING_WEIGHT * halting)

    def state_dict(self) -> dict[str, Any]:
        saved: dict[str, Any] = {"steps": self.steps, "halted": self.halted}
        if self.board is not None:
            saved["board"] = batch_state(self.board)
            saved["state"] = {str(index): part for index, part in enumerate(self.state)}
        gathered: dict[str, Any] = each_tensor(saved, self.ranks.gather)
        return gathered

    def load_state_dict(self, state: dict[str, Any]) -> None:
        device = self.luck.generator.device
        state = each_tensor(state, lambda tensor: self.ranks.mine(tensor).to(device))
        self.steps, self.halted = state["steps"], state["halted"]
        if "board" in state:
            self.board = Batch(layout=self.source.layout, **state["board"])
            self.state = in_order(state["state"])

    def _take_rows(self, model: RecursiveModel) -> Batch:
        """The boards of this update, of which halted slots have just begun."""
        rows = self.ranks.rows(self.config.batch_size)
        incoming = self.source.draw(self.config.batch_size).to(self.halted.device)
        start = tuple(part[rows] for part in self.luck.initial_state(model, incoming))
        incoming = incoming.rows(rows)
        if self.board is None:
            self.board, self.state = incoming, start
        else:
            merged: dict[str, Any] = {
                name: torch.where(per_puzzle(self.halted, new), new, getattr(self.board, name))
                for name in PARTS
                if (new := getattr(incoming, name)) is not None
            }
            self.board = replace(self.board, **merged)
            self.state = tuple(
                torch.where(per_puzzle(self.halted, new), new, old.to(new.dtype))
                for new, old in zip(start, self.state, strict=True)
            )
        self.steps = torch.where(self.halted, 0, self.steps)
        return self.board

    @torch.no_grad()
    def _worth_of_going_on(
        self, model: RecursiveModel, step: StepFunction, inputs: Tensor, layout: Layout
    ) -> Tensor:
        """The target of HRM's second logit: the better of the two after one more step."""
        after = model.readout(step(self.state, inputs), layout)
        assert after.halt is not None and after.proceed is not None
        last = self.steps >= self.config.halt_max_steps
        return torch.where(last, after.halt, after.halt.maximum(after.proceed)).sigmoid()

    @torch.no_grad()
    def _halt(self, readout: Readout) -> None:
        """Which slots stop here; some, drawn anew every time, must go on for a while."""
        assert readout.halt is not None
        going_on = readout.proceed if self.config.q_learning else None
        threshold = torch.zeros_like(readout.halt) if going_on is None else going_on
        lots = self.luck.uniform((len(self.steps), 2))
        chosen, span = lots[:, 0] < self.config.halt_exploration, self.config.halt_max_steps - 1
        least = torch.where(chosen, 2 + (lots[:, 1] * span).long(), 0)
        willing = (readout.halt > threshold) & (self.steps >= least)
        if self.config.halt_randomly:
            willing = chosen
        self.halted = willing | (self.steps >= self.config.halt_max_steps)
