"""The contract of HRM, TRM and SE-RRM: deep supervision, with learned or random halting.

In: a puzzle source and a model with a halting head. Out: one `Learned` per update, which is one
step of every slot.

Shape legend: B puzzles (slots).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional as F

from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import PARTS, Batch, Readout, RecursiveModel, StepFunction
from puzzlesolver.models.relations import Layout
from puzzlesolver.train.contracts.carry import SlotContract, per_puzzle
from puzzlesolver.train.contracts.losses import CrossEntropy, Learned, judge
from puzzlesolver.train.settings import Settings, flag, within

HALTING_WEIGHT = 0.5
"""Of the halting losses beside the answer's, in HRM and TRM."""


@dataclass(frozen=True)
class Supervised(Settings):
    """Settings of `DeepSupervision`.

    Attributes:
        cross_entropy: `stablemax`, or `softmax`.
        q_learning: whether halting is learned as in HRM, by a second logit for going on, or as in
            TRM without.
        halt_max_steps: steps after which a puzzle is replaced in any case.
        halt_exploration: probability that a puzzle must make a random number of steps; with
            `halt_randomly`, that it is replaced.
        halt_randomly: whether chance replaces puzzles after a step, as in SE-RRM, instead of a
            halting head.
    """

    name: ClassVar[str] = "supervised"

    cross_entropy: CrossEntropy = "stablemax"
    q_learning: bool = False
    halt_max_steps: int = within(16, 2)
    halt_exploration: float = within(0.1, 0, 1)
    halt_randomly: bool = False


class DeepSupervision(SlotContract[Supervised]):
    """A loss after every step, and a head that learns when to stop.

    Every slot carries a puzzle and its detached states from update to update, until its model says
    halt or `halt_max_steps` are made; then it takes the row of the incoming batch, which other
    slots ignore. One update is one step. With `q_learning` (HRM, section 2.3 of the paper) a second
    logit learns by a further step, without gradient, what going on would be worth; without (TRM,
    section 4.4) the model halts when it believes that its answer is right. With `halt_randomly`
    (SE-RRM) chance decides.
    """

    wants = Supervised
    KEPT, POOL = ("steps", "halted"), "board"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        device = self.generator.device
        self.steps = torch.zeros(self.slots, dtype=torch.int64, device=device)
        self.halted = torch.ones(self.slots, dtype=torch.bool, device=device)

    def loss(self, model: RecursiveModel, step: StepFunction, progress: float) -> Learned:
        board = self._take_rows(model)
        inputs = model.embed(board)
        state = step(self.state, inputs)
        readout = model.readout(state, board.layout)
        self.state = tuple(part.detach() for part in state)
        self.steps = self.steps + 1
        learned, solved = judge(readout, board, self.steps, self.settings.cross_entropy)
        if readout.halt is None or (self.settings.q_learning and readout.proceed is None):
            raise UsageError(
                f"{self.config.family} has no halting head", where=flag("contract"), hint="final"
            )
        # SE-RRM's probability of being right is published as if it were a logit, without gradient.
        said = readout.halt.sigmoid() if self.settings.halt_randomly else readout.halt
        halting = F.binary_cross_entropy_with_logits(said, solved.float())
        if self.settings.q_learning:
            assert readout.proceed is not None
            worth = self._worth_of_going_on(model, step, inputs.detach(), board.layout)
            halting = halting + F.binary_cross_entropy_with_logits(readout.proceed, worth)
        self._halt(readout)
        left = self.ranks.gather(solved)[self.ranks.gather(self.halted)]
        self.source.observe(left.float().mean().item() if len(left) else None)
        return learned._replace(loss=learned.loss + HALTING_WEIGHT * halting)

    def _take_rows(self, model: RecursiveModel) -> Batch:
        """The boards of this update, of which halted slots have just begun."""
        rows = self.ranks.rows(self.config.batch_size)
        incoming = self.source.draw(self.config.batch_size).to(self.halted.device)
        start = tuple(part[rows] for part in self.initial_state(model, incoming))
        incoming = incoming.rows(rows)
        if self.pool is None:
            self.pool, self.state = incoming, start
        else:
            merged: dict[str, Any] = {
                name: torch.where(per_puzzle(self.halted, new), new, getattr(self.pool, name))
                for name in PARTS
                if (new := getattr(incoming, name)) is not None
            }
            self.pool = replace(self.pool, **merged)
            self.state = tuple(
                torch.where(per_puzzle(self.halted, new), new, old.to(new.dtype))
                for new, old in zip(start, self.state, strict=True)
            )
        self.steps = torch.where(self.halted, 0, self.steps)
        return self.pool

    @torch.no_grad()
    def _worth_of_going_on(
        self, model: RecursiveModel, step: StepFunction, inputs: Tensor, layout: Layout
    ) -> Tensor:
        """The target of HRM's second logit: the better of the two after one more step."""
        after = model.readout(step(self.state, inputs), layout)
        assert after.halt is not None and after.proceed is not None
        last = self.steps >= self.settings.halt_max_steps
        return torch.where(last, after.halt, after.halt.maximum(after.proceed)).sigmoid()

    @torch.no_grad()
    def _halt(self, readout: Readout) -> None:
        """Which slots stop here; some, drawn anew every time, must go on for a while."""
        assert readout.halt is not None
        going_on = readout.proceed if self.settings.q_learning else None
        threshold = torch.zeros_like(readout.halt) if going_on is None else going_on
        lots = self.uniform((len(self.steps), 2))
        chosen, span = lots[:, 0] < self.settings.halt_exploration, self.settings.halt_max_steps - 1
        least = torch.where(chosen, 2 + (lots[:, 1] * span).long(), 0)
        willing = (readout.halt > threshold) & (self.steps >= least)
        if self.settings.halt_randomly:
            willing = chosen
        self.halted = willing | (self.steps >= self.settings.halt_max_steps)
