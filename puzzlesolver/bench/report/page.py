"""Reports → one HTML file that needs nothing else: no network, no scripts, light and dark.

In: reports of any suites. Out: text. What there is to say of a report is said by the module beside
the one that made it (`Entry.page`); beside every chart stands its table.

    >>> write_page(Path("report.html"), [report])
"""

from __future__ import annotations

import html
import importlib.resources
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from puzzlesolver import __version__
from puzzlesolver.bench.suites import REPORTS
from puzzlesolver.files import write_file

Report = Mapping[str, Any]
"""What a run found, as its JSON has it."""


@dataclass(frozen=True)
class Panel:
    """A chart with its table, or a table alone.

    Attributes:
        caption: what it shows.
        columns: names, "" for the first if its cells say enough.
        rows: cells as text; the first names the row.
        chart: draws the same as an SVG or an image.
        ours: numbers of the rows to emphasise.
        words: how many columns, the first included, are words rather than numbers.
        brief: whether a terminal has room for it.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    chart: Callable[[], str] | None = None
    ours: frozenset[int] = frozenset()
    words: int = 1
    brief: bool = True


@dataclass(frozen=True)
class Section:
    """A heading, what a reader should know, and panels."""

    title: str
    lead: str
    panels: Sequence[Panel]


def write_page(path: Path, reports: Sequence[Report], more: Sequence[Section] = ()) -> None:
    """Write the page of some reports, and more sections after them.

    Raises:
        UsageError: matplotlib is missing, or the file cannot be written.
    """
    parts = []
    for suite in dict.fromkeys(report["suite"] for report in reports):
        entry = REPORTS[suite]
        sections = entry.page.sections([report for report in reports if report["suite"] == suite])
        parts += [f"<h2>{html.escape(suite)}</h2>", f"<p>{html.escape(entry.description)}</p>"]
        parts += map(_section, sections)
    parts += map(_section, more)
    write_file(path, _page("\n".join(parts)))


def _page(body: str) -> str:
    page = importlib.resources.files(__package__).joinpath("page.html").read_text("utf-8")
    return page.replace("<!--BODY-->", body).replace("<!--VERSION-->", __version__)


def _section(section: Section) -> str:
    return "\n".join(
        [
            f"<section>\n<h3>{html.escape(section.title)}</h3>",
            f"<p>{html.escape(section.lead)}</p>" if section.lead else "",
            '<div class="panels">',
            *map(_panel, section.panels),
            "</div>\n</section>",
        ]
    )


def _panel(panel: Panel) -> str:
    caption, table = html.escape(panel.caption), _table(panel)
    if panel.chart is None:
        return f'<figure class="wide"><figcaption>{caption}</figcaption>{table}</figure>'
    chart = panel.chart().replace("<svg", f'<svg role="img" aria-label="{caption}"')
    return (
        f"<figure><figcaption>{caption}</figcaption>{chart}"
        f"<details><summary>The numbers</summary>{table}</details></figure>"
    )


def _table(panel: Panel) -> str:
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in panel.columns)
    marks = (' class="ours"' if number in panel.ours else "" for number in range(len(panel.rows)))
    rows = (f"<tr{mark}>{_cells(row)}</tr>" for mark, row in zip(marks, panel.rows, strict=True))
    return (
        f'<div class="scroll"><table class="words-{panel.words}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _cells(row: Iterable[str]) -> str:
    first, *others = map(html.escape, row)
    return f'<th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in others)
