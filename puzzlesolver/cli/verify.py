"""`puzzlesolver verify`: the rules alone say whether an answer is right, and where it is not.

$ puzzlesolver verify puzzle.txt answer.txt
puzzle.txt: verified
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from puzzlesolver.cli.options import Domain
from puzzlesolver.errors import UsageError

if TYPE_CHECKING:
    from puzzlesolver.domains.base import Puzzle, Verdict

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
            help="The answers, in the same order and in any puzzle format; of ARC tasks a "
            "submission.json, which names them.",
        ),
    ] = None,
    domain: Domain = "auto",
) -> None:
    """Check answers by the rules alone and name the first conflict; no network takes part."""
    from puzzlesolver.domains.base import get_domain
    from puzzlesolver.domains.detect import read_lines, read_puzzles

    if puzzle == answer == "-":
        raise UsageError("puzzle and answer cannot both be stdin", where="verify")
    questions = read_puzzles([puzzle], domain)
    first = next(questions)
    questions, mark = itertools.chain([first], questions), get_domain(first.domain).mark
    worst = 0
    with contextlib.ExitStack() as stack:
        if mark is None or answer is None:
            marked = _in_order(questions, answer, domain)
        else:
            marked = mark(questions, *stack.enter_context(read_lines(answer)))
        for question, verdict in marked:
            if contradiction := get_domain(question.domain).contradiction(question):
                code, told = CONTRADICTION, f"contradiction - {contradiction.reason}"
            else:
                code = EXIT_CODES[verdict.status]
                told = verdict.status + (f" - {verdict.reason}" if verdict.reason else "")
            typer.echo(f"{question.name}: {told}")
            worst = max(worst, code)
    raise typer.Exit(worst)


def _in_order(
    questions: Iterator[Puzzle], answer: str | None, domain: str
) -> Iterator[tuple[Puzzle, Verdict]]:
    """Every puzzle with the verdict on the answer beside it, which is a grid."""
    from puzzlesolver.domains.base import get_domain
    from puzzlesolver.domains.detect import read_puzzles

    answers = None if answer is None else read_puzzles([answer], domain)
    for question, reply in itertools.zip_longest(questions, answers or ()):
        if question is None or (answers is not None and reply is None):
            longer, shorter = ("answers", "puzzles") if question is None else ("puzzles", "answers")
            raise UsageError(f"there are more {longer} than {shorter}", where="verify")
        grid = question.label if reply is None else reply.answer
        if grid is None:
            raise UsageError(
                "this puzzle comes without an answer",
                where=question.source,
                hint="give the answer as second argument",
            )
        yield question, get_domain(question.domain).verify(question, grid)
