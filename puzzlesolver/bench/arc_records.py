"""Numbers from the records of tasks of ARC: attempts that are right, sizes, certainty, CPU seconds.

>>> summarise(records)["tasks"]["share"]
0.2
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from puzzlesolver.bench.shares import share
from puzzlesolver.domains.arc import Task
from puzzlesolver.domains.arc.render import format_line
from puzzlesolver.domains.arc.rules import Score, score
from puzzlesolver.refine.adapt.answer import TaskAnswer

SAME_SIZE = "same size"


@dataclass(frozen=True)
class TaskRecord:
    """How one task was answered.

    Attributes:
        task: its id.
        right: for each test input, whether the first and the second attempt are.
        attempts: for each test input, both as one line of digits.
        shares: of the votes that the two have.
        ranks: for each test input, the place of the right grid among all that any fit voted for,
            from 1; None when none did.
        rule: name of the size rule; "" where none fits.
        demos: share of the demonstrations that the best fit reproduces.
        fits: seed, optimizer steps, loss, demonstrations and end of each.
        cpu_seconds: of all fits.
    """

    task: str
    right: list[list[bool]]
    attempts: list[list[str]]
    shares: list[list[float]]
    ranks: list[int | None]
    rule: str
    demos: float
    fits: list[dict[str, Any]]
    cpu_seconds: float

    @property
    def score(self) -> Score:
        """What was right, as the rules count it."""
        return Score(tuple((first, second) for first, second in self.right))


def record(task: Task, answer: TaskAnswer) -> TaskRecord:
    """What is kept of an answer, compared with the known outputs."""
    ranks = []
    for number, pair in enumerate(task.test):
        places = [
            place
            for fit in answer.fits
            for place, vote in enumerate(fit.votes[number], 1)
            if pair.output is not None and np.array_equal(vote.grid, pair.output)
        ]
        ranks.append(min(places, default=None))
    return TaskRecord(
        task.name,
        [list(both) for both in score(task, answer.attempts).right],
        [[format_line(grid) for grid in both] for both in answer.attempts],
        [[round(each, 4) for each in both] for both in answer.shares],
        ranks,
        answer.rule,
        round(answer.demos, 4),
        [
            {
                "seed": fit.seed,
                "steps": fit.step,
                "loss": round(fit.loss, 5),
                "demos": round(fit.demos, 4),
                "ended": fit.ended,
                "cpu_seconds": round(fit.seconds, 2),
            }
            for fit in answer.fits
        ],
        round(answer.seconds, 2),
    )


def summarise(records: Sequence[TaskRecord]) -> dict[str, Any]:
    """All numbers of a report; shares have Wilson intervals."""
    inputs = [any(both) for each in records for both in each.right]
    seconds = np.array([each.cpu_seconds for each in records] or [0.0])
    kinds = {
        "same size": [each for each in records if each.rule == SAME_SIZE],
        "another size": [each for each in records if each.rule not in (SAME_SIZE, "")],
        "no size rule": [each for each in records if not each.rule],
    }
    fitted = {
        "demonstrations reproduced": [each for each in records if each.demos == 1],
        "not all of them": [each for each in records if each.rule and each.demos < 1],
    }
    return {
        "inputs": share(sum(inputs), len(inputs)),
        "score": round(float(np.mean([np.mean([any(b) for b in e.right]) for e in records])), 6),
        "tasks": _share(records),
        "tasks_at_once": share(sum(each.score.solved_at_once for each in records), len(records)),
        "by_size": {name: _share(some) for name, some in kinds.items()},
        "by_fit": {name: _share(some) for name, some in fitted.items()},
        "ever_voted_for": share(sum(None not in each.ranks for each in records), len(records)),
        "cpu_seconds": {
            "median": round(float(np.median(seconds)), 2),
            "mean": round(float(seconds.mean()), 2),
            "most": round(float(seconds.max()), 2),
            "all": round(float(seconds.sum()), 1),
        },
    }


def _share(records: Sequence[TaskRecord]) -> dict[str, Any]:
    return share(sum(each.score.solved for each in records), len(records))
