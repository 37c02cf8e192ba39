"""`puzzlesolver export`: one step of a model as an ONNX file that is known to answer the same.

In: a model and the size of its boards. Out: a file that `refine/engines/graph.py` describes and
opens, or a `ModelError` with the numbers that are off, and then no file.

    >>> export_model("sudoku", Path("sudoku.onnx")).checked["answers"]["different"]
    0
"""

from __future__ import annotations

import base64
import math
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from puzzlesolver import __version__
from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.export.check import LONGEST, check_graph, check_set
from puzzlesolver.export.graphs import OPSET, graphs_of, quantised, starts_of
from puzzlesolver.extras import require
from puzzlesolver.files import write_file
from puzzlesolver.hub.folder import read_config, read_model
from puzzlesolver.hub.store import ModelFiles, resolve
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.models.published import PublishedModel
from puzzlesolver.refine.engines.facts import GraphFacts, layout_to_json

SIZES = {"sudoku": (9, 9), "maze": (30, 30)}
"""Rows and columns where the user names none; a published model has one size of its own."""


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
    step, reader = graphs_of(model, batch, state)
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
        starts=starts_of(model, batch),
        fixed_start=model.fixed_start,
        reader=base64.b64encode(reader.SerializeToString()).decode(),
        int8=int8,
        checked={},
    )
    with tempfile.TemporaryDirectory() as folder:
        candidate = Path(folder) / "step.onnx"
        if int8:
            step = quantised(step, candidate)
        onnx.checker.check_model(step, full_check=True)
        onnx.helper.set_model_props(step, facts.to_metadata())
        candidate.write_bytes(step.SerializeToString())
        facts = replace(facts, checked=check_graph(candidate, model, puzzles or made, longest))
    onnx.helper.set_model_props(step, facts.to_metadata())
    out.parent.mkdir(parents=True, exist_ok=True)
    write_file(out, step.SerializeToString())
    return facts
