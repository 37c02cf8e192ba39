"""What trained runs learned in how many core-minutes, for the documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from puzzlesolver.bench.report.page import Panel

COLUMNS = (
    "run", "parameters", "updates", "core-minutes", "% right at the end", "99 % right after",
)  # fmt: skip


def curves(reports: Sequence[Mapping[str, Any]]) -> Iterator[Panel | str]:
    """One row a run, of held-out puzzles."""
    runs = [run for report in reports for run in report["runs"]]
    rows = []
    for run in runs:
        reached = (point["core_minutes"] for point in run["curve"] if point["right"] >= 0.99)
        first = next(reached, None)
        rows.append((
            f"`{run['name']}`", f"{run['parameters']:,}", f"{run['updates']:,}",
            f"{run['core_minutes']:.1f}", f"{100 * run['curve'][-1]['right']:.1f}",
            "–" if first is None else f"{first:.1f} core-minutes",
        ))  # fmt: skip
    yield Panel("", COLUMNS, rows)
    yield f"{runs[0]['machine']}."
