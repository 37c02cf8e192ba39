"""One step of a model as an ONNX file, opened with ONNX Runtime.

The file holds all that refinement needs, so no torch weights are read: the graph of the step (which
embeds the tokens itself), how states start, and a second, small graph that reads a state out. What
is not a tensor lies in `metadata_props` (`facts.py`).

Graph: `tokens int64[B, C]`, where the model has several puzzle embeddings also `identifiers
int64[B]`, and `state_0, … float32[B, …]` → `next_state_0, …`, `logits float32[B, C, S]` and
whatever else the family's `Readout` has, `residual float32[B]` of this step.

    >>> graph = StepGraph(Path("sudoku.onnx"))
    >>> graph.providers
    ('CPUExecutionProvider',)
"""

from __future__ import annotations

import base64
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from puzzlesolver.errors import ModelError
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.engines.facts import GraphFacts, layout_from_json
from puzzlesolver.refine.engines.sessions import CPU, CUDA, open_session

if TYPE_CHECKING:
    from puzzlesolver.models.interface import Habits, RecursiveModel

SUFFIX = ".onnx"


class ProviderWarning(UserWarning):
    """ONNX Runtime runs somewhere else than it was asked to."""


class StepGraph:
    """An opened file.

    Args:
        path: of the file.
        device: `cpu`, `cuda` or `cuda:N`; a `ProviderWarning` tells when it is another one.

    Attributes:
        place: where the session computes, as `IOBinding` names it: a kind of device and its number.
    """

    def __init__(self, path: Path, device: str = "cpu") -> None:
        if not path.is_file():
            raise ModelError("there is no such file", where=str(path))
        self.path = path
        self.session = open_session(str(path), path, device)
        self.providers = tuple(self.session.get_providers())
        if not device.startswith("cpu") and CUDA not in self.providers:
            warnings.warn(
                f"{device} was asked for, but ONNX Runtime runs this model with "
                f"{', '.join(self.providers)}",
                ProviderWarning,
                stacklevel=2,
            )
        try:
            self.facts = GraphFacts.from_metadata(self.session.get_modelmeta().custom_metadata_map)
            self.layout = layout_from_json(self.facts.layout)
            self.reader = open_session(base64.b64decode(self.facts.reader), path, device)
            parts = range(len(self.facts.starts))
            self.states = [f"state_{part}" for part in parts]
            self.next_states = [f"next_state_{part}" for part in parts]
            inputs = {node.name for node in self.session.get_inputs()}
            outputs = {node.name for node in self.session.get_outputs()}
            if missing := {"tokens", *self.states} - inputs | {*self.next_states} - outputs:
                raise ValueError(f"it has no {min(missing)}")
        except (KeyError, RecursionError, ValueError) as error:
            raise ModelError(
                f"this graph was not made by `puzzlesolver export`, or is damaged: {error}",
                where=str(path),
            ) from error
        self.identified = "identifiers" in inputs
        number = device.partition(":")[2]
        self.place = ("cpu", 0) if self.on_cpu else ("cuda", int(number or 0))

    @property
    def on_cpu(self) -> bool:
        return self.providers == (CPU,)


class GraphSource(Protocol):
    """Graphs of one model by layout: a file, or exports made when they are needed.

    Attributes:
        device: as in `StepGraph`.
        fixed_start: as in `RecursiveModel`.
        habits: as in `ModelConfig`.
    """

    device: str
    fixed_start: bool
    habits: Habits

    def open(self, layout: Layout) -> StepGraph:
        """The graph for boards of this layout; raises `ModelError` where there is none."""


GraphMaker = Callable[["RecursiveModel", str, str, str], GraphSource]
"""From a model, its kind of puzzle, the SHA-256 of its weights and a device to its graphs."""


class GraphFile:
    """A file as the only graph."""

    def __init__(self, path: Path, device: str = "cpu") -> None:
        self.graph = StepGraph(path, device)
        self.device = device
        self.fixed_start = self.graph.facts.fixed_start
        self.habits = self.graph.facts.habits

    def open(self, layout: Layout) -> StepGraph:
        if layout != self.graph.layout:
            raise ModelError(
                f"this graph was exported for {_sides(self.graph.layout)}, not {_sides(layout)}",
                where=str(self.graph.path),
                hint="export one with --size, or pass the model's name, which serves every size",
            )
        return self.graph


def _sides(layout: Layout) -> str:
    nodes = f"boards of {layout.cells} cells as {'×'.join(map(str, layout.lattice))} nodes"
    return f"{nodes} ({layout.rules})" if layout.rules else nodes
