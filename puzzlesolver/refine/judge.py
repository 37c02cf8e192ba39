"""What is known of a puzzle before its first step, and what its result is after the last one.

In: a puzzle, and how its refinement ended. Out: a `Result`, by the rules, by an exact search that
may prove that there is no solution or several, and by the fallback that the user may have asked
for.

    >>> judge = Judge("sudoku", policy, prove=True, fallback="none", deadline=None)
    >>> judge.examine(0, puzzle) or judge.judge(0, puzzle, outcome)
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np

from puzzlesolver.domains.base import Answer, Limit, Puzzle, Verdict, get_domain
from puzzlesolver.refine.policy import Policy
from puzzlesolver.refine.report import Outcome, Result, Signs, StepReport

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


class Judge:
    """Judges the puzzles of one `Solver.solve`.

    Args:
        model_name: how results name the model.
        policy: as the solver's.
        prove: as the solver's.
        fallback: as the solver's.
        deadline: `time.monotonic()` at which all end; None = never.
    """

    def __init__(
        self, model_name: str, policy: Policy, prove: bool, fallback: str, deadline: float | None
    ) -> None:
        self.model_name = model_name
        self.policy = policy
        self.prove = prove
        self.exact = fallback == "exact"
        self.deadline = deadline
        self.ends = math.inf if deadline is None else deadline
        self._unique: set[int] = set()

    def examine(self, index: int, puzzle: Puzzle) -> Result | None:
        """The result of a puzzle that needs no step, or None."""
        domain, started = get_domain(puzzle.domain), time.monotonic()
        broken, count = domain.contradiction(puzzle), None
        if broken is None:
            if started >= self.ends:
                return self._begun_late(puzzle)
            if self.prove:
                count = domain.count_solutions(puzzle, Limit(self.ends, FIRST_CONFLICTS))
            if count == 1:
                self._unique.add(index)
            if count not in (0, 2):
                return None
        verdict = broken or Verdict("wrong", NO_SOLUTION if count == 0 else SEVERAL)
        result = self._proved(self._result(puzzle, None, verdict), count or 0, Limit())
        return replace(result, seconds=time.monotonic() - started)

    def judge(self, index: int, puzzle: Puzzle, outcome: Outcome) -> Result:
        """The result of a refined puzzle."""
        count = 1 if index in self._unique else None
        self._unique.discard(index)
        spent = outcome.steps, outcome.restarts, outcome.seconds
        found = outcome.answer, outcome.verdict, outcome.settled, *spent
        result = self._result(puzzle, *found, signs=outcome.signs)
        if result.status == "unsolved":
            result = replace(result, reason=self._why_unsolved(outcome))
        return self._decided(result, count)

    def refused(self, index: int, puzzle: Puzzle, why: str) -> Result:
        """The result of a puzzle that the model cannot take: what the fallback finds."""
        count = 1 if index in self._unique else None
        self._unique.discard(index)
        result = replace(self._result(puzzle, None, Verdict("wrong", why)), reason=why)
        return self._decided(result, count)

    def _decided(self, result: Result, count: int | None) -> Result:
        """The result after what the first search left open, and the fallback."""
        domain, puzzle = get_domain(result.puzzle.domain), result.puzzle
        exact = self.exact and result.status == "unsolved"
        limit = Limit(self.ends + exact * FALLBACK_SECONDS)
        if (self.prove or exact) and count is None:
            count = domain.count_solutions(puzzle, limit)
            if count in (0, 2):
                return self._proved(result, count, limit)
            if count is None and (undecided := UNDECIDED.get(result.status)):
                reason = "; ".join(filter(None, (result.reason, undecided)))
                result = replace(result, reason=reason)
        return self._exact(result, limit) if exact else result

    def interrupted(self, puzzle: Puzzle, report: StepReport, seconds: float) -> Result:
        """The result of a puzzle that Ctrl-C ends at this report."""
        verdict = report.verdict or get_domain(puzzle.domain).verify(puzzle, report.answer.grid)
        found = report.answer, verdict, report.settled, report.step, report.restarts, seconds
        return replace(self._result(puzzle, *found), status="interrupted", reason="interrupted")

    def _begun_late(self, puzzle: Puzzle) -> Result:
        """The result of a puzzle that was read after the deadline."""
        result = self._result(puzzle, None, Verdict("wrong", LATE))
        undecided = [UNDECIDED["unsolved"]] * self.prove
        result = replace(result, reason="; ".join([LATE, *undecided]))
        return self._exact(result, Limit(self.ends + FALLBACK_SECONDS)) if self.exact else result

    def _result(
        self,
        puzzle: Puzzle,
        answer: Answer | None,
        verdict: Verdict,
        settled: bool = False,
        steps: int = 0,
        restarts: int = 0,
        seconds: float = 0.0,
        signs: Signs | None = None,
    ) -> Result:
        by, status = (self.model_name, self.policy.seed), STATUS[verdict.status]
        found = answer, verdict, settled, steps, restarts, seconds
        return Result(puzzle, *found, *by, status, signs=signs)

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
