"""Fit a tiny network to the demonstrations of one task, and let it vote.

In: a task; its test outputs are never looked at. Out: a `FitReport` at the start and every few
optimizer steps, the last one tells how the fit ended. Nothing here uses more than torch's own
threads; one is best.

    >>> for report in fit_task(task, seed=0):
    ...     print(report.step, report.loss, report.demos)
"""

from __future__ import annotations

import copy
import functools
import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW

from puzzlesolver.domains.arc.augment import Variant
from puzzlesolver.domains.arc.task import Pair, Task
from puzzlesolver.domains.base import Grid
from puzzlesolver.models.arc.stem import ArcStem, Canvases, TaskVectors
from puzzlesolver.refine.adapt.guess import Guess, laid, predict
from puzzlesolver.refine.adapt.lesson import (
    Lessons,
    by_size,
    denoised,
    fit_loss,
    recite,
)
from puzzlesolver.refine.adapt.settings import FitSettings, Prior
from puzzlesolver.refine.adapt.sheets import Desk, canonical_variant, prepare
from puzzlesolver.refine.adapt.start import start_weights
from puzzlesolver.refine.adapt.votes import LOSS_WEIGHT, Ballot, Vote

OVERHEAD = 500
"""A step costs as much as if it had so many tokens more: calls take time, too."""

HOPEFUL = 0.3
"""Smoothed loss below which demonstrations are predicted, too."""

GLANCE = 2
"""Votes from one such prediction to the next, where it cannot end the fit yet."""

SMOOTHING = 0.8
"""Share of the older losses in the smoothed one."""

BELIEF_WEIGHT = 20.0
"""A guess whose mean log probability is less by 1 counts e⁻²⁰ times as much."""


Ended = Literal["", "sure", "spent", "late"]


@dataclass(frozen=True, eq=False)
class FitReport:
    """Where a fit stands.

    Attributes:
        seed: of the fit.
        step: optimizer steps done.
        steps: those planned.
        seconds: CPU seconds.
        loss: of the demonstrations, smoothed; infinite at the start.
        demos: share of the demonstrations reproduced exactly at the last check.
        ended: `sure` when the demonstrations are reproduced again and again, `spent` when steps or
            CPU seconds are over, `late` at the deadline; "" while it goes on.
        guesses: of every test input; empty before the first check.
        votes: for each test input, the grids voted for so far, the heaviest first.
        rule: name of the size rule.
        runners_up: of every test input, the second likeliest output, which differs from the guess
            in the least sure cell; None where there is no other colour.
    """

    seed: int
    step: int
    steps: int
    seconds: float
    loss: float
    demos: float
    ended: Ended
    guesses: tuple[Grid, ...]
    votes: tuple[tuple[Vote, ...], ...]
    rule: str
    runners_up: tuple[Grid | None, ...] = ()


def fit_task(
    task: Task,
    seed: int,
    settings: FitSettings | None = None,
    deadline: float | None = None,
    start: str | None = None,
) -> Iterator[FitReport]:
    """Fit one network to the demonstrations; ends early when it is sure, or when time is up.

    The same seed gives the same reports on the same machine, unless time cuts them short.

    Args:
        task: test outputs are not looked at.
        seed: of the weights, and of all that is drawn.
        settings: None = the default ones.
        deadline: in seconds of `time.monotonic`.
        start: folder of a model of the same sizes, for its weights; None = random ones.

    Yields:
        Reports; none if no size rule fits.
    """
    settings = settings or FitSettings()
    variant = canonical_variant(task)
    seen = variant.apply_task(task.without_answers())
    prior = settings.priors[(seed - settings.first_seed) % len(settings.priors)]
    desk = prepare(seen, prior.shapes)
    if desk is not None:
        yield from _Fit(desk, variant, seed, prior, settings, deadline, start).run()


