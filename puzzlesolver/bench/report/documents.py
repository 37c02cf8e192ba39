"""Committed reports → the tables of the README, of docs/results and of the model cards.

In: `benchmarks/*.json`, written by `puzzlesolver bench … --json`. Out: the text between
`<!-- KIND NAME … -->` and `<!-- end -->` of every document is made anew, so that no number is typed
by hand. The kinds are those of `BLOCKS`: each is a function of reports that yields paragraphs and
tables.

    $ python -m puzzlesolver.bench.report.documents
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from puzzlesolver.bench import suites
from puzzlesolver.bench.published import PUBLISHED, PUBLISHED_ON
from puzzlesolver.bench.report.page import Panel, Report
from puzzlesolver.files import write_file

ROOT = Path(__file__).parents[3]
REPORTS = ROOT / "benchmarks"
DOCUMENTS = (
    ROOT / "README.md",
    *sorted((ROOT / "docs" / "results").glob("*.md")),
    *sorted((ROOT / "weights").glob("*/README.md")),
)


HEADLINE = ("test set", "solver", "trained on", "budget for one puzzle", "% right")
KINDS = ("exact", "ours", "published")
"""What a row is about, in the order of the table."""


def headline(reports: Sequence[Report]) -> Iterator[Panel]:
    """The few numbers of the README: exact solvers of all test sets, ours, the best published."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for row in (row for report in reports for row in _headline(report)):
        found.setdefault(row[:3], row)  # models on one test set share the solvers of others
    rows = sorted(found.values(), key=lambda row: KINDS.index(row[0]))
    yield Panel("", HEADLINE, [cells for _, *cells in rows], words=len(HEADLINE))


def _headline(report: Report) -> Iterator[tuple[str, ...]]:
    """What it is about, and the cells."""
    suite = report["suite"]
    for kind, test_set, system, *cells in suites.SUITES[suite].page.headline(report):
        yield kind, test_set, f"**ours**, {system}" if kind == "ours" else system, *cells
    best = max(PUBLISHED[suite], key=lambda row: row.accuracy)
    untrained = [row for row in PUBLISHED[suite] if row.training.startswith("nothing")]
    for row in dict.fromkeys([*untrained[-1:], best]):
        system = f"{row.system} ({row.source.partition(';')[0]})"
        cells = (system, row.training, row.setting or "–", f"{row.accuracy:g}")
        yield "published", PUBLISHED_ON[suite], *cells


Block = Callable[[Sequence[Report]], Iterable[Panel | str]]
BLOCKS: dict[str, Block] = {"headline": headline}
for entry in suites.REPORTS.values():
    BLOCKS |= entry.page.BLOCKS


def renew(text: str) -> str:
    """A document with its result blocks made from the reports they name."""

    def block(match: re.Match[str]) -> str:
        files = [REPORTS / f"{name}.json" for name in match["names"].split()]
        reports = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        return f"{match[1]}{told(match['kind'], reports)}\n\n{match['end']}"

    kinds = "|".join(BLOCKS)
    marked = rf"(<!-- (?P<kind>{kinds}) (?P<names>[\w -]+) -->\n).*?(?P<end><!-- end -->)"
    return re.sub(marked, block, text, flags=re.S)


def told(kind: str, reports: Sequence[Report]) -> str:
    """What a block of a kind says of some reports."""
    parts = BLOCKS[kind](reports)
    return "\n\n".join(part if isinstance(part, str) else markdown(part) for part in parts)


def markdown(panel: Panel) -> str:
    """Its table."""
    numbers = len(panel.columns) - panel.words
    lines = [f"| {' | '.join(panel.columns)} |", "|---" * panel.words + "|---:" * numbers + "|"]
    for number, (first, *others) in enumerate(panel.rows):
        name = f"**{first}**" if number in panel.ours else first
        lines.append(f"| {' | '.join((name, *others))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    for document in DOCUMENTS:
        write_file(document, renew(document.read_text(encoding="utf-8")))
