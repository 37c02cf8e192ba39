"""parse → encode → refine → decode → verify → render: the sentence, as code.

Puzzles flow in, one `Result` each flows out, in the same order.

    >>> solver = Solver(load_model("sudoku"), model_name="sudoku", policy=Policy(max_steps=2_000))
    >>> for result in solver.solve(read_puzzles(["puzzle.txt"])):
    ...     print(result.status, result.answer.grid)
"""

from __future__ import annotations

import functools
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from puzzlesolver.domains.base import Answer, Puzzle, Verdict, get_domain
from puzzlesolver.loading import load_network
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.refine.engines import Engine, TorchEngine
from puzzlesolver.refine.feed import Feed, Layout
from puzzlesolver.refine.graph import GraphSource
from puzzlesolver.refine.loop import refine
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.report import Outcome, StepReport
from puzzlesolver.runtime import Runtime, choose_runtime

Watch = Callable[[Puzzle, StepReport], None]

STATUS = {"verified": "solved", "wrong": "unsolved", "unverifiable": "answered"}
SOLUTIONS = {0: "it has no solution", 2: "it has more than one solution"}


@dataclass(frozen=True)
class Result:
    """What is known of one puzzle; every output format prints this.

    Attributes:
        puzzle: the question.
        answer: the last answer, or None when the givens already break the rules.
        verdict: what the rules say of the answer.
        settled: whether the trajectory had stopped moving; says nothing about right or wrong.
        steps: steps spent, over all rollouts, restarts and hypotheses.
        restarts: fresh starts after the first, over all rollouts.
        seconds: of refinement since it joined the batch.
        model: the name of the model.
        seed: of all noise.
        status: `solved` (verified), `unsolved`, `contradiction` (proved: no solution or several),
            `answered` (the rules cannot tell), or `interrupted`.
        reason: why, for people; "" when solved.
        solver: `model`, or `exact` when the user asked for the exact fallback.
    """

    puzzle: Puzzle
    answer: Answer | None
    verdict: Verdict
    settled: bool
    steps: int
    restarts: int
    seconds: float
    model: str
    seed: int
    status: str
    reason: str = ""
    solver: str = "model"


