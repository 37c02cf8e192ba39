"""What is said of cost: of an answer, and of each engine and batch size, on terminal and page.

In: a report of `families.run`. Out: tables and charts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from puzzlesolver.bench.report.cells import machine_facts, rounded, where
from puzzlesolver.bench.report.charts import dots
from puzzlesolver.bench.report.page import Panel, Report, Section
from puzzlesolver.bench.schema import MACHINE, MAYBE
from puzzlesolver.shapes import AMOUNT, COUNT, POSITIVE, Rule

LEAD = (
    "Published models have random weights here: only the time of their published number of steps "
    "counts. Ours is the time of a verified answer, failures included."
)


def sections(reports: Sequence[Report]) -> list[Section]:
    """What is said of each report."""
    return [Section("What an answer costs", LEAD, list(_panels(report))) for report in reports]


def _panels(report: Report) -> Iterator[Panel]:
    for domain in report["puzzles"]:
        yield _answers(report, domain)
    if report.get("cells"):
        yield _speeds(report)
    if report.get("profiles"):
        yield _shares(report)
    facts = [
        *machine_facts(report["machine"]),
        *(
            (domain, f"{report['puzzles'][domain]} puzzles, {each['name']}, "
             f"sha256 {each['sha256']}")
            for domain, each in report["data"].items()
        ),
        ("energy", report.get("meter") or "this machine has no meter that may be read"),
        *(("left out", reason) for reason in left_out(report)),
    ]  # fmt: skip
    yield Panel("How it was measured", ("", ""), facts, words=2)


def _answers(report: Report, domain: str = "") -> Panel:
    """One row a system; of all domains where none is named."""
    chosen = [row for row in report["rows"] if domain in ("", row["domain"])]
    timed = [row for row in chosen if row["seconds"]]
    rows: list[tuple[str, ...]] = []
    for row in chosen:
        ours = "verified" in row
        score = f"{100 * row['verified'] / row['puzzles']:.0f} verified" if ours else row["score"]
        cells = (
            f"{row['domain']}: {row['system']}", row["weights"], f"{row['parameters']:,}", score,
            f"{row['steps']:,}{' on average' * ours}", rounded(row["seconds"]),
            "" if ours else rounded(row["times_ours"]),
        )  # fmt: skip
        rows.append(cells)
    return Panel(
        f"{domain}: seconds an answer",
        ("system", "weights", "parameters", "reported %", "steps", "s/puzzle", "times ours"),
        rows,
        lambda: dots(
            [row["system"] for row in timed],
            {"": [(row["seconds"],) * 3 for row in timed]},
            x="seconds an answer (log scale)",
            limits=None,
        ),
        ours=frozenset(number for number, row in enumerate(chosen) if "verified" in row),
        words=2,
    )


def _speeds(report: Report) -> Panel:
    """Puzzles a second, one row a system and engine, – for what was left out."""
    sizes = sorted({cell["batch"] for cell in report["cells"]})
    found: dict[tuple[str, str], dict[int, Report]] = {}
    for cell in report["cells"]:
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
    columns = ("", "engine", *(f"batch {size:,}" for size in sizes), "J/puzzle")
    return Panel("Puzzles a second, by batch size", columns, rows, words=2)


def _shares(report: Report) -> Panel:
    """What of a step's time its matrix products take, and how near it comes to the peak."""
    peak = f"% of the peak, {report['peak_gflops']:,.0f} GFLOP/s"
    return Panel(
        "Where the time of our steps goes",
        ("step", "engine", "ms a puzzle", "times eager", "% in products", peak),
        [
            (
                f"{row['domain']}: {row['system']}", row["engine"], rounded(row["milliseconds"]),
                rounded(row["times_eager"]), f"{100 * row['products']:.0f}",
                f"{100 * row['of_peak']:.0f}",
            )
            for row in report["profiles"]
        ],
        words=2,
    )  # fmt: skip


def left_out(report: Report) -> list[str]:
    """What was not measured and why, the smallest batch of each system and engine."""
    reasons: dict[str, str] = {}
    for cell in report.get("cells", ()):
        if cell["skipped"]:
            name = f"{cell['system']} on {cell['domain']}, {cell['engine']}"
            reasons.setdefault(name, f"{name}, batch {cell['batch']:,} on: {cell['skipped']}")
    return list(reasons.values())


def _families(reports: Sequence[Report]) -> Iterator[Panel | str]:
    """What an answer costs with the shipped models and with published ones at paper size."""
    report = reports[0]
    yield _answers(report)
    if report.get("cells"):
        yield "Puzzles a second, by batch size:"
        yield _speeds(report)
        seconds = report["longest_step"]
        yield f"–: left out, as a rule because one step takes more than {seconds:g} s."
    if report.get("profiles"):
        yield "Where the time of our steps goes:"
        yield _shares(report)
    spans: dict[str, list[float]] = {}
    for row in report["rows"]:
        if row.get("times_ours"):
            spans.setdefault(row["domain"], []).append(row["times_ours"])
    compared = "; ".join(
        f"{domain} {rounded(min(times))} to {rounded(max(times))}"
        for domain, times in spans.items()
    )
    yield f"An answer of a published model takes as long as so many of ours: {compared}."
    data = "; ".join(
        f"{about['name']}, {report['puzzles'][domain]} puzzles"
        for domain, about in report["data"].items()
    )
    energy = "; no energy meter" if "meter" in report and not report["meter"] else ""
    yield f"{data}; {where(report['machine'])}{energy}."


BLOCKS = {"families": _families}

TIMED = {"domain": str, "system": str, "steps": COUNT, "weights": str, "seconds": MAYBE}
OURS = TIMED | {"verified": COUNT, "puzzles": POSITIVE, "steps_per_answer?": MAYBE}
PARAMETERS = {"parameters": COUNT}
CELL = {"domain": str, "system": str, "engine": str}


def _is_whole(report: Any) -> bool:
    timed = {row["domain"] for row in report["rows"] if row["seconds"]}
    same = report["data"].keys() == report["puzzles"].keys() <= timed
    return same and not (report.get("profiles") and report.get("peak_gflops") is None)


SHAPE = Rule(
    {
        "data": {str: {"name": str, "sha256": str}},
        "puzzles": {str: COUNT},
        "machine": MACHINE,
        "rows": [
            (
                OURS | PARAMETERS,
                TIMED | {"score": str, "times_ours": MAYBE} | PARAMETERS,
            )
        ],
        "cells?": [
            {
                **CELL,
                **{"batch": COUNT, "skipped": str},
                **dict.fromkeys(("step_seconds", "seconds", "joules"), MAYBE),
            }
        ],
        "profiles?": [
            {
                **CELL,
                **dict.fromkeys(("milliseconds", "products", "of_peak"), AMOUNT),
                "times_eager": MAYBE,
            }
        ],
        "peak_gflops?": MAYBE,
        "meter?": (str, None),
    },
    "data, puzzles and timed rows of the same kinds, and a peak beside profiles",
    _is_whole,
)
