"""Answer a task that a model was trained on: each variant is refined, turned back, and votes.

HRM and TRM know a task by rows of their puzzle embedding, one for every variant of it, which they
learned from its demonstrations. A task without a row is none that they can answer.

In: a task, whose test outputs are never looked at. Out: a `KnownAnswer`.

    >>> known = KnownTasks(TorchEngine(model, choose_runtime()), folder.names())
    >>> known.answer(task).attempts[0]
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch

from puzzlesolver.domains.arc.augment import parse_name
from puzzlesolver.domains.arc.codec import encode, from_canvas
from puzzlesolver.domains.arc.task import ATTEMPTS, Pair, Task
from puzzlesolver.domains.base import Grid
from puzzlesolver.refine.engines.engine import Engine

PUBLISHED_STEPS = 16
"""Outer steps of the evaluations of HRM and TRM, which never stop early."""

BATCH_SIZE = 256

VOTES = {
    "published": "an empty prediction is a candidate like any other, as in the published evaluator",
    "grids": "an empty prediction has no vote",
}
"""Rules of voting by name; the second one can score higher."""

EMPTY = np.zeros((0, 0), np.uint8)


class Candidate(NamedTuple):
    """A grid, how many variants say it, and their mean belief that they are right, 0..1."""

    grid: Grid
    votes: int
    belief: float


@dataclass(frozen=True, eq=False)
class KnownAnswer:
    """Two attempts at every test input of a task, and what speaks for them.

    Attributes:
        attempts: for each test input, its two first candidates; the same one twice if there was
            only one, the input if there was none.
        shares: of the variants that say them, for each test input.
        candidates: for each test input, all that any variant says, the first attempt first.
        variants: of the task that the model knows, itself included; 0 = it does not know the task.
        seconds: CPU seconds.
    """

    attempts: list[tuple[Grid, Grid]]
    shares: list[tuple[float, float]]
    candidates: list[list[Candidate]]
    variants: int
    seconds: float


class KnownTasks:
    """The tasks that a published model was trained on.

    Args:
        engine: applies a model of 30×30 canvases that has a halting logit.
        names: of the rows of its puzzle embedding, the first of which stands for no task.
        max_steps: outer steps of every variant.
        batch_size: variants refined together; changes the speed, never an answer.
        votes: key of `VOTES`.
    """

    def __init__(
        self,
        engine: Engine,
        names: Sequence[str],
        max_steps: int = PUBLISHED_STEPS,
        batch_size: int = BATCH_SIZE,
        votes: str = "published",
    ) -> None:
        self.engine = engine
        self.votes = votes
        self.names = names
        self.max_steps = max_steps
        self.batch_size = batch_size
        self._rows: dict[str, list[int]] = defaultdict(list)
        for row, name in enumerate(names[1:], 1):
            self._rows[parse_name(name)[0]].append(row)

    def __contains__(self, task: str) -> bool:
        """Whether the model knows a task of this name."""
        return task in self._rows

    def answer(self, task: Task) -> KnownAnswer:
        """Let all variants of a task vote."""
        started = time.process_time()
        rows = self._rows.get(task.name, [])
        candidates = [rank(self._guesses(pair.input, rows), self.votes) for pair in task.test]
        attempts, shares = [], []
        for pair, found in zip(task.test, candidates, strict=True):
            first, second = (*found, *[Candidate(pair.input, 0, 0.0)] * ATTEMPTS)[:ATTEMPTS]
            attempts.append((first.grid, (second if len(found) > 1 else first).grid))
            shares.append((first.votes / max(1, len(rows)), second.votes / max(1, len(rows))))
        seconds = time.process_time() - started
        return KnownAnswer(attempts, shares, candidates, len(rows), seconds)

    def _guesses(self, grid: Grid, rows: Sequence[int]) -> Iterator[tuple[Grid, float]]:
        """What each variant says of a test input, turned back, and its belief that it is right."""
        for start in range(0, len(rows), self.batch_size):
            some = rows[start : start + self.batch_size]
            variants = [parse_name(self.names[row])[1] for row in some]
            batch = encode([variant.apply(grid) for variant in variants])
            batch = replace(batch, identifiers=torch.tensor(some))
            state = self.engine.init_state(batch, [0] * len(some))  # the same whatever the seeds
            inputs, layout = self.engine.embed(batch), batch.layout
            state, _ = self.engine.advance(state, inputs, layout, self.max_steps)
            said = self.engine.readout(state, layout)
            assert said.vocabulary is not None and said.halt is not None
            # Padding is among what a cell can be: it ends a grid, as an edge does.
            canvases = said.vocabulary.argmax(-1).cpu().numpy()
            beliefs = said.halt.double().sigmoid().tolist()
            for variant, canvas, belief in zip(variants, canvases, beliefs, strict=True):
                yield variant.undo(from_canvas(canvas)), belief


def rank(guesses: Iterable[tuple[Grid, float]], votes: str = "published") -> list[Candidate]:
    """Grids by their votes, then by the mean belief of those that say them; the best first.

    A canvas without a colour in its corner is an empty grid; `votes` tells whether those count.
    """
    found: dict[bytes, Candidate] = {}
    for said, belief in guesses:
        grid = said if said.size else EMPTY
        if said.size or votes == "published":
            before = found.get(key := Pair(grid).key, Candidate(grid, 0, 0.0))
            # Added one by one, for the published means are, and near ties turn on the last bit.
            found[key] = Candidate(before.grid, before.votes + 1, before.belief + belief)
    means = (each._replace(belief=each.belief / each.votes) for each in found.values())
    return sorted(means, key=lambda each: (each.votes, each.belief), reverse=True)
