"""A model's step as a CUDA graph, so that its many small kernels are launched as one.

A graph serves one shape: it has a fixed number of rows, of which the first are used, and larger
batches go through it part by part. So one graph serves all batches of a layout, and every row is
computed by the same kernels whatever its neighbours, while eager code meets kernels that the GPU's
libraries choose by the size of the batch.

In: a step with states and inputs that have its shapes. Out: what applies it many times.

    >>> replay = Replay(step, state, inputs, rows_at_once(state), torch.cuda.graph_pool_handle())
    >>> state = replay(state, inputs, steps=4)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from puzzlesolver.models.interface import State, StepFunction
from puzzlesolver.refine.engines.engine import Disturb

NUMBERS = 3 << 19
"""Numbers of a state that a graph advances together, 66 Sudokus: with fewer rows an H200 idles in
large batches, with more a puzzle alone waits for the unused ones."""

WARM_UPS = 3
"""Steps before the capture, in which libraries allocate and compiled code is made."""


class ReplayWarning(UserWarning):
    """A step cannot be captured as a CUDA graph; it runs without one."""


def rows_at_once(state: State) -> int:
    """Rows of a graph; by the size of a row alone, never by the batch."""
    return max(1, NUMBERS // sum(part[0].numel() for part in state))


class Replay:
    """The step of one layout, captured.

    Args:
        step: what is captured; it must neither wait for the GPU nor depend on values.
        state: of at least one row.
        inputs: likewise.
        rows: how many the graph has.
        pool: memory of intermediate results; graphs that never run at the same time share one.

    Raises:
        RuntimeError: torch's own, where the step cannot be captured.
    """

    @torch.inference_mode()
    def __init__(
        self, step: StepFunction, state: State, inputs: Tensor, rows: int, pool: Any
    ) -> None:
        self.rows = rows
        self._step = step  # a graph does not keep the memory alive that its kernels read
        self._inputs = torch.cat([inputs[:1]] * rows)
        self._state = tuple(torch.cat([part[:1]] * rows) for part in state)
        self._run = captured(self._advance, inputs, pool)

    @torch.inference_mode()
    def __call__(
        self, state: State, inputs: Tensor, steps: int, disturb: Disturb | None = None
    ) -> State:
        """As `repeated`, for `rows` puzzles at most."""
        count = len(inputs)
        self._inputs[:count].copy_(inputs)
        self._keep(state)
        for _ in range(steps):
            self._run()
            if disturb is not None:
                self._keep(disturb(self._state))
        return tuple(part[:count].clone() for part in self._state)

    def _advance(self) -> None:
        self._keep(self._step(self._state, self._inputs))

    def _keep(self, state: State) -> None:
        for kept, new in zip(self._state, state, strict=True):
            kept[: len(new)].copy_(new)


def repeated(
    step: StepFunction, state: State, inputs: Tensor, steps: int, disturb: Disturb | None = None
) -> State:
    """The state after so many steps, each followed by `disturb`."""
    for _ in range(steps):
        state = step(state, inputs)
        if disturb is not None:
            state = disturb(state)
    return state


def captured(run: Callable[[], None], on: Tensor, pool: Any) -> Callable[[], None]:
    """`run` as a CUDA graph on the device of a tensor; it has been called before."""
    current = torch.cuda.current_stream(on.device)
    side = torch.cuda.Stream(on.device)  # type: ignore[no-untyped-call]
    side.wait_stream(current)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.stream(side):  # whatever happens, the current stream is the current one again
        for _ in range(WARM_UPS):
            run()
        with torch.cuda.graph(graph, pool=pool, stream=side):
            run()
    current.wait_stream(side)
    return graph.replay
