"""`puzzlesolver bench`: a thin layer over `puzzlesolver.bench`, which does the work.

$ puzzlesolver bench list
$ puzzlesolver bench sudoku-extreme --data sudoku.csv --json benchmarks/sudoku-extreme.json
$ puzzlesolver bench settle --model sudoku --model runs/trm/model --json settle.json
$ puzzlesolver bench report benchmarks/settle-*.json --html page.html
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from puzzlesolver.cli import complete
from puzzlesolver.cli.options import (
    MACHINE,
    MODEL_HELP,
    MOST_PROCESSES,
    MOST_SEED,
    BatchSize,
    Choose,
    Device,
    Engine,
    Noise,
    Quiet,
    Rollouts,
    Symmetries,
    Threads,
    check_output,
    whole,
)
from puzzlesolver.cli.view.signs import say
from puzzlesolver.cli.view.table import print_table
from puzzlesolver.cli.view.waiting import announce_torch_compilation
from puzzlesolver.errors import UsageError

if TYPE_CHECKING:
    from puzzlesolver.bench.suites import Entry

EPILOG = (
    "Exit codes: 0 measured; 1 an answer was unsound, or worse than in --compare; 2 usage; "
    "3 unreadable puzzles; 4 model problem; 130 interrupted, go on with --resume."
)
OUTPUT = "Output"

POLICY = ("max_steps", "noise", "rollouts", "symmetries", "choose")
"""Options that replace settings of a suite's policies."""

OURS = ("suite", "reports", "model", "compare", "plot", "html", "quiet")
"""What is no option of a suite's run."""


