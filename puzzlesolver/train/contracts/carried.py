"""The contract of our stem: states persist across updates.

In: a puzzle source and a model. Out: one `Learned` per update.

Shape legend: B puzzles, C cells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from puzzlesolver.models.interface import (
    PARTS,
    Habits,
    Readout,
    RecursiveModel,
    State,
    StepFunction,
)
from puzzlesolver.refine.suppose import suppose
from puzzlesolver.train.contracts.carry import SlotContract, per_puzzle
from puzzlesolver.train.contracts.losses import LATE, Learned, judge
from puzzlesolver.train.settings import Settings, within


@dataclass(frozen=True)
class Carried(Settings):
    """Settings of `CarriedState`.

    Attributes:
        grad_steps: steps with gradient in one update.
        noise: standard deviation of Gaussian noise on the state before them.
        max_age: updates after which a puzzle is replaced, solved or not.
        linger: updates in a row that a puzzle must be right before it is replaced.
        suppositions: probability, per puzzle and update, that a puzzle moves its suppositions as
            raw refinement does (`refine/suppose.py`).
        suppose_after: updates a puzzle has to settle before the first supposition.
        guided: probability that a supposition is the right digit, whatever the model believes.
        loss_every_step: whether the loss is the mean over the steps with gradient, instead of that
            of the last one.
        stillness: weight, in the loss, of the squared relative residual of solved puzzles.
        save_states: whether checkpoints hold the puzzles and their states, which outweigh the
            weights in a large batch. Without them a resumed run begins with new puzzles, so it ends
            alike, not bitwise.
    """

    name: ClassVar[str] = "carried"

    grad_steps: int = within(6, 1, 1024)
    noise: float = within(0.01, 0, 100)
    max_age: int = within(24, 1)
    linger: int = within(3, 1)
    suppositions: float = within(0.0, 0, 1)
    suppose_after: int = within(6, 0)
    guided: float = within(0.0, 0, 1)
    loss_every_step: bool = False
    stillness: float = within(0.0, 0)
    save_states: bool = True


class CarriedState(SlotContract[Carried]):
    """States persist across updates: a few steps with gradient, loss at the last or all, detach.

    A pool of puzzles keeps its states. A puzzle is replaced by a fresh one, from fresh noise, when
    it has been right for `linger` updates in a row or is `max_age` updates old. Unsolved puzzles
    thus train late states and solved ones train staying there, and no step is spent on warm-up.
    `stillness` makes staying literal: without it solved states may swing between two latent states
    that decode alike.

    With `suppositions` the puzzles also make the moves of `refine/suppose.py`, by the model's own
    beliefs: a wrong supposition makes the board contradictory, its targets become "none" until it
    is dropped, and what was learned from it is worth remembering. `tokens` are givens and
    suppositions; solutions of `pool` are 0 where the givens contradict.
    """

    wants = Carried
    KEPT, POOL = ("age", "streak", "tokens"), "pool"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        device = self.generator.device
        self.tokens = torch.empty(0, device=device)
        self.age = torch.full((self.slots,), self.settings.max_age, device=device)
        self.streak = torch.zeros(self.slots, dtype=torch.int64, device=device)

    def loss(self, model: RecursiveModel, step: StepFunction, progress: float) -> Learned:
        self._replace_finished(model)
        assert self.pool is not None and self.pool.targets is not None
        wrong = self._supposing_wrongly()
        targets = self.pool.targets.masked_fill(per_puzzle(wrong, self.pool.targets), 0)
        board = replace(self.pool, tokens=self.tokens, targets=targets)
        inputs = model.embed(board)
        state = before = self.perturbed(self.state, self.settings.noise)
        judged = []
        for number in range(1, self.settings.grad_steps + 1):
            before, state = state, step(state, inputs)
            if self.settings.loss_every_step or number == self.settings.grad_steps:
                readout = model.readout(state, board.layout)
                made = self.age * self.settings.grad_steps + number
                judged.append(judge(readout, board, made))
        learned, solved = judged[-1]
        learned = learned._replace(loss=torch.stack([each.loss for each, _ in judged]).mean())
        if self.settings.stillness:
            motion = (_squared_motion(before, state) * solved).mean()
            learned = learned._replace(loss=learned.loss + self.settings.stillness * motion)
        # Clones, for what CUDA graphs return is overwritten when they run again.
        self.state = tuple(tensor.detach().clone() for tensor in state)
        self.age += 1
        if self.settings.suppositions:
            self._suppose(readout, model.config.habits)
        sound = self.pool.targets.flatten(1).any(1)
        self.streak = torch.where(solved & ~wrong, self.streak + 1, 0)
        leaving = self.ranks.gather(self._finished() & sound)
        solved_share = (self.ranks.gather(self.streak)[leaving] > 0).float().mean().item()
        self.source.observe(solved_share if leaving.any() else None)
        return learned

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() if self.settings.save_states else {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if self.settings.save_states:
            super().load_state_dict(state)

    def _supposing_wrongly(self) -> Tensor:
        """Which puzzles have a supposition that contradicts their solution, `bool[B]`."""
        assert self.pool is not None and self.pool.targets is not None
        if not self.settings.suppositions:
            return torch.zeros_like(self.streak, dtype=torch.bool)
        return ((self.tokens > 0) & (self.tokens != self.pool.targets)).any(1)

    def _finished(self) -> Tensor:
        """Which puzzles are right for good, or will not become so, `bool[B]`."""
        finished = (self.age >= self.settings.max_age) | (self.streak >= self.settings.linger)
        if self.pool is None or self.pool.known_from is None:
            return finished
        # What a state has forgotten no later step brings back, and it would only teach to guess.
        told = self.pool.known_from.flatten(1).amax(1) + LATE
        return finished | (self.age - self.settings.linger >= told / self.settings.grad_steps)

    @torch.no_grad()
    def _suppose(self, readout: Readout, habits: Habits) -> None:
        """Let some of the puzzles that had time to settle move their suppositions."""
        assert self.pool is not None
        size, cells = self.tokens.shape
        lots = self.uniform((size, cells + 2))
        limits = (habits.refuted, habits.deepest)
        moved = suppose(self.pool.tokens, self.tokens, readout, lots[:, :-1], *limits)
        if self.settings.guided:
            targets = self.pool.targets
            assert targets is not None
            guided = self.uniform((size, 1)) < self.settings.guided
            supposed = (moved > 0) & (moved != self.tokens) & (targets > 0)
            moved = torch.where(supposed & guided, targets, moved)
        moving = (lots[:, -1] < self.settings.suppositions) & (
            self.age >= self.settings.suppose_after
        )
        # A new tensor: the backward pass of this update still needs the boards as they were.
        self.tokens = torch.where(moving[:, None], moved, self.tokens)

    def _replace_finished(self, model: RecursiveModel) -> None:
        finished = self._finished()
        everywhere = self.ranks.gather(finished)
        if not everywhere.any():
            return
        # Of the new puzzles of all ranks, in the order of the slots, which come here?
        number = everywhere.cumsum(0) - 1
        here = self.ranks.mine(number)[finished]
        slots = finished.nonzero().flatten()
        fresh = self.source.draw(int(everywhere.sum())).to(slots.device)
        state = tuple(part[here] for part in self.initial_state(model, fresh))
        fresh = fresh.rows(here)
        if self.pool is None:
            self.pool, self.tokens, self.state = fresh, fresh.tokens.clone(), state
        else:
            self.tokens[slots] = fresh.tokens
            for name in PARTS:
                if (new := getattr(fresh, name)) is not None:
                    getattr(self.pool, name)[slots] = new
            for kept, new in zip(self.state, state, strict=True):
                kept[slots] = new.to(kept.dtype)
        self.age[slots] = 0
        self.streak[slots] = 0


def _squared_motion(before: State, now: State) -> Tensor:
    """(‖z' - z‖ / ‖z‖)² of every puzzle, `float32[B]`; unlike its root it has a gradient at 0."""
    moved = [(b - a).float().square().flatten(1).sum(1) for a, b in zip(before, now, strict=True)]
    size = [a.detach().float().square().flatten(1).sum(1) for a in before]
    return torch.stack(moved).sum(0) / torch.stack(size).sum(0)
