"""Numbers from the records of tasks of ARC: attempts that are right, sizes, certainty, CPU seconds.

>>> summarise(records)["tasks"]["share"]
0.2
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from puzzlesolver.bench.statistics import auroc, brier, reliability, risks, share
from puzzlesolver.domains.arc import Task
from puzzlesolver.domains.arc.render import format_line
from puzzlesolver.domains.arc.rules import Score, score
from puzzlesolver.domains.base import Grid
from puzzlesolver.refine.adapt.answer import TaskAnswer
from puzzlesolver.refine.adapt.fit import FitReport
from puzzlesolver.refine.adapt.votes import KEPT, Vote
from puzzlesolver.refine.known import KnownAnswer
from puzzlesolver.shapes import AMOUNT, COUNT, PART, Rule, check

SAME_SIZE = "same size"
NOT_IN_MAP = "not in the id map"

STEPS = Rule(int, "a whole number above 0", lambda number: number > 0)
ROWS = Rule(str, "rows of digits", re.compile(r"\d+(/\d+)*", re.ASCII).fullmatch)
LINE = Rule(ROWS, "rows of one length", lambda it: len({*map(len, it.split("/"))}) == 1)
VOTE = Rule([(LINE, PART)], "a grid and its share", lambda v: [*map(type, v)] == [str, float])
FIT = {
    "seed": COUNT, "steps": STEPS, "planned": STEPS, "loss": AMOUNT, "demos": PART,
    "votes": [[VOTE]], "others": [(LINE, None)], "ended": str, "cpu_seconds": AMOUNT,
}  # fmt: skip
"""What is kept of a fit: steps done and planned; for each test input, the votes that count, the
heaviest first; and, where all its votes are for one grid, what it would try besides."""


@dataclass(frozen=True, kw_only=True)
class ArcRecord:
    """How one task was answered.

    Attributes:
        task: its id.
        right: for each test input, whether the first and the second attempt are.
        attempts: for each test input, both as one line of digits.
        shares: of the votes that the two have.
        ranks: for each test input, the place of the right grid among those whose votes count, from
            1, the best one of all fits; None when it is not among them.
        cpu_seconds: for all of it.
    """

    task: str
    right: list[list[bool]]
    attempts: list[list[str]]
    shares: list[list[float]]
    ranks: list[int | None]
    cpu_seconds: float

    @property
    def score(self) -> Score:
        """What was right, as the rules count it."""
        return Score(tuple((first, second) for first, second in self.right))


@dataclass(frozen=True, kw_only=True)
class TaskRecord(ArcRecord):
    """How fits answered it.

    Attributes:
        rule: name of the size rule; "" where none fits.
        demos: share of the demonstrations that the best fit reproduces.
        signs: as in `refine.adapt.trust.Signs`; None where no size rule fits.
        chance: that it is right, as was said with the answer.
        fits: as `FIT` says.
    """

    rule: str
    demos: float
    signs: dict[str, float] | None
    chance: float
    fits: list[dict[str, Any]]

    @property
    def remark(self) -> str:
        """What tells how sure they are."""
        rule = self.rule or "no size rule"
        return f"demonstrations {self.demos:4.0%}  chance {self.chance:4.0%}  {rule}"


@dataclass(frozen=True, kw_only=True)
class KnownRecord(ArcRecord):
    """How a model answered it that was trained on its demonstrations.

    Attributes:
        variants: that voted; 0 = the task is not in the id map, and the attempts are the input.
        beliefs: of the two attempts, the mean of the model's own that they are right, 0..1.
    """

    variants: int
    beliefs: list[list[float]]

    @property
    def remark(self) -> str:
        """What tells how sure it is."""
        if not self.variants:
            return NOT_IN_MAP
        share = min(first for first, _ in self.shares)
        return f"{share:.0%} of {self.variants:,} variants for attempt 1"


def record(task: Task, answer: TaskAnswer) -> TaskRecord:
    """What is kept of an answer, compared with the known outputs."""
    guesses = [
        [[vote.grid for vote in fit.votes[number][:KEPT]] for fit in answer.fits]
        for number in range(len(task.test))
    ]
    return TaskRecord(
        **_compared(task, answer, guesses),
        rule=answer.rule,
        demos=round(answer.demos, 4),
        signs=answer.signs
        and {name: round(sign, 4) for name, sign in answer.signs._asdict().items()},
        chance=round(answer.chance, 4),
        fits=[
            {
                "seed": fit.seed,
                "steps": fit.step,
                "planned": fit.steps,
                "loss": round(fit.loss, 5),
                "demos": round(fit.demos, 4),
                "votes": [
                    [(format_line(vote.grid), round(vote.share, 4)) for vote in votes[:KEPT]]
                    for votes in fit.votes
                ],
                "others": _others(fit),
                "ended": fit.ended,
                "cpu_seconds": round(fit.seconds, 2),
            }
            for fit in answer.fits
        ],
    )


def _others(fit: FitReport) -> list[str | None]:
    """What is kept of runners-up; nothing of a fit that made no guess."""
    pairs = zip(fit.runners_up, fit.votes, strict=False)
    return [
        format_line(grid) if grid is not None and len(votes) == 1 else None for grid, votes in pairs
    ]


def read_fits(answered: TaskRecord) -> Iterator[FitReport]:
    """The fits of a record, as far as it keeps them.

    Raises:
        Misfit: one is damaged.
    """
    for fit in answered.fits:
        check(fit, FIT, answered.task)
        yield FitReport(
            fit["seed"],
            fit["steps"],
            fit["planned"],
            fit["cpu_seconds"],
            fit["loss"],
            fit["demos"],
            fit["ended"],
            (),
            tuple(
                tuple(Vote(_grid(line), share) for line, share in votes) for votes in fit["votes"]
            ),
            answered.rule,
            tuple(other and _grid(other) for other in fit["others"]),
        )


def _grid(line: str) -> Grid:
    """The inverse of `format_line`."""
    return np.array([list(map(int, row)) for row in line.split("/")], np.uint8)


def is_answer(record: Any) -> bool:
    """Whether there are one or more tests, and two attempts at each."""
    lists = (record["right"], record["attempts"], record["shares"])
    numbers = [len(each) for each in (*lists, record["ranks"])]
    return min(numbers) == max(numbers) > 0 and all(len(two) == 2 for it in lists for two in it)


def record_known(task: Task, answer: KnownAnswer) -> KnownRecord:
    """The same of an answer that variants voted for."""
    return KnownRecord(
        **_compared(task, answer, [[[each.grid for each in some]] for some in answer.candidates]),
        variants=answer.variants,
        beliefs=[[round(each.belief, 4) for each in some[:2]] for some in answer.candidates],
    )


def _compared(
    task: Task, answer: TaskAnswer | KnownAnswer, guesses: Sequence[Sequence[Sequence[Grid]]]
) -> dict[str, Any]:
    """The fields of an `ArcRecord`.

    Args:
        task: with its outputs.
        answer: to it.
        guesses: for each test input, what was voted for, the most likely first, by each of those
            that voted apart.
    """
    ranks = []
    for pair, lists in zip(task.test, guesses, strict=True):
        assert pair.output is not None
        places = [
            place
            for grids in lists
            for place, grid in enumerate(grids, 1)
            if np.array_equal(grid, pair.output)
        ]
        ranks.append(min(places, default=None))
    return {
        "task": task.name,
        "right": [list(both) for both in score(task, answer.attempts).right],
        "attempts": [[format_line(grid) for grid in both] for both in answer.attempts],
        "shares": [[round(each, 4) for each in both] for both in answer.shares],
        "ranks": ranks,
        "cpu_seconds": round(answer.seconds, 2),
    }


def summarise(records: Sequence[TaskRecord]) -> dict[str, Any]:
    """All numbers of a report on fits; shares have Wilson intervals."""
    kinds = {
        "same size": [each for each in records if each.rule == SAME_SIZE],
        "another size": [each for each in records if each.rule not in (SAME_SIZE, "")],
        "no size rule": [each for each in records if not each.rule],
    }
    fitted = {
        "demonstrations reproduced": [each for each in records if each.demos == 1],
        "not all of them": [each for each in records if each.rule and each.demos < 1],
    }
    return {**_summarise(records, by_size=kinds, by_fit=fitted), "chance": _chance(records)}


def _chance(records: Sequence[TaskRecord]) -> dict[str, Any] | None:
    """How good the probabilities are that came with the answers."""
    if not records:
        return None
    chances = np.array([each.chance for each in records])
    right = np.array([each.score.solved for each in records])
    return {
        "brier": brier(chances, right),
        "brier_of_the_mean": brier(np.full(len(right), right.mean()), right),
        **auroc(chances, right),
        **risks(chances, right),
        "reliability": reliability(chances, right),
    }


def summarise_known(records: Sequence[KnownRecord]) -> dict[str, Any]:
    """All numbers of a report on a model that was trained on the demonstrations."""
    known = {
        "in the id map": [each for each in records if each.variants],
        NOT_IN_MAP: [each for each in records if not each.variants],
    }
    return _summarise(records, by_map=known)


def _summarise(
    records: Sequence[ArcRecord], **groups: Mapping[str, Sequence[ArcRecord]]
) -> dict[str, Any]:
    inputs = [any(both) for each in records for both in each.right]
    seconds = np.array([each.cpu_seconds for each in records] or [0.0])
    return {
        "inputs": share(sum(inputs), len(inputs)),
        "score": round(float(np.mean([np.mean([any(b) for b in e.right]) for e in records])), 6),
        "tasks": _share(records),
        "tasks_at_once": share(sum(each.score.solved_at_once for each in records), len(records)),
        **{
            key: {name: _share(some) for name, some in group.items()}
            for key, group in groups.items()
        },
        "ever_voted_for": share(sum(None not in each.ranks for each in records), len(records)),
        "cpu_seconds": {
            "median": round(float(np.median(seconds)), 2),
            "mean": round(float(seconds.mean()), 2),
            "most": round(float(seconds.max()), 2),
            "all": round(float(seconds.sum()), 1),
        },
    }


def _share(records: Sequence[ArcRecord]) -> dict[str, Any]:
    return share(sum(each.score.solved for each in records), len(records))
