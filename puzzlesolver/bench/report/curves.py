"""Trained runs side by side: accuracy on held-out puzzles against core-minutes of training.

In: model folders that `puzzlesolver train` wrote. Out: `benchmarks/NAME.json` and `docs/NAME.png`.

    $ python -m puzzlesolver.bench.report.curves sudoku4-curves runs/*-sudoku4/model
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from puzzlesolver.bench.report.charts import Line, lines, lines_png
from puzzlesolver.bench.report.documents import REPORTS, ROOT
from puzzlesolver.bench.report.page import Panel, Section
from puzzlesolver.files import write_file
from puzzlesolver.hub.folder import read_config

SCHEMA = 1
SUITE = "curves"
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
    return {"schema": SCHEMA, "suite": SUITE, "runs": runs}


def training_sections(records: Mapping[str, Mapping[str, Any]]) -> list[Section]:
    """What a page says of training: accuracy against core-minutes.

    Args:
        records: runs of `collect` or training records of models, by name; those without a curve are
            left out.
    """
    found = {name: _learned(record) for name, record in records.items() if record.get("curve")}
    if not found:
        return []
    if len(found) == 1:  # then there is room for every number of steps
        ((name, learned),) = found.items()
        series = [_line(f"after {steps} steps", points) for steps, points in learned.items()]
        caption = f"{name} while it was trained"
    else:
        series = [_line(name, learned[max(learned)]) for name, learned in found.items()]
        caption = "While they were trained"
    rows = [
        (line.name, f"{minutes:.1f}", f"{right:.1f}")
        for line in series
        for minutes, right in zip(line.x, line.y, strict=True)
    ]
    chart = lines(series, x="core-minutes of training", y="% of held-out puzzles right")
    panel = Panel(caption, ("", "core-minutes", "% right"), rows, chart)
    return [Section("Training", "Held-out puzzles, measured on the way.", [panel])]


def plot(report: Mapping[str, Any], path: Path) -> None:
    """One line a run."""
    series = []
    for run in report["runs"]:
        learned = _learned(run)
        name = run["name"].removesuffix("-sudoku4").removesuffix("-sudoku-small")
        series.append(_line(f"{name}, {run['parameters']:,} weights", learned[max(learned)]))
    lines_png(
        series, path, x="core-minutes of training", y="% of held-out boards right",
        title="accuracy against training", log=False,
    )  # fmt: skip


def _learned(record: Mapping[str, Any]) -> dict[int, list[tuple[float, float]]]:
    """(core-minutes, share right) on the way, for every number of steps it was measured at."""
    learned: dict[int, list[tuple[float, float]]] = {}
    for point in record["curve"]:
        # Older records have minutes alone, and call the answer after so many steps "raw".
        pace = record["core_minutes"] / (record["minutes"] or 1)
        minutes = point.get("core_minutes", pace * point.get("minutes", 0.0))
        right = point.get("right", point.get("raw"))
        shares = right if isinstance(right, dict) else {point["steps"]: right}
        for steps, share in shares.items():
            learned.setdefault(int(steps), []).append((minutes, share))
    return learned


def _line(name: str, points: Sequence[tuple[float, float]]) -> Line:
    """From the untrained model on, which is taken to be right nowhere."""
    minutes, shares = zip((0.0, 0.0), *points, strict=True)
    return Line(name, minutes, [100 * share for share in shares])


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
    write_file(REPORTS / f"{name}.json", json.dumps(report, indent=1).encode() + b"\n")
    plot(report, DOCS / f"{name}.png")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
