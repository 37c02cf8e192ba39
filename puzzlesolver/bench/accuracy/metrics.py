"""Numbers from records: accuracy by budget, rating and source; steps to an answer; soundness.

A record is what is kept of one puzzle in one mode; a run's journal holds one a line. Everything
that is reported is a function of the records, so a run that was interrupted and resumed reports
what an uninterrupted one would.

    >>> summarise(records, max_steps=2_000, bands=GUESSES)["accuracy"]["share"]
    0.87
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from puzzlesolver.bench.records import Record
from puzzlesolver.bench.settling.signs import settling
from puzzlesolver.bench.statistics import share
from puzzlesolver.bench.suites import Bands

LANDMARKS = (2_000, 20_000)
"""Budgets that others report at, beside the powers of two."""


def summarise(records: Sequence[Record], max_steps: int, bands: Bands) -> dict[str, Any]:
    """All numbers of one mode.

    Args:
        records: of every puzzle, in any order.
        max_steps: the budget of a puzzle.
        bands: of ratings.
    """
    records = sorted(records, key=lambda record: record.index)
    settled = [record for record in records if record.settled]
    seconds = max(record.elapsed for record in records)
    return {
        "accuracy": accuracy(records),
        "exact": _share_of([r.matches for r in records if r.matches is not None]),
        "drawn": _share_of([r.drawn for r in records if r.drawn is not None]),
        "by_budget": _by_budget(records, max_steps),
        "by_source_and_budget": {
            group: _by_budget([r for r in records if r.group == group], max_steps)
            for group in dict.fromkeys(record.group for record in records)
        },
        "by_rating": _by(
            records,
            lambda record: band(record.rating, bands),
            [*(name for _, name in bands), UNRATED],
        ),
        "by_source": _by(records, lambda record: record.group),
        "given_settled": {
            "correct": accuracy(settled),
            "verified": share(sum(r.verdict == "verified" for r in settled), len(settled)),
        },
        # With the rules a trajectory is cut off where they accept its answer.
        "settling": None if records[0].mode == "verified" else settling(records),
        "steps": _steps([record.steps for record in records if record.correct], max_steps),
        "restarts": sum(record.restarts for record in records),
        "labelled": sum(record.matches is not None for record in records),
        "wrong_verified": [record.name for record in records if record.wrong_verified],
        "wrong_contradictions": [
            r.name
            for r in records
            if r.status in ("contradiction", "ambiguous") and r.matches is not None
        ],
        "seconds": round(seconds, 3),
        "puzzles_per_second": _rate(len(records), seconds),
        "verified_per_second": _rate(sum(r.verdict == "verified" for r in records), seconds),
    }


def accuracy(records: Sequence[Record], within: float = math.inf) -> dict[str, Any]:
    """Share of puzzles answered right with at most `within` steps."""
    return share(sum(record.correct and record.steps <= within for record in records), len(records))


def _by_budget(records: Sequence[Record], max_steps: int) -> dict[str, Any]:
    return {str(budget): accuracy(records, within=budget) for budget in budgets(max_steps)}


def budgets(max_steps: int) -> list[int]:
    """16, 32, 64, … and the landmarks, up to and with `max_steps`."""
    doublings = itertools.takewhile(lambda n: n < max_steps, (16 << k for k in itertools.count()))
    landmarks = (budget for budget in LANDMARKS if budget < max_steps)
    return sorted({*doublings, *landmarks, max_steps})


def band(rating: float | None, bands: Bands) -> str:
    """The name of a rating's band."""
    if rating is None:
        return UNRATED
    return next(name for highest, name in bands if rating <= highest)


def _steps(steps: Sequence[int], max_steps: int) -> dict[str, Any]:
    """Median, 95th percentile and histogram (by upper edge) of the steps to a right answer."""
    edges = budgets(max_steps)
    counts = Counter(edges[bisect_left(edges, number)] for number in steps)
    return {
        **{
            name: float(np.percentile(steps, quantile)) if steps else None
            for name, quantile in (("median", 50), ("p95", 95))
        },
        "histogram": {str(edge): counts[edge] for edge in edges},
    }


def _by(
    records: Iterable[Record], key: Callable[[Record], str], order: Sequence[str] = ()
) -> dict[str, Any]:
    parts: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        parts[key(record)].append(record)
    names = [name for name in order if name in parts] or sorted(parts)
    return {name: accuracy(parts[name]) for name in names}


def _rate(count: int, seconds: float) -> float | None:
    return round(count / seconds, 3) if seconds else None


def _share_of(flags: Sequence[bool]) -> dict[str, Any]:
    return share(sum(flags), len(flags))


UNRATED = "unrated"
