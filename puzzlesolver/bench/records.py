"""What is kept of one puzzle in one mode; a journal holds one a line.

Everything that is reported is a function of the records.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """One puzzle in one mode.

    Attributes:
        mode: key of `refine.policy.MODES`.
        index: position in the suite, from 0.
        name: of the puzzle.
        group: where the puzzle comes from.
        rating: the file's difficulty rating, or None.
        status: as in `pipeline.Result`.
        verdict: what the rules say of the answer.
        matches: whether the answer is the known one; None when none is known.
        as_good: whether it is as good as the known one; the same thing where one answer is right.
        drawn: whether the rules accept what the state drew itself (`Answer.drawn`), if it draws.
        settled: whether the trajectory had stopped moving.
        steps: steps spent.
        restarts: fresh starts after the first.
        elapsed: seconds of work in this mode until it finished, over all sessions.
        confidence: the product of that in all cells; None without an answer, and in old journals.
        residual, halt, contradiction: as in `refine.report.Signs`.
    """

    mode: str
    index: int
    name: str
    group: str
    rating: float | None
    status: str
    verdict: str
    matches: bool | None
    as_good: bool | None
    drawn: bool | None
    settled: bool
    steps: int
    restarts: int
    elapsed: float
    confidence: float | None = None
    residual: float | None = None
    halt: float | None = None
    contradiction: float | None = None

    @property
    def correct(self) -> bool:
        """In verified mode the rules decide, otherwise the known answer, if there is one."""
        verified = self.verdict == "verified" and self.status != "ambiguous"  # no answer of a model
        return verified if self.mode == "verified" or self.as_good is None else self.as_good

    @property
    def wrong_verified(self) -> bool:
        """Whether the rules accepted something worse than the known answer."""
        return self.verdict == "verified" and self.as_good is False
