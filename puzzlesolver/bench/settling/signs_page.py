"""What a page says of settling: which kinds settle, what tells right answers, what beliefs mean.

In: the numbers of `settling.py` of several modes. Out: one section, or None where there are none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from puzzlesolver.bench.report.charts import Line, dots, lines
from puzzlesolver.bench.report.page import Panel, Section
from puzzlesolver.bench.settling.signs import COVERAGES, area
from puzzlesolver.bench.shares import interval, percent

Told = Mapping[str, Mapping[str, Any]]
"""What `settling.settling` returns, by mode."""

LEAD = (
    "Settled means that the trajectory stopped moving; only the rules tell whether its answer is "
    "right, and on a puzzle without a solution nothing is. AUROC is the probability that a right "
    "answer shows more of a sign than a wrong one: 1 tells all apart, 0.5 nothing. Risk is the "
    "share of wrong answers among those that show most of it. A belief is calibrated on the "
    "dotted line."
)


def settling_section(modes: Mapping[str, Mapping[str, Any]]) -> Section | None:
    """The section of these modes."""
    told = {name: mode["settling"] for name, mode in modes.items() if mode.get("settling")}
    if not told:
        return None
    panels = [*_kinds(told), *_signs(told), *_risks(told), *_beliefs(told)]
    return Section("What settling is worth", LEAD, panels)


def _kinds(told: Told) -> Iterator[Panel]:
    """How often each kind of puzzle settled, and on a right answer."""
    kinds = list(dict.fromkeys(kind for each in told.values() for kind in each["kinds"]))
    if len(kinds) > 1:
        for fact, caption in (
            ("settled", "Settled, by kind of puzzle"),
            ("right_if_settled", "Right, of those that settled"),
        ):
            found = {
                mode: [each["kinds"].get(kind, {}).get(fact) for kind in kinds]
                for mode, each in told.items()
            }
            yield Panel(
                caption,
                ("", *told),
                [
                    (kind, *map(percent, row))
                    for kind, row in zip(kinds, zip(*found.values(), strict=True), strict=True)
                ],
                dots(
                    kinds,
                    {mode: list(map(interval, row)) for mode, row in found.items()},
                    x="% of the puzzles" if fact == "settled" else "% of the settled ones",
                ),
            )


def _signs(told: Told) -> Iterator[Panel]:
    """AUROC of every sign."""
    for population in dict.fromkeys(name for each in told.values() for name in each["signs"]):
        found = {mode: each["signs"].get(population, {}) for mode, each in told.items()}
        signs = [
            sign
            for sign in dict.fromkeys(sign for each in found.values() for sign in each)
            if any((each.get(sign) or {}).get("auroc") is not None for each in found.values())
        ]
        if not signs:
            continue
        yield Panel(
            f"What tells right answers ({population})",
            ("AUROC", *found),
            [(sign, *(area(each.get(sign)) for each in found.values())) for sign in signs],
            dots(
                signs,
                {mode: [_ends(each.get(sign)) for sign in signs] for mode, each in found.items()},
                x="AUROC", limits=(0, 1.02), reference=0.5,
            ),
        )  # fmt: skip


def _risks(told: Told) -> Iterator[Panel]:
    """The risk at every coverage, over all puzzles, where some answers are right and some wrong."""
    for mode, each in told.items():
        signs = each["signs"]["all"]
        kept = {
            sign: worth["risks"]
            for sign, worth in signs.items()
            if worth is not None and worth["auroc"] is not None
        }
        if not kept:
            continue
        yield risk_panel(f"Risk when only the best are answered ({mode})", kept)


def risk_panel(caption: str, risks: Mapping[str, Sequence[float]]) -> Panel:
    """The share of wrong answers at each of `COVERAGES`, one series for each sign."""
    return Panel(
        caption,
        ("answered", *risks),
        [
            (f"{coverage:.0%}", *(f"{risk:.1%}" for risk in row))
            for coverage, row in zip(COVERAGES, zip(*risks.values(), strict=True), strict=True)
        ],
        lines(
            [Line(sign, _hundred(COVERAGES), _hundred(each)) for sign, each in risks.items()],
            x="% of the puzzles answered", y="% of them wrong",
        ),
    )  # fmt: skip


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


def belief_panel(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Panel:
    """The bins of `settling.reliability`, by the name of the belief."""
    return Panel(
        "Is it as often right as it believes?",
        ("", "belief", "right", "puzzles"),
        [
            (name, f"{held['belief']:.1%}", percent(held), f"{held['of']:,}")
            for name, bins in found.items()
            for held in bins
        ],
        lines(
            [
                Line(
                    name,
                    _hundred(held["belief"] for held in bins),
                    *(_hundred(held[key] for held in bins) for key in ("share", "low", "high")),
                )
                for name, bins in found.items()
            ],
            x="% that it believes", y="% right", diagonal=True,
        ),
    )  # fmt: skip


def _ends(worth: Mapping[str, Any] | None) -> tuple[float, float, float] | None:
    if worth is None or worth["auroc"] is None:
        return None
    return worth["auroc"], worth["low"], worth["high"]


def _hundred(shares: Any) -> list[float]:
    return [100 * share for share in shares]
