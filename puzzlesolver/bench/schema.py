"""What reports of `puzzlesolver bench` hold, as far as anything reads it again.

In: a file. Out: a report whose every number can be printed, drawn and compared. Here are the shapes
that several kinds of reports share; the module of each kind's page has its own `SHAPE`.

    >>> read_report(Path("result.json"))["suite"]
    'sudoku-extreme'
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from puzzlesolver.bench.statistics import COVERAGES
from puzzlesolver.bench.suites import REPORTS
from puzzlesolver.errors import UsageError
from puzzlesolver.files import open_regular
from puzzlesolver.limits import MAX_REPORT_BYTES
from puzzlesolver.shapes import AMOUNT, COUNT, DIGITS, PART, Misfit, Rule, check


def some(shape: Any) -> Rule:
    """A shape that holds something."""
    return Rule(shape, "at least one entry", len)


def ordered(middle: str, fields: Any) -> Rule:
    """Fields with a value between its two ends."""
    return Rule(fields, f"low ≤ {middle} ≤ high", lambda it: it["low"] <= it[middle] <= it["high"])


MAYBE = (AMOUNT, None)
OF = {"count": COUNT, "of": COUNT}
ENDS = {"low": PART, "high": PART}
UNKNOWN = {"low": None, "high": None}
KNOWN = ordered("share", OF | {"share": PART} | ENDS)
SHARE = (KNOWN, OF | {"share": None} | UNKNOWN)
BINS = [ordered("share", OF | {"share": PART, "belief": PART} | ENDS)]
RISKS = {"risks": Rule([PART], f"{len(COVERAGES)} numbers", lambda it: len(it) == len(COVERAGES))}
AREA = RISKS | {"auroc": PART} | ENDS
NO_AREA = RISKS | {"auroc": None} | UNKNOWN

MACHINE = {
    "cpu": str,
    "cores": COUNT,
    "threads": COUNT,
    "device": str,
    "python": str,
    "torch": str,
    "versions?": {str: str},
}
DATA = {"name": str, "sha256": str, "rows": COUNT}
RIGHT = (PART, some({DIGITS: PART}))
TRAINING = {
    "data?": str,
    "command?": str,
    "minutes?": AMOUNT,
    "core_minutes?": AMOUNT,
    "settings?": {"train_puzzles?": (COUNT, None), "exclude?": (str, None)},
    "curve?": [
        Rule(
            {"core_minutes?": AMOUNT, "minutes?": AMOUNT, "steps?": COUNT,
             "right?": RIGHT, "raw?": RIGHT},
            "what was right, after how many steps",
            lambda it: ("steps" in it and {"right", "raw"} & it.keys())
            or isinstance(it.get("right", it.get("raw")), dict),
        )
    ],
}  # fmt: skip
"""A training record, as far as anything reads it again."""
MODEL = {
    "name": str,
    "family": str,
    "sha256": str,
    "parameters": COUNT,
    "training": Rule(
        TRAINING,
        "minutes and core_minutes with a curve",
        lambda it: not it.get("curve") or {"minutes", "core_minutes"} <= it.keys(),
    ),
}


def read_report(path: Path) -> dict[str, Any]:
    """A report that `puzzlesolver bench` wrote.

    Raises:
        UsageError: it is none, is damaged, or cannot be read.
    """
    hint = "give a file that `puzzlesolver bench SUITE --json FILE` wrote"
    try:
        with open_regular(path) as file:
            data = file.read(MAX_REPORT_BYTES + 1)
        if len(data) > MAX_REPORT_BYTES:
            raise ValueError(f"it has more than {MAX_REPORT_BYTES:,} bytes")
        report: dict[str, Any] = json.loads(data)
        check(report, {"schema": int, "suite": str})
        if report["schema"] != 1 or report["suite"] not in REPORTS:
            raise ValueError(f"suite {report['suite']!r} has no page")
    except OSError as error:
        raise UsageError(f"cannot read: {error.strerror}", where=str(path), hint=hint) from error
    except (ValueError, RecursionError) as error:
        what = f"this is no report of `puzzlesolver bench`: {error}"
        raise UsageError(what, where=str(path), hint=hint) from error
    try:
        check(report, REPORTS[report["suite"]].page.SHAPE)
    except Misfit as misfit:
        raise UsageError(
            f"this report is damaged: {misfit}", where=str(path), hint=hint
        ) from misfit
    return report
