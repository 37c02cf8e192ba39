"""What reports on suites of puzzles hold, as far as anything reads it again."""

from __future__ import annotations

from puzzlesolver.bench import schema
from puzzlesolver.shapes import AMOUNT, COUNT, DIGITS, POSITIVE, Rule

WITHIN = Rule(
    {DIGITS: schema.SHARE},
    "at least one share that is known",
    lambda it: any(each["share"] is not None for each in it.values()),
)
MODE = {
    "accuracy": schema.KNOWN,
    "exact?": schema.SHARE,
    "drawn?": schema.SHARE,
    "by_budget": WITHIN,
    "by_source_and_budget?": {str: WITHIN},
    "by_rating": {str: schema.SHARE},
    "by_source": {str: schema.SHARE},
    "given_settled": {"correct": schema.SHARE, "verified": schema.SHARE},
    "settling?": (
        {
            "kinds": {
                str: {
                    "settled": schema.SHARE,
                    "right": schema.SHARE,
                    "right_if_settled": schema.SHARE,
                }
            },
            "signs": Rule(
                {str: {str: (schema.ordered("auroc", schema.AREA), schema.NO_AREA, None)}},
                "an entry 'all'",
                lambda it: "all" in it,
            ),
            "beliefs": {str: (schema.BINS, None)},
        },
        None,
    ),
    "steps": {
        "median": schema.MAYBE,
        "p95": schema.MAYBE,
        "histogram": schema.some({DIGITS: COUNT}),
    },
    "wrong_verified": [str],
    "wrong_contradictions": [str],
    "seconds": AMOUNT,
    "puzzles_per_second": schema.MAYBE,
    "gflop?": schema.MAYBE,
    "peak_memory_mib": schema.MAYBE,
}
BATCHES = {
    "batches": [
        {
            **dict.fromkeys(("batch_size", "puzzles", "verified"), COUNT),
            **dict.fromkeys(("verified_per_second", "relative", "peak_memory_mib"), schema.MAYBE),
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
        "data": schema.DATA,
        "model": schema.MODEL,
        "policies": {str: {"max_steps": COUNT}},
        "batch_size": COUNT,
        "compiled": bool,
        "machine": schema.MACHINE,
        "overlap?": {
            "trained_on": (str, None),
            "kept_out": (str, None),
            "file": (str, None),
            "shared": (schema.SHARE, None),
        },
        "modes": schema.some({str: MODE}),
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
