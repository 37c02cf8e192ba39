"""`puzzlesolver verify`: the rules alone say whether an answer is right, and where it is not.

$ puzzlesolver verify puzzle.txt answer.txt
puzzle.txt: verified
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from puzzlesolver.cli.options import Domain, Quiet, Regions, Rules, argument, command, told_rules
from puzzlesolver.cli.view.signs import say, teller
from puzzlesolver.errors import UsageError

EPILOG = (
    "Exit codes: 0 every answer is verified; 1 some are wrong, missing or cannot be checked; "
    "2 usage, or grids that are fewer or more than the puzzles; 3 unreadable input; 5 a puzzle's "
    "own givens break the rules."
)
UNANSWERED, CONTRADICTION = "without an answer", "contradiction"
EXIT_CODES = {"verified": 0, "unverifiable": 1, "wrong": 1, UNANSWERED: 1, CONTRADICTION: 5}
"""What is said of an answer; totals count in this order."""

NO_OUTPUTS = "name a file of the known outputs: puzzlesolver verify TASKS SUBMISSION SOLUTIONS"


@command
def verify(
    puzzle: Annotated[
        str,
        argument("PUZZLES"),
        "A file, literal text, or - for stdin; without ANSWERS a finished board.",
    ],
    answer: Annotated[
        str | None,
        argument("ANSWERS", show_default="those in PUZZLES"),
        "The answers, as `solve` prints them in any format: grids in the order of the puzzles, "
        "records in any order; of ARC tasks a submission.json.",
    ] = None,
    solutions: Annotated[
        str | None,
        argument("SOLUTIONS", show_default="those beside PUZZLES, or in it"),
        "The known outputs of ARC tasks, as Kaggle's solutions.json has them.",
    ] = None,
    domain: Domain = "auto",
    rules: Rules = "",
    regions: Regions = None,
    quiet: Quiet = False,
) -> None:
    """Check answers by the rules alone and name the first conflict; no network takes part.

    Several are counted on stderr at the end. Attempts at ARC tasks are scored
    as on Kaggle: of all test inputs whose outputs are known, the share of those
    where one of the two attempts equals the output. A task that is missing is
    wrong; a submission of another form is an error.
    """
    from puzzlesolver.domains.base import get_domain
    from puzzlesolver.domains.marking import mark

    if [puzzle, answer, solutions].count("-") > 1:
        raise UsageError("only one of the files can be stdin", where="verify")
    counts, right, inputs, hint = Counter[str](), 0, 0, ""
    notes = set[str]()
    tell = teller(quiet)
    given = (puzzle, answer, domain, told_rules(rules, regions), solutions)
    for question, verdict in mark(*given, tell):
        if question.note and question.note not in notes:
            notes.add(question.note)
            tell(f"note: {question.name}: {question.note}")
        alone = answer is None and question.label is None
        if verdict is None:
            status, reason = UNANSWERED, ""
        elif not (alone or verdict.status == "verified") and (
            clash := get_domain(question.domain).contradiction(question)
        ):
            status, reason = CONTRADICTION, clash.reason
        else:
            status, reason = verdict.status, verdict.reason
        if verdict is not None and verdict.right is not None:
            right, inputs = right + verdict.right[0], inputs + verdict.right[1]
            hint = "" if inputs else NO_OUTPUTS
        if alone and status == "wrong":
            hint = "an answer goes behind its puzzle: puzzlesolver verify PUZZLES ANSWERS"
        counts[status] += 1
        say(f"{question.name}: {status}" + (f" - {reason}" if reason else ""))
    for line in (_total(counts), _score(right, inputs), hint and f"hint: {hint}"):
        if line:
            tell(line)
    raise typer.Exit(max(EXIT_CODES[status] for status in counts))


def _total(counts: Counter[str]) -> str:
    """How many are right, where there are several."""
    told = [f"{counts['verified']:,} of {counts.total():,} verified"]
    told += [f"{counts[other]:,} {other}" for other in [*EXIT_CODES][1:] if counts[other]]
    return ", ".join(told) if counts.total() > 1 else ""


def _score(right: int, inputs: int) -> str:
    """The score of attempts at tasks of ARC; Kaggle counts test inputs."""
    share = f"{right:,} of {inputs:,} test inputs, {100 * right / max(1, inputs):.2f} %"
    rule = "right: one of two attempts equals the output; missing tasks are wrong"
    return f"score as on Kaggle: {share} ({rule})" if inputs else ""
