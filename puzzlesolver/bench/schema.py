"""What reports of `puzzlesolver bench` hold, as far as anything reads it again.

In: a file. Out: a report whose every number can be printed, drawn and compared.

    >>> read_report(Path("result.json"))["suite"]
    'sudoku-extreme'
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from puzzlesolver.bench.cost.stream_page import WAYS
from puzzlesolver.bench.settling.signs import COVERAGES
from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.files import open_regular
from puzzlesolver.limits import MAX_REPORT_BYTES
from puzzlesolver.shapes import AMOUNT, COUNT, DIGITS, PART, POSITIVE, Misfit, Rule, check

if TYPE_CHECKING:
    from puzzlesolver.loading import Loaded


def _some(shape: Any) -> Rule:
    return Rule(shape, "at least one entry", len)


def _ordered(middle: str, fields: Any) -> Rule:
    return Rule(fields, f"low ≤ {middle} ≤ high", lambda it: it["low"] <= it[middle] <= it["high"])


MAYBE = (AMOUNT, None)
OF = {"count": COUNT, "of": COUNT}
ENDS = {"low": PART, "high": PART}
UNKNOWN = {"low": None, "high": None}
KNOWN = _ordered("share", OF | {"share": PART} | ENDS)
SHARE = (KNOWN, OF | {"share": None} | UNKNOWN)
BINS = [_ordered("share", OF | {"share": PART, "belief": PART} | ENDS)]
WITHIN = Rule(
    {DIGITS: SHARE},
    "at least one share that is known",
    lambda it: any(each["share"] is not None for each in it.values()),
)
RISKS = {"risks": Rule([PART], f"{len(COVERAGES)} numbers", lambda it: len(it) == len(COVERAGES))}
AREA = RISKS | {"auroc": PART} | ENDS
NO_AREA = RISKS | {"auroc": None} | UNKNOWN

MODE = {
    "accuracy": KNOWN,
    "exact?": SHARE,
    "drawn?": SHARE,
    "by_budget": WITHIN,
    "by_source_and_budget?": {str: WITHIN},
    "by_rating": {str: SHARE},
    "by_source": {str: SHARE},
    "given_settled": {"correct": SHARE, "verified": SHARE},
    "settling?": (
        {
            "kinds": {str: {"settled": SHARE, "right": SHARE, "right_if_settled": SHARE}},
            "signs": Rule(
                {str: {str: (_ordered("auroc", AREA), NO_AREA, None)}},
                "an entry 'all'",
                lambda it: "all" in it,
            ),
            "beliefs": {str: (BINS, None)},
        },
        None,
    ),
    "steps": {"median": MAYBE, "p95": MAYBE, "histogram": _some({DIGITS: COUNT})},
    "wrong_verified": [str],
    "wrong_contradictions": [str],
    "seconds": AMOUNT,
    "puzzles_per_second": MAYBE,
    "peak_memory_mib": MAYBE,
}
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
RIGHT = (PART, _some({DIGITS: PART}))
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
TIMES = {"minutes", "core_minutes"}
MODEL = {
    "name": str,
    "family": str,
    "sha256": str,
    "parameters": COUNT,
    "training": Rule(
        TRAINING,
        "minutes and core_minutes with a curve",
        lambda it: not it.get("curve") or it.keys() >= TIMES,
    ),
}
BATCHES = {
    "batches": [
        {
            **dict.fromkeys(("batch_size", "puzzles", "verified"), COUNT),
            **dict.fromkeys(("verified_per_second", "relative", "peak_memory_mib"), MAYBE),
            "seconds": AMOUNT,
        }
    ]
}
"""As `cost.measure_cost` returns it."""
PUZZLES = Rule(
    {
        "description": str,
        "date": str,
        "seed": COUNT,
        "data": DATA,
        "model": MODEL,
        "policies": {str: {"max_steps": COUNT}},
        "batch_size": COUNT,
        "compiled": bool,
        "machine": MACHINE,
        "overlap?": {
            "trained_on": (str, None),
            "kept_out": (str, None),
            "file": (str, None),
            "shared": (SHARE, None),
        },
        "modes": _some({str: MODE}),
        "cost": (BATCHES, None),
        "exact_solvers": [
            {"solver": str, "puzzles": POSITIVE, "verified": COUNT, "refuted?": COUNT,
             "seconds": POSITIVE}
        ],
        "published": [
            {"accuracy": AMOUNT, **dict.fromkeys(("system", "training", "setting", "source"), str)}
        ],
    },
    "policies of all its modes",
    lambda it: it["modes"].keys() <= it["policies"].keys(),
)  # fmt: skip

CHANCE = {"brier": AMOUNT, "brier_of_the_mean": AMOUNT, "reliability": BINS}
ARC = {
    "data": DATA,
    "date": str,
    "part": {"rows": COUNT},
    "machine": MACHINE | {"versions": {str: str}},
    "overlap": str,
    **dict.fromkeys(("inputs", "tasks", "tasks_at_once", "ever_voted_for"), KNOWN),
    "score": PART,
    **{key: {str: SHARE} for key in ("by_size?", "by_fit?", "by_map?")},
    "cpu_seconds": {"median": AMOUNT, "mean": AMOUNT, "most": AMOUNT},
    "chance?": (_ordered("auroc", CHANCE | AREA), CHANCE | NO_AREA, None),
    "votes?": (str, None),
    "model?": ({"name": str}, None),
    "settings?": {str: Any},
}

TIMED = {"domain": str, "system": str, "steps": COUNT, "weights": str, "seconds": MAYBE}
OURS = TIMED | {"verified": COUNT, "puzzles": POSITIVE, "steps_per_answer?": MAYBE}
PARAMETERS = {"parameters": COUNT}
CELL = {"domain": str, "system": str, "engine": str}


def _is_whole(report: Any) -> bool:
    timed = {row["domain"] for row in report["rows"] if row["seconds"]}
    same = report["data"].keys() == report["puzzles"].keys() <= timed
    return same and not (report.get("profiles") and report.get("peak_gflops") is None)


COST = Rule(
    {
        "data": {str: {"name": str, "sha256": str}},
        "puzzles": {str: COUNT},
        "machine": MACHINE,
        "rows": [
            (
                OURS | PARAMETERS,
                TIMED | {"score": str, "times_ours": MAYBE} | PARAMETERS,
            )
        ],
        "cells?": [
            {
                **CELL,
                **{"batch": COUNT, "skipped": str},
                **dict.fromkeys(("step_seconds", "seconds", "joules"), MAYBE),
            }
        ],
        "profiles?": [
            {
                **CELL,
                **dict.fromkeys(("milliseconds", "products", "of_peak"), AMOUNT),
                "times_eager": MAYBE,
            }
        ],
        "peak_gflops?": MAYBE,
        "meter?": (str, None),
    },
    "data, puzzles and timed rows of the same kinds, and a peak beside profiles",
    _is_whole,
)

STREAM = {
    "machine": MACHINE,
    "filling": {
        "batch_size": COUNT,
        "puzzles": COUNT,
        "seconds": dict.fromkeys(WAYS, POSITIVE),
        "times_refilled": dict.fromkeys(WAYS, AMOUNT),
    },
    "stream": {
        **dict.fromkeys(("puzzles", "processes"), COUNT),
        **dict.fromkeys(("seconds", "puzzles_per_second"), AMOUNT),
        "statuses": {str: COUNT},
        "peak_gib": MAYBE,
    },
}

CURVES = {
    "runs": [
        TRAINING | {"name": str, "minutes": POSITIVE, "core_minutes": POSITIVE, "parameters": COUNT}
    ]
}

SHAPES = {
    "puzzlesolver.bench.accuracy.solving": PUZZLES,
    "puzzlesolver.bench.arc.tasks": ARC,
    "puzzlesolver.bench.cost.families": COST,
    "puzzlesolver.bench.cost.stream": STREAM,
}
"""By the module that writes a report."""


def about_model(loaded: Loaded) -> dict[str, Any]:
    """What a report says of a model.

    Raises:
        ModelError: its training record is damaged, so that nobody could read the report.
    """
    told = {
        "name": loaded.name,
        "family": loaded.family,
        "sha256": loaded.sha256,
        "parameters": loaded.parameters,
        "training": loaded.training,
    }
    try:
        check(told, MODEL)
    except Misfit as misfit:
        what = f"its record of the training is damaged: {misfit}"
        hint = 'correct "training" in its config.json, or leave it out'
        raise ModelError(what, where=loaded.name, hint=hint) from misfit
    return told


def read_report(path: Path) -> dict[str, Any]:
    """A report that `puzzlesolver bench` wrote.

    Raises:
        UsageError: it is none, is damaged, or cannot be read.
    """
    from puzzlesolver.bench.suites import SUITES

    shapes = {name: SHAPES[each.module] for name, each in SUITES.items()} | {"curves": CURVES}
    hint = "give a file that `puzzlesolver bench SUITE --json FILE` wrote"
    try:
        with open_regular(path) as file:
            data = file.read(MAX_REPORT_BYTES + 1)
        if len(data) > MAX_REPORT_BYTES:
            raise ValueError(f"it has more than {MAX_REPORT_BYTES:,} bytes")
        report: dict[str, Any] = json.loads(data)
        check(report, {"schema": int, "suite": str})
        if report["schema"] != 1 or report["suite"] not in shapes:
            raise ValueError(f"suite {report['suite']!r} has no page")
    except OSError as error:
        raise UsageError(f"cannot read: {error.strerror}", where=str(path), hint=hint) from error
    except (ValueError, RecursionError) as error:
        what = f"this is no report of `puzzlesolver bench`: {error}"
        raise UsageError(what, where=str(path), hint=hint) from error
    try:
        check(report, shapes[report["suite"]])
    except Misfit as misfit:
        raise UsageError(
            f"this report is damaged: {misfit}", where=str(path), hint=hint
        ) from misfit
    return report
