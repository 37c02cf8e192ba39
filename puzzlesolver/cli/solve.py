"""`puzzlesolver solve`: puzzles in, settled and verified answers out.

$ puzzlesolver solve puzzle.txt --save settling.gif
$ puzzlesolver solve list.csv --format jsonl -o answers.jsonl
$ puzzlesolver solve big.csv --format jsonl -o answers/ --jobs 4
$ puzzlesolver solve big.csv --format jsonl -o answers/ --jobs 64 --ray head:6379
"""

from __future__ import annotations

import io
import itertools
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from puzzlesolver.cli.options import (
    MACHINE,
    MOST_PROCESSES,
    MOST_SEED,
    OUTPUT,
    SEARCH,
    BatchSize,
    Choose,
    Device,
    Domain,
    Engine,
    Format,
    Model,
    Noise,
    Quiet,
    Regions,
    Rollouts,
    Rules,
    Symmetries,
    Threads,
    argument,
    command,
    option,
    real,
    told_rules,
    whole,
)
from puzzlesolver.cli.view.signs import teller
from puzzlesolver.errors import ParseError, UsageError
from puzzlesolver.refine.policy import LINGER

if TYPE_CHECKING:
    from puzzlesolver.domains.base import Puzzle

EPILOG = (
    "Exit codes: 0 every answer is verified by the rules; 1 some are not; 2 usage; 3 unreadable "
    "puzzle; 4 model problem; 5 proved: a puzzle has no solution (contradiction) or more than one "
    "(ambiguous; one of them is printed); 130 interrupted, the finished puzzles are printed. When "
    "several apply: 130 before 5 before 1."
)

SHARD_SIZE = 2_000
"""Puzzles a shard: few are lost when one is cut off, and batches are seldom near the end of one."""


