"""What is said of a long file and of full batches, on terminal and page.

In: a report of `stream.run`. Out: tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from puzzlesolver.bench.accuracy.scores import rounded, where
from puzzlesolver.bench.report.page import Panel, Section, Table
from puzzlesolver.bench.report.terminal import print_table

if TYPE_CHECKING:
    from rich.console import Console

WAYS = {
    "refilled": "finished puzzles leave, others take their place",
    "shrinking": "finished puzzles leave, the batch goes on without them",
    "fixed": "all go on until the last one is finished (steps alone, nothing read)",
}
"""How batches may be filled."""


def show(report: Mapping[str, Any], console: Console) -> None:
    """Both tables."""
    print_table(console, "batches", *ways(report))
    print_table(console, "a long file", *long_file(report))


def sections(reports: Sequence[Mapping[str, Any]]) -> list[Section]:
    """What a page says of each report."""
    return [
        Section(
            "Millions of puzzles",
            "Nine of ten boards nearly full, the others minimal and up to hard.",
            [
                Panel("What a full batch is worth", *ways(report)),
                Panel("One long file", *long_file(report)),
                Panel("How it was measured", ("", ""), [("machine", where(report["machine"]))],
                      words=2),
            ],
        )
        for report in reports
    ]  # fmt: skip


def ways(report: Mapping[str, Any]) -> Table:
    """One row a way to fill batches."""
    filling = report["filling"]
    columns = (f"batches of {filling['batch_size']:,}", "puzzles/s", "times as long")
    return columns, [
        (told, rounded(filling["puzzles"] / filling["seconds"][way]),
         f"{filling['times_refilled'][way]:.2g}")
        for way, told in WAYS.items()
    ]  # fmt: skip


def long_file(report: Mapping[str, Any]) -> Table:
    """One row."""
    stream = report["stream"]
    columns = ("puzzles", "verified", "processes", "puzzles/s", "minutes", "GiB at most")
    cells = (
        f"{stream['puzzles']:,}", f"{stream['statuses'].get('solved', 0):,}",
        f"{stream['processes']}", rounded(stream["puzzles_per_second"]),
        rounded(stream["seconds"] / 60), rounded(stream["peak_gib"]),
    )  # fmt: skip
    return columns, [cells]
