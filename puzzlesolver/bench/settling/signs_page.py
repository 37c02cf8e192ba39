"""What is said of settling: which kinds settle, what tells right answers, what beliefs mean.

In: the numbers of `signs.py` of several modes. Out: a section of a page, and tables of documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from puzzlesolver.bench.report.cells import area, interval, percent, where
from puzzlesolver.bench.report.charts import dots
from puzzlesolver.bench.report.page import Panel, Report, Section
from puzzlesolver.bench.report.panels import belief_panel, risk_panel
from puzzlesolver.bench.settling.signs import SIGNS

Told = Mapping[str, Report]
"""What `signs.settling` returns, by mode."""

LEAD = (
    "Settled means that the trajectory stopped moving; only the rules tell whether its answer is "
    "right, and on a puzzle without a solution nothing is. AUROC is the probability that a right "
    "answer shows more of a sign than a wrong one: 1 tells all apart, 0.5 nothing. Risk is the "
    "share of wrong answers among those that show most of it. A belief is calibrated on the "
    "dotted line."
)
TOLD_SIGNS = ("settled", "residual", "confidence", "halt")
"""Those of `SIGNS` that a short table has room for."""


def settling_section(modes: Mapping[str, Report]) -> Section:
    """The section of these modes; without panels where no mode can settle."""
    told = {name: mode["settling"] for name, mode in modes.items() if mode.get("settling")}
    panels = [_kinds(told), _signs(told), *_risks(told), *_beliefs(told)] if told else []
    return Section("What settling is worth", LEAD, panels)


def _kinds(told: Told) -> Panel:
    """How often each kind of puzzle settled, and on a right answer."""
    kinds = list(dict.fromkeys(kind for each in told.values() for kind in each["kinds"]))

    def chart() -> str:
        return "".join(
            dots(
                kinds,
                {
                    mode: [interval(each["kinds"].get(kind, {}).get(fact)) for kind in kinds]
                    for mode, each in told.items()
                },
                x=x,
            )
            for fact, x in (
                ("settled", "% of the puzzles that settled"),
                ("right_if_settled", "% of the settled ones that are right"),
            )
        )

    rows = [
        (mode, kind, *(percent(found[key]) for key in ("settled", "right", "right_if_settled")))
        for mode, each in told.items()
        for kind, found in each["kinds"].items()
    ]
    columns = ("mode", "puzzles", "settled", "right", "right if settled")
    return Panel("Settled, by kind of puzzle", columns, rows, chart, words=2)


def _signs(told: Told) -> Panel:
    """AUROC of every sign."""
    worths = {
        (mode, population): [each["signs"][population].get(sign) for sign in SIGNS]
        for mode, each in told.items()
        for population in each["signs"]
    }

    def ends(worth: Report | None) -> tuple[float, float, float] | None:
        if worth is None or worth["auroc"] is None:
            return None
        return worth["auroc"], worth["low"], worth["high"]

    def chart() -> str:
        found = {", ".join(names): list(map(ends, row)) for names, row in worths.items()}
        return dots(list(SIGNS), found, x="AUROC", limits=(0, 1.02), reference=0.5)

    rows = [(*names, *map(area, row)) for names, row in worths.items()]
    columns = ("mode", "puzzles", *SIGNS)
    return Panel("What predicts right answers: AUROC of every sign", columns, rows, chart, words=2)


def _risks(told: Told) -> Iterator[Panel]:
    """The risk at every coverage, over all puzzles, where some answers are right and some wrong."""
    for mode, each in told.items():
        kept = {
            sign: worth["risks"] for sign, worth in each["signs"]["all"].items()
            if worth is not None and worth["auroc"] is not None
        }  # fmt: skip
        if kept:
            yield risk_panel(f"Risk when only the best are answered ({mode})", kept)


def _beliefs(told: Told) -> Iterator[Panel]:
    """How often answers were right, by how probable the model thought that."""
    found = {
        f"{belief}, {mode}": bins
        for mode, each in told.items()
        for belief, bins in each["beliefs"].items()
        if bins
    }
    if found:
        yield belief_panel(found)


def _named(reports: Sequence[Report]) -> Iterator[tuple[str, Report]]:
    """All modes of all reports, with the model's name."""
    for report in reports:
        for name, mode in report["modes"].items():
            yield f"{report['model']['name']}, {name}", mode


def signs_table(reports: Sequence[Report]) -> Iterator[Panel | str]:
    """What settled, and what tells right answers; modes of a model that agree are one line."""
    kinds = list(reports[0]["modes"]["settle"]["settling"]["kinds"])
    columns = [f"settled, of {kind}" for kind in kinds]
    columns += ["right, of the settled", *(f"AUROC of {sign}" for sign in TOLD_SIGNS)]
    rows: dict[tuple[str, ...], str] = {}
    for name, mode in _named(reports):
        settling = mode["settling"]
        cells = (
            *(f"{settling['kinds'][kind]['settled']['share']:.1%}" for kind in kinds),
            percent(mode["given_settled"]["correct"]),
            *(area(settling["signs"]["all"][sign]) for sign in TOLD_SIGNS),
        )
        rows.setdefault((name.rpartition(", ")[0], *cells), name)
    table = [(name, *cells) for (_, *cells), name in rows.items()]
    yield Panel("", ("model, mode", *columns), table)
    yield _boards(reports)


def settling_tables(reports: Sequence[Report]) -> Iterator[Panel | str]:
    """What settled, and which signs tell right answers from wrong ones, in full."""
    told = {name: mode["settling"] for name, mode in _named(reports)}
    yield _kinds(told)
    yield "AUROC of each sign of a right answer, 0.5 = no sign, with 95 % intervals:"
    yield _signs(told)
    yield _boards(reports)


def _boards(reports: Sequence[Report]) -> str:
    """What was measured, and where."""
    data = reports[0]["data"]
    machines = sorted({where(report["machine"]) for report in reports})
    return f"{data['name']}, {data['rows']:,} puzzles; {'; '.join(machines)}."
