"""Trained runs side by side: accuracy on held-out puzzles against core-minutes of training.

In: training records, as `puzzlesolver train` writes them into model folders, or those of several
runs in a report of the kind `curves`. Out: a section of a page, and a table of documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from puzzlesolver.bench.report.charts import Line, lines
from puzzlesolver.bench.report.page import Panel, Report, Section
from puzzlesolver.bench.schema import TRAINING
from puzzlesolver.shapes import COUNT, POSITIVE

SHAPE = {
    "runs": [
        TRAINING | {"name": str, "minutes": POSITIVE, "core_minutes": POSITIVE, "parameters": COUNT}
    ]
}
COLUMNS = (
    "run", "parameters", "updates", "core-minutes", "% right at the end", "99 % right after",
)  # fmt: skip


def sections(reports: Sequence[Report]) -> list[Section]:
    """What a page says of the runs of some reports."""
    return training_sections({run["name"]: run for each in reports for run in each["runs"]})


def training_sections(records: Mapping[str, Report]) -> list[Section]:
    """What a page says of training: accuracy against core-minutes.

    Args:
        records: by name; those without a curve are left out.
    """
    found = {name: _learned(record) for name, record in records.items() if record.get("curve")}
    if not found:
        return []
    if len(found) == 1:  # then there is room for every number of steps
        ((name, learned),) = found.items()
        series = [_line(f"after {steps} steps", points) for steps, points in learned.items()]
        caption = f"{name} while it was trained"
    else:
        series = [_line(name, learned[max(learned)]) for name, learned in found.items()]
        caption = "While they were trained"
    panel = Panel(
        caption,
        ("", "core-minutes", "% right"),
        [
            (line.name, f"{minutes:.1f}", f"{right:.1f}")
            for line in series
            for minutes, right in zip(line.x, line.y, strict=True)
        ],
        lambda: lines(series, x="core-minutes of training", y="% of held-out puzzles right"),
        brief=False,
    )
    return [Section("Training", "Held-out puzzles, measured on the way.", [panel])]


def _learned(record: Report) -> dict[int, list[tuple[float, float]]]:
    """(core-minutes, share right) on the way, for every number of steps it was measured at."""
    learned: dict[int, list[tuple[float, float]]] = {}
    for point in record["curve"]:
        # Older records have minutes alone, and call the answer after so many steps "raw".
        pace = record["core_minutes"] / (record["minutes"] or 1)
        minutes = point.get("core_minutes", pace * point.get("minutes", 0.0))
        right = point.get("right", point.get("raw"))
        shares = right if isinstance(right, dict) else {point["steps"]: right}
        for steps, share in shares.items():
            learned.setdefault(int(steps), []).append((minutes, share))
    return learned


def _line(name: str, points: Sequence[tuple[float, float]]) -> Line:
    """From the untrained model on, which is taken to be right nowhere."""
    minutes, shares = zip((0.0, 0.0), *points, strict=True)
    return Line(name, minutes, [100 * share for share in shares])


def _table(reports: Sequence[Report]) -> Iterator[Panel | str]:
    """What trained runs learned in how many core-minutes."""
    runs = [run for report in reports for run in report["runs"]]
    rows = []
    for run in runs:
        reached = (point["core_minutes"] for point in run["curve"] if point["right"] >= 0.99)
        first = next(reached, None)
        rows.append((
            f"`{run['name']}`", f"{run['parameters']:,}", f"{run['updates']:,}",
            f"{run['core_minutes']:.1f}", f"{100 * run['curve'][-1]['right']:.1f}",
            "–" if first is None else f"{first:.1f} core-minutes",
        ))  # fmt: skip
    yield Panel("", COLUMNS, rows)
    yield f"{runs[0]['machine']}."


BLOCKS = {"curves": _table}
