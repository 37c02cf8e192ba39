"""What is settling worth? How well the signs of a trajectory's end tell right answers from others.

In: the records of one mode. Out: for each sign the area under the ROC curve (AUROC) and the risk at
every coverage; how often each kind of puzzle settled, and on what; and whether beliefs are as high
as they should be. That a settled answer is right is the claim of RSM (arXiv 2603.15641); here it is
one sign among others. An answer is right when it is the known one, or, where none is known, when
the rules accept it: so nothing is right on a puzzle without a solution.

    >>> settling(records)["signs"]["all"]["settled"]["auroc"]
    0.91
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from puzzlesolver.bench.records import Record
from puzzlesolver.bench.statistics import Flags, Scores, auroc, reliability, risks, share

Sign = Callable[[Record], float | None]

SIGNS: Mapping[str, Sign] = {
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

BELIEFS: Mapping[str, Sign] = {
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
            name: {
                sign: auroc(*said) | risks(*said) if (said := _said(chosen, score)) else None
                for sign, score in SIGNS.items()
            }
            for name, chosen in populations.items()
        },
        "beliefs": {
            name: reliability(*said) if (said := _said(records, belief)) else None
            for name, belief in BELIEFS.items()
        },
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


def _said(records: Sequence[Record], sign: Sign) -> tuple[Scores, Flags] | None:
    """What a sign says of each record, and what was right; None where the model has none."""
    said = [(value, record.correct) for record in records if (value := sign(record)) is not None]
    if not said:
        return None
    scores, right = (np.array(column) for column in zip(*said, strict=True))
    return scores, right
