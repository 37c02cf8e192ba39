"""What answers cost by batch size: verified puzzles a second, seconds a puzzle, memory.

>>> measure_cost(solver, cases.puzzles)["batches"][0]["verified_per_second"]
1.9
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from puzzlesolver.bench.machine import peak_memory_mib
from puzzlesolver.domains.base import Puzzle
from puzzlesolver.solver import Solver

BATCHES = ((1, 20), (64, 256), (1_024, 1_024))
"""Batch size, and how many of the first puzzles are solved with it; the smallest first, so that
each peak of memory is that of its batch size."""


def measure_cost(solver: Solver, puzzles: Sequence[Puzzle]) -> dict[str, Any]:
    """Solve the first puzzles at each batch size.

    Returns:
        `batches`: one row each; `relative` compares its throughput with that of the first row.
        `seconds_per_step`: of one puzzle alone.
        `puzzle_seconds`: that, times the median and the 95th percentile of the steps that the
        puzzles verified in the largest batch took.
    """
    rows: list[dict[str, Any]] = []
    steps: list[int] = []
    for batch_size, count in BATCHES:
        started = time.perf_counter()
        results = list(replace(solver, batch_size=batch_size).solve(puzzles[:count]))
        seconds = time.perf_counter() - started
        steps = [result.steps for result in results if result.verdict.status == "verified"]
        rows.append(
            {
                "batch_size": batch_size,
                "puzzles": len(results),
                "verified": len(steps),
                "steps": sum(result.steps for result in results),
                "seconds": round(seconds, 3),
                "verified_per_second": round(len(steps) / seconds, 3),
                "peak_memory_mib": peak_memory_mib(),
            }
        )
    alone = rows[0]["verified_per_second"]
    for row in rows:
        row["relative"] = round(row["verified_per_second"] / alone, 2) if alone else None
    seconds_per_step = rows[0]["seconds"] / max(1, rows[0]["steps"])
    typical = np.percentile(steps, (50, 95)) * seconds_per_step if steps else (None, None)
    return {
        "batches": rows,
        "seconds_per_step": round(seconds_per_step, 6),
        "puzzle_seconds": {
            name: None if value is None else round(float(value), 3)
            for name, value in zip(("median", "p95"), typical, strict=True)
        },
    }
