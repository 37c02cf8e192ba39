"""`solve` after its words are understood: one puzzle watched, many puzzles, or a folder of results.

In: `Arguments` and puzzles. Out: results on stdout or in files, what people want to know on stderr,
and the exit code that matters most.

    >>> solve_many(arguments, read_puzzles(["list.csv"]), total=None)
    0
"""

from __future__ import annotations

import contextlib
import functools
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from puzzlesolver.bulk.stream import solve_stream
from puzzlesolver.cli.view.live import Tracker
from puzzlesolver.cli.view.output import ResultWriter, open_output, record
from puzzlesolver.cli.view.save import Recorder, save
from puzzlesolver.cli.view.show import Show, view_for
from puzzlesolver.cli.view.waiting import compilation
from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.errors import UsageError
from puzzlesolver.export.cached import CachedGraphs
from puzzlesolver.pipeline import choose_solver, load_solver, solve_kinds, solver_for
from puzzlesolver.refine.policy import LINGER
from puzzlesolver.refine.report import Result
from puzzlesolver.runtime import choose_runtime
from puzzlesolver.solver import Solver
from puzzlesolver.tasks import TaskSolver

if TYPE_CHECKING:
    from puzzlesolver.cli.solve import Arguments

EXIT_CODES = {
    "solved": 0,
    "answered": 0,
    "unsolved": 1,
    "contradiction": 5,
    "ambiguous": 5,
    "interrupted": 130,
}


def solve_one(arguments: Arguments, puzzle: Puzzle) -> int:
    """One puzzle, which may be watched and saved; its last frame is the answer's picture."""
    recorder = Recorder() if arguments.save else None
    show = Show(arguments, Tracker(1), view_for(arguments, alone=True), recorder)
    started = time.monotonic()
    statuses = _solve(arguments, [puzzle], show)
    if arguments.format in ("grid", "line") and exit_code(statuses):  # which do not tell why
        show.say(_total(statuses, time.monotonic() - started))
    if recorder is not None and recorder.moments:
        for path in arguments.save or ():
            save(path, recorder.moments)
            show.say(f"saved {path}")
    show.hint(statuses)
    return exit_code(statuses)


def solve_many(arguments: Arguments, puzzles: Iterable[Puzzle], total: int | None) -> int:
    """Puzzles of any number and kind, each printed as soon as those before it are."""
    show, started = Show(arguments, Tracker(total), view_for(arguments)), time.monotonic()
    statuses = _solve(arguments, puzzles, show)
    show.say(_total(statuses, time.monotonic() - started))
    show.hint(statuses)
    return exit_code(statuses)


def fill_folder(arguments: Arguments, first: Puzzle, puzzles: Iterable[Puzzle]) -> int:
    """Puzzles by the million, of the kind of the first, shard by shard; earlier runs count."""
    assert arguments.file is not None
    started, finished = time.monotonic(), 0
    needed = solver_for(first)
    load = loader(arguments, *needed, load_solver, threads=1)
    say = Show(arguments, Tracker(None)).say

    def progress(count: int) -> None:
        nonlocal finished
        finished += count
        speed = finished / (time.monotonic() - started)
        say(f"{finished:,} puzzles finished, {speed:,.1f} a second")

    with compilation(say), contextlib.redirect_stdout(sys.stderr):  # Ray prints about dead workers
        statuses = solve_stream(
            puzzles if arguments.model else _alike(puzzles, needed),
            arguments.file, load, record, arguments.shard_size, arguments.jobs or 1,
            progress, arguments.ray,
        )  # fmt: skip
    say(f"{arguments.output}: {_total(statuses, time.monotonic() - started)}")
    return exit_code(statuses)


