"""Trained runs side by side: accuracy on held-out puzzles against core-minutes of training.

In: model folders that `puzzlesolver train` wrote. Out: `benchmarks/NAME.json` and `docs/NAME.png`.

    $ python -m puzzlesolver.bench.curves sudoku4-curves runs/*-sudoku4/model
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from puzzlesolver.bench.readme import REPORTS, ROOT
from puzzlesolver.hub.folder import read_config, write_atomically

SCHEMA = 1
DOCS = ROOT / "docs"

KEPT = ("command", "family", "seed", "data", "updates", "parameters", "minutes", "core_minutes")


def collect(folders: Sequence[Path]) -> dict[str, Any]:
    """The training records of some models, with what was measured while they were trained.

    Raises:
        ModelError: a folder holds no model.
    """
    records = [read_config(folder).training for folder in folders]
    runs = []
    for record in records:
        kept = {name: record[name] for name in KEPT}
        kept |= {"name": record["preset"], "machine": record["machine"]}
        runs.append(kept | {"curve": [_point(point) for point in record["curve"]]})
    return {"schema": SCHEMA, "suite": "curves", "runs": runs}


def plot(report: dict[str, Any], path: Path) -> None:
    """One line a run."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for run in report["runs"]:
        minutes = [0.0, *(point["core_minutes"] for point in run["curve"])]
        shares = [0.0, *(100 * point["right"] for point in run["curve"])]
        name = run["name"].removesuffix("-sudoku4").removesuffix("-sudoku-small")
        axes.plot(minutes, shares, marker=".", label=f"{name}, {run['parameters']:,} weights")
    axes.set(xlabel="core-minutes of training", ylabel="% of held-out boards right")
    axes.set_ylim(0, 102)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", frameon=False)
    FigureCanvasAgg(figure)
    figure.savefig(path)


def _point(point: dict[str, Any]) -> dict[str, Any]:
    """At the largest number of steps that was measured."""
    steps = list(point["right"])[-1]
    return {
        "updates": point["update"],
        "core_minutes": point["core_minutes"],
        "steps": int(steps),
        "right": point["right"][steps],
    }


def main(name: str, folders: Sequence[str]) -> None:
    """Write report and picture."""
    report = collect([Path(folder) for folder in folders])
    write_atomically(REPORTS / f"{name}.json", json.dumps(report, indent=1).encode() + b"\n")
    plot(report, DOCS / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