@dataclass(frozen=True)
class Solver:
    """A loaded model with its settings.

    Attributes:
        model: in evaluation mode, or its graphs, which ONNX Runtime then runs.
        model_name: how results name it.
        policy: budgets and search.
        runtime: device and threads.
        batch_size: puzzles refined together, each rollout counting as one; whenever one ends, the
            next takes its place.
        compiled: whether steps are compiled, where a C++ compiler is found: half a minute once,
            then about twice as fast.
        prove: whether an exact search afterwards settles if the puzzle has no solution, or several.
        fallback: `exact` lets an exact solver answer what the model did not; such results say so.
        model_sha256: of the weights' file; "" for a model that was not read from one.
    """

    model: RecursiveModel | GraphSource
    model_name: str
    policy: Policy
    runtime: Runtime | None = None
    batch_size: int = 64
    compiled: bool = False
    prove: bool = True
    fallback: str = "none"
    model_sha256: str = ""

    def solve(
        self,
        puzzles: Iterable[Puzzle],
        watch: Watch | None = None,
        deadline: float | None = None,
    ) -> Iterator[Result]:
        """Results in input order, each as soon as those before it are there.

        On Ctrl-C all that are there come out, the foremost unfinished one as `interrupted`, before
        the `KeyboardInterrupt` goes on.

        Args:
            puzzles: read lazily, as the batch has room for them; those of one layout are refined
                together. Of an unreadable input, those before the fault are solved first.
            watch: called at every reading with the foremost unfinished puzzle.
            deadline: `time.monotonic()` at which all end; None = by the policy, from now on.
        """
        waiting: dict[int, Result] = {}
        following = 0
        try:
            for index, result in self.solve_unordered(puzzles, watch, deadline):
                waiting[index] = result
                while following in waiting:
                    yield waiting.pop(following)
                    following += 1
        except KeyboardInterrupt:
            yield from (waiting[index] for index in sorted(waiting))
            raise

    def solve_unordered(
        self,
        puzzles: Iterable[Puzzle],
        watch: Watch | None = None,
        deadline: float | None = None,
    ) -> Iterator[tuple[int, Result]]:
        """The same results as they finish, each with its puzzle's position in the input."""
        runtime = self.runtime or choose_runtime()
        engine = self._engine(runtime)
        if deadline is None and self.policy.time_limit is not None:
            deadline = time.monotonic() + self.policy.time_limit
        feed = Feed(puzzles, self.batch_size)
        layout = feed.layout()
        while layout is not None or feed.broken:
            if layout is not None:
                for index, result in self._solve_layout(engine, feed, layout, watch, deadline):
                    feed.finish(index)
                    yield index, result
                    yield from self._contradictions(feed)
            yield from self._contradictions(feed)
            layout = feed.layout()
        if feed.error is not None:
            raise feed.error

    def _solve_layout(
        self,
        engine: Engine,
        feed: Feed,
        layout: Layout,
        watch: Watch | None,
        deadline: float | None,
    ) -> Iterator[tuple[int, Result]]:
        """Puzzles of one layout, as the batch has room for them."""
        taken: dict[int, tuple[int, Puzzle]] = {}

        def arrivals() -> Iterator[Puzzle]:
            for number, (index, puzzle) in enumerate(feed.take(layout)):
                taken[number] = index, puzzle
                yield puzzle

        domain, started, foremost = get_domain(layout[0]), time.monotonic(), None
        reports = refine(engine, domain, arrivals(), self.policy, deadline, self.batch_size)
        try:
            for report in reports:
                ended = {outcome.index for outcome in report.outcomes}
                foremost = None if report.index in ended else report
                if watch is not None:
                    watch(taken[report.index][1], report)
                for outcome in report.outcomes:
                    index, puzzle = taken.pop(outcome.index)
                    yield index, self._judge(puzzle, outcome, deadline)
        except KeyboardInterrupt:
            if foremost is not None:
                index, puzzle = taken[foremost.index]
                yield index, self._interrupted(puzzle, foremost, time.monotonic() - started)
            raise

    def _engine(self, runtime: Runtime) -> Engine:
        if isinstance(self.model, RecursiveModel):
            return TorchEngine(self.model, runtime, compiled=self.compiled)
        from puzzlesolver.refine.onnx_engine import OnnxEngine

        return OnnxEngine(self.model, runtime)

    def _contradictions(self, feed: Feed) -> Iterator[tuple[int, Result]]:
        """What is told at once of the puzzles read so far."""
        while feed.broken:
            index, puzzle, broken = feed.broken.pop(0)
            feed.finish(index)
            yield index, self._contradiction(puzzle, broken)

    def _judge(self, puzzle: Puzzle, outcome: Outcome, deadline: float | None) -> Result:
        """The result of a refined puzzle, after proof and fallback."""
        domain, in_time = get_domain(puzzle.domain), deadline is None or time.monotonic() < deadline
        result = self._result(puzzle, outcome)
        if result.status == "unsolved":
            result = replace(result, reason=self._why_unsolved(outcome, in_time))
        if self.prove and in_time and (count := domain.count_solutions(puzzle)) != 1:
            return replace(result, status="contradiction", reason=SOLUTIONS[count])
        if self.fallback == "exact" and result.status == "unsolved":
            grid = domain.solve_exactly(puzzle)
            if grid is None:
                return replace(result, status="contradiction", reason=SOLUTIONS[0])
            answer = Answer(grid, np.ones(grid.shape, np.float32))
            verdict = domain.verify(puzzle, grid)
            status = STATUS[verdict.status]
            return replace(
                result, answer=answer, verdict=verdict, status=status, reason="", solver="exact"
            )
        return result

    def _result(self, puzzle: Puzzle, outcome: Outcome) -> Result:
        return Result(
            puzzle,
            outcome.answer,
            outcome.verdict,
            outcome.settled,
            outcome.steps,
            outcome.restarts,
            outcome.seconds,
            self.model_name,
            self.policy.seed,
            STATUS[outcome.verdict.status],
        )

    def _contradiction(self, puzzle: Puzzle, broken: Verdict) -> Result:
        return Result(
            puzzle,
            answer=None,
            verdict=broken,
            settled=False,
            steps=0,
            restarts=0,
            seconds=0.0,
            model=self.model_name,
            seed=self.policy.seed,
            status="contradiction",
            reason=broken.reason,
        )

    def _interrupted(self, puzzle: Puzzle, report: StepReport, seconds: float) -> Result:
        outcome = Outcome(
            report.index,
            report.answer,
            report.verdict or get_domain(puzzle.domain).verify(puzzle, report.answer.grid),
            report.settled,
            report.step,
            report.restarts,
            seconds,
        )
        return replace(self._result(puzzle, outcome), status="interrupted", reason="interrupted")

    def _why_unsolved(self, outcome: Outcome, in_time: bool) -> str:
        if not in_time:
            return "the time limit is over"
        if outcome.steps > self.policy.max_steps - self.policy.rollouts:  # what cannot be shared
            return f"its {self.policy.max_steps:,} steps are spent"
        if self.policy.mode != "verified":
            how = "settled on" if outcome.settled else "chose"
            return f"it {how} a wrong answer: {outcome.verdict.reason}"
        if self.policy.restarts is not None and outcome.restarts >= self.policy.restarts:
            return "its restarts are spent"
        return "no start is left that would be new; --noise makes more"