def _alike(puzzles: Iterable[Puzzle], needed: tuple[str, str | None]) -> Iterator[Puzzle]:
    """The puzzles, up to one of the same kind that another model suits: that is a `UsageError`."""
    for puzzle in puzzles:
        other = solver_for(puzzle)
        if other != needed and other[0] == needed[0]:
            raise UsageError(
                "another model suits this puzzle than those before it",
                where=puzzle.source,
                hint=f"add --model {other[1] or needed[1]}, which suits all, or fill two folders",
            )
        yield puzzle


def loader(
    arguments: Arguments,
    domain: str,
    suited: str | None,
    load: Callable[..., Any],
    threads: int | None = None,
) -> Callable[[], Any]:
    """What loads the solver of one kind; picklable if `load` is.

    Args:
        arguments: its settings.
        domain: the kind.
        suited: the model where the user names none; None = the default of the kind.
        load: `choose_solver`, or `load_solver`.
        threads: where the user names no number.
    """
    kind = get_domain(domain)
    linger = arguments.linger
    if linger is None and not kind.fitted:
        linger = LINGER[kind.clamps]
    names = (
        "max_steps", "mode", "restarts", "noise", "rollouts", "symmetries", "choose", "time_limit",
        "seed", "effort",
    )  # fmt: skip
    return functools.partial(
        load,
        domain,
        arguments.model or suited,
        {name: getattr(arguments, name) for name in names} | {"linger": linger},
        engine=arguments.engine,
        graphs=CachedGraphs,
        device=arguments.device,
        runtime=choose_runtime(
            "cpu" if arguments.engine == "onnx" else arguments.device, arguments.threads or threads
        ),
        batch_size=arguments.batch_size,
        fallback=arguments.fallback,
    )


def _solve(arguments: Arguments, puzzles: Iterable[Puzzle], show: Show) -> Counter[str]:
    """Solve and print; returns how many ended how. Ctrl-C ends the list early."""
    solvers = functools.cache(lambda kind, suited: loader(arguments, kind, suited, choose_solver)())

    def solver_of(kind: str, suited: str | None) -> Solver | TaskSolver:
        solver: Solver | TaskSolver = solvers(kind, suited)
        show.tracker.max_steps = solver.max_steps
        return solver

    def noted() -> Iterator[Puzzle]:
        for puzzle in puzzles:
            show.note(puzzle, solvers(*solver_for(puzzle)))
            yield puzzle

    if show.view:
        show.view.wait("loading the network…")
    results = solve_kinds(noted(), solver_of, show.watcher, arguments.time_limit)
    return print_results(arguments, results, show)


def print_results(
    arguments: Arguments, results: Iterable[Result | dict[str, Any]], show: Show
) -> Counter[str]:
    """Print results, or records of earlier ones; returns how many ended how."""
    statuses = Counter[str]()
    with compilation(show.wait), open_output(arguments.file) as file:
        writer = ResultWriter(file, arguments.format)
        try:
            for result in results:
                if isinstance(result, Result):
                    writer.write(result, with_grid=not show.finish(result))
                    statuses[result.status] += 1
                else:
                    writer.write_record(result)
                    statuses[result["status"]] += 1
        except KeyboardInterrupt:
            statuses["interrupted"] += 0  # nothing may have been interrupted but the wait for it
        finally:
            if show.view:
                show.view.leave()
            writer.close()
    return statuses


def _total(statuses: Mapping[str, int], seconds: float) -> str:
    """How many puzzles ended well, in what time, and how the others ended."""
    good = "answered" if statuses.get("answered") and not statuses.get("solved") else "solved"
    done, total = statuses.get(good, 0), sum(statuses.values())
    others = [f"{n:,} {status}" for status, n in statuses.items() if n and status != good]
    time_taken = f"{seconds:,.1f} s" if seconds < 100 else f"{seconds:,.0f} s"
    return " · ".join([f"{done:,} of {total:,} puzzles {good} in {time_taken}", *others])


def exit_code(statuses: Iterable[str]) -> int:
    """The one that matters most."""
    return max(EXIT_CODES[status] for status in statuses)
