"""encode → refine → decode → verify: a loaded model at work on one kind of puzzle.

Puzzles flow in, one `Result` each flows out, in the same order.

    >>> solver = Solver(load_model("sudoku"), model_name="sudoku", policy=Policy(max_steps=2_000))
    >>> for result in solver.solve(read_puzzles(["puzzle.txt"])):
    ...     print(result.status, result.answer.grid)
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from puzzlesolver.domains.base import Answer, Grid, Limit, Puzzle, Verdict, get_domain
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.refine.engines import Engine, TorchEngine
from puzzlesolver.refine.feed import Feed, Layout
from puzzlesolver.refine.graph import GraphSource
from puzzlesolver.refine.loop import refine
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.report import Outcome, Signs, StepReport
from puzzlesolver.runtime import Runtime, choose_runtime

if TYPE_CHECKING:
    from rich.text import Text

Watch = Callable[[Puzzle, StepReport], None]

STATUS = {"verified": "solved", "wrong": "unsolved", "unverifiable": "answered"}
NO_SOLUTION = "it has no solution"
SEVERAL = "more than one solution"
LATE = "the time limit is over"
UNDECIDED = {
    "solved": "whether it has another solution was not decided",
    "unsolved": "whether it has a solution was not decided in time",
}
FIRST_CONFLICTS = 10_000
"""Dead ends of the exact search before the first step: a second at most, so that lists of large
boards begin soon. What it leaves open is searched to the full limit after the last step."""
FALLBACK_SECONDS = 0.5
"""How long after the deadline an exact fallback may search: the network has spent the rest."""


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
        status: `solved` (verified), `unsolved`, `contradiction` (proved: no solution), `ambiguous`
            (proved: several solutions; the answer is one of them), `answered` (the rules cannot
            tell), or `interrupted`.
        reason: why, for people; "" when solved and proved to have no other solution.
        solver: `model`, or `exact` when the exact search found the answer: of an ambiguous puzzle,
            or where the user asked for the fallback.
        signs: what its trajectory showed at the end; None where it was cut short, or never began.
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
    signs: Signs | None = None

    def __repr__(self) -> str:
        known = (self.verdict.status, "settled" * self.settled, self.reason)
        told = ", ".join([*filter(None, known), f"{self.steps:,} steps", f"{self.seconds:.1f} s"])
        return f"<{type(self).__name__} {self.status} {self.puzzle.name!r}: {told}>"

    @property
    def answers(self) -> list[Grid]:
        """The grids that answer the puzzle; none when it never started."""
        return [] if self.answer is None else [self.answer.grid]

    @property
    def remarks(self) -> list[str]:
        """What people may want to know besides, in a few words each."""
        return []

    @property
    def details(self) -> dict[str, Any]:
        """What programs may want to know besides, as JSON data."""
        return {}

    def picture(self, width: int, colour: bool) -> Text:
        """The answer for a terminal, or the puzzle where there is none.

        Args:
            width: columns to stay within, where the grid allows it.
            colour: whether colours will be seen.
        """
        domain, givens = get_domain(self.puzzle.domain), self.puzzle.grid
        if self.answer is None:
            text = domain.render(givens, givens)
        else:
            text = domain.render(self.answer.grid, givens, self.answer.confidence)
        text.plain = self.puzzle.spell(text.plain)
        return text


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
        compiled: whether steps that are not machine code already are compiled, where a C++ compiler
            is found: half a minute once, then about twice as fast.
        prove: whether an exact search tells, before any step, if the puzzle has no solution, or
            several.
        fallback: `exact` lets an exact solver answer what the model did not; such results say so.
        model_sha256: of the weights' file; "" for a model that was not read from one.
        trained_side: rows of the boards that it was trained on; None where that is not known.
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
    trained_side: int | None = None

    def is_foreign(self, puzzle: Puzzle) -> bool:
        """Whether the model was trained on boards of other sizes, where that makes a difference."""
        domain = get_domain(puzzle.domain)
        return domain.clamps and self.trained_side not in (None, len(puzzle.grid))

    @property
    def max_steps(self) -> int:
        """Steps a puzzle may spend."""
        return self.policy.max_steps

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
        unique: set[int] = set()

        def examine(index: int, puzzle: Puzzle) -> Result | None:
            result, count = self._examine(puzzle, deadline)
            if count == 1:
                unique.add(index)
            return result

        def judge(index: int, puzzle: Puzzle, outcome: Outcome) -> Result:
            count = 1 if index in unique else None
            unique.discard(index)
            return self._judge(puzzle, outcome, deadline, count)

        feed = Feed(puzzles, self.batch_size, examine)
        layout = feed.layout()
        while layout is not None or feed.known:
            if layout is not None:
                for index, result in self._solve_layout(
                    engine, feed, layout, judge, watch, deadline
                ):
                    feed.finish(index)
                    yield index, result
                    yield from feed.take_known()
            yield from feed.take_known()
            layout = feed.layout()
        if feed.error is not None:
            raise feed.error

    def _solve_layout(
        self,
        engine: Engine,
        feed: Feed[Result],
        layout: Layout,
        judge: Callable[[int, Puzzle, Outcome], Result],
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
                    yield index, judge(index, puzzle, outcome)
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

    def _examine(self, puzzle: Puzzle, deadline: float | None) -> tuple[Result | None, int | None]:
        """The result of a puzzle that needs no step, and how many solutions it is known to have."""
        domain, started = get_domain(puzzle.domain), time.monotonic()
        ends = math.inf if deadline is None else deadline
        broken, count = domain.contradiction(puzzle), None
        if broken is None:
            if started >= ends:
                return self._begun_late(puzzle, ends), None
            if self.prove:
                count = domain.count_solutions(puzzle, Limit(ends, FIRST_CONFLICTS))
            if count not in (0, 2):
                return None, count
        verdict = broken or Verdict("wrong", NO_SOLUTION if count == 0 else SEVERAL)
        result = self._proved(self._untouched(puzzle, verdict), count or 0, Limit())
        return replace(result, seconds=time.monotonic() - started), count

    def _begun_late(self, puzzle: Puzzle, ends: float) -> Result:
        """The result of a puzzle that was read after the deadline."""
        result = self._untouched(puzzle, Verdict("wrong", LATE))
        undecided = [UNDECIDED["unsolved"]] * self.prove
        result = replace(result, reason="; ".join([LATE, *undecided]))
        exact = self.fallback == "exact"
        return self._exact(result, Limit(ends + FALLBACK_SECONDS)) if exact else result

    def _untouched(self, puzzle: Puzzle, verdict: Verdict) -> Result:
        """The result of a puzzle without an answer."""
        return Result(
            puzzle,
            answer=None,
            verdict=verdict,
            settled=False,
            steps=0,
            restarts=0,
            seconds=0.0,
            model=self.model_name,
            seed=self.policy.seed,
            status=STATUS[verdict.status],
        )

    def _judge(
        self, puzzle: Puzzle, outcome: Outcome, deadline: float | None, count: int | None
    ) -> Result:
        """The result of a refined puzzle, after what the first search left open, and fallback."""
        domain, ends = get_domain(puzzle.domain), math.inf if deadline is None else deadline
        result = self._result(puzzle, outcome)
        if result.status == "unsolved":
            result = replace(result, reason=self._why_unsolved(outcome))
        exact = self.fallback == "exact" and result.status == "unsolved"
        limit = Limit(ends + exact * FALLBACK_SECONDS)
        if (self.prove or exact) and count is None:
            count = domain.count_solutions(puzzle, limit)
            if count in (0, 2):
                return self._proved(result, count, limit)
            if count is None and (undecided := UNDECIDED.get(result.status)):
                reason = "; ".join(filter(None, (result.reason, undecided)))
                result = replace(result, reason=reason)
        return self._exact(result, limit) if exact else result

    def _proved(self, result: Result, count: int, limit: Limit) -> Result:
        """The result of a puzzle that has no solution, or several (2)."""
        if count == 0:
            reason = result.verdict.reason if result.answer is None else NO_SOLUTION
            return replace(result, status="contradiction", reason=reason)
        if result.verdict.status != "verified":
            result = self._exact(result, limit)
        one = "; this is one of them" * (result.verdict.status == "verified")
        return replace(result, status="ambiguous", reason=SEVERAL + one)

    def _exact(self, result: Result, limit: Limit) -> Result:
        """With the answer of an exact search, if it finds one within the limit."""
        domain = get_domain(result.puzzle.domain)
        if (grid := domain.solve_exactly(result.puzzle, limit)) is None:
            return result
        answer = Answer(grid, np.ones(grid.shape, np.float32))
        verdict = domain.verify(result.puzzle, grid)
        status = STATUS[verdict.status]
        return replace(
            result, answer=answer, verdict=verdict, status=status, reason="", solver="exact"
        )

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
            signs=outcome.signs,
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

    def _why_unsolved(self, outcome: Outcome) -> str:
        if outcome.late:
            return LATE
        if outcome.steps > self.policy.max_steps - self.policy.rollouts:  # what cannot be shared
            return f"its {self.policy.max_steps:,} steps are spent"
        if self.policy.mode != "verified":
            how = "settled on" if outcome.settled else "chose"
            return f"it {how} a wrong answer: {outcome.verdict.reason}"
        if self.policy.restarts is not None and outcome.restarts >= self.policy.restarts:
            return "its restarts are spent"
        return "no start is left that would be new; --noise makes more"
