"""Kinds of training puzzles: random minimal ones, generated hard ones, and those of a file.

In: a random number generator. Out: a question and its solution per draw. Each kind can be resumed.

    >>> question, solution = RandomMinimal(seed=1).draw(np.random.default_rng(0))
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Collection
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import get_domain
from puzzlesolver.domains.sudoku.making.breed import random_minimal
from puzzlesolver.domains.sudoku.making.canonical import canonical
from puzzlesolver.domains.sudoku.propagation import CELLS
from puzzlesolver.domains.sudoku.search import solve
from puzzlesolver.errors import UsageError
from puzzlesolver.train.data.labelled import Boards, Labelled, read_file
from puzzlesolver.train.resuming import Resumable, Unchanged
from puzzlesolver.train.settings import flag

GENERATED = "the generated puzzles (versions of puzzlesolver differ)"

EXTRA = 2
MOST_MADE = 200_000
"""Boards that are made at most to find so many different ones."""


class RandomMinimal:
    """Random minimal 9×9 boards, a new one each time: less than a millisecond, mostly easy.

    Args:
        seed: of the boards.
        excluded: canonical forms that must not come out.
    """

    def __init__(self, seed: int, excluded: Collection[bytes]) -> None:
        self.state = np.array([seed], np.uint64)
        self.excluded = excluded

    def draw(self, rng: np.random.Generator) -> tuple[Boards, Boards]:
        question = random_minimal(self.state)
        while self.excluded and canonical(question) in self.excluded:
            question = random_minimal(self.state)
        in_order = np.zeros(1, np.uint64)
        return question, solve(question, 1, in_order, 1_000_000)[0]

    def state_dict(self) -> dict[str, Any]:
        return {"state": int(self.state[0])}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.state = np.array([state["state"]], np.uint64)


class Stream(Protocol):
    """An endless generator that can be resumed, such as `PuzzleStream`."""

    def take(self, count: int) -> tuple[Boards, Boards, Any]:
        """So many new questions and their solutions, and something else."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


class GeneratedPuzzles:
    """A growing reservoir of generated puzzles: a draw is a new one or an earlier one.

    Args:
        stream: the generator.
        fresh: share of draws that are new.
        warm: draws that are new in any case at the beginning.
        limit: exactly so many puzzles, all made before the first draw; None = without limit.
    """

    def __init__(self, stream: Stream, fresh: float, warm: int, limit: int | None) -> None:
        self.stream = stream
        self.fresh = fresh
        self.warm = warm
        self.limit = limit
        self.puzzles: list[tuple[Boards, Boards]] = []

    def draw(self, rng: np.random.Generator) -> tuple[Boards, Boards]:
        if self.limit is not None:
            self._grow(self.limit - len(self.puzzles))
        elif len(self.puzzles) < self.warm or rng.random() < self.fresh:
            self._grow(1)
            return self.puzzles[-1]
        return self.puzzles[rng.integers(len(self.puzzles))]

    def _grow(self, count: int) -> None:
        if count:
            questions, solutions, _ = self.stream.take(count)
            self.puzzles += zip(questions, solutions, strict=True)

    def state_dict(self) -> dict[str, Any]:
        state: dict[str, Any] = {"stream": self.stream.state_dict()}
        if self.puzzles:
            state["puzzles"] = np.array(self.puzzles)
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.stream.load_state_dict(state["stream"])
        self.puzzles = [(question, solution) for question, solution in state.get("puzzles", ())]


class FilePuzzles(Resumable):
    """The first boards of many, the rest being held out; checkpoints only note their SHA-256.

    Args:
        boards: all of them.
        used: how many are drawn from.
        where: the option that they come from, for people.
        what: what they are.
    """

    KEPT = ("sha256",)

    def __init__(
        self, boards: Labelled, used: int, where: str, what: str = "the puzzles of this file"
    ) -> None:
        self.boards, self.used = boards, used
        digest = hashlib.sha256(boards.questions.tobytes() + boards.solutions.tobytes())
        self.sha256 = Unchanged(digest.hexdigest, what, where)

    @classmethod
    def of_file(cls, boards: Labelled, limit: int | None, held_out: int, where: str) -> FilePuzzles:
        """All but the last ones of a file, or exactly `limit`; `UsageError` where it has fewer.

        A puzzle that comes again is left out. Never more than a tenth of them is held out, for the
        file may be small.
        """
        _, first = np.unique(boards.questions, axis=0, return_index=True)
        boards = boards.take(np.sort(first))
        total = len(boards.questions)
        if not total:
            raise UsageError("nothing is left to train on", where="--exclude")
        used = limit or total - min(held_out, total // 10)
        if used > total:
            raise UsageError(
                f"{used:,} puzzles are to be trained on, there are {total:,} different ones",
                where=where,
                hint=f"{flag('train_puzzles')}={total} takes them all",
            )
        return cls(boards, used, where)

    def heldout(self, count: int) -> Labelled:
        """The boards after those that are drawn from, at most so many."""
        return self.boards.take(slice(self.used, self.used + count))

    def draw(self, rng: np.random.Generator) -> tuple[Boards, Boards]:
        index = rng.integers(self.used)
        return self.boards.questions[index], self.boards.solutions[index]


Kind = RandomMinimal | GeneratedPuzzles | FilePuzzles
"""One ingredient of a mix. It can be resumed; the boards that it gives are not to be changed."""


def different_boards(count: int, seed: int, side: int) -> Labelled:
    """So many boards of a size other than 9×9, no two of them the same, with their solutions.

    Small boards have few minimal puzzles, so each gets up to `EXTRA` further clues.
    """
    rng = np.random.default_rng((seed, side))
    found: dict[bytes, tuple[Boards, Boards]] = {}
    made = get_domain("sudoku").generate(MOST_MADE, seed, size=side)
    while len(found) < count:
        if (puzzle := next(made, None)) is None:
            raise UsageError(
                f"only {len(found):,} different boards were found in {MOST_MADE:,} tries",
                where=flag("train_puzzles"),
                hint="ask for fewer",
            )
        assert puzzle.label is not None
        question, solution = puzzle.grid.ravel().copy(), puzzle.label.ravel()
        blanks = rng.permutation(np.flatnonzero(question == 0))
        shown = blanks[: rng.integers(EXTRA + 1)]
        question[shown] = solution[shown]
        found.setdefault(question.tobytes(), (question, solution))
    questions, solutions = zip(*found.values(), strict=True)
    return Labelled(np.stack(questions), np.stack(solutions))


def excluded_forms(path: str) -> frozenset[bytes]:
    """Canonical forms of the 9×9 boards in a file; boards without exactly one solution have none.

    Raises:
        UsageError: the file cannot be read.
        ParseError: it holds something that is no puzzle.
    """
    forms = set()
    for puzzle in read_file(path, "sudoku", "--exclude"):
        if puzzle.grid.size == CELLS:
            # A board without exactly one solution is never generated either.
            with contextlib.suppress(ValueError):
                forms.add(canonical(puzzle.grid.ravel()))
    return frozenset(forms)


def not_excluded(questions: Boards, excluded: Collection[bytes]) -> npt.NDArray[np.bool_]:
    """Which 9×9 boards are not equivalent to an excluded one, `bool[N]`."""
    return np.array([canonical(question) not in excluded for question in questions], np.bool_)
