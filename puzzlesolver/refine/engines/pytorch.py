"""The engine that applies a model with PyTorch.

On a CPU a model that has a step in machine code takes it (`RecursiveModel.fused_step`); on CUDA a
captured graph replays the step (`replay.py`).

    >>> engine = make_engine(model, choose_runtime())
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor

from puzzlesolver.models.compiling import can_compile, step_function
from puzzlesolver.models.interface import Batch, Readout, RecursiveModel, State
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.engines.engine import Disturb, Engine, Steps, micro_batch_of, noise_of
from puzzlesolver.refine.engines.graph import GraphSource
from puzzlesolver.refine.engines.replay import Replay, ReplayWarning, repeated, rows_at_once
from puzzlesolver.runtime import Runtime

LAYOUTS = 16
"""Layouts whose graphs are kept; boards of many sizes would fill the memory with them."""


class TorchEngine(Engine):
    """Runs a `RecursiveModel` with PyTorch on the device of a `Runtime`.

    Args:
        model: moved to that device.
        runtime: device, number format and threads.
        fused: whether a step in machine code is taken, where the model has one.
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
        self.model, self.fixed_start = model.to(self.device).eval(), model.fixed_start
        self.habits = model.config.habits
        graphs = replay and self.device.type == "cuda"
        self._pool = torch.cuda.graph_pool_handle() if graphs else None
        if self.device.type == "cpu":
            torch.set_num_threads(1)  # the micro-batches are the parallel unit
            self.workers = ThreadPoolExecutor(runtime.threads)

    @torch.inference_mode()
    def embed(self, batch: Batch) -> Tensor:
        return self.model.embed(batch.to(self.device))

    @torch.inference_mode()
    def init_state(self, batch: Batch, seeds: Sequence[int]) -> State:
        return self.model.init_state(batch, lambda shape: noise_of(seeds, shape).to(self.device))

    @torch.inference_mode()
    def readout(self, state: State, layout: Layout) -> Readout:
        return self.model.readout(state, layout)

    @torch.inference_mode()
    def steps_on(self, layout: Layout, state: State, inputs: Tensor) -> Steps:
        """Compiled and captured in this thread, because neither is thread-safe."""
        if layout in self._prepared:
            return self._prepared[layout]
        if len(self._prepared) == LAYOUTS:
            del self._prepared[next(iter(self._prepared))]
        fused = self.model.fused_step(layout, self.dtype) if self.fused else None
        step = fused or step_function(self.model, layout, self.compiled, self.dtype)
        rows = sys.maxsize if self.workers is None else micro_batch_of(layout)
        made = Steps(functools.partial(repeated, step), rows)
        if self.compiled and self.workers is not None and fused is None:
            # On a CPU compiled code is made for full micro-batches, and the rows are few.
            made = Steps(functools.partial(_filled, made), rows)
            made.repeat(tuple(part[:rows] for part in state), inputs[:rows], 1, None)
        if self._pool is not None:
            try:
                replay = Replay(step, state, inputs, rows_at_once(state), self._pool)
                made = Steps(replay, replay.rows)
            except RuntimeError as error:
                reason = str(error).partition("\n")[0]
                warnings.warn(f"no CUDA graph of this step: {reason}", ReplayWarning, stacklevel=2)
        self._prepared[layout] = made
        return made


def _filled(
    made: Steps, state: State, inputs: Tensor, steps: int, disturb: Disturb | None
) -> State:
    """The same with copies of the first row, up to as many as are taken at once."""

    def fill(part: Tensor) -> Tensor:
        return torch.cat([part, part[:1].expand(made.rows - len(part), *part.shape[1:])])

    now = made.repeat(tuple(map(fill, state)), fill(inputs), steps, disturb)
    return tuple(part[: len(inputs)] for part in now)


def make_engine(model: RecursiveModel | GraphSource, runtime: Runtime, **options: Any) -> Engine:
    """The engine of a model, or of its exported graphs.

    Args:
        model: what a result depends on.
        runtime: device and threads.
        options: of `TorchEngine`; graphs have none.
    """
    if isinstance(model, RecursiveModel):
        return TorchEngine(model, runtime, **options)
    from puzzlesolver.refine.engines.onnx import OnnxEngine  # ONNX Runtime takes a while

    return OnnxEngine(model, runtime)