def bench(
    context: typer.Context,
    suite: Annotated[
        str,
        typer.Argument(
            metavar="SUITE",
            autocompletion=complete.suites,
            help="Name of a suite; or list, to print what there is; or report, to make a page of "
            "earlier results.",
        ),
    ],
    reports: Annotated[
        list[Path] | None,
        typer.Argument(metavar="RESULTS.json", show_default=False, help="For report."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="FILE|FOLDER",
            show_default="the suite's puzzles",
            help="Measure on these puzzles (source,question,answer,rating), on tasks of ARC with "
            "the outputs of their tests, or on the test split of a dataset folder.",
        ),
    ] = None,
    trained_on: Annotated[
        Path | None,
        typer.Option(
            "--trained-on",
            metavar="CSV",
            show_default=False,
            help="What the model was trained on: the report then counts the puzzles it has seen.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            metavar="N",
            parser=whole(1),
            show_default="all",
            help="Only the first so many puzzles, or so many of each kind.",
        ),
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            "--shard",
            metavar="I/N",
            show_default="all",
            help="Only every N-th task, from the I-th; a resumed run of the whole takes the parts.",
        ),
    ] = None,
    modes: Annotated[
        list[str] | None,
        typer.Option(
            "--mode",
            metavar="MODE",
            show_default="the suite's",
            help="settle, raw or verified, as in `solve`; may be given several times.",
        ),
    ] = None,
    max_steps: Annotated[
        int | None,
        typer.Option(
            "--max-steps",
            metavar="N",
            parser=whole(1),
            show_default="the suite's",
            help="Steps a puzzle may spend.",
        ),
    ] = None,
    noise: Noise = 0.0,
    rollouts: Rollouts = 1,
    symmetries: Symmetries = None,
    choose: Choose = "weighted",
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="MODEL",
            autocompletion=complete.models,
            show_default="the shipped one",
            help=f"{MODEL_HELP}; may be given several times.",
        ),
    ] = None,
    ids: Annotated[
        Path | None,
        typer.Option(
            "--ids",
            metavar="FOLDER",
            exists=True,
            show_default=False,
            help="For ARC with --model: the dataset folder that the model was trained on, which "
            "names its puzzle identifiers.",
        ),
    ] = None,
    votes: Annotated[
        Literal["published", "grids"],
        typer.Option(
            "--votes",
            metavar="RULE",
            help="For ARC with --model: published, an empty prediction is a candidate like any "
            "other, as in the published evaluator; grids, it has no vote.",
        ),
    ] = "published",
    seed: Annotated[
        int,
        typer.Option(
            "--seed",
            metavar="N",
            parser=whole(0, MOST_SEED),
            help="Seed of generated puzzles and of all noise.",
        ),
    ] = 0,
    batch_size: BatchSize = 1_024,
    engine: Engine = "torch",
    device: Device = "auto",
    threads: Threads = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            metavar="N",
            parser=whole(1, MOST_PROCESSES),
            show_default="one a core",
            rich_help_panel=MACHINE,
            help="Processes, for suites whose every task is fitted anew.",
        ),
    ] = None,
    cost: Annotated[
        bool, typer.Option("--cost", help="Also measure throughput at batch sizes 1, 64, 1024.")
    ] = False,
    compiled: Annotated[
        bool,
        typer.Option(
            "--compile",
            rich_help_panel=MACHINE,
            help="Run torch.compile on steps without machine code: half a minute, then twice as "
            "fast.",
        ),
    ] = False,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json",
            metavar="FILE",
            show_default=False,
            rich_help_panel=OUTPUT,
            help="Write the report, every number; of several models, each beside the others.",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            rich_help_panel=OUTPUT,
            help="Go on with the unfinished run kept beside --json.",
        ),
    ] = False,
    compare: Annotated[
        Path | None,
        typer.Option(
            "--compare",
            metavar="OLD.json",
            show_default=False,
            rich_help_panel=OUTPUT,
            help="Print what got worse since an earlier report.",
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            show_default=False,
            rich_help_panel=OUTPUT,
            help="Write a page with charts, tables and a settling of a shipped model or of "
            "--model; it needs no network.",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE.png",
            show_default=False,
            rich_help_panel=OUTPUT,
            help="Draw accuracy against steps.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Measure a model on a suite: accuracy, steps, cost, and what settling predicts."""
    from puzzlesolver.bench.schema import read_report
    from puzzlesolver.bench.suites import SUITES, get_entry

    if suite == "list" and not reports:
        rows = [(each.name, each.description, each.data, each.sha256) for each in SUITES.values()]
        print_table(("SUITE", "MEASURES", "DATA"), rows, wraps=2)
        return
    if suite == "report":
        if not reports or html is None:
            raise UsageError(
                "results of earlier runs and a name for the page are needed",
                where="bench report",
                hint="puzzlesolver bench report RESULTS.json --html page.html",
            )
        check_output(html, "--html", pictures=True)
        from puzzlesolver.cli.view.film import make_page

        make_page(html, [read_report(path) for path in reports], model or ())
        return
    if reports:
        raise UsageError(f"{suite} takes no results", where=str(reports[0]))

    from rich.console import Console

    entry = get_entry(suite)
    models: Sequence[str | None] = model or [None]
    given = _given(context, entry)
    if compare and len(models) > 1:
        raise UsageError("an old report is of one model", where="--compare")
    if plot and not hasattr(entry.code, "plot"):
        raise UsageError(f"{suite} has no steps to draw", where="--plot", hint="try --html")
    for flag, path in (("--json", json_file), ("--html", html), ("--plot", plot)):
        check_output(path, flag, pictures=flag != "--json")
    old = read_report(compare) if compare else None
    if old and old["suite"] != suite:
        raise UsageError(
            f"the old report is of {old['suite']}, not of {suite}",
            where=f"--compare {compare}",
            hint=f"puzzlesolver bench {old['suite']} --compare {compare}",
        )
    if old and "old" in inspect.signature(entry.code.run).parameters:
        given["old"] = old
    if compiled and not quiet:
        announce_torch_compilation()
    console, made = Console(stderr=True, quiet=quiet), []
    for name, path in zip(models, _paths(json_file, models), strict=True):
        whose = {} if name is None else {"model": name}
        made.append(entry.code.run(suite, **given, **whose, out_json=path, console=console))
        entry.code.show(made[-1], console)
    if plot:
        entry.code.plot(made[0], plot)
    if html:
        from puzzlesolver.cli.view.film import make_page

        make_page(html, made, model or ())
    worse = [words for new in made for words in entry.code.compare(old or new, new)]
    for sentence in worse:
        say(sentence)
    raise typer.Exit(1 if worse else 0)


def _given(context: typer.Context, entry: Entry) -> dict[str, Any]:
    """The options on the command line, as the suite's `run` takes them.

    Raises:
        UsageError: the suite would ignore one of them.
    """
    renamed = {"json_file": "out_json", "jobs": "processes"} | dict.fromkeys(POLICY, "policy")
    takes = inspect.signature(entry.code.run).parameters
    given: dict[str, Any] = {}
    for parameter in context.command.params:
        name, source = str(parameter.name), context.get_parameter_source(str(parameter.name))
        if source is None or source.name != "COMMANDLINE" or name == "suite":
            continue
        wanted = name if name in takes else renamed.get(name, name)
        if wanted not in takes and (name not in OURS or name == "model"):
            raise UsageError(f"{entry.name} does not take this option", where=parameter.opts[-1])
        if wanted == "policy":
            given.setdefault("policy", {})[name] = context.params[name]
        elif name not in (*OURS, "json_file"):
            given[wanted] = context.params[name]
    return given


def _paths(json_file: Path | None, models: Sequence[str | None]) -> list[Path | None]:
    """Where the report of each model goes."""
    if json_file is None or len(models) == 1:
        return [json_file] * len(models)
    paths: list[Path | None] = []
    for model in models:
        words = re.split(r"[/\\:]", str(model).removesuffix("/model"))
        paths.append(json_file.with_stem(f"{json_file.stem}-{words[-1]}"))
    if len(set(paths)) < len(paths):
        raise UsageError(
            "two models have the same name", where="--json", hint="measure them one by one"
        )
    return paths
