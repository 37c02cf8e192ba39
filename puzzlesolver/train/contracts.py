"""Training contracts: which states a model is trained from, and where the loss is taken.

In: a puzzle source and a model. Out: one `Learned` (loss and accuracies) per update; the loop does
the rest.

Shape legend: B puzzles, C cells, S symbols.

    >>> contract = CarriedState(config, source, generator)
    >>> contract.loss(model, step, progress=0.0).loss.backward()
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from puzzlesolver.models.compiling import StepFunction
from puzzlesolver.models.interface import Batch, Readout, RecursiveModel, State
from puzzlesolver.refine.suppose import suppose
from puzzlesolver.train.losses import LATE, Learned, judge
from puzzlesolver.train.presets import TrainConfig

if TYPE_CHECKING:
    from puzzlesolver.train.data import PuzzleSource


class Contract(Protocol):
    """What the loop asks of a training contract."""

    def loss(self, model: RecursiveModel, step: StepFunction, progress: float) -> Learned:
        """The next update's loss; `progress` runs from 0 to 1 over the training."""

    def state_dict(self) -> dict[str, Any]:
        """All that the next `loss` depends on, besides model, source and generator."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""


class CarriedState:
    """States persist across updates: a few steps with gradient, loss at the last or all, detach.

    A pool of puzzles keeps its states. A puzzle is replaced by a fresh one, from fresh noise, when
    it has been right for `linger` updates in a row or is `max_age` updates old. Unsolved puzzles
    thus train late states and solved ones train staying there, and no step is spent on warm-up.
    `stillness` makes staying literal: without it solved states may swing between two latent states
    that decode alike.

    With `suppositions` the puzzles also make the moves of `refine/suppose.py`, by the model's own
    beliefs: a wrong supposition makes the board contradictory, its targets become "none" until it
    is dropped, and what was learned from it is worth remembering.
    """

    def __init__(
        self, config: TrainConfig, source: PuzzleSource, generator: torch.Generator
    ) -> None:
        self.config = config
        self.source = source
        self.generator = generator
        device, size = generator.device, config.batch_size
        self.pool: Batch | None = None  # givens and solutions; 0 where the givens contradict
        self.tokens: Tensor = torch.empty(0)  # givens and suppositions
        self.state: State = ()
        self.age = torch.full((size,), config.max_age, device=device)
        self.streak = torch.zeros(size, dtype=torch.int64, device=device)

    def loss(self, model: RecursiveModel, step: StepFunction, progress: float) -> Learned:
        self._replace_finished(model)
        assert self.pool is not None and self.pool.targets is not None
        wrong = self._supposing_wrongly()
        targets = self.pool.targets.masked_fill(_per_puzzle(wrong, self.pool.targets), 0)
        board = replace(self.pool, tokens=self.tokens, targets=targets)
        inputs = model.embed(board)
        state = before = _perturbed(self.state, self.config.noise, self.generator)
        judged = []
        for number in range(1, self.config.grad_steps + 1):
            before, state = state, step(state, inputs)
            if self.config.loss_every_step or number == self.config.grad_steps:
                readout = model.readout(state, board.layout)
                made = self.age * self.config.grad_steps + number
                judged.append(judge(readout, board, made))
        learned, solved = judged[-1]
        learned = learned._replace(loss=torch.stack([each.loss for each, _ in judged]).mean())
        if self.config.stillness:
            motion = (_squared_motion(before, state) * solved).mean()
            learned = learned._replace(loss=learned.loss + self.config.stillness * motion)
        self.state = tuple(tensor.detach() for tensor in state)
        self.age += 1
        if self.config.suppositions:
            self._suppose(readout)
        sound = self.pool.targets.flatten(1).any(1)
        self.streak = torch.where(solved & ~wrong, self.streak + 1, 0)
        leaving = self._finished() & sound
        solved_share = (self.streak[leaving] > 0).float().mean().item()
        self.source.observe(solved_share if leaving.any() else None)
        return learned

    def state_dict(self) -> dict[str, Any]:
        saved: dict[str, Any] = {"age": self.age, "streak": self.streak}
        if self.pool is not None:
            saved |= {"givens": self.pool.tokens, "targets": self.pool.targets}
            if self.pool.known_from is not None:
                saved["known_from"] = self.pool.known_from
            saved["tokens"] = self.tokens
            saved["state"] = {str(index): tensor for index, tensor in enumerate(self.state)}
        return saved

    def load_state_dict(self, state: dict[str, Any]) -> None:
        device = self.generator.device
        self.age, self.streak = state["age"].to(device), state["streak"].to(device)
        if "givens" in state:
            parts = state["givens"], self.source.layout, state["targets"], state.get("known_from")
            self.pool = Batch(*parts).to(device)
            self.tokens = state["tokens"].to(device)
            ordered = sorted(state["state"].items(), key=lambda item: int(item[0]))
            self.state = tuple(tensor.to(device) for _, tensor in ordered)

    def _supposing_wrongly(self) -> Tensor:
        """Which puzzles have a supposition that contradicts their solution, `bool[B]`."""
        assert self.pool is not None and self.pool.targets is not None
        if not self.config.suppositions:
            return torch.zeros_like(self.streak, dtype=torch.bool)
        return ((self.tokens > 0) & (self.tokens != self.pool.targets)).any(1)

    def _finished(self) -> Tensor:
        """Which puzzles are right for good, or will not become so, `bool[B]`."""
        finished = (self.age >= self.config.max_age) | (self.streak >= self.config.linger)
        if self.pool is None or self.pool.known_from is None:
            return finished
        # What a state has forgotten no later step brings back, and it would only teach to guess.
        told = self.pool.known_from.flatten(1).amax(1) + LATE
        return finished | (self.age - self.config.linger >= told / self.config.grad_steps)

    @torch.no_grad()
    def _suppose(self, readout: Readout) -> None:
        """Let some of the puzzles that had time to settle move their suppositions."""
        assert self.pool is not None
        size, cells = self.tokens.shape
        lots = torch.rand(size, cells + 2, generator=self.generator, device=self.tokens.device)
        moved = suppose(self.pool.tokens, self.tokens, readout, lots[:, :-1])
        moving = (lots[:, -1] < self.config.suppositions) & (self.age >= self.config.suppose_after)
        # A new tensor: the backward pass of this update still needs the boards as they were.
        self.tokens = torch.where(moving[:, None], moved, self.tokens)

    def _replace_finished(self, model: RecursiveModel) -> None:
        slots = self._finished().nonzero().flatten()
        if len(slots) == 0:
            return
        fresh = self.source.draw(len(slots)).to(slots.device)
        state = _initial_state(model, fresh, self.generator)
        if self.pool is None:
            self.pool, self.tokens, self.state = fresh, fresh.tokens.clone(), state
        else:
            self.tokens[slots] = fresh.tokens
            for name in ("tokens", "targets", "known_from"):
                if (new := getattr(fresh, name)) is not None:
                    getattr(self.pool, name)[slots] = new
            for kept, new in zip(self.state, state, strict=True):
                kept[slots] = new.to(kept.dtype)
        self.age[slots] = 0
        self.streak[slots] = 0


class FinalStep:
    """RSM's contract (arXiv 2603.15641): fresh state, detached warm-up, loss at the end only.

    The warm-up grows over the training (`warmup_growth`). With probability `chain` its last step
    joins the graph, the stochastic outer transition of the paper.
    """

    def __init__(
        self, config: TrainConfig, source: PuzzleSource, generator: torch.Generator
    ) -> None:
        self.config = config
        self.source = source
        self.generator = generator

    def loss(self, model: RecursiveModel, step: StepFunction, progress: float) -> Learned:
        batch = self.source.draw(self.config.batch_size).to(self.generator.device)
        warmup = self._warmup_steps(progress)
        joined = int(warmup > 0 and self._uniform() < self.config.chain)
        inputs = model.embed(batch)
        with torch.no_grad():
            state = _initial_state(model, batch, self.generator)
            for _ in range(warmup - joined):
                state = step(state, inputs)
        state = _perturbed(state, self.config.noise, self.generator)
        for _ in range(joined + self.config.grad_steps):
            state = step(state, inputs)
        readout = model.readout(state, batch.layout)
        steps = torch.full_like(batch.tokens[:, 0], warmup + self.config.grad_steps)
        learned, _ = judge(readout, batch, steps)
        self.source.observe(None if learned.solved.isnan() else learned.solved.item())
        return learned

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing is carried from one update to the next."""

    def _warmup_steps(self, progress: float) -> int:
        grown = [steps for start, steps in self.config.warmup_growth if progress >= start][-1]
        return int(self._uniform() * (grown + 1)) if self.config.warmup_drawn else grown

    def _uniform(self) -> float:
        device = self.generator.device
        return torch.rand((), generator=self.generator, device=device).item()


