"""Which answer belongs to which puzzle, and what the rules say of it; no network takes part.

In: names of files or texts, as for `read_puzzles`. Out: every puzzle with a verdict, or with None
where it has no answer.

    >>> [(puzzle.name, verdict.status) for puzzle, verdict in mark("list.txt", "answers.jsonl")]
    [('list.txt:1', 'verified'), ('list.txt:2', 'wrong')]
"""

from __future__ import annotations

import itertools
import warnings
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from puzzlesolver.domains.base import Puzzle, Verdict, get_domain
from puzzlesolver.domains.detect import AUTO, read_lines, read_puzzles
from puzzlesolver.errors import UsageError

Marked = Iterator[tuple[Puzzle, Verdict | None]]


def mark(
    puzzles: str,
    answers: str | None = None,
    domain: str = AUTO,
    rules: str = "",
    solutions: str | None = None,
    tell: Callable[[str], object] = warnings.warn,
) -> Marked:
    """Check answers one after another.

    Args:
        puzzles: a file or literal text; without `answers`, finished boards, or puzzles with the
            answers beside them.
        answers: a file or literal text, in any format that `solve` prints. Answers that come with
            their questions or names may have any order, and some may be missing.
        domain: key of `DOMAINS`, or `auto`.
        rules: as in `read_puzzles`.
        solutions: a file of known answers, where a kind has such.
        tell: as in `read_puzzles`.

    Raises:
        ParseError: one of them cannot be read.
        UsageError: there are more or fewer answers than puzzles.
    """
    questions = read_puzzles([puzzles], domain, rules, tell)
    first, *second = head = list(itertools.islice(questions, 2))
    questions, kind = itertools.chain(head, questions), get_domain(first.domain)
    if solutions is not None:
        if kind.solved is None:
            what = "only tasks of ARC have solutions in a file of their own"
            raise UsageError(what, where=solutions, hint="puzzlesolver verify PUZZLES ANSWERS")
        with read_lines(solutions) as (lines, source):
            questions = iter([*kind.solved(questions, lines, source)])
    if answers is None:
        if kind.mark is not None:
            hint = f"puzzlesolver verify {puzzles} submission.json"
            raise UsageError("these tasks come without attempts", where=puzzles, hint=hint)
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
        yield from _paired(questions, list(read_puzzles([answers], domain, rules, tell)))


def _paired(questions: Iterator[Puzzle], answers: Sequence[Puzzle]) -> Marked:
    """Puzzles with the answers that repeat their questions, or else with those in their order.

    Printed grids of mazes repeat them, those of Sudokus do not.
    """
    repeating = {each.domain for each in answers if each.label is not None}
    if len(answers) == 1:
        repeating.clear()

    def key(puzzle: Puzzle) -> tuple[str, bytes]:
        if puzzle.domain not in repeating:
            return "", b""
        return f"{puzzle.domain} {puzzle.grid.shape}", puzzle.grid.tobytes()

    waiting = defaultdict[tuple[str, bytes], deque[Puzzle]](deque)
    for answer in answers:
        waiting[key(answer)].append(answer)
    asked, plain = 0, len(waiting["", b""])
    for question in questions:
        if known := waiting.get(key(question)):
            yield question, _judge(question, known.popleft())
        elif question.domain in repeating:
            yield question, None
        asked += question.domain not in repeating
    if asked != plain:
        counts = f"{asked:,} puzzle{'s' * (asked != 1)}, but {plain:,} answer{'s' * (plain != 1)}"
        raise UsageError(counts, where="verify", hint="grids are matched in their order")
    if left := sum(map(len, waiting.values())):
        what = (
            f"{left:,} answer{'s' * (left != 1)} too many: of no puzzle, or of one answered before"
        )
        raise UsageError(what, where="verify", hint="give the puzzles that they answer")


def _judge(question: Puzzle, answer: Puzzle) -> Verdict | None:
    """The verdict; None where the puzzle itself stands in place of an answer."""
    verdict = get_domain(question.domain).verify(question, answer.answer)
    blank = verdict.status == "wrong" and np.array_equal(answer.answer, question.grid)
    return None if blank and answer is not question else verdict
