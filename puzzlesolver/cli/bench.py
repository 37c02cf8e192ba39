"""`puzzlesolver bench`: a thin layer over `puzzlesolver.bench`, which does the work.

$ puzzlesolver bench list
$ puzzlesolver bench sudoku-extreme --data sudoku.csv --json benchmarks/sudoku-extreme.json
$ puzzlesolver bench settle --model sudoku --model runs/trm/model --json settle.json
$ puzzlesolver bench report benchmarks/settle-*.json --html page.html
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from puzzlesolver.cli import complete
from puzzlesolver.cli.options import (
    MACHINE,
    MODEL_HELP,
    MOST_PROCESSES,
    MOST_SEED,
    OUTPUT,
    BatchSize,
    Choose,
    Device,
    Engine,
    Noise,
    Quiet,
    Rollouts,
    Rules,
    Symmetries,
    Threads,
    argument,
    command,
    option,
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

SETTINGS = {
    "policy": ("max_steps", "noise", "rollouts", "symmetries", "choose"),
    "boards": ("rules", "size", "difficulty"),
}
"""Options that replace settings of a suite: of its policies, and of the boards that it makes."""

OURS = ("suite", "compare", "html", "plot", "quiet")
"""Options that no suite needs to know."""


@dataclass(frozen=True)
class Arguments:
    """The words of one command line."""

    context: typer.Context
    suite: Annotated[
        str,
        argument("SUITE", autocompletion=complete.suites),
        "Name of a suite; or list, to print what there is; or report, to make a page of earlier "
        "results.",
    ]
    reports: Annotated[
        list[Path] | None, argument("RESULTS.json", show_default=False), "For report."
    ] = None
    data: Annotated[
        Path | None,
        option("--data", "FILE|FOLDER", show_default="the suite's puzzles"),
        "Measure on these puzzles (source,question,answer,rating), on tasks of ARC with the "
        "outputs of their tests, or on the test split of a dataset folder.",
    ] = None
    trained_on: Annotated[
        Path | None,
        option("--trained-on", "CSV"),
        "What the model was trained on: the report then counts the puzzles it has seen.",
    ] = None
    limit: Annotated[
        int | None,
        option("--limit", "N", whole(1), show_default="all"),
        "Only the first so many puzzles, or so many of each kind.",
    ] = None
    rules: Rules = ""
    size: Annotated[
        int,
        option("--size", "N", whole(1)),
        "Rows of boards; with --rules or --difficulty, sudoku-variants measures such boards alone.",
    ] = 9
    difficulty: Annotated[
        Literal["easy", "hard", "minimal"],
        option("--difficulty", "LEVEL", show_default="minimal"),
        "Of those boards, as in `generate`: easy, hard or minimal.",
    ] = "minimal"
    shard: Annotated[
        str | None,
        option("--shard", "I/N", show_default="all"),
        "Only every N-th task, from the I-th; a resumed run of the whole takes the parts.",
    ] = None
    modes: Annotated[
        list[str] | None,
        option("--mode", "MODE", show_default="the suite's"),
        "settle, raw or verified, as in `solve`; may be given several times.",
    ] = None
    max_steps: Annotated[
        int | None,
        option("--max-steps", "N", whole(1), show_default="the suite's"),
        "Steps a puzzle may spend.",
    ] = None
    noise: Noise = 0.0
    rollouts: Rollouts = 1
    symmetries: Symmetries = None
    choose: Choose = "weighted"
    model: Annotated[
        list[str] | None,
        option(
            "--model -m", "MODEL", autocompletion=complete.models, show_default="the shipped one"
        ),
        f"{MODEL_HELP}; may be given several times.",
    ] = None
    ids: Annotated[
        Path | None,
        option("--ids", "FOLDER", exists=True),
        "For ARC with --model: the dataset folder that the model was trained on, which names its "
        "puzzle identifiers.",
    ] = None
    votes: Annotated[
        Literal["published", "grids"],
        option("--votes", "RULE"),
        "For ARC with --model: published, an empty prediction is a candidate like any other, as "
        "in the published evaluator; grids, it has no vote.",
    ] = "published"
    seed: Annotated[
        int,
        option("--seed", "N", whole(0, MOST_SEED)),
        "Seed of generated puzzles and of all noise.",
    ] = 0
    effort: Annotated[
        Literal["quick", "normal", "thorough"],
        option("--effort", "LEVEL", show_default="normal"),
        "For ARC without --model, as in `solve`: quick, one or two fits a task; normal, four; "
        "thorough, up to sixteen.",
    ] = "normal"
    fits: Annotated[
        Path | None,
        option("--fits", "FILE.jsonl"),
        "For ARC without --model: the journal beside the --json of another run; fits that it has "
        "are not made again.",
    ] = None
    batch_size: BatchSize = 1_024
    engine: Engine = "torch"
    device: Device = "auto"
    threads: Threads = None
    processes: Annotated[
        int | None,
        option("--jobs", "N", whole(1, MOST_PROCESSES), MACHINE, show_default="one a core"),
        "Processes, for suites whose every task is fitted anew.",
    ] = None
    cost: Annotated[
        bool, option("--cost"), "Also measure throughput at batch sizes 1, 64, 1024."
    ] = False
    compiled: Annotated[
        bool,
        option("--compile", panel=MACHINE),
        "Run torch.compile on steps without machine code: half a minute, then twice as fast.",
    ] = False
    out_json: Annotated[
        Path | None,
        option("--json", "FILE", panel=OUTPUT),
        "Write the report, every number; of several models, each beside the others.",
    ] = None
    resume: Annotated[
        bool,
        option("--resume", panel=OUTPUT),
        "Go on with the unfinished run kept beside --json.",
    ] = False
    compare: Annotated[
        Path | None,
        option("--compare", "OLD.json", panel=OUTPUT),
        "Print what got worse since an earlier report.",
    ] = None
    html: Annotated[
        Path | None,
        option("--html", "FILE", panel=OUTPUT),
        "Write a page with charts, tables and a settling of a shipped model or of --model; it "
        "needs no network.",
    ] = None
    plot: Annotated[
        Path | None, option("--plot", "FILE.png", panel=OUTPUT), "Draw accuracy against steps."
    ] = None
    quiet: Quiet = False

    @property
    def typed(self) -> dict[str, str]:
        """The parameters that stand on the command line, with the flag of each."""
        found = {}
        for parameter in self.context.command.params:
            source = self.context.get_parameter_source(str(parameter.name))
            if source is not None and source.name == "COMMANDLINE":
                found[str(parameter.name)] = max(parameter.opts, key=len)
        return found


@command
def bench(arguments: Arguments) -> None:
    """Measure a model on a suite: accuracy, steps, cost, and what settling predicts."""
    if arguments.suite == "list" and not arguments.reports:
        _list_suites()
    elif arguments.suite == "report":
        _make_page(arguments)
    elif arguments.reports:
        raise UsageError(f"{arguments.suite} takes no results", where=str(arguments.reports[0]))
    elif _measure(arguments):
        raise typer.Exit(1)


def _list_suites() -> None:
    from puzzlesolver.bench.suites import SUITES

    rows = [(each.name, each.description, each.data, each.sha256) for each in SUITES.values()]
    print_table(("SUITE", "MEASURES", "DATA"), rows, wraps=2)


def _make_page(arguments: Arguments) -> None:
    """The page of earlier results."""
    from puzzlesolver.bench.runner import check_outputs
    from puzzlesolver.bench.schema import read_report

    if not arguments.reports or arguments.html is None:
        raise UsageError(
            "results of earlier runs and a name for the page are needed",
            where="bench report",
            hint="puzzlesolver bench report RESULTS.json --html page.html",
        )
    for name, flag in arguments.typed.items():
        if name not in ("suite", "reports", "html", "model", "quiet"):
            raise UsageError("report does not take this option", where=flag)
    check_outputs(None, arguments.html)
    reports = [*map(read_report, arguments.reports)]
    from puzzlesolver.cli.view.film import make_page

    make_page(arguments.html, reports, arguments.model or (), arguments.quiet)


def _measure(arguments: Arguments) -> bool:
    """Run a suite with every model; returns whether anything is worse than it should be."""
    from rich.console import Console

    from puzzlesolver.bench.report.terminal import show
    from puzzlesolver.bench.runner import check_outputs, report_paths
    from puzzlesolver.bench.suites import get_entry

    entry = get_entry(arguments.suite)
    models: Sequence[str | None] = arguments.model or [None]
    given, code = _given(arguments, entry), entry.code
    old = given["old"] = _old(arguments, entry)
    if arguments.plot and not hasattr(entry.page, "plot"):
        raise UsageError(f"{entry.name} has no steps to draw", where="--plot", hint="try --html")
    check_outputs(arguments.out_json, arguments.html, arguments.plot)
    if arguments.compiled and not arguments.quiet:
        announce_torch_compilation()
    console, made = Console(stderr=True, quiet=arguments.quiet), []
    for name, path in zip(models, report_paths(arguments.out_json, models), strict=True):
        given |= {"out_json": path, "console": console} | ({"model": name} if name else {})
        made.append(code.run(entry.name, **given))
        show(made[-1], console)
    if arguments.plot:
        entry.page.plot(made, arguments.plot)
    if arguments.html:
        from puzzlesolver.cli.view.film import make_page

        make_page(arguments.html, made, arguments.model or (), arguments.quiet)
    worse = [words for new in made for words in code.compare(old or new, new)]
    for sentence in worse:
        say(sentence)
    return bool(worse)


def _old(arguments: Arguments, entry: Entry) -> Mapping[str, Any] | None:
    """The report of `--compare`; raises `UsageError` where it is of something else."""
    from puzzlesolver.bench.schema import read_report

    if (compare := arguments.compare) is None:
        return None
    if len(arguments.model or ()) > 1:
        raise UsageError("an old report is of one model", where="--compare")
    old = read_report(compare)
    if old["suite"] != entry.name:
        raise UsageError(
            f"the old report is of {old['suite']}, not of {entry.name}",
            where=f"--compare {compare}",
            hint=f"puzzlesolver bench {old['suite']} --compare {compare}",
        )
    return old


def _given(arguments: Arguments, entry: Entry) -> dict[str, Any]:
    """The options on the command line, as the suite's `run` takes them.

    Raises:
        UsageError: the suite would ignore one of them.
    """
    takes = inspect.signature(entry.code.Options).parameters
    given: dict[str, Any] = {}
    whole_of = {name: whole for whole, names in SETTINGS.items() for name in names}
    for name, flag in arguments.typed.items():
        if name in takes:
            given[name] = getattr(arguments, name)
        elif whole_of.get(name) in takes:
            given.setdefault(whole_of[name], {})[name] = getattr(arguments, name)
        elif name not in OURS:
            raise UsageError(f"{entry.name} does not take this option", where=flag)
    return given
