"""Options that several commands share, so that they read and mean the same everywhere."""

from __future__ import annotations

import contextlib
import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import typer

from puzzlesolver.cli import complete
from puzzlesolver.errors import UsageError
from puzzlesolver.extras import require

MOST = 2**31 - 1
"""Largest number that an option takes, where nothing else limits it."""

MOST_PROCESSES = 4_096
MOST_THREADS = 1_024
"""Far more than cores make nothing faster; torch crashes on 100,000."""

MOST_SEED = 2**62
MOST_NOISE = 100.0
MOST_TOGETHER = 2**20
"""Puzzles or rollouts in one batch."""

MACHINE = "Machine"
"""Panel of the help for options that change the speed and never an answer."""

SEARCH = "Search"
"""Panel of the help for options that change how long and how widely is searched."""

Format = Literal["text", "grid", "line", "json", "jsonl", "csv", "submission"]
"""What `view.output.ResultWriter` can write."""


def whole(least: int, most: int = MOST) -> Callable[[str | int], int]:
    """The `parser` of an option that takes whole numbers from `least` to `most`."""

    def parse(value: str | int) -> int:
        digits = str(value).strip().replace(",", "").replace("_", "")
        # Python refuses to convert texts of thousands of digits.
        number = int(digits) if re.fullmatch(r"-?\d{1,20}", digits) else least - 1
        if not least <= number <= most:
            told = f"expected a whole number from {least:,} to {most:,}"
            raise ValueError(f"{told}, not {str(value)[:20]!r}")
        return number

    return parse


def real(
    least: float = -math.inf, most: float = math.inf, *, positive: bool = False
) -> Callable[[str | float], float]:
    """The `parser` of an option that takes finite numbers from `least` to `most`."""
    told = " above 0" if positive else f" from {least:g} to {most:g}" if most < math.inf else ""

    def parse(value: str | float) -> float:
        with contextlib.suppress(ValueError):
            number = float(value)
            if math.isfinite(number) and least <= number <= most and (number > 0 or not positive):
                return number
        raise ValueError(f"expected a finite number{told}, not {str(value)[:20]!r}")

    return parse


MODEL_HELP = "A shipped model's name, the folder of one you trained, or hub:OWNER/REPO"

Domain = Annotated[
    str,
    typer.Option(
        "--domain",
        "-d",
        metavar="KIND",
        autocompletion=complete.domains,
        help="Kind of puzzle: sudoku, maze or arc; auto looks at the text.",
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        autocompletion=complete.models,
        show_default="the shipped one",
        help=f"{MODEL_HELP}.",
    ),
]
Device = Annotated[
    str,
    typer.Option(
        "--device",
        metavar="DEVICE",
        autocompletion=complete.devices,
        help="auto, cpu, mps, cuda or cuda:N.",
        rich_help_panel=MACHINE,
    ),
]
Engine = Annotated[
    Literal["torch", "onnx"],
    typer.Option(
        "--engine",
        metavar="torch|onnx",
        help="onnx runs exported graphs with ONNX Runtime: give --model an .onnx file, or any "
        "model, which is then exported into the cache.",
        rich_help_panel=MACHINE,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        parser=whole(1, MOST_THREADS),
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
        parser=whole(1, MOST_TOGETHER),
        metavar="N",
        help="Puzzles, or rollouts of them, refined together; changes the speed, never an answer.",
        rich_help_panel=MACHINE,
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        parser=whole(0, MOST_SEED),
        metavar="N",
        help="Seed of all noise; the same seed gives the same answers.",
    ),
]
Noise = Annotated[
    float,
    typer.Option(
        "--noise",
        rich_help_panel=SEARCH,
        metavar="X",
        parser=real(0, MOST_NOISE),
        help="Standard deviation of noise added at every step.",
    ),
]
Rollouts = Annotated[
    int,
    typer.Option(
        "--rollouts",
        rich_help_panel=SEARCH,
        metavar="K",
        parser=whole(1, MOST_TOGETHER),
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
        metavar="HOW",
        rich_help_panel=SEARCH,
        help="Which answer counts where the rules accepted none: weighted, that of most rollouts, "
        "each weighted by the model's estimated probability that it is right; vote, that of most "
        "rollouts; halt, that of the rollout with the highest halting logit.",
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        rich_help_panel="Output",
        help="Say nothing on stderr but errors: no progress, no notes, no total.",
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


def check_output(path: Path | None, flag: str, *, pictures: bool = False) -> None:
    """Raise `UsageError`, before any work, when a file could not be written in the end.

    Args:
        path: of the file; None = none is asked for.
        flag: the option that names it.
        pictures: whether it holds charts or pictures.
    """
    if path is None:
        return
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        what = "it is a folder" if path.is_dir() else f"no folder {str(path.parent)!r} to write in"
        raise UsageError(what, where=f"{flag} {path}", hint="name a file in a folder that exists")
    if pictures:
        require("images", flag)
