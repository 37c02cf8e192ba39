"""What a page says of suites of puzzles: scores, steps, difficulty, what settling is worth, cost.

In: reports of one suite. Out: the sections of a page; a model and a mode are one series each.

    >>> [section.title for section in sections([report])][:2]
    ['Scores', 'Steps']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from puzzlesolver.bench.accuracy.overlap import tell_overlap
from puzzlesolver.bench.accuracy.scores import rounded, scores
from puzzlesolver.bench.report.charts import Line, columns, dots, lines, lines_png
from puzzlesolver.bench.report.curves import training_sections
from puzzlesolver.bench.report.page import Panel, Section
from puzzlesolver.bench.settling.signs_page import settling_section
from puzzlesolver.bench.shares import interval, percent

Report = Mapping[str, Any]
Modes = Mapping[str, Mapping[str, Any]]
"""The numbers of each mode of each report, by a name that tells them apart."""


def sections(reports: Sequence[Report]) -> list[Section]:
    """All sections that these reports have numbers for."""
    modes = name_modes(reports)
    told = [_scores(reports), _steps(modes), *_difficulty(modes)]
    if settling := settling_section(modes):
        told.append(settling)
    told += training_sections(
        {each["model"]["name"]: each["model"]["training"] for each in reports}
    )
    told += _cost(reports)
    return [*told, _facts(reports)]


def name_modes(reports: Sequence[Report]) -> Modes:
    """The modes of all reports; the model's name is left out where there is one."""
    several = len({report["model"]["name"] for report in reports}) > 1
    return {
        f"{report['model']['name']}, {mode}" if several else mode: numbers
        for report in reports
        for mode, numbers in report["modes"].items()
    }


def _scores(reports: Sequence[Report]) -> Section:
    rows = scores(reports)
    panel = Panel(
        "Exact solvers first, then ours, then what others published",
        ("", "trained on", "setting", "% right", "puzzles/s"),
        [(s.system, s.trained_on, s.setting, s.solved, s.speed) for s in rows],
        ours=frozenset(number for number, score in enumerate(rows) if score.kind == "ours"),
        words=3,
    )
    lead = (
        "Exact solvers answer every puzzle, faster than any network. Intervals are 95 % Wilson "
        "intervals; published scores are on the authors' own test set."
    )
    return Section("Scores", lead, [panel])


def _steps(modes: Modes) -> Section:
    found = {name: mode["by_budget"] for name, mode in modes.items()}
    budgets = sorted({int(at) for shares in found.values() for at in shares})
    within = Panel(
        "Right answers within a number of steps",
        ("steps", *modes),
        [(f"{at:,}", *(percent(each.get(str(at))) for each in found.values())) for at in budgets],
        lines(_within(found), x="steps spent on a puzzle", y="% right", log=True),
    )
    counts = {
        name: {int(edge): count for edge, count in mode["steps"]["histogram"].items()}
        for name, mode in modes.items()
    }
    edges = sorted({edge for each in counts.values() for edge in each})
    histogram = {name: [each.get(edge, 0) for edge in edges] for name, each in counts.items()}
    names = [f"{edge:,}" for edge in edges]
    needed = Panel(
        "Steps to a right answer",
        ("up to", *modes),
        [
            (name, *(f"{count:,}" for count in row))
            for name, row in zip(names, zip(*histogram.values(), strict=True), strict=True)
        ],
        columns([_brief(edge) for edge in edges], histogram, x="up to so many steps", y="puzzles"),
    )
    lead = "How many steps are spent is the user's choice, not a property of the network."
    return Section("Steps", lead, [within, needed])


def plot(report: Report, path: Path) -> None:
    """Accuracy against steps as a PNG: a line a mode, or a source where there is one mode.

    Raises:
        UsageError: matplotlib is missing, or the file cannot be written.
    """
    found = {name: mode["by_budget"] for name, mode in report["modes"].items()}
    if len(found) == 1:
        (mode,) = report["modes"].values()
        found = mode["by_source_and_budget"]
    title = (
        f"{report['suite']}: {report['data']['rows']:,} puzzles, model {report['model']['name']}"
    )
    lines_png(
        _within(found), path, x="steps spent on a puzzle (log scale)",
        y="right answers, %; band: 95 % interval", title=title, log=True,
    )  # fmt: skip


