"""Graphs that are exported when boards of a new size are met, and kept in the cache folder.

>>> source = CachedGraphs(model, "sudoku", sha256)
>>> OnnxEngine(source, runtime).embed(batch)
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Sequence

from puzzlesolver import __version__
from puzzlesolver.export.graphs import OPSET
from puzzlesolver.export.onnx import export_graph
from puzzlesolver.hub.cached import cache_folder
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.models.relations import Layout
from puzzlesolver.refine.engines.facts import layout_to_json
from puzzlesolver.refine.engines.graph import SUFFIX, StepGraph

LONGEST = 64
"""Steps of the check; somebody waits for it. `puzzlesolver export` checks longer."""


class CachedGraphs:
    """The graphs of one model.

    Args:
        model: on the CPU, in evaluation mode.
        domain: the puzzle kind.
        sha256: of its weights.
        device: as in `StepGraph`.
    """

    def __init__(
        self, model: RecursiveModel, domain: str, sha256: str, device: str = "cpu"
    ) -> None:
        self.model = model
        self.domain = domain
        self.sha256 = sha256
        self.device = device
        self.fixed_start, self.habits = model.fixed_start, model.config.habits
        self._opened: dict[Layout, StepGraph] = {}

    def open(self, layout: Layout) -> StepGraph:
        if layout not in self._opened:
            text = json.dumps([self.sha256, layout_to_json(layout), __version__, OPSET])
            key = hashlib.sha256(text.encode()).hexdigest()[:16]
            path = cache_folder() / "onnx" / f"{self.domain}-{key}{SUFFIX}"
            if not path.is_file():
                ours = path.with_name(f"{os.getpid()}-{path.name}")  # others may make it too
                export_graph(
                    self.model,
                    self.domain,
                    board_size(layout.lattice),
                    ours,
                    rules=layout.rules,
                    sha256=self.sha256,
                    longest=LONGEST,
                )
                ours.replace(path)
            self._opened[layout] = StepGraph(path, self.device)
        return self._opened[layout]


def board_size(lattice: Sequence[int]) -> tuple[int, int]:
    """Rows and columns: a lattice has axes of rows, as many of columns, and that of the nodes.

    Where it lists its cells, boards or those that overlap have as many rows as symbols.
    """
    *axes, symbols = lattice
    if len(axes) == 1:
        return symbols, symbols
    half = len(axes) // 2
    return math.prod(axes[:half]), math.prod(axes[half:])
