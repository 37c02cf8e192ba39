"""`puzzlesolver train`: a thin layer over `puzzlesolver.train`, which does the work.

$ puzzlesolver train sudoku --preset sudoku --minutes 120 --out runs/a
$ puzzlesolver solve puzzle.txt --model runs/a/model
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
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
    command,
    option,
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
    bool, option("--list-presets", callback=_list_presets, is_eager=True), "List the recipes."
]


@app.callback()
@command
def _group(list_presets: ListPresets = False) -> None:
    """Train a model; it is saved again and again, and Ctrl-C loses nothing."""


@dataclass(frozen=True)
class Arguments:
    """The words of one command line."""

    context: typer.Context
    preset: Annotated[
        str | None,
        option(
            "--preset", "NAME", autocompletion=complete.presets,
            show_default="the name of the puzzle kind",
        ),
        "The recipe.",
    ] = None  # fmt: skip
    list_presets: ListPresets = False
    minutes: Annotated[
        float | None,
        option("--minutes", "X", real(positive=True), show_default="the recipe's"),
        "Length in wall-clock minutes.",
    ] = None
    steps: Annotated[
        int | None,
        option("--steps", "N", whole(1)),
        "Length in updates instead; such a run can be repeated exactly.",
    ] = None
    start: Annotated[
        str | None,
        option("--start", "MODEL", autocompletion=complete.models, show_default="random weights"),
        "Model whose weights to start from: its name or folder.",
    ] = None
    data: Annotated[
        Path | None,
        option("--data", "PATH", show_default="fresh puzzles"),
        "Train on these puzzles (source,question,answer,rating; JSON of ARC tasks), or on a "
        "dataset folder.",
    ] = None
    exclude: Annotated[
        Path | None,
        option("--exclude", "FILE"),
        "Puzzles that must not be trained on, nor any that is the same up to symmetry.",
    ] = None
    settings: Annotated[
        list[str] | None, option("--set", "NAME=VALUE"), "Any other setting; may be repeated."
    ] = None
    resume: Annotated[
        Literal["auto", "none"],
        option("--resume", "auto|none"),
        "auto goes on with the run in --out, if there is one; none refuses to.",
    ] = "auto"
    out: Annotated[
        Path | None, option("--out", "FOLDER", show_default="runs/PRESET"), "Folder of the run."
    ] = None
    seed: Annotated[
        int | None,
        option("--seed", "N", whole(0, MOST_SEED), show_default="0"),
        "Seed of weights, puzzles and noise.",
    ] = None
    device: Annotated[
        str | None,
        option(
            "--device", "DEVICE", panel=MACHINE, autocompletion=complete.devices,
            show_default="auto",
        ),
        "auto, cpu, mps, cuda or cuda:N.",
    ] = None  # fmt: skip
    threads: Threads = None
    nproc: Annotated[
        int,
        option("--nproc", "N", whole(1, MOST_PROCESSES), MACHINE),
        "Processes that share every batch, one a GPU; torchrun works too.",
    ] = 1
    dry_run: Annotated[
        bool,
        option("--dry-run"),
        "Build everything, make two updates, print sizes and estimates, write nothing.",
    ] = False
    quiet: Quiet = False

    @property
    def domain(self) -> str:
        """The puzzle kind: the name of the command."""
        return str(self.context.info_name)

    @property
    def typed(self) -> dict[str, Any]:
        """The fields of `TrainConfig` that have a flag of their own and were given."""
        names = ("minutes", "steps", "start", "data", "exclude", "seed", "device", "threads")
        given = {name: getattr(self, name) for name in names}
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in given.items()
            if value is not None
        }


@command
def train_domain(arguments: Arguments) -> None:
    """Train a model on the puzzles whose kind is the command's name."""
    preset = arguments.preset or arguments.domain
    out = arguments.out or Path("runs") / preset
    config = _preset(arguments, preset)

    from rich.console import Console

    from puzzlesolver.train.distributed import joined, launch
    from puzzlesolver.train.loop import run_config, train
    from puzzlesolver.train.presets import arguments as words_of
    from puzzlesolver.train.presets import override

    going_on, dry_run, quiet = arguments.resume == "auto", arguments.dry_run, arguments.quiet
    if going_on and (stored := run_config(out)) is not None:
        # Its own settings with what was typed on top; `train` refuses what may not change.
        config = override(stored, preset=preset, **arguments.typed)
    config = override(config, *arguments.settings or ())
    if arguments.nproc > 1:
        flags = ["--resume", arguments.resume, *["--dry-run"] * dry_run, *["-q"] * quiet]
        launch(arguments.nproc, [*words_of(config, out), *flags])
        return
    with joined(config.device) as ranks:
        console = Console(stderr=True, quiet=quiet or not ranks.leads)
        model = train(config, out, resume=going_on, dry_run=dry_run, console=console, ranks=ranks)
    if not dry_run and ranks.leads:
        say(model)
        if not quiet:
            say(f"next: puzzlesolver {_what_next(config)} --model {model}", err=True)


def _preset(arguments: Arguments, preset: str) -> TrainConfig:
    """The recipe with the flags that were typed."""
    from puzzlesolver.train.presets import get_preset

    config = get_preset(preset, **arguments.typed)
    if config.domain != arguments.domain:
        raise UsageError(
            f"preset {preset!r} trains {config.domain}",
            where="--preset",
            hint=f"puzzlesolver train {config.domain} --preset {preset}",
        )
    return config


def _what_next(config: TrainConfig) -> str:
    """A published model answers only the tasks that it was trained on."""
    from puzzlesolver.domains.base import get_domain

    known = get_domain(config.domain).fitted and config.contract.name != "tasks"
    return f"bench {config.domain}-eval --ids {config.puzzles.data}" if known else "solve PUZZLE"


for name, what in (
    ("sudoku", "Train a Sudoku model"),
    ("maze", "Train a maze model"),
    ("arc", "Train weights that fits of ARC tasks start from, or a published model on ARC"),
):
    told = f"{what}; prints its folder. A resumed run keeps its settings except length and speed."
    app.command(name, help=told)(train_domain)
