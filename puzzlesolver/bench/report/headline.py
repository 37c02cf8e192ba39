"""The few numbers of the README: exact solvers, ours, and the best that others published.

In: one report a test set. Out: one table, the exact solvers of all sets first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from puzzlesolver.bench.published import PUBLISHED, PUBLISHED_ON
from puzzlesolver.bench.report.page import Panel
from puzzlesolver.bench.suites import SUITES

COLUMNS = ("test set", "solver", "trained on", "budget for one puzzle", "% right")
KINDS = ("exact", "ours", "published")
"""What a row is about, in the order of the table."""

Row = tuple[str, ...]


def headline(reports: list[dict[str, Any]]) -> Iterator[Panel]:
    """The table."""
    rows = sorted(
        (row for report in reports for row in _rows(report)), key=lambda row: KINDS.index(row[0])
    )
    yield Panel("", COLUMNS, [cells for _, *cells in rows], words=len(COLUMNS))


def _rows(report: Mapping[str, Any]) -> Iterator[Row]:
    """What it is about, and the cells."""
    suite = report["suite"]
    for kind, test_set, system, *cells in SUITES[suite].page.headline(report):
        yield kind, test_set, f"**ours**, {system}" if kind == "ours" else system, *cells
    best = max(PUBLISHED[suite], key=lambda row: row.accuracy)
    untrained = [row for row in PUBLISHED[suite] if row.training.startswith("nothing")]
    for row in dict.fromkeys([*untrained[-1:], best]):
        system = f"{row.system} ({row.source.partition(';')[0]})"
        cells = (system, row.training, row.setting or "–", f"{row.accuracy:g}")
        yield "published", PUBLISHED_ON[suite], *cells
