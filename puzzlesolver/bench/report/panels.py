"""Panels that several pages have: the risk at every coverage, and how calibrated beliefs are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from puzzlesolver.bench.report.cells import percent
from puzzlesolver.bench.report.charts import Line, lines
from puzzlesolver.bench.report.page import Panel
from puzzlesolver.bench.statistics import COVERAGES


def risk_panel(caption: str, risks: Mapping[str, Sequence[float]]) -> Panel:
    """The share of wrong answers at each of `COVERAGES`, one series for each sign."""
    return Panel(
        caption,
        ("answered", *risks),
        [
            (f"{coverage:.0%}", *(f"{risk:.1%}" for risk in row))
            for coverage, row in zip(COVERAGES, zip(*risks.values(), strict=True), strict=True)
        ],
        lambda: lines(
            [Line(sign, _hundred(COVERAGES), _hundred(each)) for sign, each in risks.items()],
            x="% of the puzzles answered", y="% of them wrong",
        ),
        brief=False,
    )  # fmt: skip


def belief_panel(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Panel:
    """The bins of `statistics.reliability`, by the name of the belief."""
    return Panel(
        "Is it as often right as it believes?",
        ("", "belief", "right", "puzzles"),
        [
            (name, f"{held['belief']:.1%}", percent(held), f"{held['of']:,}")
            for name, bins in found.items()
            for held in bins
        ],
        lambda: lines(
            [
                Line(
                    name,
                    *(_hundred(held[key] for held in bins)
                      for key in ("belief", "share", "low", "high")),
                )
                for name, bins in found.items()
            ],
            x="% that it believes", y="% right", diagonal=True,
        ),
        brief=False,
    )  # fmt: skip


def _hundred(shares: Iterable[float]) -> list[float]:
    return [100 * share for share in shares]
