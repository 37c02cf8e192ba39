"""How sure to be of an answer to a task: weights of `refine/adapt/trust.py`, from finished runs.

In: journals of `bench arc-dev`, `arc-ideas` and `arc-rest`: training tasks. Out:
`trust.json`, with how well its probabilities do on tasks that had no part in them.

    python -m puzzlesolver.bench.arc.trust benchmarks/arc-{dev,ideas,rest}.jsonl
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

import puzzlesolver.refine.adapt.trust as trust
from puzzlesolver.bench.arc.records import TaskRecord
from puzzlesolver.bench.statistics import auroc, brier
from puzzlesolver.files import write_file

Array = npt.NDArray[np.float64]

RIDGE = 0.1
"""Penalty on half the squared weights: signs are few and related. Of 3, 1, 0.3 and on down to 0.01
this one told tasks best that had no part in the weights."""


def calibrate(signs: Array, right: npt.NDArray[np.bool_]) -> Array:
    """Weights of a logistic regression, the bias first; Newton's method on the ridge loss.

    Args:
        signs: `[tasks, signs]`.
        right: `[tasks]`.
    """
    x = np.column_stack([np.ones(len(signs)), signs])
    penalty = RIDGE * np.eye(x.shape[1])
    penalty[0, 0] = 1e-3  # not of the bias, but that all may be right
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        p = expit(x @ weights)
        gradient = x.T @ (p - right) + penalty @ weights
        weights = weights - np.linalg.solve((x.T * (p * (1 - p))) @ x + penalty, gradient)
    return weights


def expit(x: Array) -> Array:
    """The logistic function."""
    return 1 / (1 + np.exp(-x))


def left_out(signs: Array, right: npt.NDArray[np.bool_]) -> Array:
    """Probability of each task by a regression on all others."""
    others = ~np.eye(len(signs), dtype=bool)
    return np.array(
        [
            expit(np.array([1.0, *own]) @ calibrate(signs[rest], right[rest]))
            for own, rest in zip(signs, others, strict=True)
        ]
    )


def main(journals: Sequence[Path], out: Path) -> None:
    """Write the weights that the records of some journals give."""
    lines = [json.loads(line) for path in journals for line in path.read_text().splitlines()]
    runs = [line["run"] for line in lines if "run" in line]
    records = [TaskRecord(**line["puzzle"]) for line in lines if "puzzle" in line]
    records = [each for each in records if each.signs is not None]
    evidence = [trust.Signs(**(each.signs or {})).evidence for each in records]
    signs = np.array([list(each.values()) for each in evidence])
    right = np.array([each.score.solved for each in records])
    bias, *weights = calibrate(signs, right)
    honest = left_out(signs, right)
    model = {
        "bias": round(bias, 4),
        "weights": dict(zip(evidence[0], np.round(weights, 4).tolist(), strict=True)),
        "from": runs,
        "tasks": len(records),
        "right": int(right.sum()),
        "each_by_the_others": {
            "brier": brier(honest, right),
            "brier_of_the_mean": brier(np.full(len(right), right.mean()), right),
            **auroc(honest, right),
        },
    }
    write_file(out, json.dumps(model, indent=2).encode() + b"\n")
    print(json.dumps(model, indent=2))  # noqa: T201 – a command's own output


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]], Path(trust.__file__).with_name(trust.FILE))
