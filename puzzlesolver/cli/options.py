"""Options that several commands share, so that they read and mean the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

MACHINE = "Machine"
"""Panel of the help for options that change the speed and never an answer."""

Format = Literal["text", "grid", "line", "json", "jsonl", "csv"]
"""What `output.ResultWriter` can write."""

Domain = Annotated[
    str,
    typer.Option("--domain", "-d", metavar="KIND", help="Kind of puzzle; auto looks at the text."),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="NAME|FOLDER",
        show_default="the shipped one",
        help="Name of a shipped model, or the folder of one you trained.",
    ),
]
Device = Annotated[
    str,
    typer.Option(
        "--device",
        metavar="DEVICE",
        help="auto, cpu, mps, cuda or cuda:N.",
        rich_help_panel=MACHINE,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        min=1,
        metavar="N",
        show_default="torch's choice",
        help="CPU threads to use.",
        rich_help_panel=MACHINE,
    ),
]
BatchSize = Annotated[
    int,
    typer.Option(
        "--batch-size",
        min=1,
        metavar="N",
        help="Puzzles refined together; changes the speed, never an answer.",
        rich_help_panel=MACHINE,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed", min=0, metavar="N", help="Of all noise; the same seed gives the same answers."
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        show_default="stdout",
        rich_help_panel="Output",
        help="Write here instead; the file appears when it is complete.",
    ),
]
