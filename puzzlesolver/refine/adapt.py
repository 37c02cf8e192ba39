"""Answer a task that nobody has trained for: fit a tiny network to its demonstrations.

In: a task; its test outputs are never looked at. Out: while fitting, a `FitReport` every few
optimizer steps; in the end a `TaskAnswer`. Several seeds are fitted one after another, and every
check of every fit votes. A process of its own for every seed is the caller's choice: `fit_seed` and
all that it takes and gives can be pickled. Nothing here uses more than torch's own threads; one is
best.

    >>> with ProcessPoolExecutor(2) as pool:
    ...     seeds = pool.map(fit_seed, [task] * 3, range(3))
    >>> merge(task, list(seeds)).attempts[0]
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import AdamW

from puzzlesolver.domains.arc.augment import Variant
from puzzlesolver.domains.arc.task import Task
from puzzlesolver.domains.base import Grid
from puzzlesolver.models.arc import ArcConfig, ArcStem, Canvases, TaskVectors, lay
from puzzlesolver.models.arc_features import Sheet
from puzzlesolver.refine.adapt_sheets import Desk, canonical_variant, prepare
from puzzlesolver.refine.adapt_votes import (
    BELIEF_WEIGHT,
    LOSS_WEIGHT,
    Ballot,
    SeedVotes,
    TaskAnswer,
    Vote,
    merge,
)

OVERHEAD = 500
"""A step costs as much as if it had so many tokens more: calls take time, too."""

HOPEFUL = 0.3
"""Smoothed loss below which demonstrations are predicted, too."""

SMOOTHING = 0.8
"""Share of the older losses in the smoothed one."""


@dataclass(frozen=True)
class FitSettings:
    """How one task is fitted.

    Attributes:
        model: sizes of the network.
        seeds: fits of one task, at most.
        work: token-steps of one fit: optimizer steps times tokens of a batch.
        most_steps: optimizer steps of one fit, at most.
        seconds: CPU seconds of one fit, at most; the fit then ends where it is.
        tokens: of one batch; demonstrations beyond them take turns.
        learning_rate: of the weights, at first; it falls to a tenth, linearly.
        task_learning_rate: of the task vectors, likewise.
        decay: of the weights.
        asymmetry: penalty on the squared length of what tells colours and directions apart.
        noise: standard deviation of what is added to the state after each step with gradient.
        average: share of the older weights in those that predict.
        free_steps: recurrent steps without gradient, at most; drawn anew every time.
        gradient_steps: recurrent steps with gradient.
        predict_steps: recurrent steps of a prediction.
        first_check: share of the steps before the first vote.
        check_every: optimizer steps from one report to the next.
        enough_checks: votes with all demonstrations reproduced after which a fit ends.
        enough_loss: below which, smoothed, such a vote counts for that.
    """

    model: ArcConfig = field(default_factory=ArcConfig)
    seeds: int = 3
    work: float = 1.5e6
    most_steps: int = 1500
    seconds: float = 60.0
    tokens: int = 6000
    learning_rate: float = 5e-3
    task_learning_rate: float = 2e-2
    decay: float = 0.01
    asymmetry: float = 1e-3
    noise: float = 0.3
    average: float = 0.95
    free_steps: int = 4
    gradient_steps: int = 4
    predict_steps: int = 12
    first_check: float = 0.15
    check_every: int = 5
    enough_checks: int = 6
    enough_loss: float = 0.02


@dataclass(frozen=True, eq=False)
class FitReport:
    """Where a fit stands.

    Attributes:
        seed: of the fit.
        step: optimizer steps done.
        steps: those planned.
        loss: smoothed.
        demos: share of the demonstrations reproduced exactly at the last check.
        guesses: of every test input; empty before the first check.
        votes: for each test input, the grids voted for so far, the heaviest first.
        rule: name of the size rule.
    """

    seed: int
    step: int
    steps: int
    loss: float
    demos: float
    guesses: tuple[Grid, ...]
    votes: tuple[tuple[Vote, ...], ...]
    rule: str


def fit_task(
    task: Task, seed: int, settings: FitSettings | None = None, deadline: float | None = None
) -> Iterator[FitReport]:
    """Fit one network to the demonstrations; ends early when it is sure, or when time is up.

    The same seed gives the same reports on the same machine, unless time cuts them short.

    Args:
        task: test outputs are not looked at.
        seed: of the weights and the noise.
        settings: None = the default ones.
        deadline: in seconds of `time.monotonic`.

    Yields:
        Reports; none if no size rule fits.
    """
    settings = settings or FitSettings()
    variant = canonical_variant(task)
    desk = prepare(variant.apply_task(task.without_answers()))
    if desk is not None:
        fit = _Fit(desk, variant, seed, settings, deadline)
        yield from fit.run()


def fit_seed(
    task: Task, seed: int, settings: FitSettings | None = None, deadline: float | None = None
) -> SeedVotes:
    """Run `fit_task` to its end."""
    started = time.process_time()
    last: FitReport | None = None
    demos = 0.0
    for last in fit_task(task, seed, settings, deadline):
        demos = max(demos, last.demos)
    seconds = time.process_time() - started
    if last is None:
        return SeedVotes(seed, ((),) * len(task.test), 0.0, 0.0, 0, seconds, "")
    return SeedVotes(seed, last.votes, last.loss, demos, last.step, seconds, last.rule)


def answer_task(
    task: Task, settings: FitSettings | None = None, deadline: float | None = None
) -> TaskAnswer:
    """Fit one seed after another while there is time, and let them vote."""
    settings = settings or FitSettings()
    seeds: list[SeedVotes] = []
    for seed in range(settings.seeds):
        if seeds and _over(deadline):
            break
        seeds.append(fit_seed(task, seed, settings, deadline))
    return merge(task, seeds)


def _over(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline


class _Fit:
    """One run: the network, its optimizer, its random numbers and its votes."""

    def __init__(
        self,
        desk: Desk,
        variant: Variant,
        seed: int,
        settings: FitSettings,
        deadline: float | None,
    ) -> None:
        self.desk, self.variant, self.seed = desk, variant, seed
        self.settings, self.deadline = settings, deadline
        self.ends = time.process_time() + settings.seconds
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.stem, self.task = ArcStem(settings.model), TaskVectors(settings.model)
        self.generator = torch.Generator().manual_seed(seed)
        self.rng = np.random.default_rng(seed)
        self.parameters = [*self.stem.parameters(), *self.task.parameters()]
        self.average = copy.deepcopy((self.stem, self.task))
        self.averaged = [tensor for part in self.average for tensor in part.parameters()]
        self.optimizer = AdamW(
            [
                {"params": self.stem.parameters(), "weight_decay": settings.decay},
                {"params": self.task.parameters(), "lr": settings.task_learning_rate},
            ],
            lr=settings.learning_rate,
            betas=(0.9, 0.95),
            weight_decay=0.0,
        )
        self.rates = [group["lr"] for group in self.optimizer.param_groups]
        self.laid: dict[tuple[int, ...], Canvases] = {}
        self.ballots = tuple(Ballot() for _ in desk.tests)
        tests = [sheet for sheet in desk.tests if sheet is not None]
        self.tests = _laid(tests, settings.tokens)
        self.demonstrations = _laid(_by_size(desk.demos), settings.tokens)
        self.loss, self.demos = math.nan, 0.0
        self.guesses: tuple[Grid, ...] = ()

    def over(self) -> bool:
        """Whether the deadline or the CPU seconds say stop."""
        return time.process_time() >= self.ends or _over(self.deadline)

    def run(self) -> Iterator[FitReport]:
        settings = self.settings
        tokens = min(self.desk.tokens, settings.tokens)
        steps = max(1, min(settings.most_steps, round(settings.work / (tokens + OVERHEAD))))
        sure = 0
        for step in range(1, steps + 1):
            self.update(1 - 0.9 * (step - 1) / steps)
            over = self.over()
            if step % settings.check_every and step < steps and not over:
                continue
            if step >= settings.first_check * steps or over:
                self.vote()
            yield self.report(step, steps)
            sure += self.demos == 1 and self.loss < settings.enough_loss
            if sure >= settings.enough_checks or over:
                return

    def report(self, step: int, steps: int) -> FitReport:
        votes = tuple(
            tuple(Vote(self.variant.undo(vote.grid), vote.share) for vote in ballot.shares())
            for ballot in self.ballots
        )
        guesses = tuple(self.variant.undo(guess) for guess in self.guesses)
        rule = self.desk.rule.name
        return FitReport(self.seed, step, steps, self.loss, self.demos, guesses, votes, rule)

    def update(self, rate: float) -> None:
        """One optimizer step."""
        settings, canvases = self.settings, self.batch()
        for group, peak in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * peak
        with torch.no_grad():
            state = self.stem.init_state(canvases)
            told = self.stem.embed(canvases, self.task)
            for _ in range(self.rng.integers(settings.free_steps + 1)):
                state = self.stem.step(state, told, canvases)
        told = self.stem.embed(canvases, self.task)
        for _ in range(settings.gradient_steps):
            state = self.stem.step(state, told, canvases)
            noise = torch.randn(state.shape, generator=self.generator)
            state = state + settings.noise * noise
        loss = fit_loss(self.stem.readout(state, canvases), canvases)
        self.optimizer.zero_grad()
        total = loss + settings.asymmetry * self.task.asymmetry()
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        with torch.no_grad():
            for averaged, parameter in zip(self.averaged, self.parameters, strict=True):
                averaged.lerp_(parameter, 1 - settings.average)
        now = loss.item()
        self.loss = (
            now if math.isnan(self.loss) else self.loss + (1 - SMOOTHING) * (now - self.loss)
        )

    def batch(self) -> Canvases:
        """All demonstrations, or as many as one batch holds, drawn anew."""
        demos, chosen = self.desk.demos, list(range(len(self.desk.demos)))
        if self.desk.tokens > self.settings.tokens:
            self.rng.shuffle(chosen)
            room = self.settings.tokens - np.cumsum([demos[number].tokens for number in chosen])
            chosen = chosen[: max(1, int((room >= 0).sum()))]
        key = tuple(sorted(chosen))
        if key not in self.laid:
            self.laid[key] = lay(_by_size([demos[number] for number in key]))
        return self.laid[key]

    def vote(self) -> None:
        """Predict every test input, and the demonstrations once they might be right."""
        guesses = list(self.desk.inputs)
        places = iter(place for place, sheet in enumerate(self.desk.tests) if sheet is not None)
        for canvases in self.tests:
            for guess, belief in self.predict(canvases):
                place = next(places)
                guesses[place] = guess
                weight = math.exp(BELIEF_WEIGHT * belief - LOSS_WEIGHT * self.loss)
                self.ballots[place].add(guess, weight)
        self.guesses = tuple(guesses)
        if self.loss < HOPEFUL:
            self.demos = self.reproduced()

    def reproduced(self) -> float:
        """Share of the demonstrations whose prediction is their output; what time allows."""
        right = 0
        for canvases in self.demonstrations:
            if self.over():
                break
            for sheet, (guess, _) in zip(canvases.sheets, self.predict(canvases), strict=True):
                right += np.array_equal(guess.ravel(), np.array(sheet.colours)[sheet.target])
        return right / len(self.desk.demos)

    @torch.no_grad()
    def predict(self, canvases: Canvases) -> Iterator[tuple[Grid, float]]:
        """The likeliest output of each sheet, and the mean log probability of its cells."""
        stem, task = self.average
        told, state = stem.embed(canvases, task), stem.init_state(canvases)
        for _ in range(self.settings.predict_steps):
            state = stem.step(state, told, canvases)
        beliefs, slots = stem.readout(state, canvases).log_softmax(-1).max(-1)
        cells = [sheet.cells for sheet in canvases.sheets]
        for sheet, belief, slot in zip(
            canvases.sheets, torch.split(beliefs, cells), torch.split(slots, cells), strict=True
        ):
            colours = np.array(sheet.colours, np.uint8)[slot.numpy()]
            yield colours.reshape(sheet.shape), belief.mean().item()


def _laid(sheets: Sequence[Sheet], tokens: int) -> list[Canvases]:
    """Sheets in their order, as many to a batch as it holds."""
    batches: list[list[Sheet]] = []
    for sheet in sheets:
        if batches and sum(each.tokens for each in (*batches[-1], sheet)) <= tokens:
            batches[-1].append(sheet)
        else:
            batches.append([sheet])
    return [lay(batch) for batch in batches]


def fit_loss(logits: Tensor, canvases: Canvases) -> Tensor:
    """Cross-entropy, half the mean over all cells and half that over cells that change."""
    assert canvases.target is not None and canvases.changed is not None
    losses = F.cross_entropy(logits, canvases.target, reduction="none")
    changed = losses[canvases.changed]
    return losses.mean() if not len(changed) else (losses.mean() + changed.mean()) / 2


def _by_size(sheets: Sequence[Sheet]) -> list[Sheet]:
    return sorted(sheets, key=lambda sheet: (len(sheet.colours), sheet.cells, sheet.shape))
