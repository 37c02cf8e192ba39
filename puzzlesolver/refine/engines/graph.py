"""One step of a model as an ONNX file, opened with ONNX Runtime.

The file holds all that refinement needs, so no torch weights are read: the graph of the step (which
embeds the tokens itself), how states start, and a second, small graph that reads a state out. What
is not a tensor lies in `metadata_props` (`GraphFacts`).

Graph: `tokens int64[B, C]`, where the model has several puzzle embeddings also `identifiers
int64[B]`, and `state_0, … float32[B, …]` → `next_state_0, …`, `logits float32[B, C, S]` and
whatever else the family's `Readout` has, `residual float32[B]` of this step.

    >>> graph = StepGraph(Path("sudoku.onnx"))
    >>> graph.providers
    ('CPUExecutionProvider',)
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.models.relations import Layout, Links, Neighbour, Pool, Units
from puzzlesolver.runtime import DEVICES, available_devices
from puzzlesolver.shapes import Rule, check

if TYPE_CHECKING:
    from puzzlesolver.models.interface import Habits, RecursiveModel

SUFFIX = ".onnx"
CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
FATAL = 4
"""ONNX Runtime's log level: what matters it also raises or tells by `get_providers`."""

TRIVIAL = bytes.fromhex(
    "080912003a370a100a017812017922084964656e746974791201675a0f0a0178120a0a0808011204"
    "0a020801620f0a0179120a0a08080112040a02080142040a001012"
)
"""A graph that returns its input: what a session of it gets, any session gets."""

LENGTH = Rule(int, "a whole number above 0", lambda number: number > 0)
START = Rule(
    {"shape": Rule([LENGTH], "one or more lengths", len), "vector": [float], "noise": float},
    "a vector as long as the last axis",
    lambda it: len(it["vector"]) == it["shape"][-1],
)


class ProviderWarning(UserWarning):
    """ONNX Runtime runs somewhere else than it was asked to."""


@dataclass(frozen=True)
class GraphFacts:
    """What an exported file says of itself; one metadata entry a field, JSON where not text.

    Attributes:
        puzzlesolver: version that wrote it.
        opset: of the graph.
        family: key of `puzzlesolver.models.registry.MODELS`.
        config: hyperparameters of that family.
        domain: the puzzle kind.
        layout: of the boards, the only ones that it serves; see `layout_to_json`.
        weights_sha256: of the `model.safetensors` it was made from.
        parameters: how many numbers were learned.
        default_steps: step budget where the user names none; None = the general one.
        exclusive: as in `Readout`: softmax, else a sigmoid, makes probabilities of logits.
        starts: of each part of the state: `shape` after the batch, `vector` (its last axis, the
            same in all nodes) and `noise`, the standard deviation of what is added to it.
        fixed_start: whether no part has noise.
        reader: the second graph, states → `logits` and the rest, in base64.
        int8: whether the weights of matrix products are rounded to 8 bits.
        checked: how far it was found to agree with torch; see `export/check.py`.
    """

    puzzlesolver: str
    opset: int
    family: str
    config: dict[str, Any]
    domain: str
    layout: dict[str, Any]
    weights_sha256: str
    parameters: int
    default_steps: int | None
    exclusive: bool
    starts: list[dict[str, Any]]
    fixed_start: bool
    reader: str
    int8: bool
    checked: dict[str, Any]

    @property
    def habits(self) -> Habits:
        """As in `ModelConfig`."""
        from puzzlesolver.models.registry import build_config  # torch takes a second to import

        return build_config(self.family, self.config).habits

    def to_metadata(self) -> dict[str, str]:
        return {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_metadata(cls, metadata: dict[str, str]) -> GraphFacts:
        """The facts; raises `KeyError`, `RecursionError` or `ValueError` on what others wrote."""
        values: dict[str, Any] = {
            field.name: metadata[field.name]
            if field.type == "str"
            else json.loads(metadata[field.name])
            for field in fields(cls)
        }
        check({**values, "reader": ""}, cls)  # that may be longer than other texts
        relations = [(Pool, Neighbour, Units, Links)]
        check(
            values["layout"], {"lattice": [LENGTH], "relations": relations, "rules?": str}, "layout"
        )
        check(values["starts"], [START], "starts")
        return cls(**values)


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
        self.session = _opened(str(path), path, device)
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
            self.reader = _opened(base64.b64decode(self.facts.reader), path, device)
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


def graph_device(asked: str) -> str:
    """Where sessions shall run, from `--device`: CUDA when asked for, or when torch finds it.

    Torch need not know CUDA for ONNX Runtime to use it, so what is asked for is passed on.
    """
    if asked == "auto":
        return "cuda" if "cuda" in available_devices() else "cpu"
    kind, colon, number = asked.partition(":")
    if kind not in DEVICES or (colon and not number.isdecimal()):
        raise UsageError(
            f"unknown device {asked!r}",
            where="--device",
            hint=f"auto, {', '.join(DEVICES)} or cuda:N",
        )
    return asked


def obtained_providers() -> tuple[str, ...]:
    """What a session really gets that asks for CUDA, then the CPU."""
    return tuple(_session(TRIVIAL, [CUDA, CPU]).get_providers())


def layout_to_json(layout: Layout) -> dict[str, Any]:
    """The lattice, each relation with its fields, and the rules, if any."""
    return {
        "lattice": list(layout.lattice),
        "relations": [asdict(relation) for relation in layout.relations],
        **({"rules": layout.rules} if layout.rules else {}),
    }


def layout_from_json(document: dict[str, Any]) -> Layout:
    """The inverse of `layout_to_json`; raises `KeyError` or `TypeError` on anything else."""
    marks = {"over": Pool, "cells": Units, "pairs": Links}
    relations = [
        next((kind for mark, kind in marks.items() if mark in each), Neighbour)(
            **{name: _as_tuples(value) for name, value in each.items()}
        )
        for each in document["relations"]
    ]
    return Layout(tuple(document["lattice"]), tuple(relations), document.get("rules", ""))


def _as_tuples(value: Any) -> Any:
    return tuple(map(_as_tuples, value)) if isinstance(value, list) else value


def _opened(model: str | bytes, path: Path, device: str) -> Any:
    kind, _, number = device.partition(":")
    asked: list[Any] = [CPU]
    if kind == "cuda":
        asked.insert(0, (CUDA, {"device_id": number or "0"}))
    try:
        return _session(model, asked)
    except Exception as error:  # ONNX Runtime's own errors have no common base but this
        reason = str(error).partition("\n")[0]
        what, hint = f"ONNX Runtime cannot open it: {reason}", "make it anew: puzzlesolver export"
        raise ModelError(what, where=str(path), hint=hint) from error


def _session(model: str | bytes, providers: list[Any]) -> Any:
    import onnxruntime

    onnxruntime.set_default_logger_severity(FATAL)  # a missing CUDA library fills a screen
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL
    options.intra_op_num_threads = 1  # the micro-batches of the engine are the parallel unit
    with _silent():
        return onnxruntime.InferenceSession(model, options, providers=providers)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Without what native code prints on stdout, which is for data."""
    try:
        sys.stdout.flush()
        kept = os.dup(1)
    except OSError:  # it is closed
        yield
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nothing)


def _sides(layout: Layout) -> str:
    nodes = f"boards of {layout.cells} cells as {'×'.join(map(str, layout.lattice))} nodes"
    return f"{nodes} ({layout.rules})" if layout.rules else nodes
