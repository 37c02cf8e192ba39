"""What is said of suites of puzzles: scores, steps, difficulty, what settling is worth, cost.

In: reports of one suite. Out: the sections of a page; a model and a mode are one series each.

    >>> [section.title for section in sections([report])][:2]
    ['Scores', 'Steps']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from puzzlesolver.bench.accuracy.overlap import tell_overlap
from puzzlesolver.bench.accuracy.scores import headline as headline
from puzzlesolver.bench.accuracy.scores import scores_panel
from puzzlesolver.bench.accuracy.shape import SHAPE as SHAPE
from puzzlesolver.bench.report.cells import interval, machine_facts, percent, rounded, where
from puzzlesolver.bench.report.charts import Line, columns, dots, lines, lines_png
from puzzlesolver.bench.report.curves_page import training_sections
from puzzlesolver.bench.report.page import Panel, Report, Section
from puzzlesolver.bench.settling.signs_page import settling_section, settling_tables, signs_table

Modes = Mapping[str, Mapping[str, Any]]
"""The numbers of each mode of each report, by a name that tells them apart."""

SCORES_LEAD = (
    "Exact solvers answer every puzzle, faster than any network. Intervals are 95 % Wilson "
    "intervals; published scores are on the authors' own test set."
)
STEPS_LEAD = "How many steps are spent is the user's choice, not a property of the network."
PARTS_LEAD = "Lines through the dots are 95 % Wilson intervals; numbers of puzzles in brackets."


def sections(reports: Sequence[Report]) -> list[Section]:
    """All sections that these reports have numbers for."""
    modes = name_modes(reports)
    found = [
        Section("Scores", SCORES_LEAD, [scores_panel(reports), _each(modes)]),
        Section("Steps", STEPS_LEAD, [_within(modes), _needed(modes)]),
        Section("Difficulty", PARTS_LEAD, list(_parts(modes))),
        settling_section(modes),
        *training_sections({each["model"]["name"]: each["model"]["training"] for each in reports}),
        Section("Cost", "In one run, on the machine named below.", list(_cost(reports))),
        Section("How it was measured", "", list(map(_facts, reports))),
    ]
    return [section for section in found if section.panels]


def name_modes(reports: Sequence[Report]) -> Modes:
    """The modes of all reports; the model's name is left out where there is one."""
    several = len({report["model"]["name"] for report in reports}) > 1
    return {
        f"{report['model']['name']}, {mode}" if several else mode: numbers
        for report in reports
        for mode, numbers in report["modes"].items()
    }


def _each(modes: Modes) -> Panel:
    """The numbers of each mode side by side."""
    told = {
        "right": lambda mode: percent(mode["accuracy"]),
        "equal to the known answer": lambda mode: percent(mode.get("exact")),
        # With the rules a puzzle ends as soon as the walk is accepted, before anything is drawn.
        "drawn right without a walk": lambda mode: percent(
            mode.get("settling") and mode.get("drawn")
        ),
        "settled": lambda mode: f"{mode['given_settled']['correct']['of']:,}",
        "right when settled": lambda mode: percent(mode["given_settled"]["correct"]),
        "verified when settled": lambda mode: percent(mode["given_settled"]["verified"]),
        "steps, median": lambda mode: rounded(mode["steps"]["median"]),
        "steps, 95th percentile": lambda mode: rounded(mode["steps"]["p95"]),
        "wrong but verified": lambda mode: f"{len(mode['wrong_verified']):,}",
        "called contradictory": lambda mode: f"{len(mode['wrong_contradictions']):,}",
        "seconds": lambda mode: f"{mode['seconds']:,.1f}",
        "seconds for a right answer": lambda mode: _each_right(mode, "seconds"),
        "GFLOP of linear layers for a right answer": lambda mode: _each_right(mode, "gflop"),
        "puzzles/s": lambda mode: rounded(mode["puzzles_per_second"]),
        "peak memory, MiB": lambda mode: rounded(mode["peak_memory_mib"]),
    }
    rows = [(name, *map(tell, modes.values())) for name, tell in told.items()]
    known = [row for row in rows if set(row[1:]) != {"–"}]
    return Panel("Each mode", ("", *modes), known)


def _each_right(mode: Mapping[str, Any], spent: str) -> str:
    """What all puzzles together took, by the number of right answers."""
    right, whole = mode["accuracy"]["count"], mode.get(spent)
    return rounded(whole / right if whole is not None and right else None)


def _within(modes: Modes) -> Panel:
    found = {name: mode["by_budget"] for name, mode in modes.items()}
    budgets = sorted({int(at) for shares in found.values() for at in shares})
    return Panel(
        "Right answers within a number of steps",
        ("steps", *modes),
        [(f"{at:,}", *(percent(each.get(str(at))) for each in found.values())) for at in budgets],
        lambda: lines(_series(found), x="steps spent on a puzzle", y="% right", log=True),
    )


def _needed(modes: Modes) -> Panel:
    found = {name: mode["steps"]["histogram"] for name, mode in modes.items()}
    edges = sorted({edge for counts in found.values() for edge in counts}, key=int)
    return Panel(
        "Steps to a right answer",
        ("up to", *modes),
        [
            (f"{int(edge):,}", *(f"{counts.get(edge, 0):,}" for counts in found.values()))
            for edge in edges
        ],
        lambda: columns(
            edges,
            {name: [counts.get(edge, 0) for edge in edges] for name, counts in found.items()},
            x="up to so many steps",
            y="puzzles",
        ),
    )


def _parts(modes: Modes) -> Iterator[Panel]:
    """What was right of each part of the puzzles, where there are several."""
    for key, caption in (("by_rating", "By rating"), ("by_source", "By source")):
        sizes = {part: each["of"] for mode in modes.values() for part, each in mode[key].items()}
        if len(sizes) > 1:
            found = {name: [mode[key].get(part) for part in sizes] for name, mode in modes.items()}
            yield _parts_panel(caption, sizes, found)