def _within(found: Mapping[str, Mapping[str, Any]]) -> list[Line]:
    """Shares by number of steps, one line each."""
    series = []
    for name, shares in found.items():
        told = {int(at): ends for at, share in shares.items() if (ends := interval(share))}
        series.append(Line(name, list(told), *zip(*told.values(), strict=True)))
    return series


def _brief(number: int) -> str:
    return f"{number / 1000:.3g}k" if number >= 1_000 else str(number)


def _difficulty(modes: Modes) -> Iterator[Section]:
    panels = []
    for key, caption in (("by_rating", "By rating"), ("by_source", "By source")):
        parts = list(dict.fromkeys(part for mode in modes.values() for part in mode[key]))
        if len(parts) < 2:
            continue
        sizes = {part: each["of"] for mode in modes.values() for part, each in mode[key].items()}
        chart = dots(
            [f"{part}  ({sizes[part]:,})" for part in parts],
            {
                name: [interval(mode[key].get(part)) for part in parts]
                for name, mode in modes.items()
            },
            x="% right",
        )
        rows = [
            (part, f"{sizes[part]:,}", *(percent(mode[key].get(part)) for mode in modes.values()))
            for part in parts
        ]
        panels.append(Panel(caption, ("", "puzzles", *modes), rows, chart))
    lead = "Lines through the dots are 95 % Wilson intervals; numbers of puzzles in brackets."
    if panels:
        yield Section("Difficulty", lead, panels)


def _cost(reports: Sequence[Report]) -> Iterator[Section]:
    panels = [
        Panel(
            f"{report['model']['name']}, verified answers a second by batch size",
            ("batch", "verified/s", "relative", "peak MiB"),
            [
                (
                    f"{row['batch_size']:,}", rounded(row["verified_per_second"]),
                    rounded(row["relative"]), rounded(row["peak_memory_mib"]),
                )
                for row in report["cost"]["batches"]
            ],
        )
        for report in reports
        if report["cost"]
    ]  # fmt: skip
    if panels:
        yield Section("Cost", "In one run, on the machine named below.", panels)


def _facts(reports: Sequence[Report]) -> Section:
    """What somebody needs who wants to measure the same."""
    panels = []
    for report in reports:
        model, data, machine = report["model"], report["data"], report["machine"]
        versions = machine.get("versions", {}) | {
            name: machine[name] for name in ("python", "torch")
        }
        rows = [
            (
                "model",
                f"{model['name']}, family {model['family']}, {model['parameters']:,} weights",
            ),
            ("weights", f"sha256 {model['sha256']}"),
            ("trained with", model["training"].get("command", "not known")),
            ("data", f"{data['name']}, {data['rows']:,} puzzles, sha256 {data['sha256']}"),
            ("overlap", tell_overlap(report)),
            ("seed", str(report["seed"])),
            ("batch", f"{report['batch_size']:,}{', compiled' * report['compiled']}"),
            ("machine", f"{machine['cpu']}, {machine['cores']} cores; {machine['device']}"),
            ("versions", ", ".join(f"{name} {found}" for name, found in versions.items())),
            ("date", report["date"]),
        ]
        for mode, policy in report["policies"].items():
            numbers = report["modes"][mode]
            told = f"{numbers['seconds']:,.0f} s, peak {rounded(numbers['peak_memory_mib'])} MiB"
            settings = ", ".join(
                f"{name} {value}" for name, value in policy.items()
                if name not in ("mode", "seed") and value is not None
            )  # fmt: skip
            rows.append((mode, f"{told}; {settings}"))
        caption = f"{model['name']}, {report['suite']}"
        panels.append(Panel(caption, ("", ""), rows, words=2))
    return Section("How it was measured", "", panels)
