"""A report for people: tables, accuracy against steps, what got worse since an older report.

>>> print_report(report, Console(stderr=True))
>>> compare(json.loads(Path("old.json").read_text()), report)
['verified accuracy fell to 95.1 %, below 97.2 %, the lower end of the old 95 % interval']
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from puzzlesolver.bench.baselines import PUBLISHED_ON
from puzzlesolver.bench.metrics import Record
from puzzlesolver.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

Report = Mapping[str, Any]

NOT_OURS = "on {} itself, not on the puzzles above"


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


def print_report(report: Report, console: Console) -> None:
    """All tables; nothing is printed that the JSON does not hold."""
    model, data = report["model"], report["data"]
    console.print(
        f"[bold]{report['suite']}[/]: {data['rows']:,} puzzles ({data['name']}), "
        f"model {model['name']}, {model['parameters']:,} parameters",
        highlight=False,
    )
    modes = report["modes"]
    _print_table(console, "accuracy", ["", *modes], _accuracy_rows(report))
    _print_table(
        console, "accuracy within a number of steps", ["steps", *modes], _budget_rows(report)
    )
    for key, title in (("by_rating", "by rating"), ("by_source", "by source")):
        _print_table(console, title, ["", "puzzles", *modes], _part_rows(report, key))
    if report["cost"]:
        _print_table(
            console,
            "cost",
            ["batch", "puzzles", "verified", "seconds", "verified/s", "relative", "peak MiB"],
            [[_number(row[key]) for key in COST_KEYS] for row in report["cost"]["batches"]],
        )
    _print_table(
        console,
        "exact solvers, one thread",
        ["", "puzzles", "verified", "puzzles/s"],
        [
            [
                row["solver"],
                f"{row['puzzles']:,}",
                f"{row['verified']:,}",
                f"{row['puzzles'] / row['seconds']:,.0f}",
            ]
            for row in report["exact_solvers"]
        ],
    )
    _print_table(
        console,
        f"published, {NOT_OURS.format(PUBLISHED_ON.get(report['suite'], ''))}",
        ["", "%", "trained on", "setting", "source"],
        [
            [row["system"], f"{row['accuracy']:g}", row["training"], row["setting"], row["source"]]
            for row in report["published"]
        ],
    )
    for fault in faults(report):
        console.print(f"[bold red]unsound:[/] {fault}", highlight=False)


COST_KEYS = (
    "batch_size", "puzzles", "verified", "seconds", "verified_per_second", "relative",
    "peak_memory_mib",
)  # fmt: skip


def _accuracy_rows(report: Report) -> list[list[str]]:
    def row(name: str, tell: Callable[[Report], str]) -> list[str]:
        return [name, *(tell(mode) for mode in report["modes"].values())]

    return [
        row("right", lambda mode: _share(mode["accuracy"], interval=True)),
        row("equal to the known answer", lambda mode: _share(mode.get("exact"))),
        row("drawn right without a walk", lambda mode: _share(mode.get("drawn"))),
        row("right when settled", lambda mode: _share(mode["given_settled"]["correct"])),
        row("settled", lambda mode: f"{mode['given_settled']['correct']['of']:,}"),
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


def _part_rows(report: Report, key: str) -> list[list[str]]:
    parts = [mode[key] for mode in report["modes"].values()]
    return [
        [name, f"{part['of']:,}", *(_share(other.get(name)) for other in parts)]
        for name, part in parts[0].items()
    ]


def _print_table(
    console: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    from rich.table import Table

    if not rows:
        return
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _share(share: Mapping[str, Any] | None, interval: bool = False) -> str:
    if share is None or share["share"] is None:
        return "–"
    told = f"{share['share']:.1%}"
    return f"{told} ({share['low']:.1%} to {share['high']:.1%})" if interval else told


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4g}" if value < 1_000 else f"{value:,.0f}"


def faults(report: Report) -> list[str]:
    """Wrong answers that were called verified, solvable puzzles that were called contradictory."""
    kinds = {
        "wrong_verified": "wrong answers called verified",
        "wrong_contradictions": "solvable puzzles called contradictory",
    }
    return [
        f"{len(names)} {told} in {name} mode: {', '.join(names[:5])}"
        for name, mode in report["modes"].items()
        for kind, told in kinds.items()
        if (names := mode[kind])
    ]


def read_report(path: Path) -> dict[str, Any]:
    """A report that `run_suite` wrote; raises `UsageError` on anything else."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        if report["schema"] == 1 and report["suite"] and report["modes"]:
            return dict(report)
    except OSError as error:
        raise UsageError(f"cannot read: {error.strerror}", where=str(path)) from error
    except (KeyError, TypeError, ValueError):
        pass
    raise UsageError("this is no report of `puzzlesolver bench`", where=str(path))


def compare(old: Report, new: Report) -> list[str]:
    """What got worse, one sentence each; empty = no regression.

    A mode regresses when its accuracy falls below the lower end of the old one's 95 % interval:
    less than that is what chance alone would do. Any unsound answer is a regression.

    Raises:
        UsageError: the reports are of different puzzles, or share no mode.
    """
    if _identity(old) != _identity(new):
        raise UsageError(
            f"the old report is of other puzzles: {_identity(old)}, not {_identity(new)}",
            where="--compare",
        )
    shared = [mode for mode in new["modes"] if mode in old["modes"]]
    if not shared:
        raise UsageError("the reports share no mode", where="--compare")
    worse = []
    for mode in shared:
        now, then = new["modes"][mode]["accuracy"], old["modes"][mode]["accuracy"]
        if now["share"] < then["low"]:
            worse.append(
                f"{mode} accuracy fell to {now['share']:.1%}, below {then['low']:.1%}, "
                "the lower end of the old 95 % interval"
            )
    return worse + faults(new)


def _identity(report: Report) -> str:
    data = report["data"]
    return f"{report['suite']}, {data['rows']} puzzles, SHA-256 {data['sha256'][:12]}"


def plot(report: Report, path: Path) -> None:
    """Accuracy against steps as a PNG: a line a mode, or a source where there is one mode.

    Raises:
        UsageError: matplotlib is missing, or the file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError(
            "a plot needs matplotlib", where="--plot", hint="pip install 'puzzlesolver[images]'"
        ) from error

    figure = Figure(figsize=(7, 4.2), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    lines = {name: mode["by_budget"] for name, mode in report["modes"].items()}
    if len(lines) == 1:
        (mode,) = report["modes"].values()
        lines = mode["by_source_and_budget"]
    for name, by_budget in lines.items():
        steps = [int(budget) for budget in by_budget]
        percent = {
            key: [100 * share[key] for share in by_budget.values()]
            for key in ("share", "low", "high")
        }
        (line,) = axes.plot(steps, percent["share"], marker="o", markersize=3.5, label=name)
        axes.fill_between(
            steps, percent["low"], percent["high"], color=line.get_color(), alpha=0.12, lw=0
        )
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_ylim(0, 101)
    axes.set_xlabel("steps spent on a puzzle (log scale)")
    axes.set_ylabel("right answers, %; band: 95 % interval")
    axes.set_title(
        f"{report['suite']}: {report['data']['rows']:,} puzzles, model {report['model']['name']}",
        loc="left",
        fontsize=10,
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    try:
        figure.savefig(path, format="png")
    except OSError as error:
        raise UsageError(f"cannot write: {error.strerror}", where=str(path)) from error