def _parts_panel(
    caption: str, sizes: Mapping[str, int], found: Mapping[str, Sequence[Report | None]]
) -> Panel:
    return Panel(
        caption,
        (caption.removeprefix("By "), "puzzles", *found),
        [
            (part, f"{size:,}", *map(percent, row))
            for (part, size), row in zip(
                sizes.items(), zip(*found.values(), strict=True), strict=True
            )
        ],
        lambda: dots(
            [f"{part}  ({size:,})" for part, size in sizes.items()],
            {name: list(map(interval, each)) for name, each in found.items()},
            x="% right",
        ),
    )


def plot(reports: Sequence[Report], path: Path) -> None:
    """Accuracy against steps as a PNG: a line a mode, or a source where there is one mode.

    Raises:
        UsageError: matplotlib is missing, or the file cannot be written.
    """
    modes = name_modes(reports)
    found = {name: mode["by_budget"] for name, mode in modes.items()}
    if len(found) == 1:
        (mode,) = modes.values()
        found = mode["by_source_and_budget"]
    data, names = reports[0]["data"], dict.fromkeys(each["model"]["name"] for each in reports)
    lines_png(
        _series(found),
        path,
        x="steps spent on a puzzle (log scale)",
        y="right answers, %; band: 95 % interval",
        title=f"{reports[0]['suite']}: {data['rows']:,} puzzles, model {', '.join(names)}",
        log=True,
    )


def _series(found: Mapping[str, Mapping[str, Any]]) -> list[Line]:
    """Shares by number of steps, one line each."""
    series = []
    for name, shares in found.items():
        told = {int(at): ends for at, share in shares.items() if (ends := interval(share))}
        series.append(Line(name, list(told), *zip(*told.values(), strict=True)))
    return series


def _cost(reports: Sequence[Report]) -> Iterator[Panel]:
    for report in reports:
        if report["cost"]:
            counts, measured = ("puzzles", "verified"), ("seconds", "verified_per_second",
                                "relative", "peak_memory_mib")  # fmt: skip
            yield Panel(
                f"{report['model']['name']}, verified answers a second by batch size",
                ("batch", *counts, "seconds", "verified/s", "relative", "peak MiB"),
                [
                    (f"{row['batch_size']:,}", *(f"{row[key]:,}" for key in counts),
                     *(rounded(row[key]) for key in measured))
                    for row in report["cost"]["batches"]
                ],
            )  # fmt: skip


def _facts(report: Report) -> Panel:
    """What somebody needs who wants to measure the same."""
    model, data = report["model"], report["data"]
    policies = {
        mode: ", ".join(
            f"{name} {value}"
            for name, value in policy.items()
            if name not in ("mode", "seed") and value is not None
        )
        for mode, policy in report["policies"].items()
    }
    rows = [
        ("model", f"{model['name']}, family {model['family']}, {model['parameters']:,} weights"),
        ("weights", f"sha256 {model['sha256']}"),
        ("trained with", model["training"].get("command", "not known")),
        ("data", f"{data['name']}, {data['rows']:,} puzzles, sha256 {data['sha256']}"),
        ("overlap", tell_overlap(report)),
        ("seed", str(report["seed"])),
        ("batch", f"{report['batch_size']:,}{', compiled' * report['compiled']}"),
        *machine_facts(report["machine"]),
        ("date", report["date"]),
        *policies.items(),
    ]
    return Panel(f"{model['name']}, {report['suite']}", ("", ""), rows, words=2)


def _results(reports: Sequence[Report]) -> Iterator[Panel | str]:
    """Reports on the same data: the scores of all, and the first in detail."""
    first = reports[0]
    data, modes = first["data"], first["modes"]
    yield scores_panel(reports)
    yield (
        f"{data['name']} (sha256 {data['sha256'][:8]}…), {data['rows']:,} puzzles; "
        f"{where(first['machine'])}."
    )
    for panel in (_within(modes), *_parts(modes), _each(modes)):
        yield f"{panel.caption}:"
        yield panel


def _kinds(reports: Sequence[Report]) -> Iterator[Panel | str]:
    """Every kind of puzzle of some reports: right in each mode, and how many were unsound."""
    rows = [
        (
            f"{report['suite']}: {source or report['data']['name']}", f"{share['of']:,}",
            f"{name}, at most {report['policies'][name]['max_steps']:,} steps",
            f"{100 * share['share']:.1f}",
        )
        for report in reports
        for name, mode in report["modes"].items()
        for source, share in mode["by_source"].items()
    ]  # fmt: skip
    yield Panel("", ("suite: puzzles", "how many", "mode", "% right"), rows, words=3)
    verified, refused = (
        sum(len(mode[kind]) for report in reports for mode in report["modes"].values())
        for kind in ("wrong_verified", "wrong_contradictions")
    )
    yield (
        f"Wrong answers called verified: {verified}. "
        f"Solvable puzzles called contradictory: {refused}."
    )


def _throughput(reports: Sequence[Report]) -> Iterator[Panel | str]:
    """Throughput by batch size, and what one puzzle takes."""
    for report, panel in zip(reports, _cost(reports), strict=True):
        typical = report["cost"]["puzzle_seconds"]
        yield panel
        yield (
            f"One puzzle alone: {typical['median']:.1f} s at the median of the steps needed, "
            f"{typical['p95']:.1f} s at their 95th percentile; {where(report['machine'])}."
        )


BLOCKS = {
    "results": _results,
    "parts": _kinds,
    "cost": _throughput,
    "settling": settling_tables,
    "signs": signs_table,
}
