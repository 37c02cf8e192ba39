"""What is said of a long file and of full batches, on terminal and page.

In: a report of `stream.run`. Out: tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from puzzlesolver.bench.report.cells import machine_facts, rounded, where
from puzzlesolver.bench.report.page import Panel, Report, Section
from puzzlesolver.bench.schema import MACHINE, MAYBE
from puzzlesolver.shapes import AMOUNT, COUNT, POSITIVE

WAYS = {
    "refilled": "finished puzzles leave, others take their place",
    "shrinking": "finished puzzles leave, the batch goes on without them",
    "fixed": "all go on until the last one is finished (steps alone, nothing read)",
}
"""How batches may be filled."""


def sections(reports: Sequence[Report]) -> list[Section]:
    """What is said of each report."""
    return [
        Section(
            "Millions of puzzles",
            "Nine of ten boards nearly full, the others minimal and up to hard.",
            [
                _ways(report),
                _long_file(report),
                Panel("How it was measured", ("", ""), machine_facts(report["machine"]), words=2),
            ],
        )
        for report in reports
    ]


def _ways(report: Report) -> Panel:
    """One row a way to fill batches."""
    filling = report["filling"]
    return Panel(
        "What a full batch is worth",
        (f"batches of {filling['batch_size']:,}", "puzzles/s", "times as long"),
        [
            (told, rounded(filling["puzzles"] / filling["seconds"][way]),
             f"{filling['times_refilled'][way]:.2g}")
            for way, told in WAYS.items()
        ],
    )  # fmt: skip


def _long_file(report: Report) -> Panel:
    """One row."""
    stream = report["stream"]
    cells = (
        f"{stream['puzzles']:,}", f"{stream['statuses'].get('solved', 0):,}",
        f"{stream['processes']}", rounded(stream["puzzles_per_second"]),
        rounded(stream["seconds"] / 60), rounded(stream["peak_gib"]),
    )  # fmt: skip
    columns = ("puzzles", "verified", "processes", "puzzles/s", "minutes", "GiB at most")
    return Panel("One long file", columns, [cells], words=0)


def _stream(reports: Sequence[Report]) -> Iterator[Panel | str]:
    """What a full batch is worth, and one long file."""
    (report,) = reports
    yield from (_ways(report), _long_file(report), f"{where(report['machine'])}.")


BLOCKS = {"stream": _stream}

SHAPE = {
    "machine": MACHINE,
    "filling": {
        "batch_size": COUNT,
        "puzzles": COUNT,
        "seconds": dict.fromkeys(WAYS, POSITIVE),
        "times_refilled": dict.fromkeys(WAYS, AMOUNT),
    },
    "stream": {
        **dict.fromkeys(("puzzles", "processes"), COUNT),
        **dict.fromkeys(("seconds", "puzzles_per_second"), AMOUNT),
        "statuses": {str: COUNT},
        "peak_gib": MAYBE,
    },
}
