"""What a page says of the suites of ARC: shares, how good the chances were, how it was measured.

In: reports of `arc.run` on one suite. Out: the sections of a page; a report is a series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from puzzlesolver.bench.published import PUBLISHED, PUBLISHED_ON
from puzzlesolver.bench.report.cells import area, interval, machine_facts, percent, where
from puzzlesolver.bench.report.charts import dots
from puzzlesolver.bench.report.page import Panel, Report, Section
from puzzlesolver.bench.report.panels import belief_panel, risk_panel
from puzzlesolver.bench.schema import AREA, BINS, DATA, KNOWN, MACHINE, NO_AREA, SHARE, ordered
from puzzlesolver.bench.statistics import COVERAGES
from puzzlesolver.refine.adapt.settings import EFFORTS, NORMAL
from puzzlesolver.refine.adapt.trust import calibrated_on
from puzzlesolver.shapes import AMOUNT, COUNT, PART

SHARES_LEAD = (
    "Two attempts at every test input, as the competition counts them. Rows below the fourth are "
    "shares of the tasks of that kind. Lines are 95 % Wilson intervals."
)
CHANCE_LEAD = (
    "ARC has no rules to ask, so an answer comes with the probability that it is right, an "
    "estimate and not a verdict. AUROC is the probability that an answered task has a higher one "
    "than another; the Brier score, the lower the better, is the mean squared error, and the "
    "second one is that of saying the same of all tasks."
)
USUAL = ("", NORMAL)
"""Efforts that need no words."""

FACTS_LEAD = "CPU seconds are those of all fits of a task together."


def shares(report: Report) -> dict[str, Any]:
    """The shares of a report by what people call them."""
    told = {
        "test inputs answered (official)": report["inputs"],
        "tasks with all tests answered": report["tasks"],
        "… by first attempts alone": report["tasks_at_once"],
        "the right grid among the votes": report["ever_voted_for"],
    }
    for group in ("by_size", "by_fit", "by_map"):
        told |= report.get(group, {})
    return told


def others(suite: str) -> Iterator[Panel]:
    """What others report on the same tasks; nothing for a suite of our own."""
    rows = [
        (each.system, f"{each.accuracy:g}", each.training, each.setting, each.source)
        for each in PUBLISHED.get(suite, ())
    ]
    if rows:
        columns = (f"others, on {PUBLISHED_ON[suite]}", "%", "trained on", "effort", "source")
        yield Panel("What others report", columns, rows, words=len(columns))


def headline(report: Report) -> Iterator[tuple[str, ...]]:
    """Kind and cells of the row in the README's table."""
    yield (
        "ours", f"{PUBLISHED_ON[report['suite']]}, {report['data']['rows']:,}",
        "fits, random weights", "nothing",
        f"{report['cpu_seconds']['median']:.0f} CPU seconds (median)", percent(report["tasks"]),
    )  # fmt: skip


def sections(reports: Sequence[Report]) -> list[Section]:
    """All that a page says of them."""
    told = {_name(report, number): report for number, report in enumerate(reports, 1)}
    facts = [Panel(name, ("", ""), list(_facts(report)), words=2) for name, report in told.items()]
    return [
        Section(
            "Shares", SHARES_LEAD, [*map(_shares, told, reports), *others(reports[0]["suite"])]
        ),
        *_chances({name: chance for name, each in told.items() if (chance := each.get("chance"))}),
        Section("How it was measured", FACTS_LEAD, facts),
    ]


def _shares(name: str, report: Report) -> Panel:
    found = shares(report)
    rows = [(title, percent(each), f"{each['of']:,}") for title, each in found.items()]
    series = {"": list(map(interval, found.values()))}
    return Panel(name, ("", "share (95 %)", "of"), rows, lambda: dots(list(found), series, x="%"))


def _name(report: Report, number: int) -> str:
    model, effort = report.get("model"), _effort(report)
    way = model["name"] if model else "fits"
    return f"{number}. {report['data']['name']}, {way}{f', {effort}' * (effort not in USUAL)}"


def _effort(report: Report) -> str:
    """The key of `EFFORTS` for how many fits a task got; "" where there is none."""
    told = report.get("settings", {})
    many = told.get("seeds"), told.get("rounds")
    return next((key for key, fits in EFFORTS.items() if (fits.seeds, fits.rounds) == many), "")


def _chances(chances: Mapping[str, Report]) -> Iterator[Section]:
    """How far the chances told with the answers can be trusted."""
    if not chances:
        return
    scores = Panel(
        "Estimated probabilities of the answers",
        ("", *JUDGED),
        [(name, *(tell(each) for tell in JUDGED.values())) for name, each in chances.items()],
    )
    risks = {name: each["risks"] for name, each in chances.items()}
    panels = [
        scores,
        belief_panel({name: each["reliability"] for name, each in chances.items()}),
        risk_panel("Risk when only the surest tasks are answered", risks),
    ]
    yield Section("How sure it may be", CHANCE_LEAD, panels)


