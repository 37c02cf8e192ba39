"""`puzzlesolver verify`: the rules alone say whether an answer is right, and where it is not.

$ puzzlesolver verify puzzle.txt answer.txt
puzzle.txt: verified
"""

from __future__ import annotations

import itertools
from typing import Annotated

import typer

from puzzlesolver.cli.options import Domain
from puzzlesolver.errors import UsageError

EPILOG = (
    "Exit codes: 0 every answer is verified; 1 some are not; 2 usage; 3 unreadable input; "
    "5 a puzzle's own givens break the rules."
)
EXIT_CODES = {"verified": 0, "unverifiable": 1, "wrong": 1}
CONTRADICTION = 5


def verify(
    puzzle: Annotated[
        str,
        typer.Argument(
            metavar="PUZZLE", help="A file, literal text, or - for stdin; may hold many puzzles."
        ),
    ],
    answer: Annotated[
        str | None,
        typer.Argument(
            metavar="ANSWER",
            show_default="the answers in PUZZLE's file",
            help="The answers, in the same order and in any puzzle format.",
        ),
    ] = None,
    domain: Domain = "auto",
) -> None:
    """Check answers by the rules alone and name the first conflict; no network takes part."""
    from puzzlesolver.domains.base import get_domain
    from puzzlesolver.domains.detect import read_puzzles

    if puzzle == answer == "-":
        raise UsageError("puzzle and answer cannot both be stdin", where="verify")
    questions = read_puzzles([puzzle], domain)
    answers = None if answer is None else read_puzzles([answer], domain)
    worst = 0
    for question, reply in itertools.zip_longest(questions, answers or ()):
        if question is None or (answers is not None and reply is None):
            longer, shorter = ("answers", "puzzles") if question is None else ("puzzles", "answers")
            raise UsageError(f"there are more {longer} than {shorter}", where="verify")
        grid = question.label if reply is None else reply.grid
        if grid is None:
            raise UsageError(
                "this puzzle comes without an answer",
                where=question.source,
                hint="give the answer as second argument",
            )
        kind = get_domain(question.domain)
        if contradiction := kind.contradiction(question):
            code, told = CONTRADICTION, f"contradiction - {contradiction.reason}"
        else:
            verdict = kind.verify(question, grid)
            code = EXIT_CODES[verdict.status]
            told = verdict.status + (f" - {verdict.reason}" if verdict.reason else "")
        typer.echo(f"{question.name}: {told}")
        worst = max(worst, code)
    raise typer.Exit(worst)
