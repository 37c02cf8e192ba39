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
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from puzzlesolver.bench.report.curves import curves
from puzzlesolver.bench.report.headline import headline
from puzzlesolver.bench.report.page import Panel
from puzzlesolver.bench.suites import SUITES
from puzzlesolver.files import write_file

ROOT = Path(__file__).parents[3]
REPORTS = ROOT / "benchmarks"
DOCUMENTS = (
    ROOT / "README.md",
    *sorted((ROOT / "docs" / "results").glob("*.md")),
    *sorted((ROOT / "weights").glob("*/README.md")),
)

Block = Callable[[list[dict[str, Any]]], Iterable[Panel | str]]
BLOCKS: dict[str, Block] = {"headline": headline, "curves": curves}
for entry in SUITES.values():
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


def told(kind: str, reports: list[dict[str, Any]]) -> str:
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
