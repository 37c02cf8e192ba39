"""What applies a model to a batch of puzzles; the refinement loop knows no more of a model.

On a CPU the batch is cut into micro-batches that stay in a core's cache, one worker thread each. A
row's result never depends on its neighbours, so the same seed gives the same answers whatever the
batch size.

    >>> inputs, state = engine.embed(batch), engine.init_state(batch, seeds=[1, 2, 3])
    >>> state, residual = engine.advance(state, inputs, batch.layout, steps=4)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import torch
from torch import Tensor

from puzzlesolver.models.interface import Batch, Habits, Readout, State
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.settle import relative_residual

CPU_MICRO_NODES = 8 * 729
"""Nodes a core advances together: eight 9×9 states of width 32 take 0.75 MB of its L2 cache."""

Disturb = Callable[[State], State]
"""Adds the noise of one step."""


class Steps(NamedTuple):
    """What makes the steps on a layout.

    Attributes:
        repeat: from a state, what is recalled, and a number of steps, each followed by the noise if
            there is any, to the state after them.
        rows: how many puzzles it takes at once.
    """

    repeat: Callable[[State, Tensor, int, Disturb | None], State]
    rows: int


class Engine(ABC):
    """What the refinement loop needs.

    Attributes:
        fixed_start: as in `RecursiveModel`.
        habits: as in `ModelConfig`.
        workers: threads of micro-batches, where there are such.
    """

    fixed_start: bool
    habits: Habits
    workers: ThreadPoolExecutor | None = None

    @abstractmethod
    def embed(self, batch: Batch) -> Tensor:
        """What is recalled at every step, one row a puzzle; the caller may change its rows."""

    @abstractmethod
    def init_state(self, batch: Batch, seeds: Sequence[int]) -> State:
        """Fresh states; row i depends on `seeds[i]` alone and is the same everywhere."""

    @abstractmethod
    def steps_on(self, layout: Layout, state: State, inputs: Tensor) -> Steps:
        """What makes the steps on a layout, of which these are a state and what is recalled."""

    @abstractmethod
    def readout(self, state: State, layout: Layout) -> Readout:
        """What the states say now."""

    @torch.inference_mode()
    def advance(
        self,
        state: State,
        inputs: Tensor,
        layout: Layout,
        steps: int,
        noise: float = 0.0,
        generators: Sequence[torch.Generator] = (),
    ) -> tuple[State, Tensor]:
        """Apply the step `steps` times, each time adding `noise` drawn from the row's generator.

        Returns:
            The new state and the relative residual ‖z' - z‖ / ‖z‖ over all `steps`, `float32[B]`.
        """
        repeat, at_once = self.steps_on(layout, state, inputs)

        @torch.inference_mode()
        def run(rows: slice) -> tuple[State, Tensor]:
            def disturb(now: State) -> State:
                return tuple(disturbed(part, noise, generators[rows]) for part in now)

            start = tuple(part[rows] for part in state)
            now = repeat(start, inputs[rows], steps, disturb if noise else None)
            return now, relative_residual(start, now)

        if (size := len(inputs)) <= at_once:
            return run(slice(0, size))
        cuts = [slice(first, first + at_once) for first in range(0, size, at_once)]
        done = list((map if self.workers is None else self.workers.map)(run, cuts))
        states = zip(*(part for part, _ in done), strict=True)
        return tuple(map(torch.cat, states)), torch.cat([residual for _, residual in done])


def micro_batch_of(layout: Layout) -> int:
    """Puzzles a core advances together."""
    return max(1, CPU_MICRO_NODES // layout.nodes)


def noise_of(seeds: Sequence[int], shape: tuple[int, ...]) -> Tensor:
    """Standard normal noise, each row from its own seed; on the CPU."""
    return torch.stack(
        [torch.randn(shape[1:], generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    )


def disturbed(part: Tensor, noise: float, generators: Sequence[torch.Generator]) -> Tensor:
    """Noise on the rows that have a generator, the same on every device and in every batch."""
    drawn = [torch.randn(part.shape[1:], generator=generator) for generator in generators]
    part = part.clone()
    part[: len(drawn)] += noise * torch.stack(drawn).to(part)
    return part
