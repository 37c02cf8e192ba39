"""What applies a model to a batch of puzzles: `TorchEngine`, or another `Engine`.

On a CPU the batch is cut into micro-batches that stay in a core's cache, one worker thread each. A
row's result never depends on its neighbours, so the same seed gives the same answers whatever the
batch size.

    >>> engine = TorchEngine(model, choose_runtime())
    >>> inputs, state = engine.embed(batch), engine.init_state(batch, seeds=[1, 2, 3])
    >>> state, residual = engine.advance(state, inputs, batch.layout, steps=4)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import torch
from torch import Tensor

from puzzlesolver.models.compiling import StepFunction, can_compile, step_function
from puzzlesolver.models.interface import Batch, Readout, RecursiveModel, State
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.settle import relative_residual
from puzzlesolver.runtime import Runtime

CPU_MICRO_NODES = 8 * 729
"""Nodes a core advances together: eight 9×9 states of width 32 take 0.75 MB of its L2 cache."""


class Engine(Protocol):
    """What the refinement loop needs; `OnnxEngine` (`refine/onnx_engine.py`) is another one."""

    @property
    def fixed_start(self) -> bool:
        """As in `RecursiveModel`."""

    def embed(self, batch: Batch) -> Tensor:
        """What is recalled at every step, one row a puzzle; the caller may change its rows."""

    def init_state(self, batch: Batch, seeds: Sequence[int]) -> State:
        """Fresh states; row i depends on `seeds[i]` alone and is the same everywhere."""

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

    def readout(self, state: State, layout: Layout) -> Readout:
        """What the states say now."""


class TorchEngine:
    """Runs a `RecursiveModel` with PyTorch on the device of a `Runtime`."""

    def __init__(self, model: RecursiveModel, runtime: Runtime, *, compiled: bool = False) -> None:
        self.device = runtime.device
        self.dtype = runtime.dtype
        self.compiled = compiled and can_compile(self.device)
        self._steps: dict[Layout, StepFunction] = {}
        self.model = model.to(self.device).eval()
        self._workers: ThreadPoolExecutor | None = None
        if self.device.type == "cpu":
            torch.set_num_threads(1)  # the micro-batches are the parallel unit
            self._workers = ThreadPoolExecutor(runtime.threads)

    @property
    def fixed_start(self) -> bool:
        return self.model.fixed_start

    @torch.inference_mode()
    def embed(self, batch: Batch) -> Tensor:
        """The inputs of a batch, on the engine's device."""
        return self.model.embed(batch.to(self.device))

    @torch.inference_mode()
    def init_state(self, batch: Batch, seeds: Sequence[int]) -> State:
        """Fresh states; row i depends on `seeds[i]` alone and is the same on every device."""
        return self.model.init_state(batch, lambda shape: noise_of(seeds, shape).to(self.device))

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
        micro_batch = micro_batch_of(layout)
        step = self._step(state, inputs, layout)

        @torch.inference_mode()
        def run(rows: slice) -> tuple[State, Tensor]:
            recalled = self._padded(inputs[rows], micro_batch)
            now = start = tuple(self._padded(part[rows], micro_batch) for part in state)
            for _ in range(steps):
                now = step(now, recalled)
                if noise:
                    now = tuple(disturbed(part, noise, generators[rows]) for part in now)
            count = len(inputs[rows])
            residual = relative_residual(start, now)[:count]
            return tuple(part[:count] for part in now), residual

        if self._workers is None:
            return run(slice(0, len(inputs)))
        return by_micro_batch(run, self._workers, len(inputs), micro_batch)

    @torch.inference_mode()
    def readout(self, state: State, layout: Layout) -> Readout:
        """What the states say now."""
        return self.model.readout(state, layout)

    @torch.inference_mode()
    def _step(self, state: State, inputs: Tensor, layout: Layout) -> StepFunction:
        """The step on a layout; compiled in this thread, because compilation is not thread-safe."""
        if layout not in self._steps:
            step = step_function(self.model, layout, self.compiled, self.dtype)
            if self.compiled:
                size = micro_batch_of(layout)
                padded = (self._padded(part[:size], size) for part in (inputs, *state))
                recalled, *first = padded
                step(tuple(first), recalled)
            self._steps[layout] = step
        return self._steps[layout]

    def _padded(self, rows: Tensor, micro_batch: int) -> Tensor:
        """On a CPU compiled code is made for full micro-batches, and the rows are few."""
        missing = micro_batch - len(rows)
        if not self.compiled or self._workers is None or missing <= 0:
            return rows
        return torch.cat([rows, rows[:1].expand(missing, *rows.shape[1:])])


def micro_batch_of(layout: Layout) -> int:
    """Puzzles a core advances together."""
    return max(1, CPU_MICRO_NODES // layout.nodes)


@torch.inference_mode()
def by_micro_batch(
    run: Callable[[slice], tuple[State, Tensor]],
    workers: ThreadPoolExecutor,
    size: int,
    micro_batch: int,
) -> tuple[State, Tensor]:
    """States and residuals of all rows, `micro_batch` of them to a worker at a time."""
    if size <= micro_batch:
        return run(slice(0, size))
    cuts = [slice(start, start + micro_batch) for start in range(0, size, micro_batch)]
    done = list(workers.map(run, cuts))
    states = zip(*(part for part, _ in done), strict=True)
    return tuple(torch.cat(parts) for parts in states), torch.cat([rest for _, rest in done])


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