@dataclass(frozen=True)
class Arguments:
    """The words of one command line."""

    puzzles: Annotated[
        list[str] | None,
        argument("PUZZLE", show_default=False),
        "Files, literal text such as 81 characters, or - for stdin; any mix, any number. None: "
        "what is piped into the command.",
    ] = None
    domain: Domain = "auto"
    rules: Rules = ""
    regions: Regions = None
    model: Model = None
    max_steps: Annotated[
        int | None,
        option("--max-steps", "N", whole(1), SEARCH, show_default="the model's"),
        "Steps a puzzle may spend, over all its rollouts and restarts; 20000 and more are fine.",
    ] = None
    restarts: Annotated[
        int | None,
        option("--restarts", "N", whole(0), SEARCH, show_default="unlimited"),
        "Fresh starts a rollout may make after its first.",
    ] = None
    noise: Noise = 0.0
    rollouts: Rollouts = 1
    symmetries: Symmetries = None
    choose: Choose = "weighted"
    seed: Annotated[
        int,
        option("--seed", "N", whole(0, MOST_SEED)),
        "Seed of all noise; the same seed gives the same answers.",
    ] = 0
    time_limit: Annotated[
        float | None,
        option("--time-limit", "SECONDS", real(positive=True), SEARCH, show_default="none"),
        "For all puzzles together, after the model is loaded and, for tasks of ARC, compiled. "
        "Sudokus and mazes come in their order. Tasks of ARC share it: each may take an equal part "
        "of what is left, and leaves what it does not need to the others; those that it cuts "
        "short are answered with what there is, and anew by the next run of the same command.",
    ] = None
    effort: Annotated[
        Literal["quick", "normal", "thorough"] | None,
        option("--effort", "LEVEL", panel=SEARCH, show_default="normal"),
        "Of tasks of ARC: quick fits one network, a second one where the first is not sure; "
        "normal fits four; thorough goes on up to sixteen while they are not sure. --restarts "
        "fixes the number instead.",
    ] = None
    linger: Annotated[
        int | None,
        option(
            "--linger", "N", whole(0), SEARCH,
            show_default=f"{LINGER[True]}; {LINGER[False]} for mazes",
        ),
        "Steps to go on after the rules accepted an answer, to see whether it settles, too; 0 is "
        "faster, and then few answers are called settled.",
    ] = None  # fmt: skip
    mode: Annotated[
        Literal["settle", "raw", "verified"],
        option("--mode", "MODE", panel=SEARCH),
        "verified searches on until the rules accept an answer; raw leaves the network alone with "
        "its own suppositions; settle takes the answer where it first settles.",
    ] = "verified"
    fallback: Annotated[
        Literal["none", "exact"],
        option("--fallback", "none|exact", panel=SEARCH),
        "exact lets an exact solver answer what the model did not, or cannot take, and says so.",
    ] = "none"
    engine: Engine = "torch"
    device: Device = "auto"
    threads: Threads = None
    batch_size: BatchSize = 64
    live: Annotated[
        bool | None,
        option("--live/--no-live", panel=OUTPUT, show_default="on a terminal"),
        "Watch the network settle, on stderr.",
    ] = None
    format: Annotated[
        Format,
        option("--format -f", "FORMAT", panel=OUTPUT),
        "text is for people; grid and line print answers, and the blanks of what was not solved; "
        "json is one object, or a list of them for several puzzles; jsonl and csv stream; "
        "submission has the attempts at tasks of ARC, for Kaggle.",
    ] = "text"
    output: Annotated[
        str | None,
        option("--output -o", "FILE|FOLDER/", panel=OUTPUT, show_default="stdout"),
        "Write here instead; a file appears when it is complete. A folder, or a name that ends "
        "with /, is for millions of puzzles: it is filled shard by shard. After an interruption "
        "the same command goes on, with a folder, and with tasks of ARC as json, jsonl, csv or "
        "submission.",
    ] = None
    jobs: Annotated[
        int | None,
        option(
            "--jobs", "N", whole(1, MOST_PROCESSES), MACHINE,
            show_default="1; for tasks of ARC the threads",
        ),
        "Processes that fill a folder or fit tasks of ARC, each with one thread and its own model.",
    ] = None  # fmt: skip
    ray: Annotated[
        str | None,
        option("--ray", "[ADDRESS]", panel=MACHINE),
        "Let Ray run the --jobs: on this machine, or on the cluster at HOST:PORT (auto finds the "
        "one that this machine is part of). All its machines need this version of puzzlesolver, "
        "and the folder on a file system that they share.",
    ] = None
    shard_size: Annotated[
        int, option("--shard-size", "N", whole(1), OUTPUT), "Puzzles a file of a folder."
    ] = SHARD_SIZE
    save: Annotated[
        list[Path] | None,
        option("--save", "FILE", panel=OUTPUT),
        "Save how one puzzle settles: .gif, .html (a page to step through), or the end as .png or "
        ".svg. May be given several times.",
    ] = None
    quiet: Quiet = False

    @property
    def file(self) -> Path | None:
        """Where results go; None is stdout."""
        return None if self.output is None else Path(self.output)

    @property
    def fills_folder(self) -> bool:
        """Whether results are files of a folder."""
        return self.output is not None and (
            self.output.endswith(os.sep) or Path(self.output).is_dir()
        )


@command
def solve(arguments: Arguments) -> None:
    """Solve puzzles with a network that is applied until it settles, and verify by the rules.

    Settled and verified are two facts: a network can settle on a wrong answer,
    and only the rules call an answer solved.
    """
    check(arguments)
    stream = _read(arguments)
    first, fault = _begun(stream, arguments.batch_size + 1)  # tells whether there is more
    if _all_tasks(first) and fault is None:  # they take so long that all are read before
        more, fault = _begun(stream)
        first += more
    tasks = _all_tasks(first)
    if fault is not None:
        if not first or arguments.fills_folder or arguments.save:
            raise fault
        stream = _failing(fault)  # after the answers to all others
    whole = tasks or (fault is None and len(first) <= arguments.batch_size)
    total = len(first) if whole else None
    questions = itertools.chain(first, stream)
    _check_puzzles(arguments, first, total)

    # From here on torch is needed; unreadable puzzles and wrong options are reported without it.
    from puzzlesolver.cli import solving

    many = len(first) > 1 or fault is not None or arguments.format != "text"
    if tasks and many and not arguments.save:
        from puzzlesolver.cli.solve_tasks import solve_tasks

        if fault is not None:
            teller(arguments.quiet)(f"note: solving the others; {fault}")
        code = solve_tasks(arguments, first)
        if fault is not None:
            raise fault
    elif arguments.fills_folder:
        code = solving.fill_folder(arguments, first[0], questions)
    elif total == 1:
        code = solving.solve_one(arguments, first[0])
    else:
        code = solving.solve_many(arguments, questions, total)
    raise typer.Exit(code)


