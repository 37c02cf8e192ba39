"""What is said of cost: of an answer, and of each engine and batch size, on terminal and page.

In: a report of `families.run`. Out: tables and charts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from puzzlesolver.bench.accuracy.scores import rounded, where
from puzzlesolver.bench.report.charts import bars
from puzzlesolver.bench.report.page import Panel, Section, Table
from puzzlesolver.bench.report.terminal import print_table, tell

if TYPE_CHECKING:
    from rich.console import Console

Report = Mapping[str, Any]

LEAD = (
    "Published models have random weights here: only the time of their published number of steps "
    "counts. Ours is the time of a verified answer, failures included."
)


def show(report: Report, console: Console) -> None:
    """All tables."""
    print_table(console, "an answer", *answers(report))
    print_table(console, "puzzles a second, by batch size", *speeds(report))
    if report.get("profiles"):
        print_table(console, "where the time of a step goes", *shares(report))
    for reason in left_out(report):
        tell(console, f"left out: {reason}")
    tell(console, f"energy: {report['meter'] or NO_METER}")


NO_METER = "this machine has no meter that may be read"


def sections(reports: Sequence[Report]) -> list[Section]:
    """What a page says of each report."""
    told = []
    for report in reports:
        panels = []
        for domain in report["puzzles"]:
            chosen = [row for row in report["rows"] if row["domain"] == domain]
            timed = [row for row in chosen if row["seconds"]]
            chart = bars(
                [row["system"] for row in timed],
                [row["seconds"] for row in timed],
                [_ratio(row) for row in timed],
                x="seconds an answer (log scale)",
            )
            columns, rows = answers({**report, "rows": chosen})
            panels.append(Panel(f"{domain}: seconds an answer", columns, rows, chart, words=2))
        if report.get("cells"):
            panels.append(Panel("Puzzles a second, by batch size", *speeds(report), words=3))
        if report.get("profiles"):
            panels.append(Panel("Where the time of a step goes", *shares(report), words=2))
        facts = [
            ("machine", f"{where(report['machine'])}; {report['machine']['device']}"),
            *(
                (domain, f"{report['puzzles'][domain]} puzzles, {each['name']}, "
                 f"sha256 {each['sha256']}")
                for domain, each in report["data"].items()
            ),
            ("energy", report.get("meter") or NO_METER),
            *(("left out", reason) for reason in left_out(report)),
        ]  # fmt: skip
        panels.append(Panel("How it was measured", ("", ""), facts, words=2))
        told.append(Section("What an answer costs", LEAD, panels))
    return told


def answers(report: Report) -> Table:
    """One row a system."""
    columns = ("", "weights", "parameters", "reported %", "steps", "s/puzzle", "times ours")
    rows: list[tuple[str, ...]] = []
    for row in report["rows"]:
        ours = "verified" in row
        score = f"{100 * row['verified'] / row['puzzles']:.0f} verified" if ours else row["score"]
        cells = (
            f"{row['domain']}: {row['system']}", row["weights"], f"{row['parameters']:,}", score,
            f"{row['steps']:,}{' on average' * ours}", rounded(row["seconds"]),
            "" if ours else rounded(row["times_ours"]),
        )  # fmt: skip
        rows.append(cells)
    return columns, rows


def speeds(report: Report) -> Table:
    """Puzzles a second, one row a system and engine, – for what was left out."""
    sizes = sorted({cell["batch"] for cell in report.get("cells", ())})
    found: dict[tuple[str, str], dict[int, Report]] = {}
    for cell in report.get("cells", ()):
        key = f"{cell['domain']}: {cell['system']}", cell["engine"]
        found.setdefault(key, {})[cell["batch"]] = cell
    rows = []
    for (system, engine), cells in found.items():
        if all(cell["skipped"] for cell in cells.values()):
            continue
        speed = (cells[size]["seconds"] if size in cells else None for size in sizes)
        told = (rounded(each and 1 / each) for each in speed)
        joules = [cell["joules"] for cell in cells.values() if cell["joules"] is not None]
        rows.append((system, engine, *told, rounded(min(joules, default=None))))
    return ("", "engine", *(f"batch {size:,}" for size in sizes), "J/puzzle"), rows


def shares(report: Report) -> Table:
    """What of a step's time its matrix products take, and how near it comes to the peak."""
    peak = f"% of the peak, {report['peak_gflops']:,.0f} GFLOP/s"
    columns = ("step", "engine", "ms a puzzle", "times eager", "% in products", peak)
    rows: list[tuple[str, ...]] = [
        (
            f"{row['domain']}: {row['system']}", row["engine"], rounded(row["milliseconds"]),
            rounded(row["times_eager"]), f"{100 * row['products']:.0f}",
            f"{100 * row['of_peak']:.0f}",
        )
        for row in report["profiles"]
    ]  # fmt: skip
    return columns, rows


def left_out(report: Report) -> list[str]:
    """What was not measured and why, the smallest batch of each system and engine."""
    reasons: dict[str, str] = {}
    for cell in report.get("cells", ()):
        if cell["skipped"]:
            name = f"{cell['system']} on {cell['domain']}, {cell['engine']}"
            reasons.setdefault(name, f"{name}, batch {cell['batch']:,} on: {cell['skipped']}")
    return list(reasons.values())


def _ratio(row: Report) -> str:
    times = row.get("times_ours")
    return rounded(row["seconds"]) + (f" s, {rounded(times)} times ours" if times else " s")
