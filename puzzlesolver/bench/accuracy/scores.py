"""The table that settles arguments: exact solvers, then our models, then what others published.

In: reports on the same puzzles. Out: one `Score` a row, for the terminal, the README and the page.

    >>> [score.system for score in scores([report])][:2]
    ['python-sat', 'compiled backtracking']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from puzzlesolver.bench.accuracy.baselines import PUBLISHED_ON

Report = Mapping[str, Any]


@dataclass(frozen=True)
class Score:
    """A row.

    Attributes:
        kind: who it is about.
        system: the name of the solver or model.
        weights: how many numbers a model of ours learned; None for others.
        trained_on: – for what is not trained.
        setting: what it may compute.
        solved: percent right, with its interval or what it was measured on.
        speed: puzzles a second, "" where nobody says.
    """

    kind: Literal["exact", "ours", "published"]
    system: str
    weights: int | None
    trained_on: str
    setting: str
    solved: str
    speed: str


def scores(reports: Sequence[Report]) -> list[Score]:
    """All rows; exact solvers and published scores are those of the first report."""
    first = reports[0]
    rows = [*_exact(first)]
    for report in reports:
        rows += _ours(report)
    return [*rows, *_published(first)]


def _exact(report: Report) -> Iterator[Score]:
    for row in report["exact_solvers"]:
        answered = row["verified"] + row.get("refuted", 0)
        solved = f"{100 * answered / row['puzzles']:.1f}"
        speed = rounded(row["puzzles"] / row["seconds"])
        yield Score("exact", row["solver"], None, "–", "exact", solved, speed)


def _ours(report: Report) -> Iterator[Score]:
    model = report["model"]
    for name, mode in report["modes"].items():
        yield Score(
            "ours", model["name"], model["parameters"], trained_on(model["training"]),
            f"{name}, at most {report['policies'][name]['max_steps']:,} steps",
            "{share:.1%} ({low:.1%}–{high:.1%})".format(**mode["accuracy"]),
            rounded(mode["puzzles_per_second"]),
        )  # fmt: skip


def _published(report: Report) -> Iterator[Score]:
    for row in report["published"]:
        solved = (
            f"{row['accuracy']:g}, on {PUBLISHED_ON.get(report['suite'], report['suite'])} itself"
        )
        system = f"{row['system']}, {row['source']}"
        yield Score("published", system, None, row["training"], row["setting"], solved, "")


def trained_on(training: Report) -> str:
    """Puzzles and core-minutes, as far as they are known; the model card has them in full."""
    if "core_minutes" not in training:
        return str(training.get("data", "unknown"))
    limit = training.get("settings", {}).get("train_puzzles")
    puzzles = "puzzles of our own" if limit is None else f"{limit:,} puzzles of our own"
    return f"{puzzles}, {training['core_minutes']:.0f} core-minutes"


def where(machine: Report) -> str:
    """The machine in few words."""
    threads = machine["threads"]
    return f"{machine['cpu']}, {threads} thread{'s' * (threads != 1)}"


def rounded(number: float | None) -> str:
    """As many digits as a reader needs."""
    if number is None:
        return "–"
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"