def _risk(chance: Report, coverage: float) -> str:
    return f"{chance['risks'][COVERAGES.index(coverage)]:.0%}"


JUDGED: dict[str, Callable[[Report], str]] = {
    "Brier score of the estimated probabilities": lambda chance: f"{chance['brier']:.3f}",
    "… of their mean alone": lambda chance: f"{chance['brier_of_the_mean']:.3f}",
    "AUROC of the estimated probabilities": area,
    "wrong among the surest fifth": lambda chance: _risk(chance, 0.2),
    "… among the surest half": lambda chance: _risk(chance, 0.5),
}
"""How estimated probabilities are judged."""


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    data, seconds = report["data"], report["cpu_seconds"]
    yield "data", f"{data['name']}, {data['rows']:,} tasks, sha256 {data['sha256']}"
    yield "asked", f"{report['part']['rows']:,} of them"
    yield "mean over tasks of the share of test inputs answered", f"{report['score']:.1%}"
    yield "trained on", report["overlap"]
    if (votes := report.get("votes")) is not None:
        yield "votes", votes
    told = ", ".join(f"{name} {seconds[name]}" for name in ("median", "mean", "most"))
    yield "CPU seconds a task", told
    if taken := report.get("taken"):
        yield "fits taken from an earlier run", f"{taken['fits']:,} of {taken['of']:,}"
    yield from machine_facts(report["machine"])
    yield "date", report["date"]
    for name, value in report.get("settings", {}).items():
        yield name.replace("_", " "), str(value)


def _tasks(reports: Sequence[Report]) -> Iterator[Panel | str]:
    """Suites side by side: what was answered, what the probabilities are worth, the time."""
    found = [shares(report) for report in reports]
    rows = [
        (name, *(percent(each.get(name)) for each in found))
        for name in dict.fromkeys(name for each in found for name in each)
    ]
    # What they are worth is told by tasks that had no part in how they are computed.
    chances = [
        None if each["data"]["sha256"] in calibrated_on() else each.get("chance")
        for each in reports
    ]
    if any(chances):
        rows += [
            (name, *("–" if chance is None else tell(chance) for chance in chances))
            for name, tell in JUDGED.items()
        ]
    rows += [
        (f"CPU seconds a task, {name}", *(f"{each['cpu_seconds'][name]:,.0f}" for each in reports))
        for name in ("median", "mean", "most")
    ]
    suites = [f"{each['suite']}, {each['part']['rows']:,} tasks" for each in reports]
    yield Panel("", ("", *suites), rows)
    yield _runs(reports)
    for report in reports:
        yield from others(report["suite"])


def _runs(reports: Sequence[Report]) -> str:
    """What they were trained on, and the machines."""
    facts = {report["overlap"] for report in reports} | {where(each["machine"]) for each in reports}
    return f"Of these runs: {'; '.join(sorted(facts))}."


def _efforts(reports: Sequence[Report]) -> Iterator[Panel | str]:
    """The same tasks with more and more fits."""
    shares = {"tasks answered": "tasks", "by first attempts alone": "tasks_at_once"}
    times = ("median", "mean", "most")
    rows = [
        (
            _effort(each),
            *(percent(each[key]) for key in shares.values()),
            f"{each['chance']['brier']:.3f}",
            *(f"{each['cpu_seconds'][time]:,.0f}" for time in times),
        )
        for each in reports
    ]
    columns = ("effort", *shares, "Brier score", *(f"CPU seconds a task, {time}" for time in times))
    yield Panel("", columns, rows)
    yield _runs(reports)


BLOCKS = {"tasks": _tasks, "efforts": _efforts}

CHANCE = {"brier": AMOUNT, "brier_of_the_mean": AMOUNT, "reliability": BINS}
SHAPE = {
    "data": DATA,
    "date": str,
    "part": {"rows": COUNT},
    "machine": MACHINE | {"versions": {str: str}},
    "overlap": str,
    **dict.fromkeys(("inputs", "tasks", "tasks_at_once", "ever_voted_for"), KNOWN),
    "score": PART,
    **{key: {str: SHARE} for key in ("by_size?", "by_fit?", "by_map?")},
    "cpu_seconds": {"median": AMOUNT, "mean": AMOUNT, "most": AMOUNT},
    "chance?": (ordered("auroc", CHANCE | AREA), CHANCE | NO_AREA, None),
    "votes?": (str, None),
    "model?": ({"name": str}, None),
    "settings?": {str: Any},
    "taken?": {"fits": COUNT, "of": COUNT},
}
