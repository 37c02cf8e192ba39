"""Shares with their intervals, and how well scores and probabilities tell right from wrong.

>>> share(87, 100)
{'count': 87, 'of': 100, 'share': 0.87, 'low': 0.790196, 'high': 0.922428}
>>> auroc(np.array([0.9, 0.8, 0.3]), np.array([True, False, False]))["auroc"]
1.0
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

COVERAGES = tuple(percent / 100 for percent in range(5, 101, 5))
BINS = 10
"""Of beliefs, each as wide as the others."""

Z95 = 1.959964
"""Standard normal quantile of a two-sided 95 % interval."""


def share(count: int, of: int) -> dict[str, Any]:
    """A share with its 95 % Wilson interval; all None for a share of nothing."""
    if not of:
        return {"count": 0, "of": 0, "share": None, "low": None, "high": None}
    low, high = wilson(count, of)
    numbers = {"share": count / of, "low": low, "high": high}
    return {"count": count, "of": of, **{key: round(value, 6) for key, value in numbers.items()}}


def wilson(count: int, of: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a binomial share (J. Am. Stat. Assoc. 22, 1927)."""
    share, weight = count / of, z * z / of
    middle = share + weight / 2
    spread = math.sqrt(weight * (share * (1 - share) + weight / 4))
    low, high = (middle - spread) / (1 + weight), (middle + spread) / (1 + weight)
    return max(0.0, low), min(1.0, high)


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
