"""The engine that applies a model with PyTorch.

On a CPU the batch is cut into micro-batches that stay in a core's cache, one worker thread each,
and a model that has a step in machine code takes it (`RecursiveModel.fused_step`); on CUDA into
parts that a captured graph replays (`replay.py`). A row's result never depends on its
neighbours, so the same seed gives the same answers whatever the batch size.

    >>> engine = TorchEngine(model, choose_runtime())
    >>> inputs, state = engine.embed(batch), engine.init_state(batch, seeds=[1, 2, 3])
    >>> state, residual = engine.advance(state, inputs, batch.layout, steps=4)
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import torch
from torch import Tensor

from puzzlesolver.models.compiling import can_compile, step_function
from puzzlesolver.models.interface import Batch, Readout, RecursiveModel, State
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.engines.replay import Replay, ReplayWarning, repeated, rows_at_once
from puzzlesolver.refine.settle import relative_residual
from puzzlesolver.runtime import Runtime

CPU_MICRO_NODES = 8 * 729
"""Nodes a core advances together: eight 9×9 states of width 32 take 0.75 MB of its L2 cache."""

LAYOUTS = 16
"""Layouts whose graphs are kept; boards of many sizes would fill the memory with them."""


class Steps(NamedTuple):
    """What makes the steps on a layout.

    Attributes:
        repeat: `repeated` with a step, or a `Replay` of it.
        rows: how many it takes at once.
        full: whether it takes no fewer.
    """

    repeat: Callable[..., State]
    rows: int
    full: bool


class TorchEngine:
    """Runs a `RecursiveModel` with PyTorch on the device of a `Runtime`.

    Args:
        model: moved to that device.
        runtime: device, number format and threads.
        fused: whether a step in machine code is taken, where the model has one; float32.
        compiled: whether `torch.compile` makes any other step, where it can.
        replay: whether steps are replayed as CUDA graphs, where there is CUDA; a `ReplayWarning`
            tells when a step cannot be.
    """

    def __init__(
        self,
        model: RecursiveModel,
        runtime: Runtime,
        *,
        fused: bool = True,
        compiled: bool = False,
        replay: bool = True,
    ) -> None:
        self.device = runtime.device
        self.dtype = runtime.dtype
        self.fused = fused and self.device.type == "cpu"
        self.compiled = compiled and can_compile(self.device)
        self._prepared: dict[Layout, Steps] = {}
        self.model = model.to(self.device).eval()
        graphs = replay and self.device.type == "cuda"
        self._pool = torch.cuda.graph_pool_handle() if graphs else None
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
        steps_of = self._prepare(state, inputs, layout)

        def filled(part: Tensor) -> Tensor:
            return padded(part, steps_of.rows) if steps_of.full else part

        @torch.inference_mode()
        def run(rows: slice) -> tuple[State, Tensor]:
            def disturb(now: State) -> State:
                return tuple(disturbed(part, noise, generators[rows]) for part in now)

            recalled, start = filled(inputs[rows]), tuple(filled(part[rows]) for part in state)
            now = steps_of.repeat(start, recalled, steps, disturb if noise else None)
            count = len(inputs[rows])
            residual = relative_residual(start, now)[:count]
            return tuple(part[:count] for part in now), residual

        return by_micro_batch(run, self._workers, len(inputs), steps_of.rows)

    @torch.inference_mode()
    def readout(self, state: State, layout: Layout) -> Readout:
        """What the states say now."""
        return self.model.readout(state, layout)

    @torch.inference_mode()
    def _prepare(self, state: State, inputs: Tensor, layout: Layout) -> Steps:
        """Compiled and captured in this thread, because neither is thread-safe."""
        if layout in self._prepared:
            return self._prepared[layout]
        if len(self._prepared) == LAYOUTS:
            del self._prepared[next(iter(self._prepared))]
        fused = self.model.fused_step(layout) if self.fused else None
        step = fused or step_function(self.model, layout, self.compiled, self.dtype)
        rows = sys.maxsize if self._workers is None else micro_batch_of(layout)
        # On a CPU compiled code is made for full micro-batches, and the rows are few.
        full = self.compiled and self._workers is not None and fused is None
        made = Steps(functools.partial(repeated, step), rows, full)
        if full:
            step(tuple(padded(part[:rows], rows) for part in state), padded(inputs[:rows], rows))
        if self._pool is not None:
            try:
                replay = Replay(step, state, inputs, rows_at_once(state), self._pool)
                made = Steps(replay, replay.rows, full=False)
            except RuntimeError as error:
                reason = str(error).partition("\n")[0]
                warnings.warn(f"no CUDA graph of this step: {reason}", ReplayWarning, stacklevel=2)
        self._prepared[layout] = made
        return made


def padded(part: Tensor, rows: int) -> Tensor:
    """With copies of its first row, up to `rows`."""
    return torch.cat([part, part[:1].expand(rows - len(part), *part.shape[1:])])


def micro_batch_of(layout: Layout) -> int:
    """Puzzles a core advances together."""
    return max(1, CPU_MICRO_NODES // layout.nodes)


@torch.inference_mode()
def by_micro_batch(
    run: Callable[[slice], tuple[State, Tensor]],
    workers: ThreadPoolExecutor | None,
    size: int,
    micro_batch: int,
) -> tuple[State, Tensor]:
    """States and residuals of all rows, `micro_batch` of them at a time, one worker each."""
    if size <= micro_batch:
        return run(slice(0, size))
    cuts = [slice(start, start + micro_batch) for start in range(0, size, micro_batch)]
    done = list((map if workers is None else workers.map)(run, cuts))
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