class _Fit:
    """One run: the network, its optimizer, its random numbers and its votes."""

    def __init__(
        self,
        desk: Desk,
        variant: Variant,
        seed: int,
        prior: Prior,
        settings: FitSettings,
        deadline: float | None = None,
        start: str | None = None,
    ) -> None:
        self.desk, self.variant, self.seed = desk, variant, seed
        self.settings, self.deadline = settings, deadline
        self.started = time.process_time()
        self.longest = 0.0  # seconds of an update with its check, left for the last one
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.stem = ArcStem(
                settings.model,
                settings.scale,
                settings.denoise > 0,
                prior.alternating,
                prior.pointing,
            )
        if start is not None:
            further = settings.denoise > 0 or prior.pointing
            self.stem.load_state_dict(start_weights(start), strict=not further)
        self.task = TaskVectors(settings.model)
        self.rng = np.random.default_rng(seed)
        self.parameters: list[Tensor] = [*self.stem.parameters(), *self.task.parameters()]
        self.average = copy.deepcopy((self.stem, self.task))
        self.averaged: list[Tensor] = [
            tensor for part in self.average for tensor in part.parameters()
        ]
        self.optimizer = AdamW(
            [
                {"params": self.stem.parameters(), "weight_decay": settings.decay},
                {"params": self.task.parameters(), "lr": settings.task_learning_rate},
            ],
            lr=settings.learning_rate,
            betas=(0.9, 0.95),
            weight_decay=0.0,
            fused=True,
        )
        self.rates = [group["lr"] for group in self.optimizer.param_groups]
        self.lessons = Lessons(desk.demos, settings.tokens)
        self.ballots = tuple(Ballot() for _ in desk.tests)
        self.asked = [place for place, sheet in enumerate(desk.tests) if sheet is not None]
        self.questions = laid([sheet for sheet in desk.tests if sheet], settings.tokens)
        self.demonstrations = laid(by_size(desk.demos), settings.tokens)
        self.loss, self.demos, self.voted = math.inf, 0.0, 0
        self.guesses: tuple[Grid, ...] = ()
        self.runners_up: tuple[Grid | None, ...] = ()

    def run(self) -> Iterator[FitReport]:
        settings = self.settings
        tokens = min(self.desk.tokens, settings.tokens)
        steps = max(1, min(settings.most_steps, round(settings.work / (tokens + OVERHEAD))))
        # A prediction takes about as many steps as an update.
        asked = sum(sheet.tokens for canvases in self.questions for sheet in canvases.sheets)
        yield self.report(0, steps, "")
        before = time.process_time()
        compile_fit()
        self.started += time.process_time() - before
        sure = 0
        for step in range(1, steps + 1):
            began = time.monotonic()
            self.update(1 - 0.9 * (step - 1) / steps)
            self.longest = max(self.longest, (time.monotonic() - began) * (1 + asked / tokens))
            end: Ended = "spent" if step == steps else self.over()
            last = bool(end)
            checked = last or step % settings.check_every == 0
            if last or (checked and step >= settings.first_check * steps):
                self.vote(last)
            self.longest = max(self.longest, time.monotonic() - began)
            if not checked:
                continue
            sure += self.demos == 1 and self.loss < settings.enough_loss
            enough = sure >= settings.enough_checks
            yield self.report(step, steps, "sure" if enough else end)
            if enough or last:
                return

    def seconds(self) -> float:
        """CPU seconds since the beginning."""
        return time.process_time() - self.started

    def over(self) -> Ended:
        """What says stop: the deadline or the CPU seconds."""
        if self.deadline is not None and time.monotonic() + self.longest >= self.deadline:
            return "late"
        return "spent" if self.seconds() >= self.settings.seconds else ""

    def report(self, step: int, steps: int, ended: Ended) -> FitReport:
        return FitReport(
            self.seed,
            step,
            steps,
            self.seconds(),
            self.loss,
            self.demos,
            ended,
            tuple(self.variant.undo(guess) for guess in self.guesses),
            tuple(
                tuple(Vote(self.variant.undo(vote.grid), vote.share) for vote in ballot.shares())
                for ballot in self.ballots
            ),
            self.desk.rule.name,
            tuple(grid if grid is None else self.variant.undo(grid) for grid in self.runners_up),
        )

    def update(self, rate: float) -> None:
        """One optimizer step."""
        settings, canvases = self.settings, self.lessons.draw(self.rng)
        for group, peak in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * peak
        free_steps = int(self.rng.integers(settings.free_steps + 1))
        steps, hint = (free_steps, settings.gradient_steps), None
        if settings.denoise:
            hint = denoised(self.stem, canvases, settings.denoise, self.rng, told=True)
        loss = fit_loss(recite(self.stem, self.task, canvases, *steps, hint), canvases)
        self.optimizer.zero_grad()
        total = loss + settings.asymmetry * self.task.asymmetry()
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.averaged, self.parameters, 1 - settings.average)
        now = loss.item()
        self.loss = (
            now if math.isinf(self.loss) else self.loss + (1 - SMOOTHING) * (now - self.loss)
        )

    def vote(self, last: bool) -> None:
        """Predict what is asked, and the demonstrations once they might be right."""
        guesses = {place: Guess(grid, 0.0, None) for place, grid in enumerate(self.desk.inputs)}
        predicted = itertools.chain.from_iterable(map(self.predict, self.questions))
        for place, guess in zip(self.asked, predicted, strict=True):
            guesses[place] = guess
            weight = math.exp(BELIEF_WEIGHT * guess.belief - LOSS_WEIGHT * self.loss)
            self.ballots[place].add(guess.grid, weight)
        self.guesses = tuple(guess.grid for guess in guesses.values())
        self.runners_up = tuple(guess.runner_up for guess in guesses.values())
        decisive = last or self.loss < self.settings.enough_loss
        if self.loss < HOPEFUL and (decisive or self.voted % GLANCE == 0):
            self.demos = self.reproduced()
        self.voted += 1

    def reproduced(self) -> float:
        """Share of the demonstrations whose prediction is their output; what time allows."""
        right = 0
        for canvases in self.demonstrations:
            if self.over():
                break
            for sheet, guess in zip(canvases.sheets, self.predict(canvases), strict=True):
                right += np.array_equal(guess.grid, sheet.answer)
        return right / len(self.desk.demos)

    def predict(self, canvases: Canvases) -> Iterator[Guess]:
        """What the averaged weights believe of each sheet."""
        steps, denoise = self.settings.predict_steps, self.settings.denoise
        return predict(*self.average, canvases, steps, denoise, self.rng)


@functools.cache
def compile_fit() -> None:
    """Make or load the machine code of an update, for which no fit shall lose time of its own."""
    black = np.zeros((1, 1), np.uint8)
    task = Task("smallest", (Pair(black, black),), (Pair(black),))
    desk, settings = prepare(task), FitSettings()
    assert desk is not None
    variant = canonical_variant(task)
    _Fit(desk, variant, 0, settings.priors[0], settings).update(1.0)
