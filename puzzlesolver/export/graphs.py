"""A model's step as ONNX graphs, made by torch's exporter.

In: a model and a batch of its boards. Out: the step and the reader of its state, and how a state
begins; `onnx.py` checks them and makes the file.

    >>> step, reader = graphs_of(model, batch, state)
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from puzzlesolver.models.interface import Batch, Readout, RecursiveModel, State
from puzzlesolver.models.published import PublishedModel
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.settle import relative_residual

OPSET = 20

LOUD = 2.0**40
"""Beside noise as loud as this a start vector vanishes, and the noise's own factor is left."""


class _Step(nn.Module):
    """Tokens and state → new state, what it says, relative residual."""

    def __init__(self, model: RecursiveModel, layout: Layout) -> None:
        super().__init__()
        self.model, self.layout = model, layout

    def forward(
        self, tokens: Tensor, state: State, identifiers: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        batch = Batch(tokens, self.layout, identifiers=identifiers)
        now = self.model.step(state, self.model.embed(batch), self.layout)
        said = _tensors(self.model.readout(now, self.layout))
        return *now, *said.values(), relative_residual(state, now)


class _Reader(nn.Module):
    """State → what it says."""

    def __init__(self, model: RecursiveModel, layout: Layout) -> None:
        super().__init__()
        self.model, self.layout = model, layout

    def forward(self, state: State) -> tuple[Tensor, ...]:
        return tuple(_tensors(self.model.readout(state, self.layout)).values())


def graphs_of(model: RecursiveModel, batch: Batch, state: State) -> tuple[Any, Any]:
    """The step and the reader as ONNX models."""
    parts = range(len(state))
    states = [f"state_{part}" for part in parts]
    said = [*_tensors(model.readout(state, batch.layout))]
    two = batch.rows(slice(2))  # a batch of one would be taken for a constant
    pair = tuple(part[:2].contiguous() for part in state)
    inputs: tuple[Any, ...] = two.tokens, pair
    names = ["tokens", *states]
    if isinstance(model, PublishedModel) and model.config.num_puzzle_identifiers > 1:
        inputs, names = (*inputs, torch.zeros(2, dtype=torch.int64)), [*names, "identifiers"]
    after = [f"next_state_{part}" for part in parts]
    step = _graph(_Step(model, batch.layout), inputs, names, [*after, *said, "residual"])
    return step, _graph(_Reader(model, batch.layout), (pair,), states, said)


def _graph(
    module: nn.Module, inputs: tuple[Any, ...], names: Sequence[str], outputs: Sequence[str]
) -> Any:
    rows = {0: torch.export.Dim("batch", min=1)}
    dynamic = tuple(
        tuple(rows for _ in each) if isinstance(each, tuple) else rows for each in inputs
    )
    with _quiet(), torch.no_grad():
        module.eval()(*inputs)  # tells of boards that it cannot take; torch would wrap the error
        program = torch.onnx.export(
            module,
            inputs,
            input_names=names,
            output_names=outputs,
            dynamic_shapes=dynamic,
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    graph = program.model_proto
    graph.graph.ClearField("value_info")  # shapes before optimisation; they can be inferred
    for part in (graph, graph.graph, *graph.graph.node):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")  # stack traces with the paths of this machine
    return graph


def starts_of(model: RecursiveModel, batch: Batch) -> list[dict[str, Any]]:
    """How each part of a state begins, found by asking; `check_graph` compares it bit for bit."""
    one = batch.rows(slice(1))
    silent = model.init_state(one, torch.zeros)
    loud = model.init_state(one, lambda shape: torch.full(shape, LOUD))
    return [
        {
            "shape": list(part.shape[1:]),
            "vector": part.flatten(0, -2)[0].tolist(),
            "noise": 0.0 if model.fixed_start else noisy.flatten()[0].item() / LOUD,
        }
        for part, noisy in zip(silent, loud, strict=True)
    ]


def _tensors(readout: Readout) -> dict[str, Tensor]:
    """All that it holds, by name."""
    return {name: value for name, value in readout._asdict().items() if isinstance(value, Tensor)}


def quantised(step: Any, scratch: Path) -> Any:
    """The step with its matrices rounded to 8 bits, by way of the file `scratch`."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _quiet():
        quantize_dynamic(
            step,
            scratch,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            weight_type=QuantType.QInt8,
        )
    return onnx.load(scratch)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporters say of torch's insides."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(before)