CONTRACTS: dict[str, Callable[[TrainConfig, PuzzleSource, torch.Generator], Contract]] = {
    "carried": CarriedState,
    "final": FinalStep,
}


def _initial_state(model: RecursiveModel, batch: Batch, generator: torch.Generator) -> State:
    def noise(shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=generator, device=generator.device)

    with torch.no_grad():
        return model.init_state(batch, noise)


def _per_puzzle(flags: Tensor, like: Tensor) -> Tensor:
    """`flags[B]` in a shape that broadcasts over `like[B, …]`."""
    return flags.view(-1, *(1,) * (like.dim() - 1))


def _squared_motion(before: State, now: State) -> Tensor:
    """(‖z' - z‖ / ‖z‖)² of every puzzle, `float32[B]`; unlike its root it has a gradient at 0."""
    moved = [(b - a).float().square().flatten(1).sum(1) for a, b in zip(before, now, strict=True)]
    size = [a.detach().float().square().flatten(1).sum(1) for a in before]
    return torch.stack(moved).sum(0) / torch.stack(size).sum(0)


def _perturbed(state: State, sigma: float, generator: torch.Generator) -> State:
    if sigma == 0:
        return state
    return tuple(
        tensor
        + sigma
        * torch.randn(tensor.shape, generator=generator, device=tensor.device, dtype=tensor.dtype)
        for tensor in state
    )
