"""One lesson: some demonstrations, some steps, and what the network then says of them.

A fit repeats it on one task (`fit.py`), `train arc` on many (`train/contracts/tasks.py`).

    >>> canvases = Lessons(desk.demos, tokens=6_000).draw(rng)
    >>> loss = fit_loss(recite(stem, task, canvases, free_steps=2, gradient_steps=3), canvases)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from puzzlesolver.models.arc.features import Sheet
from puzzlesolver.models.arc.stem import ArcStem, Canvases, TaskVectors, lay


class Lessons:
    """Batches of the demonstrations of one task.

    Args:
        demos: their sheets.
        tokens: of a batch, at most, unless one sheet alone has more.
        kept: batches that stay laid for the next time they are drawn.
    """

    def __init__(self, demos: Sequence[Sheet], tokens: int, kept: int = 16) -> None:
        self.demos, self.tokens = demos, tokens
        self._laid = functools.lru_cache(kept)(self._lay)

    def draw(self, rng: np.random.Generator) -> Canvases:
        """All demonstrations, or as many as one batch holds, drawn anew."""
        chosen = list(range(len(self.demos)))
        if sum(sheet.tokens for sheet in self.demos) > self.tokens:
            rng.shuffle(chosen)
            room = self.tokens - np.cumsum([self.demos[number].tokens for number in chosen])
            chosen = chosen[: max(1, int((room >= 0).sum()))]
        return self._laid(tuple(sorted(chosen)))

    def _lay(self, chosen: tuple[int, ...]) -> Canvases:
        return lay(by_size([self.demos[number] for number in chosen]))


Hint = Callable[[Tensor, float], Tensor]
"""A state, and the share of the steps that are done → beliefs in the colours of every cell."""


def recite(
    stem: ArcStem,
    task: TaskVectors,
    canvases: Canvases,
    free_steps: int,
    gradient_steps: int,
    hint: Hint | None = None,
) -> Tensor:
    """The logits after some steps without gradient and some with it, as `ArcStem.readout`."""
    told, state = stem.embed(canvases, task), stem.init_state(canvases)
    steps = free_steps + gradient_steps

    def step(number: int) -> Tensor:
        beliefs = None if hint is None else hint(state, number / steps)
        now = told if beliefs is None else stem.hinted(told, beliefs, canvases)
        return stem.step(state, now, canvases)

    with torch.no_grad():
        for number in range(free_steps):
            state = step(number)
    for number in range(free_steps, steps):
        state = step(number)
    return stem.readout(state, canvases)


def denoised(
    stem: ArcStem, canvases: Canvases, share: float, rng: np.random.Generator, told: bool
) -> Hint:
    """Noise in which the output appears while steps are made.

    Args:
        stem: whose guess it is, where the output is not told.
        canvases: of these sheets.
        share: of the output after the last step.
        rng: of the noise.
        told: whether the right output appears, up to a share that is drawn anew.
    """
    noise = torch.from_numpy(rng.standard_normal(tuple(canvases.slots.shape), np.float32))
    end = rng.uniform(0, share) if told else share

    def hint(state: Tensor, part: float) -> Tensor:
        if told:
            assert canvases.target is not None
            output = F.one_hot(canvases.target, noise.shape[1])
        else:
            output = stem.readout(state, canvases).softmax(-1)
        return (1 - end * part) * noise + end * part * output

    return hint


def fit_loss(logits: Tensor, canvases: Canvases) -> Tensor:
    """Cross-entropy, half the mean over all cells and half that over cells that change."""
    assert canvases.target is not None and canvases.changed is not None
    losses = F.cross_entropy(logits, canvases.target, reduction="none")
    changed = losses[canvases.changed]
    return losses.mean() if not len(changed) else (losses.mean() + changed.mean()) / 2


def by_size(sheets: Sequence[Sheet]) -> list[Sheet]:
    """Sheets of the same colours and sides beside each other."""
    return sorted(sheets, key=lambda sheet: (len(sheet.colours), sheet.cells, sheet.shape))
