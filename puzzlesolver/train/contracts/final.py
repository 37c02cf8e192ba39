"""The contract of RSM: one unroll from a fresh state, and a loss at its end.

In: a puzzle source and a model. Out: one `Learned` per update.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import RecursiveModel, StepFunction
from puzzlesolver.models.rsm import RSM
from puzzlesolver.train.contracts.carry import BoardContract
from puzzlesolver.train.contracts.losses import CrossEntropy, Learned, judge
from puzzlesolver.train.settings import Settings, flag, is_number, within

Growth = tuple[tuple[float, int], ...]
"""Pairs (progress, number): from that share of training on, so many."""


@dataclass(frozen=True)
class Final(Settings):
    """Settings of `FinalStep`.

    Attributes:
        cross_entropy: of published models: `stablemax`, or `softmax`.
        grad_steps: steps with gradient in one update; the loss is taken after the last.
        noise: standard deviation of Gaussian noise on the state before them.
        warmup_growth: pairs (progress, detached steps): from that share of training on, so many
            warm-up steps.
        warmup_drawn: whether the number is drawn evenly from 0 to that length instead.
        inner_growth: the same for the inner cycles of a step, which RSM has; empty = the model's
            own number.
        growth_ramp: updates over which the rate rises from zero again when either grows.
        chain: probability that the last warm-up step joins the graph (RSM's stochastic outer
            transition).
    """

    name: ClassVar[str] = "final"

    cross_entropy: CrossEntropy = "stablemax"
    grad_steps: int = within(6, 1, 1024)
    noise: float = within(0.01, 0, 100)
    warmup_growth: Growth = (
        (0.0, 2), (0.2, 4), (0.4, 8), (0.55, 12), (0.65, 16), (0.75, 24), (0.85, 32),
    )  # fmt: skip
    warmup_drawn: bool = True
    inner_growth: Growth = ()
    growth_ramp: int = within(0, 0)
    chain: float = within(0.01, 0, 1)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("warmup_growth", "inner_growth"):
            pairs = getattr(self, name)
            if not _is_growth(pairs) and (name == "warmup_growth" or pairs):
                raise UsageError(
                    "expected pairs of progress, rising from 0, and a number of steps",
                    where=flag(name),
                    hint="for example [[0, 2], [0.5, 8]]",
                )


def grown(growth: Growth, progress: float) -> int:
    """The number that a growth has reached."""
    # In per cent, as RSM's trainer compares them: the same update grows, rounding included.
    return [number for start, number in growth if 100 * progress >= round(100 * start, 9)][-1]


class FinalStep(BoardContract[Final]):
    """RSM's contract (arXiv 2603.15641): fresh state, detached warm-up, loss at the end only.

    The warm-up grows over the training (`warmup_growth`), and so do RSM's inner cycles
    (`inner_growth`). With probability `chain` its last step joins the graph, of a model with inner
    cycles only what comes after them: the stochastic outer transition of the paper.
    """

    wants = Final
    KEPT = ("depth", "grown_at")

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.depth = self._depth(0.0)
        self.grown_at = -self.settings.growth_ramp

    def loss(self, model: RecursiveModel, step: StepFunction, progress: float) -> Learned:
        size, device = self.config.batch_size, self.generator.device
        whole, rows = self.source.draw(size).to(device), self.ranks.rows(size)
        batch = whole.rows(rows)
        warmup = self._warmup_steps(progress)
        if self.settings.inner_growth:
            self._grow(model, warmup, grown(self.settings.inner_growth, progress))
        joined = warmup > 0 and self.toss() < self.settings.chain
        inputs = model.embed(batch)
        with torch.no_grad():
            state = tuple(part[rows] for part in self.initial_state(model, whole))
            for _ in range(warmup - joined):
                state = step(state, inputs)
        state = self.perturbed(state, self.settings.noise)
        if joined:
            transition = model.transition if isinstance(model, RSM) else step
            state = transition(state, inputs)
        for _ in range(self.settings.grad_steps):
            state = step(state, inputs)
        readout = model.readout(state, batch.layout)
        steps = torch.full_like(batch.tokens[:, 0], warmup + self.settings.grad_steps)
        learned, _ = judge(readout, batch, steps, self.settings.cross_entropy)
        solved = self.ranks.agree(learned.solved.item())
        self.source.observe(None if math.isnan(solved) else solved)
        return learned

    def rate(self, updates: int, progress: float) -> float:
        """Less than 1 while the model gets used to a new depth."""
        if (depth := self._depth(progress)) != self.depth:
            self.depth, self.grown_at = depth, updates
        ramp = self.settings.growth_ramp
        return min(1.0, (updates - self.grown_at) / ramp) if ramp else 1.0

    def _depth(self, progress: float) -> tuple[int, ...]:
        """What the growths have reached."""
        growths = (self.settings.warmup_growth, self.settings.inner_growth)
        return tuple(grown(growth, progress) for growth in growths if growth)

    def _grow(self, model: RecursiveModel, warmup: int, inner_cycles: int) -> None:
        if not isinstance(model, RSM):
            what = f"{self.config.family} has no inner cycles that could grow"
            raise UsageError(what, where=flag("inner_growth"), hint="leave it empty")
        model.grow(warmup + self.settings.grad_steps, inner_cycles)

    def _warmup_steps(self, progress: float) -> int:
        length = grown(self.settings.warmup_growth, progress)
        return int(self.toss() * (length + 1)) if self.settings.warmup_drawn else length


def _is_growth(pairs: tuple[Any, ...]) -> bool:
    if not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
        return False
    starts = [start for start, _ in pairs]
    rising = all(map(is_number, starts)) and starts[:1] == [0] and sorted(set(starts)) == starts
    return rising and all(type(steps) is int and steps >= 0 for _, steps in pairs)
