"""Options that several commands share, so that they read and mean the same everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

MACHINE = "Machine"
"""Panel of the help for options that change the speed and never an answer."""

SEARCH = "Search"
"""Panel of the help for options that change how long and how widely is searched."""

Format = Literal["text", "grid", "line", "json", "jsonl", "csv", "submission"]
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
        metavar="NAME|FOLDER|hub:OWNER/REPO",
        show_default="the shipped one",
        help="Name of a shipped model, the folder of one you trained, or a model on the Hub.",
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
Engine = Annotated[
    Literal["torch", "onnx"],
    typer.Option(
        "--engine",
        help="onnx runs exported graphs with ONNX Runtime: give --model an .onnx file, or any "
        "model, which is then exported into the cache.",
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
        help="Puzzles, or rollouts of them, refined together; changes the speed, never an answer.",
        rich_help_panel=MACHINE,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed", min=0, metavar="N", help="Of all noise; the same seed gives the same answers."
    ),
]
Noise = Annotated[
    float,
    typer.Option(
        "--noise",
        rich_help_panel=SEARCH,
        metavar="X",
        min=0,
        help="Standard deviation of noise added at every step.",
    ),
]
Rollouts = Annotated[
    int,
    typer.Option(
        "--rollouts",
        rich_help_panel=SEARCH,
        metavar="K",
        min=1,
        help="Trajectories of a puzzle side by side, each with its own noise; they share its steps "
        "and end with the first answer that the rules accept.",
    ),
]
Symmetries = Annotated[
    bool | None,
    typer.Option(
        "--symmetries/--no-symmetries",
        rich_help_panel=SEARCH,
        show_default="where all starts would be alike",
        help="Solve further rollouts, and after every restart, in an equivalent form: relabelled, "
        "permuted, turned or flipped.",
    ),
]
Choose = Annotated[
    Literal["weighted", "vote", "halt"],
    typer.Option(
        "--choose",
        rich_help_panel=SEARCH,
        help="Which answer counts where the rules accepted none: of most rollouts, each weighted "
        "by the model's belief that it is right; of most, counted; or of the rollout with the "
        "highest halting logit.",
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
