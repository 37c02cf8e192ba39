"""The engine that runs exported graphs with ONNX Runtime; same seeds and noise as `TorchEngine`.

>>> engine = OnnxEngine(GraphFile(Path("sudoku.onnx")), choose_runtime("cpu"))
>>> inputs, state = engine.embed(batch), engine.init_state(batch, seeds=[1, 2, 3])
>>> state, residual = engine.advance(state, inputs, batch.layout, steps=4)
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor

from puzzlesolver.models.interface import Batch, Readout, State
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.engines.engine import Disturb, Engine, Steps, micro_batch_of, noise_of
from puzzlesolver.refine.engines.graph import GraphSource, StepGraph
from puzzlesolver.runtime import Runtime


class OnnxEngine(Engine):
    """Runs the graphs of one model; tensors come and go on the CPU.

    Args:
        source: gives the graph of a layout.
        runtime: its threads count; where sessions run is the source's matter.
    """

    def __init__(self, source: GraphSource, runtime: Runtime) -> None:
        self.source = source
        self.fixed_start, self.habits = source.fixed_start, source.habits
        self.workers = ThreadPoolExecutor(runtime.threads)

    def embed(self, batch: Batch) -> Tensor:
        """The tokens, which the graph embeds itself, `int64[B, C]`.

        Models with several puzzle embeddings get the identifier as one more column.
        """
        if not self.source.open(batch.layout).identified:
            return batch.tokens.clone()
        identifiers = batch.identifiers
        if identifiers is None:
            identifiers = torch.zeros_like(batch.tokens[:, 0])
        return torch.cat((batch.tokens, identifiers[:, None]), dim=1)

    def init_state(self, batch: Batch, seeds: Sequence[int]) -> State:
        def part(start: dict[str, Any]) -> Tensor:
            vector, shape = torch.tensor(start["vector"]), (len(seeds), *start["shape"])
            if not start["noise"]:
                return vector.expand(shape).clone()
            scale: float = start["noise"]
            return scale * noise_of(seeds, shape) + vector

        return tuple(map(part, self.source.open(batch.layout).facts.starts))

    def steps_on(self, layout: Layout, state: State, inputs: Tensor) -> Steps:
        graph = self.source.open(layout)
        rows = micro_batch_of(layout) if graph.on_cpu else sys.maxsize
        return Steps(functools.partial(_repeated, graph), rows)

    def readout(self, state: State, layout: Layout) -> Readout:
        graph = self.source.open(layout)
        names = [node.name for node in graph.reader.get_outputs()]
        values = map(torch.from_numpy, graph.reader.run(names, _named(graph, state)))
        said: Any = dict(zip(names, values, strict=True))
        return Readout(exclusive=graph.facts.exclusive, **said)


def _repeated(
    graph: StepGraph, state: State, inputs: Tensor, steps: int, disturb: Disturb | None
) -> State:
    binding = graph.session.io_binding()
    for name, value in _recalled(graph, inputs).items():
        binding.bind_cpu_input(name, value)
    # Noise is the CPU's, the same everywhere, so that noisy states come back at every step.
    stride = steps if disturb is None else 1
    for _ in range(0, steps, stride):
        state = _advanced(graph, binding, state, stride)
        if disturb is not None:
            state = disturb(state)
    return state


def _recalled(graph: StepGraph, inputs: Tensor) -> dict[str, Any]:
    if not graph.identified:
        return {"tokens": inputs.numpy()}
    return {"tokens": inputs[:, :-1].numpy(), "identifiers": inputs[:, -1].numpy()}


def _named(graph: StepGraph, state: State) -> dict[str, Any]:
    """Those parts of a state that the session takes, by name."""
    return {name: part.numpy() for name, part in zip(graph.states, state, strict=True)}


def _advanced(graph: StepGraph, binding: Any, state: State, steps: int) -> State:
    """The state so many steps on; meanwhile it stays where the session computes."""
    for name, value in _named(graph, state).items():
        binding.bind_cpu_input(name, value)
    for step in range(steps):
        if step:
            for name, value in zip(graph.states, binding.get_outputs(), strict=True):
                binding.bind_ortvalue_input(name, value)
        for name in graph.next_states:
            binding.bind_output(name, *graph.place)  # anew, else it would overwrite its input
        graph.session.run_with_iobinding(binding)
    return tuple(map(torch.from_numpy, binding.copy_outputs_to_cpu()))
