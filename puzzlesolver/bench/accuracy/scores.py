"""The table that settles arguments: exact solvers, then our models, then what others published.

In: reports on the same puzzles. Out: a `Score` a row, and the table.

    >>> [score.system for score in scores([report])][:2]
    ['python-sat', 'compiled backtracking']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from puzzlesolver.bench.published import PUBLISHED_ON
from puzzlesolver.bench.report.cells import rounded
from puzzlesolver.bench.report.page import Panel, Report


class Score(NamedTuple):
    """A row.

    Attributes:
        kind: who it is about.
        mode: of ours; "" for others.
        system: the name of the solver or model.
        weights: how many numbers a model of ours learned; None for others.
        trained_on: – for what is not trained.
        setting: what it may compute.
        solved: percent right, with its interval or what it was measured on.
        speed: puzzles a second, "" where nobody says.
    """

    kind: Literal["exact", "ours", "published"]
    mode: str
    system: str
    weights: int | None
    trained_on: str
    setting: str
    solved: str
    speed: str


def scores(reports: Sequence[Report]) -> list[Score]:
    """All rows; exact solvers and published scores are those of the first report."""
    first = reports[0]
    return [*_exact(first), *(row for each in reports for row in _ours(each)), *_published(first)]


def scores_panel(reports: Sequence[Report]) -> Panel:
    """The table."""
    rows = scores(reports)
    return Panel(
        "Exact solvers first, then ours, then what others published",
        ("solver", "trained on", "setting", "% solved", "puzzles/s"),
        [
            (
                f"ours, {row.system}, {row.weights:,} weights" if row.weights else row.system,
                *row[4:],
            )
            for row in rows
        ],
        ours=frozenset(number for number, row in enumerate(rows) if row.kind == "ours"),
        words=3,
    )


def headline(report: Report) -> Iterator[tuple[str, ...]]:
    """Kind and cells of the few rows: of several exact solvers the last, which is the fastest."""
    test_set = f"{report['data']['name']}, {report['data']['rows']:,}"
    for row in {(each.kind, each.mode): each for each in scores([report])}.values():
        speed = f", {row.speed} puzzles/s" if row.kind == "exact" else ""
        if row.kind == "exact" or row.mode == "verified":
            yield (
                row.kind, test_set, row.system, row.trained_on, row.setting + speed, row.solved
            )  # fmt: skip


def _exact(report: Report) -> Iterator[Score]:
    for row in report["exact_solvers"]:
        solved = f"{100 * (row['verified'] + row.get('refuted', 0)) / row['puzzles']:.1f}"
        speed = rounded(row["puzzles"] / row["seconds"])
        yield Score("exact", "", row["solver"], None, "–", "exact", solved, speed)


def _ours(report: Report) -> Iterator[Score]:
    model = report["model"]
    for name, mode in report["modes"].items():
        yield Score(
            "ours", name, model["name"], model["parameters"], trained_on(model["training"]),
            f"{name}, at most {report['policies'][name]['max_steps']:,} steps",
            "{share:.1%} ({low:.1%}–{high:.1%})".format(**mode["accuracy"]),
            rounded(mode["puzzles_per_second"]),
        )  # fmt: skip


def _published(report: Report) -> Iterator[Score]:
    test_set = PUBLISHED_ON.get(report["suite"], report["suite"])
    for row in report["published"]:
        solved = f"{row['accuracy']:g}, on {test_set} itself"
        system = f"{row['system']}, {row['source']}"
        yield Score("published", "", system, None, row["training"], row["setting"], solved, "")


def trained_on(training: Report) -> str:
    """Puzzles and core-minutes, as far as they are known; the model card has them in full."""
    if "core_minutes" not in training:
        return str(training.get("data", "unknown"))
    limit = training.get("settings", {}).get("train_puzzles")
    puzzles = "puzzles of our own" if limit is None else f"{limit:,} puzzles of our own"
    return f"{puzzles}, {_core_minutes(training):.0f} core-minutes"


def _core_minutes(training: Any) -> float:
    """Its own and those of the trainings whose weights it started from."""
    minutes = 0.0
    while isinstance(training, Mapping):
        spent = training.get("core_minutes")
        minutes += spent if isinstance(spent, int | float) else 0
        training = training.get("start")
    return minutes
