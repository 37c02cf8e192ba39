"""What a shell completes: names that exist, found without an import that takes time.

Lists whose owners need numpy are repeated here; a test compares them.

    >>> presets("trm-m")
    [('trm-maze', "TRM's recipe for mazes …")]
"""

from __future__ import annotations

import inspect

Found = list[tuple[str, str]]
"""Names, and what a shell that can shows beside them."""

DOMAINS = ("auto", "sudoku", "maze", "arc")
DEVICES = ("auto", "cpu", "cuda", "mps")
SUITES = (
    *(
        "sudoku-extreme",
        "sudoku-17",
        "sudoku-sizes",
        "sudoku-variants",
        "sudoku-easy",
        "sudoku-sound",
    ),
    *("maze-hard", "maze-xl", "maze-sound", "settle", "settle-4x4"),
    *("arc-eval", "arc2-eval", "arc-dev", "arc-ideas", "arc-rest", "cost", "stream"),
)


def domains(incomplete: str) -> Found:
    """Kinds of puzzles."""
    return _starting(incomplete, dict.fromkeys(DOMAINS, ""))


def devices(incomplete: str) -> Found:
    """Kinds of devices, present or not."""
    return _starting(incomplete, dict.fromkeys(DEVICES, ""))


def suites(incomplete: str) -> Found:
    """What `bench` takes first."""
    return _starting(incomplete, dict.fromkeys(("list", "report", *SUITES), ""))


def presets(incomplete: str) -> Found:
    """Recipes of `train`."""
    from puzzlesolver.train.recipes import PRESETS

    told = {
        name: (inspect.getdoc(recipe) or "").partition("\n")[0] for name, recipe in PRESETS.items()
    }
    return _starting(incomplete, told)


def models(incomplete: str) -> Found:
    """Models that are shipped or cached."""
    from puzzlesolver.hub.cached import cached_models
    from puzzlesolver.hub.catalog import read_catalog

    told = {name: entry.summary for name, entry in read_catalog().models.items()}
    return _starting(incomplete, told | {str(name): "cached" for name in cached_models()})


def _starting(incomplete: str, told: dict[str, str]) -> Found:
    return [(name, what) for name, what in told.items() if name.startswith(incomplete)]
