"""What is settling worth? How well the signs of a trajectory's end tell right answers from others.

In: the records of one mode. Out: for each sign the area under the ROC curve (AUROC) and the risk at
every coverage; how often each kind of puzzle settled, and on what; and whether beliefs are as high
as they should be. That a settled answer is right is the claim of RSM (arXiv 2603.15641); here it is
one sign among others. An answer is right when it is the known one, or, where none is known, when
the rules accept it: so nothing is right on a puzzle without a solution.

    >>> auroc(np.array([0.9, 0.8, 0.3]), np.array([True, False, False]))["auroc"]
    1.0
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from puzzlesolver.bench.shares import Z95, share

if TYPE_CHECKING:
    from puzzlesolver.bench.accuracy.metrics import Record

Scores = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

COVERAGES = tuple(percent / 100 for percent in range(5, 101, 5))
BINS = 10
"""Of beliefs, each as wide as the others."""

SIGNS: Mapping[str, Callable[[Record], float | None]] = {
    "settled": lambda record: float(record.settled),
    "soon": lambda record: -record.steps if record.settled else -math.inf,
    "residual": lambda record: None if record.residual is None else -record.residual,
    "confidence": lambda record: record.confidence,
    "halt": lambda record: record.halt,
    "no contradiction": lambda record: (
        None if record.contradiction is None else -record.contradiction
    ),
}
"""By name, higher where the answer should rather be right; None where a model has no such sign.

`settled`: whether it has; `soon`: after how few steps; `residual`: how little it moves;
`confidence`: the product of the confidence in all cells; `halt` and `no contradiction`: what the
model itself says.
"""

BELIEFS: Mapping[str, Callable[[Record], float | None]] = {
    "confidence": SIGNS["confidence"],
    "halt": lambda record: (
        None if record.halt is None else math.exp(-np.logaddexp(0, -record.halt))
    ),
}
"""Signs that are probabilities of a right answer."""


def settling(records: Sequence[Record]) -> dict[str, Any]:
    """All that is said of settling in one mode.

    Returns:
        `kinds`: for each group how many settled, were right, and were right of the settled;
        `signs`: for all puzzles, and for those with a known answer where not all have one, the
        AUROC and the risks of each of `SIGNS`; `beliefs`: how often answers were right, by how
        probable the model thought that.
    """
    groups = dict.fromkeys(record.group for record in records)
    known = [record for record in records if record.matches is not None]
    populations = {"all": records}
    if 0 < len(known) < len(records):
        populations["one solution"] = known
    return {
        "kinds": {group: _kind([r for r in records if r.group == group]) for group in groups},
        "signs": {
            name: {sign: _worth(chosen, score) for sign, score in SIGNS.items()}
            for name, chosen in populations.items()
        },
        "beliefs": {name: _reliability(records, belief) for name, belief in BELIEFS.items()},
    }


def _kind(records: Sequence[Record]) -> dict[str, Any]:
    settled = [record for record in records if record.settled]
    steps = [record.steps for record in settled]
    return {
        "settled": share(len(settled), len(records)),
        "right": share(sum(record.correct for record in records), len(records)),
        "right_if_settled": share(sum(record.correct for record in settled), len(settled)),
        "median_steps_if_settled": float(np.median(steps)) if steps else None,
    }


def _worth(
    records: Sequence[Record], score: Callable[[Record], float | None]
) -> dict[str, Any] | None:
    """None where the model has no such sign."""
    said = [(value, record.correct) for record in records if (value := score(record)) is not None]
    if not said:
        return None
    scores, right = (np.array(column) for column in zip(*said, strict=True))
    return {**auroc(scores, right), **risks(scores, right)}


def auroc(scores: Scores, right: Flags) -> dict[str, Any]:
    """The probability that a right answer has the higher score, ties counting half.

    Its 95 % interval is Newcombe's score interval (Stat. Med. 25, 2006, method 5), which like
    Wilson's stays within 0 and 1 and is no point where all are told apart. All None where all
    answers are right, or none.
    """
    count, others = int(right.sum()), int((~right).sum())
    if not count or not others:
        return {"right": count, "wrong": others, "auroc": None, "low": None, "high": None}
    wins = (scores[right][:, None] > scores[~right]).sum(dtype=np.int64)
    ties = (scores[right][:, None] == scores[~right]).sum(dtype=np.int64)
    area = float(wins + ties / 2) / (count * others)

    def spread(theta: float) -> float:
        """Standard deviation of the area if `theta` were its true value (Hanley and McNeil)."""
        both = (1 - theta) / (2 - theta) + theta / (1 + theta)
        more = 1 + ((count + others) / 2 - 1) * both
        return math.sqrt(max(0.0, theta * (1 - theta) * more / (count * others)))

    def end(side: float) -> float:
        """The true value, between the area and `side`, that lies just 1.96 deviations away."""
        near, far = area, side
        for _ in range(60):
            middle = (near + far) / 2
            if abs(middle - area) < Z95 * spread(middle):
                near = middle
            else:
                far = middle
        return near

    told = {"auroc": area, "low": end(0.0), "high": end(1.0)}
    return {"right": count, "wrong": others, **{key: round(n, 6) for key, n in told.items()}}


def area(worth: Mapping[str, Any] | None) -> str:
    """An AUROC with its interval as a cell."""
    if worth is None or worth["auroc"] is None:
        return "–"
    return "{auroc:.3f} ({low:.3f} to {high:.3f})".format(**worth)


def risks(scores: Scores, right: Flags) -> dict[str, Any]:
    """The share of wrong answers among the most promising ones, at each of `COVERAGES`.

    Where scores are equal nobody can choose, so each of them counts as wrong as they are together.

    Returns:
        `risks`, in the order of `COVERAGES`, and `aurc`, the mean risk over all coverages.
    """
    _, tied = np.unique(-scores, return_inverse=True)
    wrong = np.bincount(tied, ~right) / np.bincount(tied)
    ordered = np.sort(tied)
    risk = np.cumsum(wrong[ordered]) / np.arange(1, len(scores) + 1)
    at = [max(0, math.ceil(coverage * len(scores)) - 1) for coverage in COVERAGES]
    return {"risks": [round(float(risk[k]), 6) for k in at], "aurc": round(float(risk.mean()), 6)}


def _reliability(
    records: Sequence[Record], belief: Callable[[Record], float | None]
) -> list[dict[str, Any]] | None:
    """None where the model has no such belief."""
    said = [(value, record.correct) for record in records if (value := belief(record)) is not None]
    if not said:
        return None
    beliefs, right = (np.array(column) for column in zip(*said, strict=True))
    return reliability(beliefs, right)


def reliability(beliefs: Scores, right: Flags) -> list[dict[str, Any]]:
    """For each of `BINS`: the mean belief and the share of right answers; empty ones left out."""
    bins = np.minimum((beliefs * BINS).astype(int), BINS - 1)
    return [
        {
            "belief": round(float(beliefs[held].mean()), 6),
            **share(int(right[held].sum()), int(held.sum())),
        }
        for number in range(BINS)
        if (held := bins == number).any()
    ]


def brier(beliefs: Scores, right: Flags) -> float:
    """Brier's score, the mean squared error of probabilities (Mon. Weather Rev. 78, 1950)."""
    return round(float(np.square(beliefs - right).mean()), 6)
