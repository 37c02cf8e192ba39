"""Which answer belongs to which puzzle, and what the rules say of it; no network takes part.

In: names of files or texts, as for `read_puzzles`. Out: every puzzle with a verdict, or with None
where it has no answer.

    >>> [(puzzle.name, verdict.status) for puzzle, verdict in mark("list.txt", "answers.jsonl")]
    [('list.txt:1', 'verified'), ('list.txt:2', 'wrong')]
"""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence

import numpy as np

from puzzlesolver.domains.base import Puzzle, Verdict, get_domain
from puzzlesolver.domains.detect import AUTO, read_lines, read_puzzles
from puzzlesolver.errors import UsageError

Marked = Iterator[tuple[Puzzle, Verdict | None]]


def mark(puzzles: str, answers: str | None = None, domain: str = AUTO, rules: str = "") -> Marked:
    """Check answers one after another.

    Args:
        puzzles: a file or literal text; without `answers`, finished boards, or puzzles with the
            answers beside them.
        answers: a file or literal text, in any format that `solve` prints. Answers that come with
            their questions or names may have any order, and some may be missing.
        domain: key of `DOMAINS`, or `auto`.
        rules: as in `read_puzzles`.

    Raises:
        ParseError: one of them cannot be read.
        UsageError: there are more or fewer answers than puzzles.
    """
    questions = read_puzzles([puzzles], domain, rules)
    first, *second = head = list(itertools.islice(questions, 2))
    questions, kind = itertools.chain(head, questions), get_domain(first.domain)
    if answers is None:
        if kind.mark is not None:
            raise UsageError(
                "these tasks come without attempts",
                where=puzzles,
                hint=f"puzzlesolver verify {puzzles} submission.json",
            )
        alone = first.label is None
        for question in questions:
            missing = question.label is None and not alone
            yield question, None if missing else _judge(question, question)
    elif kind.mark is not None:
        with read_lines(answers) as (lines, source):
            yield from kind.mark(questions, lines, source)
    else:
        if all(other.rules == first.rules for other in second):
            rules = rules or first.rules  # which plain answers do not tell
        yield from _paired(questions, list(read_puzzles([answers], domain, rules)))


def _paired(questions: Iterator[Puzzle], answers: Sequence[Puzzle]) -> Marked:
    """Puzzles with the answers that repeat their questions, or else with those in their order."""
    repeat = len(answers) > 1 and any(answer.label is not None for answer in answers)
    of_question = defaultdict[tuple[str, bytes], deque[Puzzle]](deque)
    for answer in answers if repeat else ():
        of_question[_key(answer)].append(answer)
    in_order = deque(answers)
    asked = found = 0
    for question in questions:
        known = of_question[_key(question)] if repeat else in_order
        if known:
            yield question, _judge(question, known.popleft())
            found += 1
        elif repeat:
            yield question, None
        asked += 1
    if repeat and found < len(answers):
        what = f"{len(answers) - found:,} of the {len(answers):,} answers belong to no puzzle"
        raise UsageError(what, where="verify", hint="give the puzzles that they answer")
    if not repeat and asked != len(answers):
        counts = f"{_count(asked, 'puzzle')}, but {_count(len(answers), 'answer')}"
        raise UsageError(counts, where="verify", hint="grids are matched in their order")


def _key(puzzle: Puzzle) -> tuple[str, bytes]:
    return f"{puzzle.domain} {puzzle.grid.shape}", puzzle.grid.tobytes()


def _judge(question: Puzzle, answer: Puzzle) -> Verdict | None:
    """The verdict; None where the puzzle itself stands in place of an answer."""
    verdict = get_domain(question.domain).verify(question, answer.answer)
    blank = verdict.status == "wrong" and np.array_equal(answer.answer, question.grid)
    return None if blank and answer is not question else verdict


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
