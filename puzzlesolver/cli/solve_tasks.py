"""`solve` for tasks of ARC: side by side, kept as they are answered, summed up at the end.

In: `Arguments` and tasks. Out: results in the order of the tasks; on stderr a line a task with the
time left, and in the end what can be expected. Whatever ends the command, the same one goes on:
formats that are made of records keep them beside the output, or in the cache where that is stdout.

    >>> solve_tasks(arguments, list(read_puzzles(["arc-agi_test_challenges.json"])))
    0
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from puzzlesolver import __version__
from puzzlesolver.bench.journal import Journal
from puzzlesolver.cli.solving import exit_code, loader, print_results
from puzzlesolver.cli.view.live import Tracker
from puzzlesolver.cli.view.output import FIELDS, RECORDS, count, record
from puzzlesolver.cli.view.show import Show, view_for
from puzzlesolver.domains.arc import TaskPuzzle
from puzzlesolver.domains.arc.submission import read_record
from puzzlesolver.domains.arc.task import digest
from puzzlesolver.domains.base import Puzzle
from puzzlesolver.domains.formats.documents import At
from puzzlesolver.errors import ParseError, PuzzleSolverError, UsageError
from puzzlesolver.hub.cached import cache_folder
from puzzlesolver.pipeline import choose_solver
from puzzlesolver.printable import printable
from puzzlesolver.refine.adapt.fit import FitReport
from puzzlesolver.tasks import TaskResult, TaskSolver, describe_data

if TYPE_CHECKING:
    from puzzlesolver.cli.solve import Arguments

GOES_ON = "the same command goes on where this one ended"

Told = dict[str, Any]
"""A result as JSON data."""


@dataclass(frozen=True)
class Kept:
    """What is known of one task, in a journal.

    Attributes:
        task: its name and hash.
        record: of its result.
    """

    task: str
    record: Told


def solve_tasks(arguments: Arguments, puzzles: Sequence[Puzzle]) -> int:
    """Answer the tasks that have no answer yet, and print the answers of all."""
    names = Counter(puzzle.name for puzzle in puzzles)
    if arguments.format == "submission" and (twice := [name for name in names if names[name] > 1]):
        hint = "a submission has one entry for each name: give the files one by one"
        raise UsageError(f"two tasks are called {twice[0]}", where="--format", hint=hint)
    tasks = {id(puzzle): puzzle.task for puzzle in puzzles if isinstance(puzzle, TaskPuzzle)}
    data = describe_data(tasks.values())
    show = Show(arguments, Tracker(len(puzzles)), view_for(arguments))
    if show.view:
        show.view.wait("loading…")
    threads = arguments.jobs or arguments.threads
    solver = loader(replace(arguments, threads=threads), puzzles[0].domain, None, choose_solver)()
    assert isinstance(solver, TaskSolver)
    journal = _journal(arguments, solver, data, show)
    keys = {id(puzzle): f"{puzzle.name} {digest([tasks[id(puzzle)]])}" for puzzle in puzzles}
    known = {kept.task: kept.record for kept in journal.records}
    left = [puzzle for puzzle in puzzles if keys[id(puzzle)] not in known]
    if known:
        show.say(f"{len(puzzles) - len(left):,} of {len(puzzles):,} tasks were answered before")
    show.tracker.total, show.tracker.max_steps = len(left), solver.max_steps
    started, told = time.monotonic(), list[Told]()
    # A person who sees each result needs no line about it.
    told_by_itself = arguments.format == "text" and arguments.file is None and sys.stdout.isatty()
    fitting_since = functools.cache(time.monotonic)  # asked first when processes have started

    def watch(puzzle: Puzzle, report: FitReport) -> None:
        fitting_since()
        if show.watcher is not None:
            show.watcher(puzzle, report)

    def keep(result: TaskResult) -> None:
        if not result.late:
            journal.add(Kept(keys[id(result.puzzle)], record(result)))

    def results() -> Iterator[TaskResult | Told]:
        """All in the order of the tasks; those of earlier runs behind what Ctrl-C ends, too."""
        deadline = None if arguments.time_limit is None else started + arguments.time_limit
        rest = iter(puzzles)

        def before(last: Puzzle | None) -> Iterator[Told]:
            for puzzle in itertools.takewhile(lambda puzzle: puzzle is not last, rest):
                if keys[id(puzzle)] in known:
                    told.append(known[keys[id(puzzle)]])
                    yield told[-1]

        try:
            for number, result in enumerate(solver.solve(left, watch, deadline, keep), 1):
                yield from before(result.puzzle)
                told.append(record(result))
                show.note(result.puzzle, solver)
                yield result
                fitted = time.monotonic() - fitting_since()
                more = fitted / number * (len(left) - number)
                if arguments.time_limit is not None:
                    more = min(more, max(0.0, arguments.time_limit - fitted))
                if not told_by_itself:
                    place = f"{len(puzzles) - len(left) + number:,} of {len(puzzles):,}"
                    times = f"after {_time(time.monotonic() - started)}, {_time(more)} left"
                    show.say(f"{place}  {_line(told[-1])}  {times}")
        except KeyboardInterrupt:
            yield from before(None)
            raise
        yield from before(None)

    try:
        statuses = print_results(arguments, results(), show)
    except PuzzleSolverError as error:
        error.hint = error.hint or GOES_ON * bool(journal.path)
        raise
    for line in _summary(told, len(puzzles), data, time.monotonic() - started):
        show.say(line)
    kept = {each.task for each in journal.records}
    if journal.path and len(told) == len(puzzles) and kept == set(keys.values()):
        journal.discard()
    elif journal.path:
        show.say(f"hint: {GOES_ON}")
    return exit_code(statuses)


def _journal(
    arguments: Arguments, solver: TaskSolver, data: dict[str, str | None], show: Show
) -> Journal:
    """What earlier runs of the command found, and where this one keeps it."""
    start = None if solver.start is None else solver.start.sha256
    run = {"version": __version__, "data": data, "fits": asdict(solver.settings), "start": start}
    if arguments.format not in RECORDS:
        return Journal(None, run, False, Kept)
    file = arguments.file
    if file is not None and (file.is_file() or not file.exists()):
        return Journal(file, run, resume=True, kind=Kept, fits=_is_whole)
    name = hashlib.sha256(json.dumps(run).encode()).hexdigest()[:16]
    try:
        return Journal(cache_folder() / "solve" / name, run, True, Kept, _is_whole)
    except UsageError as error:  # stdout needs none of this
        show.say(f"note: an interruption will lose all answers; {error.where}: {error.what}")
        return Journal(None, run, False, Kept)


def _is_whole(kept: Any) -> bool:
    """Whether a record is one of a task."""
    try:
        read_record(kept["record"], At(""))
    except ParseError:
        return False
    return {*FIELDS, "chance", "unanswered", "right"} <= set(kept["record"])


def _line(told: Told) -> str:
    """What became of a task, in a few words."""
    sure = "no votes for a test" if told["unanswered"] else f"probability {told['chance']:.0%}"
    known = "" if told["right"] is None else f", {told['verdict']}"
    return f"{printable(told['name'], keep='')}: {told['status']}, {sure}{known}"


def _time(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def _summary(
    told: Sequence[Told], total: int, data: dict[str, str | None], seconds: float
) -> Iterator[str]:
    """How many answers of how many tasks are right, as far as that is known."""
    tests = sum(len(each["attempts"]) for each in told)
    before = f"{len(told):,} of " if len(told) < total else ""
    expected = sum(each["chance"] for each in told)
    yield (
        f"{before}{count(total, 'task')} with {count(tests, 'test input')} in {_time(seconds)}; "
        f"expected number of right tasks, by the estimated probabilities: {expected:.1f}"
    )
    known = [each["right"] for each in told if each["right"] is not None]
    if known:
        right, of = map(sum, zip(*known, strict=True))
        yield f"compared with known outputs: {right:,} of {of:,} test inputs right"
    if lost := [printable(each["name"], keep="") for each in told if each["unanswered"]]:
        yield f"{len(lost):,} not answered, their attempts are guesses: {', '.join(lost)}"
    version = f", {data['version']}" * bool(data["version"])
    yield f"data: {data['source']}{version}, SHA-256 of its pairs {data['sha256']}"
