"""`puzzlesolver solve`: puzzles in, settled and verified answers out.

$ puzzlesolver solve puzzle.txt --save settling.gif
$ puzzlesolver solve list.csv --format jsonl -o answers.jsonl
$ puzzlesolver solve big.csv --format jsonl -o answers/ --jobs 4
$ puzzlesolver solve big.csv --format jsonl -o answers/ --jobs 64 --ray head:6379
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import re
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from puzzlesolver.cli.options import (
    MACHINE,
    MOST_PROCESSES,
    BatchSize,
    Choose,
    Device,
    Domain,
    Engine,
    Format,
    Model,
    Noise,
    Rollouts,
    Seed,
    Symmetries,
    Threads,
    real,
    whole,
)
from puzzlesolver.errors import ParseError, UsageError
from puzzlesolver.refine.policy import LINGER

if TYPE_CHECKING:
    from puzzlesolver.cli.live import LiveView, Tracker
    from puzzlesolver.cli.output import ResultWriter
    from puzzlesolver.cli.save import Recorder
    from puzzlesolver.domains.base import Puzzle
    from puzzlesolver.refine.adapt.fit import FitReport
    from puzzlesolver.refine.report import StepReport
    from puzzlesolver.solver import Result, Solver
    from puzzlesolver.tasks import TaskSolver

EPILOG = (
    "Exit codes: 0 every answer is verified by the rules; 1 some are not; 2 usage; 3 unreadable "
    "puzzle; 4 model problem; 5 a puzzle contradicts its rules (proved: no solution, or several); "
    "130 interrupted, the finished puzzles are printed. When several apply: 130 before 5 before 1."
)
EXIT_CODES = {"solved": 0, "answered": 0, "unsolved": 1, "contradiction": 5, "interrupted": 130}

SHARD_SIZE = 2_000
"""Puzzles a shard: few are lost when one is cut off, and batches are seldom near the end of one."""

ADDRESS = re.compile(r"auto|\S+:\d+")
"""Of a Ray cluster; what else follows `--ray` is a puzzle."""

QUIET_FORMATS = ("json", "jsonl", "csv")
"""Formats that programs read; the live view then stays off unless it is asked for."""


def solve(
    puzzles: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PUZZLE",
            show_default=False,
            help="Files, literal text such as 81 characters, or - for stdin; any mix, any number.",
        ),
    ] = None,
    domain: Domain = "auto",
    model: Model = None,
    max_steps: Annotated[
        int | None,
        typer.Option(
            "--max-steps",
            rich_help_panel="Search",
            metavar="N",
            parser=whole(1),
            show_default="the model's",
            help="Steps a puzzle may spend, over all its rollouts and restarts; 20000 and more are "
            "fine.",
        ),
    ] = None,
    restarts: Annotated[
        int | None,
        typer.Option(
            "--restarts",
            rich_help_panel="Search",
            metavar="N",
            parser=whole(0),
            show_default="unlimited",
            help="Fresh starts a rollout may make after its first.",
        ),
    ] = None,
    noise: Noise = 0.0,
    rollouts: Rollouts = 1,
    symmetries: Symmetries = None,
    choose: Choose = "weighted",
    seed: Seed = 0,
    time_limit: Annotated[
        float | None,
        typer.Option(
            "--time-limit",
            rich_help_panel="Search",
            metavar="SECONDS",
            parser=real(positive=True),
            show_default="none",
            help="For all puzzles together.",
        ),
    ] = None,
    linger: Annotated[
        int | None,
        typer.Option(
            "--linger",
            rich_help_panel="Search",
            metavar="N",
            parser=whole(0),
            show_default=f"{LINGER[True]}; {LINGER[False]} for mazes",
            help="Steps to go on after the rules accepted an answer, to see whether it settles, "
            "too; 0 is faster, and then few answers are called settled.",
        ),
    ] = None,
    mode: Annotated[
        Literal["settle", "raw", "verified"],
        typer.Option(
            "--mode",
            metavar="MODE",
            rich_help_panel="Search",
            help="verified searches on until the rules accept an answer; raw leaves the network "
            "alone with its own suppositions; settle takes the answer where it first settles.",
        ),
    ] = "verified",
    fallback: Annotated[
        Literal["none", "exact"],
        typer.Option(
            "--fallback",
            metavar="none|exact",
            rich_help_panel="Search",
            help="exact lets an exact solver answer what the model did not, and says so.",
        ),
    ] = "none",
    engine: Engine = "torch",
    device: Device = "auto",
    threads: Threads = None,
    batch_size: BatchSize = 64,
    live: Annotated[
        bool | None,
        typer.Option(
            "--live/--no-live",
            rich_help_panel="Output",
            show_default="on a terminal",
            help="Watch the network settle, on stderr.",
        ),
    ] = None,
    format: Annotated[
        Format,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            rich_help_panel="Output",
            help="text is for people; grid and line print answers, and the blanks of what was not "
            "solved; json is one object, or a list of them for several puzzles; jsonl and csv "
            "stream; submission has the attempts at tasks of ARC, for Kaggle.",
        ),
    ] = "text",
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|FOLDER/",
            show_default="stdout",
            rich_help_panel="Output",
            help="Write here instead; a file appears when it is complete. A folder, or a name that "
            "ends with /, is for millions of puzzles: it is filled shard by shard, and after an "
            "interruption the same command goes on.",
        ),
    ] = None,
    jobs: Annotated[
        int,
        typer.Option(
            "--jobs",
            rich_help_panel=MACHINE,
            metavar="N",
            parser=whole(1, MOST_PROCESSES),
            help="Processes that fill a folder, each with one thread and its own model.",
        ),
    ] = 1,
    ray: Annotated[
        str | None,
        typer.Option(
            "--ray",
            rich_help_panel=MACHINE,
            metavar="[ADDRESS]",
            show_default=False,
            help="Let Ray run the --jobs: on this machine, or on the cluster at HOST:PORT (auto "
            "finds the one that this machine is part of). All its machines need this version of "
            "puzzlesolver, and the folder on a file system that they share.",
        ),
    ] = None,
    shard_size: Annotated[
        int,
        typer.Option(
            "--shard-size",
            rich_help_panel="Output",
            metavar="N",
            parser=whole(1),
            help="Puzzles a file of a folder.",
        ),
    ] = SHARD_SIZE,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save",
            rich_help_panel="Output",
            metavar="FILE",
            show_default=False,
            help="Save how one puzzle settles: .gif, .html (a page to step through), or the end "
            "as .png or .svg.",
        ),
    ] = None,
) -> None:
    """Solve puzzles with a network that is applied until it settles, and verify by the rules.

    Settled and verified are two facts: a network can settle on a wrong answer,
    and only the rules call an answer solved.
    """
    from puzzlesolver.domains.base import get_domain
    from puzzlesolver.domains.detect import read_puzzles

    into_folder = output is not None and (output.endswith(os.sep) or Path(output).is_dir())
    if into_folder and (format != "jsonl" or save is not None):
        raise UsageError(
            "a folder is filled with jsonl alone" if save is None else "a folder has no settling",
            where="--output" if save is None else "--save",
            hint="add --format jsonl" if save is None else "save one puzzle at a time",
        )
    if (jobs > 1 or ray is not None) and not into_folder:
        raise UsageError(
            "only a folder is filled by several processes",
            where="--jobs" if ray is None else "--ray",
            hint="add --format jsonl --output FOLDER/",
        )
    if not puzzles:
        raise UsageError(
            "no puzzle given",
            where="solve",
            hint="name a file, paste a puzzle, or use - for stdin",
        )
    if save is not None:
        from puzzlesolver.cli.save import check_path

        check_path(save)
    stream = iter(read_puzzles(puzzles, domain))
    head = list(
        itertools.islice(stream, batch_size + 1)
    )  # the first batch, and whether there is more
    if not head:
        raise ParseError("no puzzle found", where=", ".join(puzzles))
    total = len(head) if len(head) <= batch_size else None
    if save is not None and total != 1:
        raise UsageError("a settling can be saved for one puzzle at a time", where="--save")

    # From here on torch is needed; unreadable puzzles and wrong options have been told without it.
    from puzzlesolver.cli.live import UNHURRIED, LiveView, Tracker, can_show
    from puzzlesolver.cli.output import ResultWriter, open_output
    from puzzlesolver.cli.save import Recorder
    from puzzlesolver.pipeline import choose_solver, load_solver, solve_kinds
    from puzzlesolver.runtime import choose_runtime

    settings = {
        "max_steps": max_steps,
        "mode": mode,
        "restarts": restarts,
        "noise": noise,
        "rollouts": rollouts,
        "symmetries": symmetries,
        "choose": choose,
        "time_limit": time_limit,
        "seed": seed,
    }
    torch_device = "cpu" if engine == "onnx" else device
    options: dict[str, Any] = {
        "engine": engine,
        "device": device,
        "runtime": choose_runtime(torch_device, threads),
        "batch_size": batch_size,
        "fallback": fallback,
    }

    def policy(name: str) -> dict[str, Any]:
        kind = get_domain(name)
        watched = linger if linger is not None or kind.fitted else LINGER[kind.clamps]
        return {**settings, "linger": watched}

    def load(kind: str) -> Solver | TaskSolver:
        return choose_solver(kind, model, policy(kind), **options)

    if output is not None and into_folder:
        kind = get_domain(head[0].domain)
        if kind.fitted:
            raise UsageError(
                "a folder is for puzzles that are solved by the thousand, not for tasks of ARC",
                where="--output",
                hint="name a file; `bench arc-eval` goes through whole sets and can be continued",
            )
        runtime = choose_runtime(torch_device, threads or 1)
        load_one = functools.partial(
            load_solver,
            kind.name,
            model,
            policy(kind.name),
            **{**options, "runtime": runtime},
        )
        stream = itertools.chain(head, stream)
        raise typer.Exit(_fill(Path(output), stream, load_one, shard_size, jobs, ray))

    loaded = {head[0].domain: load(head[0].domain)}
    wanted = format not in QUIET_FORMATS if live is None else live
    if live and not can_show():
        typer.echo("note: --live is ignored, stderr is not a terminal", err=True)
    unhurried = UNHURRIED if total == 1 and time_limit is None else 0
    show = Show(
        tracker=Tracker(total),
        view=LiveView(unhurried) if wanted and can_show() else None,
        recorder=Recorder() if save else None,
        shares_terminal=output is None and sys.stdout.isatty(),
    )

    if show.view is not None:
        show.view.wait()

    def solver_of(kind: str) -> Solver | TaskSolver:
        if kind not in loaded:
            loaded[kind] = load(kind)
        show.tracker.max_steps = loaded[kind].max_steps
        return loaded[kind]

    with open_output(Path(output) if output is not None else None) as file:
        results = solve_kinds(itertools.chain(head, stream), solver_of, show.watcher, time_limit)
        worst = _run(results, show, ResultWriter(file, format))
    if save is not None and show.recorder is not None and show.recorder.moments:
        from puzzlesolver.cli.save import save as save_moments

        save_moments(save, show.recorder.moments)
        typer.echo(f"saved {save}", err=True)
    raise typer.Exit(worst)


def spell_ray_out(words: list[str]) -> list[str]:
    """`--ray` without an ADDRESS becomes `--ray=local`; Typer has no values to leave out."""
    return [
        "--ray=local" if word == "--ray" and not ADDRESS.fullmatch(after) else word
        for word, after in itertools.pairwise([*words, ""])
    ]


def _fill(
    folder: Path,
    puzzles: Iterable[Puzzle],
    load: Callable[[], Solver],
    shard_size: int,
    jobs: int,
    cluster: str | None,
) -> int:
    """Fill a folder; returns the exit code that matters most, earlier runs included."""
    from puzzlesolver.bulk.stream import solve_stream
    from puzzlesolver.cli.output import record

    started, finished = time.monotonic(), 0

    def progress(count: int) -> None:
        nonlocal finished
        finished += count
        speed = finished / (time.monotonic() - started)
        typer.echo(f"{finished:,} puzzles finished, {speed:,.1f} a second", err=True)

    with contextlib.redirect_stdout(sys.stderr):  # Ray prints there when a worker has died
        statuses = solve_stream(puzzles, folder, load, record, shard_size, jobs, progress, cluster)
    found = ", ".join(f"{count:,} {status}" for status, count in statuses.items())
    typer.echo(f"{folder}: {found}", err=True)
    return max(EXIT_CODES[status] for status in statuses)


@dataclass
class Show:
    """Who watches: the live view, the recorder, both, or nobody.

    Attributes:
        tracker: turns reports into moments for both.
        view: the live view, or None.
        recorder: for `--save`, or None.
        shares_terminal: whether results are printed on the terminal that the view draws on.
    """

    tracker: Tracker
    view: LiveView | None
    recorder: Recorder | None
    shares_terminal: bool

    @property
    def watcher(self) -> Callable[[Puzzle, StepReport | FitReport], None] | None:
        """`watch`, if anybody does."""
        return self.watch if self.view or self.recorder else None

    def watch(self, puzzle: Puzzle, report: StepReport | FitReport) -> None:
        """One more step."""
        moment = self.tracker.observe(puzzle, report)
        started = time.monotonic()
        if self.view:
            self.view.show(moment)
        if self.recorder:
            self.recorder.add(moment)
        self.tracker.shown(time.monotonic() - started)

    def finish(self, result: Result) -> bool:
        """The end of a puzzle; returns whether its grid stays where the result will be printed."""
        moment = self.tracker.finish(result)
        if self.recorder:
            self.recorder.add(moment)
        if self.view is None:
            return False
        self.view.show(moment, now=True)
        if not self.shares_terminal:
            return False
        if self.tracker.total == 1:
            self.view.leave()
            return self.view.shows_grid(moment)
        self.view.clear()
        return False

    def end(self) -> None:
        """Leave the last frame on the screen."""
        if self.view:
            self.view.leave()


def _run(results: Iterable[Result], show: Show, writer: ResultWriter) -> int:
    """Print; returns the exit code that matters most. Ctrl-C ends the list early."""
    codes = {0}
    try:
        for result in results:
            grid_on_screen = show.finish(result)
            writer.write(result, with_grid=not grid_on_screen)
            codes.add(EXIT_CODES[result.status])
    except KeyboardInterrupt:
        codes.add(EXIT_CODES["interrupted"])
    finally:
        show.end()
        writer.close()
    return max(codes)
