"""`puzzlesolver export`: one step of a model as an ONNX file that is known to answer the same.

In: a model and the size of its boards. Out: a file that `refine/engines/graph.py` describes and
opens, or a `ModelError` with the numbers that are off, and then no file.

    >>> export_model("sudoku", Path("sudoku.onnx")).checked["answers"]["different"]
    0
"""

from __future__ import annotations

import base64
import contextlib
import logging
import math
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from puzzlesolver import __version__
from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.export.check import LONGEST, check_graph, check_set
from puzzlesolver.extras import require
from puzzlesolver.files import write_file
from puzzlesolver.hub.folder import read_config, read_model
from puzzlesolver.hub.store import ModelFiles, resolve
from puzzlesolver.models.interface import Batch, Readout, RecursiveModel, State
from puzzlesolver.models.published import PublishedModel
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.engines.graph import GraphFacts, layout_to_json
from puzzlesolver.refine.settle import relative_residual

OPSET = 20
SIZES = {"sudoku": (9, 9), "maze": (30, 30)}
"""Rows and columns where the user names none; a published model has one size of its own."""

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


def export_model(
    name: str,
    out: Path,
    *,
    size: tuple[int, int] | None = None,
    rules: str = "",
    int8: bool = False,
    longest: int = LONGEST,
    checked: str | None = None,
) -> GraphFacts:
    """Export a model and check it.

    Args:
        name: a name of the catalog, a model folder, or one on the Hub.
        out: the file; appears when it has passed, replaces what is there.
        size: rows and columns of the boards.
        rules: of the boards, as `generate` takes them.
        int8: round the weights of matrix products to 8 bits.
        longest: steps of the longest comparison with torch.
        checked: a file of puzzles to compare answers on; None = a few generated ones. Rules of its
            puzzles become those of the graph.

    Raises:
        ModelError: there is no such model, or the graph does not do what the model does.
        UsageError: a package is missing, or the size is none of the domain's.
    """
    files = resolve(name)
    model, sha256 = read_model(files.folder, files.sha256)
    domain = domain_of(files)
    if size is None:
        if domain not in SIZES:
            raise ModelError(
                f"models for {domain or 'no known domain'} cannot be exported",
                where=name,
                hint=f"those for {' and '.join(SIZES)} can",
            )
        side = math.isqrt(model.config.seq_len) if isinstance(model, PublishedModel) else 0
        size = (side, side) if side else SIZES[domain]
    if rules and get_domain(domain).under is None:
        raise UsageError(f"puzzles of kind {domain} have no further rules", where="--rules")
    puzzles = None
    if checked is not None:
        puzzles = list(read_puzzles([Path(checked)], domain, rules))
        if puzzles and (board := puzzles[0].board) is not None and not board.is_standard:
            size, rules = (board.symbols, board.symbols), board.told
        _check_boards(puzzles, size, rules)
    return export_graph(
        model,
        domain,
        size,
        out,
        sha256=sha256,
        rules=rules,
        default_steps=files.entry.default_steps if files.entry else None,
        int8=int8,
        longest=longest,
        puzzles=puzzles,
    )


def _check_boards(puzzles: Sequence[Puzzle], size: tuple[int, int], rules: str) -> None:
    """Raise `UsageError` where one of them is on another board."""
    for puzzle in puzzles:
        if (found := "" if puzzle.board is None else puzzle.board.told) != rules:
            raise UsageError(
                f"the graph is for the rules {rules or 'of plain boards'}, not {found or 'those'}",
                where=puzzle.source,
                hint="give --check a file of puzzles with the same rules",
            )
        if not rules and puzzle.grid.shape != size:
            rows, columns = puzzle.grid.shape
            raise UsageError(
                f"{rows}×{columns} is not the size of the graph, {size[0]}×{size[1]}",
                where=puzzle.source,
                hint="give --size, or another file to --check",
            )


def domain_of(files: ModelFiles) -> str:
    """The puzzle kind of a model, "" where nothing tells."""
    if files.entry is not None:
        return files.entry.domain
    return str(read_config(files.folder).training.get("domain", ""))


def export_graph(
    model: RecursiveModel,
    domain: str,
    size: tuple[int, int],
    out: Path,
    *,
    sha256: str,
    rules: str = "",
    default_steps: int | None = None,
    int8: bool = False,
    longest: int = LONGEST,
    puzzles: Sequence[Puzzle] | None = None,
) -> GraphFacts:
    """The same for a loaded model, on the CPU in evaluation mode.

    Args:
        model: with its weights.
        domain: the puzzle kind.
        size: rows and columns of the boards.
        out: the file.
        sha256: of the weights.
        rules: of the boards, as `generate` takes them.
        default_steps: for the facts.
        int8: as in `export_model`.
        longest: likewise.
        puzzles: to compare answers on; None = generated ones.
    """
    from puzzlesolver.models.registry import MODELS

    require("export", "export")
    import onnx

    made = check_set(domain, size, rules)
    batch = get_domain(domain).encode(made)
    state = model.init_state(batch, torch.zeros)
    step, reader = _graphs(model, batch, state)
    facts = GraphFacts(
        puzzlesolver=__version__,
        opset=OPSET,
        family=next(name for name, (cls, _) in MODELS.items() if type(model) is cls),
        config=model.config.to_json(),
        domain=domain,
        layout=layout_to_json(batch.layout),
        weights_sha256=sha256,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        default_steps=default_steps,
        exclusive=model.readout(state, batch.layout).exclusive,
        starts=_starts(model, batch),
        fixed_start=model.fixed_start,
        reader=base64.b64encode(reader.SerializeToString()).decode(),
        int8=int8,
        checked={},
    )
    with tempfile.TemporaryDirectory() as folder:
        candidate = Path(folder) / "step.onnx"
        if int8:
            step = _quantised(step, candidate)
        onnx.checker.check_model(step, full_check=True)
        onnx.helper.set_model_props(step, facts.to_metadata())
        candidate.write_bytes(step.SerializeToString())
        facts = replace(facts, checked=check_graph(candidate, model, puzzles or made, longest))
    onnx.helper.set_model_props(step, facts.to_metadata())
    out.parent.mkdir(parents=True, exist_ok=True)
    write_file(out, step.SerializeToString())
    return facts


def _graphs(model: RecursiveModel, batch: Batch, state: State) -> tuple[Any, Any]:
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


def _starts(model: RecursiveModel, batch: Batch) -> list[dict[str, Any]]:
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


def _quantised(step: Any, scratch: Path) -> Any:
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
