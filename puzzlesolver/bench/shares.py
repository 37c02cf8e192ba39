"""Shares with the interval in which the truth may lie.

>>> share(87, 100)
{'count': 87, 'of': 100, 'share': 0.87, 'low': 0.790196, 'high': 0.922428}
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

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


def percent(share: Mapping[str, Any] | None) -> str:
    """A share as a cell."""
    if share is None or share["share"] is None:
        return "–"
    return "{share:.1%} ({low:.1%} to {high:.1%})".format(**share)


def interval(share: Mapping[str, Any] | None) -> tuple[float, float, float] | None:
    """A share in percent with its ends, for a chart."""
    if share is None or share["share"] is None:
        return None
    return 100 * share["share"], 100 * share["low"], 100 * share["high"]
