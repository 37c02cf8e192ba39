"""A report for people: lines and a bar while it is made, then the tables of its page.

>>> show(report, Console(stderr=True))
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from rich import progress as bars
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from puzzlesolver.bench.report.page import Panel
from puzzlesolver.bench.suites import REPORTS
from puzzlesolver.printable import printable


@contextlib.contextmanager
def progress(
    console: Console | None, name: str, finished: Sequence[bool], total: int
) -> Iterator[Callable[[bool], None]]:
    """A bar with the share answered right so far; the caller passes whether each next one is."""
    if console is None:
        yield lambda right: None
        return
    columns = (
        *(bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn()),
        *(bars.TextColumn("{task.fields[right]:.1%} right"), bars.TimeRemainingColumn()),
    )
    seen = list(finished)
    with bars.Progress(*columns, console=console) as bar:
        share = sum(seen) / max(1, len(seen))
        task = bar.add_task(name, total=total, completed=len(seen), right=share)

        def advance(right: bool) -> None:
            seen.append(right)
            bar.update(task, advance=1, right=sum(seen) / len(seen))

        yield advance


def show(report: Mapping[str, Any], console: Console) -> None:
    """All tables; nothing is printed that the JSON does not hold."""
    entry = REPORTS[report["suite"]]
    tell(console, f"{entry.name}: {entry.description}")
    for section in entry.page.sections([report]):
        for panel in section.panels:
            if panel.brief and panel.rows:
                print_table(console, panel)


def tell(console: Console | None, text: str) -> None:
    """A line, whose names may come from anywhere."""
    if console is not None:
        console.print(printable(text), markup=False, highlight=False)


def print_table(console: Console, panel: Panel) -> None:
    """A table whose first columns are words, the others numbers."""
    table = Table(title=escape(panel.caption), title_justify="left", show_header=any(panel.columns))
    for number, column in enumerate(panel.columns):
        justify: Literal["left", "right"] = "left" if number < panel.words else "right"
        table.add_column(escape(printable(column)), justify=justify, overflow="fold")
    for row in panel.rows:
        table.add_row(*(escape(printable(cell)) for cell in row))
    console.print(table)
