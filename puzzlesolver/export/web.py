"""`puzzlesolver export --web`: exported graphs as a page of static files that any server can serve.

In: a graph that `export/onnx.py` wrote. Out: a folder with the page (`examples/web/page`), ONNX
Runtime for browsers from a local npm install, the graph, and `models.json`, which tells the page
what it must know of each graph. A page takes any number of graphs, one after another.

    >>> add_to_page(Path("sudoku.onnx"), Path("site"), find_browser_runtime(), "sudoku")
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from puzzlesolver.domains.base import get_domain
from puzzlesolver.domains.sudoku.variants import KNOWN, STANDARD
from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.export.cached import board_size
from puzzlesolver.export.check import check_set
from puzzlesolver.files import write_file
from puzzlesolver.hub.catalog import read_catalog
from puzzlesolver.hub.folder import read_json
from puzzlesolver.refine import search, suppose
from puzzlesolver.refine.engines.facts import GraphFacts
from puzzlesolver.refine.engines.graph import SUFFIX, StepGraph
from puzzlesolver.refine.loop import READ_EVERY
from puzzlesolver.refine.policy import LINGER, Policy

MODELS = "models.json"
SCHEMA = 4
PACKAGE = Path("node_modules") / "onnxruntime-web"
RUNTIME_FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
"""The build for CPUs with its glue code inside."""


def page_folder() -> Path:
    """`page` inside the package when installed, in the examples of the source tree."""
    package = Path(__file__).parents[1]
    inside = package / "page"
    return inside if inside.is_dir() else package.parent / "examples" / "web" / "page"


def find_browser_runtime() -> Path:
    """The folder of onnxruntime-web's files: of the examples, or of the current folder.

    Raises:
        UsageError: it is not installed; with the command that does it.
    """
    examples = page_folder().parent
    for home in (examples, Path()):
        folder = home / PACKAGE / "dist"
        if all((folder / name).is_file() for name in RUNTIME_FILES):
            return folder
    pinned = (examples / "package.json").is_file()
    raise UsageError(
        "the npm package onnxruntime-web is missing",
        where="--web",
        hint=f"npm ci --prefix {examples}" if pinned else "npm install onnxruntime-web",
    )


def add_to_page(graph: Path, folder: Path, runtime: Path, title: str) -> None:
    """Write the page, or write it anew, and put one more graph on it.

    Args:
        graph: an exported file.
        folder: of the page; made where there is none.
        runtime: see `find_browser_runtime`.
        title: what the page calls the model, unless that is a shipped one under another file name.
            A graph of the same title, size and rules is replaced.

    Raises:
        ModelError: the file was not made by `puzzlesolver export`, or for several grids.
    """
    facts = StepGraph(graph).facts
    size = board_size(facts.layout["lattice"])
    told = describe(facts, size)
    if told.get("cells") not in (None, size[0] * size[1]):
        hint = "export the model for boards of one grid"
        raise ModelError("the page draws one grid, not several", where=str(graph), hint=hint)
    shipped = {entry.sha256: name for name, entry in read_catalog().models.items()}
    title = shipped.get(facts.weights_sha256, title)
    rules = hashlib.sha256(told["rules"].encode()).hexdigest()[:8] if told.get("rules") else ""
    name = "-".join(filter(None, [re.sub(r"\W+", "-", title), "x".join(map(str, size)), rules]))
    entry = {"title": title, "file": f"models/{name}{SUFFIX}", **told}
    listed = folder / MODELS
    models = read_json(listed, SCHEMA)["models"] if listed.is_file() else []
    others = [each for each in models if each["file"] != entry["file"]]
    shutil.copytree(page_folder(), folder, dirs_exist_ok=True)
    for part in ("models", "ort"):
        (folder / part).mkdir(exist_ok=True)
    for name in RUNTIME_FILES:
        shutil.copyfile(runtime / name, folder / "ort" / name)
    write_file(folder / entry["file"], graph.read_bytes())
    document = {
        "schema": SCHEMA,
        "rules": KNOWN | dict.fromkeys(STANDARD, ""),
        "models": [*others, entry],
    }
    write_file(listed, (json.dumps(document) + "\n").encode())


def describe(facts: GraphFacts, size: tuple[int, int]) -> dict[str, Any]:
    """What the page must know of a graph with boards of this size, by the settings of `solve`."""
    domain, rules = get_domain(facts.domain), facts.layout.get("rules", "")
    puzzles = check_set(facts.domain, size, rules)
    board = domain.board_of(puzzles[0])
    units = (
        {}
        if board is None
        else {"rules": board.told, "cells": board.cells, "units": [*map(asdict, board.units)]}
    )
    policy = Policy(max_steps=facts.default_steps or Policy.max_steps).suiting(facts.habits)
    return {
        "domain": facts.domain,
        "rows": size[0],
        "columns": size[1],
        **units,
        "parameters": facts.parameters,
        "starts": facts.starts,
        "fixed_start": facts.fixed_start,
        "exclusive": facts.exclusive,
        "policy": {
            "max_steps": policy.max_steps,
            "seed": policy.seed,
            "patience": policy.patience,
            "branch_patience": policy.branch_patience,
            "settle_window": policy.settle_window,
            "tolerance": policy.tolerance,
            "linger": LINGER[domain.clamps],
            "read_every": READ_EVERY,
            "faint": search.FAINT,
            "guess": search.GUESS,
            "sure": search.SURE,
            "haste": search.HASTE,
            "refuted": search.REFUTED,
            "open": search.OPEN,
            "sway": search.SWAY,
            "doubted": search.DOUBTED,
            "enough": search.ENOUGH,
            "long": search.LONG,
            "shake": search.SHAKE,
            "shake_every": search.SHAKE_EVERY,
            "further": suppose.FURTHER,
        },
        "examples": [domain.format_line(each.grid) for each in reversed(puzzles)],  # easy ones last
    }
