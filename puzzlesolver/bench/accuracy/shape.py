"""What reports on suites of puzzles hold, as far as anything reads it again."""

from __future__ import annotations

from puzzlesolver.bench.schema import (
    AREA,
    BINS,
    DATA,
    KNOWN,
    MACHINE,
    MAYBE,
    MODEL,
    NO_AREA,
    SHARE,
    ordered,
    some,
)
from puzzlesolver.shapes import AMOUNT, COUNT, DIGITS, POSITIVE, Rule

WITHIN = Rule(
    {DIGITS: SHARE},
    "at least one share that is known",
    lambda it: any(each["share"] is not None for each in it.values()),
)
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
                {str: {str: (ordered("auroc", AREA), NO_AREA, None)}},
                "an entry 'all'",
                lambda it: "all" in it,
            ),
            "beliefs": {str: (BINS, None)},
        },
        None,
    ),
    "steps": {"median": MAYBE, "p95": MAYBE, "histogram": some({DIGITS: COUNT})},
    "wrong_verified": [str],
    "wrong_contradictions": [str],
    "seconds": AMOUNT,
    "puzzles_per_second": MAYBE,
    "peak_memory_mib": MAYBE,
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
SHAPE = Rule(
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
        "modes": some({str: MODE}),
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
