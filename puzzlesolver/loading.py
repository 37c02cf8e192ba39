"""A model's name → what an engine runs, and what a report says of it.

In: a name of the catalog, a model folder, `hub:OWNER/REPO`, or an exported `.onnx` file. Out: a
torch model, or the graphs of it for ONNX Runtime.

    >>> load_network("sudoku", "sudoku", engine="onnx").parameters
    22849
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.refine.engines.graph import SUFFIX, GraphFile, GraphMaker, GraphSource
from puzzlesolver.refine.engines.sessions import graph_device

if TYPE_CHECKING:
    from puzzlesolver.models.interface import RecursiveModel

ENGINES = ("torch", "onnx")

DEFAULT_SIDE = 9
"""Rows of the boards that `train` makes; old models do not say it."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """A model that is ready to run.

    Attributes:
        name: how results refer to it.
        network: a torch model in evaluation mode, or graphs for ONNX Runtime.
        family: key of `puzzlesolver.models.registry.MODELS`.
        sha256: of its weights.
        parameters: how many numbers it learned.
        training: how the weights came to be, as far as it is known.
        default_steps: step budget where the user names none; None = the general one.
    """

    name: str
    network: RecursiveModel | GraphSource
    family: str
    sha256: str
    parameters: int
    training: dict[str, Any]
    default_steps: int | None

    @property
    def trained_side(self) -> int | None:
        """Rows of the generated boards that it was trained on; None where there is no such one."""
        settings = self.training.get("settings")
        if not isinstance(settings, dict) or settings.get("contract") == "boards":
            return None  # not known, or of all sizes
        side = settings.get("size", DEFAULT_SIDE)
        return side if isinstance(side, int) else None


def load_network(
    model: str | Path | None,
    domain: str | None,
    engine: str = "torch",
    device: str = "auto",
    graphs: GraphMaker | None = None,
) -> Loaded:
    """Load a model for one of `ENGINES`.

    Args:
        model: its name; None = the default of the domain.
        domain: the puzzle kind it must serve; None = any.
        engine: what will run it.
        device: where ONNX Runtime shall run it; torch's device is the engine's own matter.
        graphs: for `onnx`, what makes the graphs of a model that is none yet: `CachedGraphs` of
            `export/cached.py`, which nothing below it may import.

    Raises:
        ModelError: the model is unknown, damaged, or for another domain.
        UsageError: an unknown engine or device, or a graph for torch.
    """
    if engine not in ENGINES:
        raise UsageError(f"unknown engine {engine!r}", where="--engine", hint=" or ".join(ENGINES))
    if model is not None and str(model).endswith(SUFFIX):
        if engine != "onnx" and Path(model).exists():
            raise UsageError("torch cannot run it", where=str(model), hint="add --engine onnx")
        return _load_graph(Path(model), domain, device)

    from puzzlesolver.hub.folder import read_config, read_model
    from puzzlesolver.hub.store import resolve

    files = resolve(model, domain)
    network, sha256 = read_model(files.folder, files.sha256)
    stored = read_config(files.folder)
    source: RecursiveModel | GraphSource = network
    if engine == "onnx":
        if graphs is None:
            hint = f"puzzlesolver export {model or files.name} {files.name}.onnx"
            raise UsageError("this model is no graph yet", where="--engine onnx", hint=hint)
        kind = files.entry.domain if files.entry else stored.training.get("domain", domain)
        source = graphs(network, str(kind), sha256, graph_device(device))
    return Loaded(
        files.name,
        source,
        stored.family,
        sha256,
        sum(parameter.numel() for parameter in network.parameters()),
        stored.training,
        files.entry.default_steps if files.entry else None,
    )


def _load_graph(path: Path, domain: str | None, device: str) -> Loaded:
    source = GraphFile(path, graph_device(device))
    facts = source.graph.facts
    if domain not in (None, facts.domain):
        raise ModelError(
            f"this graph was exported for {facts.domain}, not {domain}",
            where=str(path),
            hint="leave --model out to get the default model of the domain",
        )
    return Loaded(
        str(path),
        source,
        facts.family,
        facts.weights_sha256,
        facts.parameters,
        {},
        facts.default_steps,
    )
