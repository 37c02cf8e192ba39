"""The few numbers of the README: exact solvers, ours, and the best that others published.

In: one report a test set. Out: one table, the exact solvers of all sets first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from puzzlesolver.bench.accuracy.baselines import PUBLISHED, PUBLISHED_ON
from puzzlesolver.bench.accuracy.scores import scores
from puzzlesolver.bench.shares import percent

COLUMNS = ("test set", "solver", "trained on", "budget for one puzzle", "% right")
KINDS = ("exact", "ours", "published")
"""What a row is about, in the order of the table."""

Row = tuple[str, ...]


def headline(reports: list[dict[str, Any]]) -> str:
    """The table."""
    rows = sorted(
        (row for report in reports for row in _rows(report)), key=lambda row: KINDS.index(row[0])
    )
    lines = [COLUMNS, ("---",) * len(COLUMNS), *(cells for _, *cells in rows), ()]
    return "\n".join(f"| {' | '.join(cells)} |" if cells else "" for cells in lines) + "\n"


def _rows(report: Mapping[str, Any]) -> Iterator[Row]:
    """What it is about, and the cells."""
    suite = report["suite"]
    name, size = report["data"]["name"], report["data"]["rows"]
    if "exact_solvers" in report:
        test_set = f"{name}, {size:,}"
        found = {(each.kind, each.setting.partition(",")[0]): each for each in scores([report])}
        for (kind, mode), each in found.items():  # of several exact solvers the last, the fastest
            if kind == "exact" or (kind == "ours" and mode == "verified"):
                speed = f", {each.speed} puzzles/s" if kind == "exact" else ""
                cells = (each.system, each.trained_on, each.setting + speed, each.solved)
                yield kind, test_set, *(_ours(cells) if kind == "ours" else cells)
    else:
        setting = f"{report['cpu_seconds']['median']:.0f} CPU seconds (median)"
        cells = ("fits, random weights", "nothing", setting, percent(report["tasks"]))
        yield "ours", f"{PUBLISHED_ON[suite]}, {size:,}", *_ours(cells)
    best = max(PUBLISHED[suite], key=lambda row: row.accuracy)
    untrained = [row for row in PUBLISHED[suite] if row.training.startswith("nothing")]
    for row in dict.fromkeys([*untrained[-1:], best]):
        system = f"{row.system} ({row.source.partition(';')[0]})"
        cells = (system, row.training, row.setting or "–", f"{row.accuracy:g}")
        yield "published", PUBLISHED_ON[suite], *cells


def _ours(cells: Row) -> Row:
    return (f"**ours**, {cells[0]}", *cells[1:])