def check(arguments: Arguments) -> None:
    """Raise `UsageError` for options that make no sense together, before a puzzle is read."""
    folder, saves = arguments.fills_folder, arguments.save or []
    if folder and (arguments.format != "jsonl" or saves):
        raise UsageError(
            "a folder has no settling" if saves else "a folder is filled with jsonl alone",
            where="--save" if saves else "--output",
            hint="save one puzzle at a time" if saves else "add --format jsonl",
        )
    if arguments.ray is not None and not folder:
        raise _no_folder("--ray")
    if saves:
        from puzzlesolver.cli.view.save import check_path

        for path in saves:
            check_path(path)


def _no_folder(flag: str) -> UsageError:
    hint = "add --format jsonl --output FOLDER/"
    return UsageError("only a folder is filled by several processes", where=flag, hint=hint)


def _begun(
    stream: Iterator[Puzzle], count: int | None = None
) -> tuple[list[Puzzle], ParseError | None]:
    """At most so many puzzles, and what cannot be read behind them."""
    first: list[Puzzle] = []
    try:
        for puzzle in itertools.islice(stream, count):
            first.append(puzzle)
    except ParseError as fault:
        return first, fault
    return first, None


def _failing(fault: ParseError) -> Iterator[Puzzle]:
    """No puzzle, but the fault for who asks for one."""
    raise fault
    yield  # which makes it an iterator


def _all_tasks(puzzles: list[Puzzle]) -> bool:
    """Whether all are tasks of ARC, for which networks are fitted, and there is one."""
    from puzzlesolver.domains.base import get_domain

    return bool(puzzles) and all(get_domain(puzzle.domain).fitted for puzzle in puzzles)


def _read(arguments: Arguments) -> Iterator[Puzzle]:
    """The puzzles that are named, or that come through a pipe where none is."""
    from puzzlesolver.domains.detect import read_puzzles

    rules = told_rules(arguments.rules, arguments.regions)
    if not arguments.puzzles and not _something_is_piped():
        hint = "name a file, paste a puzzle, or pipe one in"
        raise UsageError("no puzzle given", where="solve", hint=hint)
    return read_puzzles(
        arguments.puzzles or ["-"],
        arguments.domain,
        rules,
        teller(arguments.quiet),
        strict=arguments.fills_folder,  # which the same command then goes on filling
    )


def _something_is_piped() -> bool:
    """Whether stdin is no terminal and not empty, as it is where nobody pipes anything."""
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return False
    stdin = sys.stdin.buffer
    return not isinstance(stdin, io.BufferedReader) or bool(stdin.peek(1))


def _check_puzzles(arguments: Arguments, first: list[Puzzle], total: int | None) -> None:
    """Refuse options that these puzzles cannot have, before anything is loaded or printed."""
    from puzzlesolver.domains.base import get_domain

    if not first:
        raise ParseError("no puzzle found", where=", ".join(arguments.puzzles or ["stdin"]))
    if arguments.save and total != 1:
        raise UsageError("a settling can be saved for one puzzle at a time", where="--save")
    tasks = [get_domain(puzzle.domain).fitted for puzzle in first]
    if (arguments.jobs or 1) > 1 and not arguments.fills_folder and not all(tasks):
        raise _no_folder("--jobs")
    if arguments.format == "submission" and not all(tasks):
        other = first[tasks.index(False)]
        raise UsageError(
            f"a submission has tasks of ARC alone, {other.name} is of kind {other.domain}",
            where="--format",
            hint="use json, jsonl, csv, grid or line",
        )
    if arguments.fills_folder and tasks[0]:
        raise UsageError(
            "a folder is for puzzles that are solved by the thousand, not for tasks of ARC",
            where="--output",
            hint="name a file: after an interruption the same command goes on with it",
        )
