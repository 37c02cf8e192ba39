"""What a page says of the suites of ARC: shares, how good the chances were, how it was measured.

In: reports of `arc.run` on one suite. Out: the sections of a page; a report is a series.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from puzzlesolver.bench.accuracy.baselines import PUBLISHED, PUBLISHED_ON
from puzzlesolver.bench.report.charts import dots
from puzzlesolver.bench.report.page import Panel, Section, Table
from puzzlesolver.bench.settling.signs import area
from puzzlesolver.bench.settling.signs_page import belief_panel, risk_panel
from puzzlesolver.bench.shares import interval, percent

Report = Mapping[str, Any]

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
FACTS_LEAD = "CPU seconds are those of all fits of a task together."


def shares(report: Report) -> dict[str, Any]:
    """The shares of a report by what people call them."""
    told = {
        "test inputs answered (official)": report["inputs"],
        "tasks with all tests answered": report["tasks"],
        "… by first attempts alone": report["tasks_at_once"],
        "the right grid ever voted for": report["ever_voted_for"],
    }
    for group in ("by_size", "by_fit", "by_map"):
        told |= report.get(group, {})
    return told


def others(report: Report) -> Table:
    """What others report on the same tasks; no rows for a suite of our own."""
    suite = report["suite"]
    columns = (f"others, on {PUBLISHED_ON.get(suite, '')}", "%", "trained on", "effort", "source")
    return columns, [
        (each.system, f"{each.accuracy:g}", each.training, each.setting, each.source)
        for each in PUBLISHED.get(suite, ())
    ]


def sections(reports: Sequence[Report]) -> list[Section]:
    """All that a page says of them."""
    told = {_name(report, number): report for number, report in enumerate(reports, 1)}
    panels = []
    for name, report in told.items():
        found = shares(report)
        rows = [(title, percent(each), f"{each['of']:,}") for title, each in found.items()]
        chart = dots(list(found), {"": list(map(interval, found.values()))}, x="%")
        panels.append(Panel(name, ("", "share", "of"), rows, chart))
    # The reports are of one suite.
    columns, published = others(reports[0])
    if published:
        panels.append(Panel("What others report", columns, published, words=len(columns)))
    facts = [Panel(name, ("", ""), list(_facts(report)), words=2) for name, report in told.items()]
    return [
        Section("Shares", SHARES_LEAD, panels),
        *_chances({name: chance for name, each in told.items() if (chance := each.get("chance"))}),
        Section("How it was measured", FACTS_LEAD, facts),
    ]


def _name(report: Report, number: int) -> str:
    model = report.get("model")
    return f"{number}. {report['data']['name']}, {model['name'] if model else 'fits'}"


def _chances(chances: Mapping[str, Mapping[str, Any]]) -> Iterator[Section]:
    """How far the chances told with the answers can be trusted."""
    if not chances:
        return
    scores = Panel(
        "Estimated probabilities of the answers",
        ("", "Brier score", "of their mean alone", "AUROC"),
        [
            (name, f"{each['brier']:.3f}", f"{each['brier_of_the_mean']:.3f}", area(each))
            for name, each in chances.items()
        ],
    )
    risks = {name: each["risks"] for name, each in chances.items()}
    panels = [
        scores,
        belief_panel({name: each["reliability"] for name, each in chances.items()}),
        risk_panel("Risk when only the surest tasks are answered", risks),
    ]
    yield Section("How sure it may be", CHANCE_LEAD, panels)


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    data, machine, seconds = report["data"], report["machine"], report["cpu_seconds"]
    versions = {name: machine[name] for name in ("python", "torch")} | machine["versions"]
    yield "data", f"{data['name']}, {data['rows']:,} tasks, sha256 {data['sha256']}"
    yield "asked", f"{report['part']['rows']:,} of them"
    yield "trained on", report["overlap"]
    if (votes := report.get("votes")) is not None:
        yield "votes", votes
    told = ", ".join(f"{name} {seconds[name]}" for name in ("median", "mean", "most"))
    yield "CPU seconds a task", told
    yield "machine", f"{machine['cpu']}, {machine['cores']} cores; {machine['device']}"
    yield "versions", ", ".join(f"{name} {found}" for name, found in versions.items())
    yield "date", report["date"]
    for name, value in report.get("settings", {}).items():
        yield name.replace("_", " "), str(value)
