"""`puzzlesolver train`: a thin layer over `puzzlesolver.train`, which does the work.

$ puzzlesolver train sudoku --preset sudoku --minutes 120 --out runs/a
$ puzzlesolver solve puzzle.txt --model runs/a/model
"""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from puzzlesolver.cli import complete
from puzzlesolver.cli.options import (
    MACHINE,
    MOST_PROCESSES,
    MOST_SEED,
    Quiet,
    Threads,
    real,
    whole,
)
from puzzlesolver.cli.view.signs import say
from puzzlesolver.cli.view.table import print_table
from puzzlesolver.errors import UsageError

if TYPE_CHECKING:
    from puzzlesolver.train.config import TrainConfig

app = typer.Typer(help="Train a model.")


def _list_presets(wanted: bool) -> None:
    if wanted:
        from puzzlesolver.train.recipes import PRESETS

        told = [
            (name, " ".join((inspect.getdoc(each) or "").split())) for name, each in PRESETS.items()
        ]
        print_table(("PRESET", "TRAINS"), told)
        raise typer.Exit


ListPresets = Annotated[
    bool,
    typer.Option("--list-presets", callback=_list_presets, is_eager=True, help="List the recipes."),
]


@app.callback()
def _group(list_presets: ListPresets = False) -> None:
    """Train a model; it is saved again and again, and Ctrl-C loses nothing."""


def train_domain(
    context: typer.Context,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            metavar="NAME",
            autocompletion=complete.presets,
            show_default="the name of the puzzle kind",
            help="The recipe.",
        ),
    ] = None,
    list_presets: ListPresets = False,
    minutes: Annotated[
        float | None,
        typer.Option(
            "--minutes",
            metavar="X",
            parser=real(positive=True),
            show_default="the recipe's",
            help="Length in wall-clock minutes.",
        ),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            "--steps",
            metavar="N",
            parser=whole(1),
            show_default=False,
            help="Length in updates instead; such a run can be repeated exactly.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="PATH",
            show_default="fresh puzzles",
            help="Train on these puzzles (source,question,answer,rating; JSON of ARC tasks), or on "
            "a dataset folder.",
        ),
    ] = None,
    exclude: Annotated[
        Path | None,
        typer.Option(
            "--exclude",
            metavar="FILE",
            show_default=False,
            help="Puzzles that must not be trained on, nor any that is the same up to symmetry.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            show_default=False,
            help="Any other setting; may be repeated.",
        ),
    ] = None,
    resume: Annotated[
        Literal["auto", "none"],
        typer.Option(
            "--resume",
            metavar="auto|none",
            help="auto goes on with the run in --out, if there is one; none refuses to.",
        ),
    ] = "auto",
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FOLDER", show_default="runs/PRESET", help="Folder of the run."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed",
            metavar="N",
            parser=whole(0, MOST_SEED),
            show_default="0",
            help="Seed of weights, puzzles and noise.",
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            metavar="DEVICE",
            autocompletion=complete.devices,
            show_default="auto",
            help="auto, cpu, mps, cuda or cuda:N.",
            rich_help_panel=MACHINE,
        ),
    ] = None,
    threads: Threads = None,
    nproc: Annotated[
        int,
        typer.Option(
            "--nproc",
            metavar="N",
            parser=whole(1, MOST_PROCESSES),
            help="Processes that share every batch, one a GPU; torchrun works too.",
            rich_help_panel=MACHINE,
        ),
    ] = 1,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Build everything, make two updates, print sizes and estimates, write nothing.",
        ),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Train a model on the puzzles whose kind is the command's name."""
    from puzzlesolver.train.config import get_preset, override

    domain = str(context.info_name)
    preset = preset or domain
    out = out or Path("runs") / preset
    typed: dict[str, Any] = {
        "minutes": minutes,
        "steps": steps,
        "data": data and str(data),
        "exclude": exclude and str(exclude),
        "seed": seed,
        "device": device,
        "threads": threads,
    }
    typed = {name: value for name, value in typed.items() if value is not None}
    config = get_preset(preset, **typed)
    if config.domain != domain:
        raise UsageError(
            f"preset {preset!r} trains {config.domain}",
            where="--preset",
            hint=f"puzzlesolver train {config.domain} --preset {preset}",
        )
    for setting in settings or ():
        config = override(config, setting)

    from rich.console import Console

    from puzzlesolver.domains.base import get_domain
    from puzzlesolver.train.distributed import joined, launch
    from puzzlesolver.train.loop import run_config, train

    if resume == "auto" and (stored := run_config(out)) is not None:
        config = _resumed(stored, preset, typed, settings or [])
    if nproc > 1:
        launch(
            nproc,
            [*config.arguments(out), "--resume", resume, *["--dry-run"] * dry_run, *["-q"] * quiet],
        )
        return
    with joined(config.device) as ranks:
        console = Console(stderr=True, quiet=quiet or not ranks.leads)
        going_on = resume == "auto"
        model = train(config, out, resume=going_on, dry_run=dry_run, console=console, ranks=ranks)
    if not dry_run and ranks.leads:
        say(model)
        # A published model answers only the tasks that it was trained on.
        known = get_domain(domain).fitted and config.contract != "tasks"
        words = f"bench {domain}-eval --ids {config.data}" if known else "solve PUZZLE"
        if not quiet:
            say(f"next: puzzlesolver {words} --model {model}", err=True)


for name, what in (
    ("sudoku", "Train a Sudoku model"),
    ("maze", "Train a maze model"),
    ("arc", "Train weights that fits of ARC tasks start from, or a published model on ARC"),
):
    told = f"{what}; prints its folder. A resumed run keeps its settings except length and speed."
    app.command(name, help=told)(train_domain)


def _resumed(
    stored: TrainConfig, preset: str | None, typed: dict[str, Any], settings: list[str]
) -> TrainConfig:
    """The stored settings with what was typed on top; `train` refuses what may not change."""
    from puzzlesolver.train.config import override

    if typed.keys() & {"minutes", "steps"}:
        typed = {"minutes": None, "steps": None, **typed}
    config = replace(stored, preset=preset or stored.preset, **typed)
    for setting in settings:
        config = override(config, setting)
    return config
