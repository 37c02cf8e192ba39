"""A report for people: progress while it is made, then tables.

>>> show(report, Console(stderr=True))
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from puzzlesolver.bench.accuracy.metrics import Record
from puzzlesolver.bench.accuracy.overlap import tell_overlap
from puzzlesolver.bench.accuracy.scores import scores, where
from puzzlesolver.bench.compare import Report, faults
from puzzlesolver.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

COST_KEYS = (
    "batch_size", "puzzles", "verified", "seconds", "verified_per_second", "relative",
    "peak_memory_mib",
)  # fmt: skip


@contextlib.contextmanager
def progress(
    console: Console | None, mode: str, finished: Sequence[Record], total: int
) -> Iterator[Callable[[Record], None]]:
    """A bar with the share answered right so far; the caller passes every record that is added."""
    if console is None:
        yield lambda record: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    count, correct = len(finished), sum(record.correct for record in finished)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[share]}"),
        TimeRemainingColumn(),
    )

    def told() -> str:
        return f"{correct / count:.1%} right" if count else ""

    with Progress(*columns, console=console) as bar:
        task = bar.add_task(mode, total=total, completed=count, share=told())

        def advance(record: Record) -> None:
            nonlocal count, correct
            count, correct = count + 1, correct + record.correct
            bar.update(task, completed=count, share=told())

        yield advance


def show(report: Report, console: Console) -> None:
    """All tables; nothing is printed that the JSON does not hold."""
    model, data, modes = report["model"], report["data"], report["modes"]
    lines = (
        f"{report['suite']}: {report['description']}",
        f"data: {data['rows']:,} puzzles, {data['name']}, sha256 {data['sha256'][:12]}…, "
        f"seed {report['seed']}",
        f"model: {model['name']}, {model['parameters']:,} weights, sha256 {model['sha256'][:12]}…",
        tell_overlap(report),
        f"machine: {where(report['machine'])}, torch {report['machine']['torch']}",
    )
    for line in lines:
        tell(console, line)
    print_table(
        console,
        "scores",
        ["", "trained on", "setting", "% right", "puzzles/s"],
        [[s.system, s.trained_on, s.setting, s.solved, s.speed] for s in scores([report])],
    )
    print_table(console, "each mode", ["", *modes], _mode_rows(report))
    print_table(
        console, "accuracy within a number of steps", ["steps", *modes], _budget_rows(report)
    )
    print_table(console, "steps to a right answer", ["up to", *modes], _step_rows(report))
    for key, title in (("by_rating", "by rating"), ("by_source", "by source")):
        print_table(console, title, ["", "puzzles", *modes], _part_rows(report, key))
    for name, mode in modes.items():
        _show_settling(name, mode.get("settling"), console)
    if report["cost"]:
        print_table(
            console,
            "cost",
            ["batch", "puzzles", "verified", "seconds", "verified/s", "relative", "peak MiB"],
            [[_number(row[key]) for key in COST_KEYS] for row in report["cost"]["batches"]],
        )
    for fault in faults(report):
        tell(console, f"unsound: {fault}", "bold red")


def tell(console: Console, text: str, style: str = "") -> None:
    """A line, whose names may come from anywhere."""
    console.print(printable(text), style=style, markup=False, highlight=False)


def _show_settling(mode: str, told: Mapping[str, Any] | None, console: Console) -> None:
    """Which kinds settled on what, and which signs tell right answers from wrong ones."""
    if told is None:
        return
    kinds = [
        [kind, *(_share(found[key]) for key in ("settled", "right", "right_if_settled"))]
        for kind, found in told["kinds"].items()
    ]
    print_table(console, f"{mode}: settled", ["", "settled", "right", "right if settled"], kinds)
    for population, signs in told["signs"].items():
        rows = [
            [sign, f"{worth['auroc']:.3f} ({worth['low']:.3f} to {worth['high']:.3f})"]
            for sign, worth in signs.items()
            if worth is not None and worth["auroc"] is not None
        ]
        title = f"{mode}: what predicts right answers, puzzles: {population}"
        print_table(console, title, ["sign", "AUROC"], rows)


def _mode_rows(report: Report) -> list[list[str]]:
    def row(name: str, tell: Callable[[Report], str]) -> list[str]:
        return [name, *(tell(mode) for mode in report["modes"].values())]

    return [
        row("right", lambda mode: _share(mode["accuracy"], interval=True)),
        row("equal to the known answer", lambda mode: _share(mode.get("exact"))),
        row("drawn right without a walk", lambda mode: _share(mode.get("drawn"))),
        row("settled", lambda mode: f"{mode['given_settled']['correct']['of']:,}"),
        row("right when settled", lambda mode: _share(mode["given_settled"]["correct"])),
        row("verified when settled", lambda mode: _share(mode["given_settled"]["verified"])),
        row("steps, median", lambda mode: _number(mode["steps"]["median"])),
        row("steps, 95th percentile", lambda mode: _number(mode["steps"]["p95"])),
        row("wrong but verified", lambda mode: str(len(mode["wrong_verified"]))),
        row("called contradictory", lambda mode: str(len(mode["wrong_contradictions"]))),
        row("seconds", lambda mode: f"{mode['seconds']:,.1f}"),
        row("puzzles/s", lambda mode: _number(mode["puzzles_per_second"])),
        row("peak memory, MiB", lambda mode: _number(mode["peak_memory_mib"])),
    ]


def _budget_rows(report: Report) -> list[list[str]]:
    modes = report["modes"].values()
    budgets = sorted({int(budget) for mode in modes for budget in mode["by_budget"]})
    return [
        [f"{budget:,}", *(_share(mode["by_budget"].get(str(budget))) for mode in modes)]
        for budget in budgets
    ]


def _step_rows(report: Report) -> list[list[str]]:
    histograms = [mode["steps"]["histogram"] for mode in report["modes"].values()]
    edges = sorted({int(edge) for histogram in histograms for edge in histogram})
    return [
        [f"{edge:,}", *(f"{each.get(str(edge), 0):,}" for each in histograms)] for edge in edges
    ]


def _part_rows(report: Report, key: str) -> list[list[str]]:
    parts = [mode[key] for mode in report["modes"].values()]
    return [
        [name, f"{part['of']:,}", *(_share(other.get(name)) for other in parts)]
        for name, part in parts[0].items()
    ]


def print_table(
    console: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """A table whose first column is text; nothing without rows."""
    from rich.markup import escape
    from rich.table import Table

    if not rows:
        return
    table = Table(title=escape(title), title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(escape(printable(column)), justify="right" if number else "left")
    for row in rows:
        table.add_row(*(escape(printable(cell)) for cell in row))
    console.print(table)


def _share(share: Mapping[str, Any] | None, interval: bool = False) -> str:
    if share is None or share["share"] is None:
        return "–"
    told = f"{share['share']:.1%}"
    return f"{told} ({share['low']:.1%} to {share['high']:.1%})" if interval else told


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4g}" if value < 1_000 else f"{value:,.0f}"
