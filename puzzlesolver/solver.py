"""encode → refine → decode → verify: a loaded model at work on one kind of puzzle.

Puzzles flow in, one `Result` each flows out, in the same order.

    >>> solver = Solver(load_model("sudoku"), model_name="sudoku", policy=Policy(max_steps=2_000))
    >>> for result in solver.solve(read_puzzles(["puzzle.txt"])):
    ...     print(result.status, result.answer.grid)
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from puzzlesolver.domains.base import Domain, Puzzle, get_domain
from puzzlesolver.errors import ModelError
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.refine.engines.engine import Engine
from puzzlesolver.refine.engines.graph import GraphSource
from puzzlesolver.refine.engines.pytorch import make_engine
from puzzlesolver.refine.feed import Feed
from puzzlesolver.refine.judge import Judge
from puzzlesolver.refine.loop import refine
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.report import Result, StepReport
from puzzlesolver.runtime import Runtime, choose_runtime

Watch = Callable[[Puzzle, StepReport], None]


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
        fallback: `exact` lets an exact solver answer what the model did not, or cannot take; such
            results say so.
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
        engine = make_engine(self.model, self.runtime or choose_runtime(), compiled=self.compiled)
        if deadline is None and self.policy.time_limit is not None:
            deadline = time.monotonic() + self.policy.time_limit
        judge = Judge(self.model_name, self.policy, self.prove, self.fallback, deadline)
        feed = Feed(puzzles, self.batch_size, judge.examine)
        layout = feed.layout()
        while layout is not None or feed.known:
            if layout is not None:
                arrivals, domain = feed.take(layout), get_domain(layout[0])
                for index, result in self._refine(engine, domain, arrivals, judge, watch):
                    feed.finish(index)
                    yield index, result
                    yield from feed.take_known()
            yield from feed.take_known()
            layout = feed.layout()
        if feed.error is not None:
            raise feed.error

    def _refine(
        self,
        engine: Engine,
        domain: Domain,
        arrivals: Iterator[tuple[int, Puzzle]],
        judge: Judge,
        watch: Watch | None,
    ) -> Iterator[tuple[int, Result]]:
        """Results of puzzles of one layout, as the batch has room for them."""
        taken: dict[int, tuple[int, Puzzle]] = {}

        def taking() -> Iterator[Puzzle]:
            for number, (index, puzzle) in enumerate(arrivals):
                taken[number] = index, puzzle
                yield puzzle

        started, foremost = time.monotonic(), None
        reports = refine(engine, domain, taking(), self.policy, judge.deadline, self.batch_size)
        try:
            for report in reports:
                ended = {outcome.index for outcome in report.outcomes}
                foremost = None if report.index in ended else report
                if watch is not None:
                    watch(taken[report.index][1], report)
                for outcome in report.outcomes:
                    index, puzzle = taken.pop(outcome.index)
                    yield index, judge.judge(index, puzzle, outcome)
        except ModelError as error:  # boards of this layout are none for the model
            if not judge.exact:
                raise
            for index, puzzle in itertools.chain(taken.values(), arrivals):
                yield index, judge.refused(index, puzzle, error.what)
        except KeyboardInterrupt:
            if foremost is not None:
                index, puzzle = taken[foremost.index]
                yield index, judge.interrupted(puzzle, foremost, time.monotonic() - started)
            raise