def load_solver(
    domain: str,
    model: str | None,
    settings: Mapping[str, Any],
    engine: str = "torch",
    device: str = "auto",
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
        options: fields of `Solver` after the policy.
    """
    loaded = load_network(model, domain, engine, device)
    if loaded.default_steps is not None and settings.get("max_steps") is None:
        settings = {**settings, "max_steps": loaded.default_steps}
    given = {name: value for name, value in settings.items() if value is not None}
    return Solver(
        loaded.network, loaded.name, Policy(**given), model_sha256=loaded.sha256, **options
    )


def solve_kinds(
    puzzles: Iterable[Puzzle],
    solver_of: Callable[[str], Solver],
    watch: Watch | None = None,
    time_limit: float | None = None,
) -> Iterator[Result]:
    """Results in input order of puzzles of several kinds.

    Args:
        puzzles: read lazily; neighbours of one kind are solved together.
        solver_of: asked for the solver of a kind whenever puzzles of another one begin.
        watch: as in `Solver.solve`.
        time_limit: seconds for all puzzles together.
    """
    deadline = None if time_limit is None else time.monotonic() + time_limit
    for domain, group in itertools.groupby(puzzles, key=lambda puzzle: puzzle.domain):
        yield from solver_of(domain).solve(group, watch, deadline)


def solve(
    *puzzles: str, model: str | None = None, domain: str = "auto", **settings: Any
) -> list[Result]:
    """Solve puzzles with a shipped or trained model.

    Args:
        puzzles: files, literal text such as 81 characters, or `-` for stdin.
        model: a name of the catalog or a model folder; None = the shipped default.
        domain: kind of puzzle; `auto` looks at the text.
        settings: fields of `Policy`; `max_steps` defaults to the model's.

    Raises:
        UsageError: a setting makes no sense.
        ParseError: the text is no puzzle.
        ModelError: the model is unknown or damaged.
    """
    from puzzlesolver.domains.detect import read_puzzles

    questions = list(read_puzzles(puzzles, domain))
    solver_of = functools.cache(lambda kind: load_solver(kind, model, settings))
    return list(solve_kinds(questions, solver_of, time_limit=settings.get("time_limit")))


def verify(puzzle: str, answer: str, domain: str = "auto") -> Verdict:
    """What the rules say of an answer.

    Args:
        puzzle: a file or literal text, one puzzle.
        answer: likewise one grid, or for ARC a file of attempts.
        domain: kind of puzzle; `auto` looks at the text.
    """
    from puzzlesolver.domains.detect import read_lines, read_puzzles

    question = next(iter(read_puzzles([puzzle], domain)))
    kind = get_domain(question.domain)
    if kind.mark is None:
        return kind.verify(question, next(iter(read_puzzles([answer], domain))).grid)
    with read_lines(answer) as (lines, source):
        _, verdict = next(kind.mark([question], lines, source))
    return verdict
