"""parse → encode → refine → decode → verify → render: the sentence, as code.

>>> for result in iter_solve("puzzles.csv", max_steps=2_000):
...     print(result.status, result.answer.grid)
"""

from __future__ import annotations

import functools
import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from puzzlesolver.domains.base import Answer, Puzzle, Verdict, get_domain
from puzzlesolver.errors import UsageError
from puzzlesolver.loading import load_network
from puzzlesolver.refine.engines.graph import GraphMaker
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.report import Result
from puzzlesolver.solver import Solver

if TYPE_CHECKING:
    from puzzlesolver.tasks import TaskSolver


def load_solver(
    domain: str,
    model: str | None,
    settings: Mapping[str, Any],
    engine: str = "torch",
    device: str = "auto",
    graphs: GraphMaker | None = None,
    **options: Any,
) -> Solver:
    """The solver of one kind of puzzle.

    Args:
        domain: the kind.
        model: a name of the catalog, a model folder or an exported graph; None = the shipped
            default.
        settings: fields of `Policy`; `max_steps` defaults to the model's.
        engine: `torch` or `onnx`.
        device: where ONNX Runtime runs; torch obeys the `runtime` of the options.
        graphs: as in `load_network`.
        options: fields of `Solver` after the policy.
    """
    if settings.get("effort"):
        hint = "--max-steps says how long the network is applied"
        raise UsageError("only tasks of ARC have one", where="--effort", hint=hint)
    loaded = load_network(model, domain, engine, device, graphs)
    if loaded.default_steps is not None and settings.get("max_steps") is None:
        settings = {**settings, "max_steps": loaded.default_steps}
    given = {name: value for name, value in settings.items() if value is not None}
    return Solver(
        loaded.network,
        loaded.name,
        Policy(**given),
        model_sha256=loaded.sha256,
        trained_side=loaded.trained_side,
        **options,
    )


def choose_solver(
    domain: str, model: str | None, settings: Mapping[str, Any], **options: Any
) -> Solver | TaskSolver:
    """What answers one kind of puzzle: a trained model, or fits where none can know the puzzle.

    Args:
        domain: the kind.
        model: as in `load_solver`.
        settings: fields of `Policy`.
        options: of `load_solver`; fits make use of the threads of `runtime`.

    Raises:
        UsageError: an option means nothing for this kind.
        ModelError: the model is unknown or damaged.
    """
    if not get_domain(domain).fitted:
        return load_solver(domain, model, settings, **options)
    from puzzlesolver.tasks import load_task_solver

    runtime = options.get("runtime")
    flags = {"--engine": options.get("engine"), "--fallback": options.get("fallback")}
    processes = 1 if runtime is None else runtime.threads
    return load_task_solver(settings, flags, processes, model)


def solve_kinds(
    puzzles: Iterable[Puzzle],
    solver_of: Callable[[str, str | None], Solver | TaskSolver],
    watch: Callable[[Any, Any], None] | None = None,
    time_limit: float | None = None,
) -> Iterator[Result]:
    """Results in input order of puzzles of several kinds.

    Args:
        puzzles: read lazily; neighbours of one kind that one model suits are solved together.
        solver_of: asked for the solver of a kind, and of the model that suits the puzzle better
            than the default, whenever puzzles of another one begin.
        watch: as in `Solver.solve` or `TaskSolver.solve`.
        time_limit: seconds for all puzzles together; loading a model does not count.
    """
    deadline = None if time_limit is None else time.monotonic() + time_limit
    for needed, group in itertools.groupby(puzzles, key=solver_for):
        began = time.monotonic()
        solver = solver_of(*needed)
        if deadline is not None:
            deadline += time.monotonic() - began
        yield from solver.solve(group, watch, deadline)


def solver_for(puzzle: Puzzle) -> tuple[str, str | None]:
    """The kind of a puzzle, and the shipped model that suits it; None = the kind's default."""
    return puzzle.domain, get_domain(puzzle.domain).suited(puzzle)


def solve(*puzzles: Any, **options: Any) -> list[Result]:
    """Solve puzzles with a shipped or trained model; arguments and errors as in `iter_solve`."""
    return list(iter_solve(*puzzles, **options))


def iter_solve(
    *puzzles: Any,
    model: str | os.PathLike[str] | None = None,
    domain: str = "auto",
    rules: str = "",
    policy: Policy | None = None,
    watch: Callable[[Any, Any], None] | None = None,
    **settings: Any,
) -> Iterator[Result]:
    """Solve puzzles; each result comes as soon as those before it are there.

    Args:
        puzzles: files, literal text such as 81 characters, `-` for stdin, a grid as an array or as
            a list of rows, `Puzzle` objects, or iterables of these; read lazily.
        model: a name of the catalog or a model folder; None = the shipped one that suits a puzzle.
        domain: kind of puzzle; `auto` looks at the input.
        rules: further rules of Sudokus by their names, such as "diagonal,anti-knight".
        policy: all settings of the search at once.
        watch: called at every reading with the puzzle and a `StepReport`; for ARC a `FitReport`.
        settings: fields of `Policy`, one by one; `max_steps` defaults to the model's.

    Raises:
        UsageError: a setting makes no sense.
        ParseError: an input is no puzzle.
        ModelError: the model is unknown or damaged.
    """
    from puzzlesolver.domains.values import read_values

    settings = (asdict(policy) if policy else {}) | settings
    name = None if model is None else os.fspath(model)

    @functools.cache
    def solver_of(kind: str, suited: str | None) -> Solver | TaskSolver:
        return choose_solver(kind, name or suited, settings)

    questions = read_values(puzzles, domain, rules)
    return solve_kinds(questions, solver_of, watch, settings.get("time_limit"))


def verify(puzzle: Any, answer: Any = None, domain: str = "auto", rules: str = "") -> Verdict:
    """What the rules say of an answer.

    Args:
        puzzle: one, in any form that `solve` takes; without an answer, a finished board.
        answer: likewise one grid; the `answer` of a `Result`, or an array like its `grid`; for ARC
            a file of attempts.
        domain: kind of puzzle; `auto` looks at the input.
        rules: as in `iter_solve`.

    Raises:
        ParseError: one of them cannot be read.
        UsageError: there are several puzzles.
    """
    from puzzlesolver.domains.detect import read_lines
    from puzzlesolver.domains.values import read_values

    question, *others = itertools.islice(read_values([puzzle], domain, rules), 2)
    if others:
        hint = "`puzzlesolver verify PUZZLES ANSWERS` checks many"
        raise UsageError("it takes one puzzle, found several", where="verify", hint=hint)
    kind = get_domain(question.domain)
    if answer is None:
        return kind.verify(question, question.answer)
    if kind.mark is not None:
        with read_lines(os.fspath(answer)) as (lines, source):
            return next(kind.mark([question], lines, source))[1]
    grid = answer.grid if isinstance(answer, Answer) else answer
    if not isinstance(grid, np.ndarray):
        grid = next(read_values([answer], question.domain, rules or question.rules)).answer
    return kind.verify(question, grid)
