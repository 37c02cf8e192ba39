"""What applies a model to a batch of puzzles, and the choice of it.

>>> engine = make_engine(model, choose_runtime())
>>> inputs, state = engine.embed(batch), engine.init_state(batch, seeds=[1, 2, 3])
>>> state, residual = engine.advance(state, inputs, batch.layout, steps=4)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from puzzlesolver.models.interface import Batch, Readout, RecursiveModel, State
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.engines.graph import GraphSource
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.runtime import Runtime


class Engine(Protocol):
    """What the refinement loop needs."""

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
