"""New Sudokus with exactly one solution, as hard as asked, never one of a given list.

In: a seed and a difficulty. Out: puzzles with their solution and the guesses that `search.rate`
counts. Hard 9×9 puzzles are bred: a neighbour of a hard puzzle is hard far more often than a random
one. Boards of other sizes or rules lose clues (`reduce`).

    >>> questions, solutions, guesses = PuzzleStream(seed=7, difficulty="extreme").take(10)
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Grid, Puzzle
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.domains.sudoku.board import Board, make_board, needs_map
from puzzlesolver.domains.sudoku.making.reduce import DIFFICULTIES, HARD, MINIMAL, make_puzzle
from puzzlesolver.domains.sudoku.making.regions import random_regions
from puzzlesolver.errors import UsageError

Boards = npt.NDArray[np.uint8]
"""Boards `uint8[N, 81]`, row-major, 0 = blank."""

Path = str | os.PathLike[str]

LEVELS = {"easy": 0, "hard": 10, "extreme": 100}
"""Least guesses of a difficulty; `easy` needs none, singles and locked candidates solve it."""

DEEP, RESISTANCE = "deep", 150
"""A difficulty of its own, and its least `search.resistance`: no single guess refutes much. Boards
that need many guesses nearly all yield to single ones. Breeding takes minutes before the first."""

MOST_GUESSES = 1_000
"""Beyond this, breeding takes more than minutes a puzzle."""

ISLANDS, ISLANDERS = 32, 8
REMEMBERED = 1_000_000
MAPS = 20
"""Maps of a jigsaw that are tried before there is none with a board as hard as asked."""

SMALL = 36
"""Cells of boards that singles nearly always solve: unless told, those are minimal."""


def generate(
    count: int,
    seed: int,
    *,
    difficulty: str | int | None = None,
    exclude: Path | None = None,
    size: int = 9,
    rules: str = "",
) -> Iterator[Puzzle]:
    """Puzzles of one size and rules, no two of them equivalent on plain 9×9.

    Args:
        count: how many.
        seed: the same seed gives the same puzzles.
        difficulty: one of `DIFFICULTIES`; on plain 9×9 also key of `LEVELS`, `DEEP`, or the least
            number of guesses; None = `hard`, of small boards `minimal`.
        exclude: file of puzzles that must not be made, in any equivalent form. Plain 9×9 only.
        size: rows of the board, or of each of those that overlap.
        rules: as `make_board` reads them; a jigsaw without a map gets a new one for every puzzle.

    Raises:
        UsageError: an option makes no sense.
        ParseError: `exclude` cannot be read.
    """
    board = _board(size, rules, np.random.default_rng(seed))
    level = difficulty or (HARD if board.cells > SMALL else MINIMAL)
    if board.is_standard and size == 9 and not needs_map(rules):
        stream = PuzzleStream(seed, 0 if level == MINIMAL else level, exclude)
        return _bred(stream, count, seed)
    told = f"{size}×{size}" + (f" {rules}" if rules else "")
    if exclude is not None:
        raise UsageError("--exclude is for plain 9×9 boards", where=told)
    if level not in DIFFICULTIES:
        hint = f"difficulties are {', '.join(DIFFICULTIES)}"
        raise UsageError(f"no difficulty {level!r} on these boards", where=told, hint=hint)
    return _reduced(count, seed, size, rules, str(level))


class PuzzleStream:
    """An endless stream of 9×9 puzzles that can be stopped and resumed; see `generate`."""

    def __init__(
        self, seed: int, difficulty: str | int = "hard", exclude: Path | None = None
    ) -> None:
        self._deep = difficulty == DEEP
        self._least = 100 * RESISTANCE if self._deep else _least_guesses(difficulty)
        self._most = 0 if difficulty == "easy" else None
        from puzzlesolver.domains.sudoku import search
        from puzzlesolver.domains.sudoku.making import breed, canonical

        self._search, self._breeding, self._canonical = search, breed, canonical
        self._random = np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)
        self._excluded = set() if exclude is None else self._forms_in(exclude)
        self._seen: dict[int, None] = {}
        self._parents = np.zeros((ISLANDS * ISLANDERS if self._least else 0, 81), np.uint8)
        for parent in self._parents:
            parent[:] = self._breeding.random_minimal(self._random)
        self._ratings = np.array([self._hardness(board) for board in self._parents], np.int32)

    def take(self, count: int) -> tuple[Boards, Boards, npt.NDArray[np.int32]]:
        """Questions `uint8[N, 81]`, solutions `uint8[N, 81]`, guesses `int32[N]`."""
        questions, answers = np.zeros((2, count, 81), np.uint8)
        guesses = np.zeros(count, np.int32)
        for k in range(count):
            questions[k] = self._next()
            guesses[k] = self._search.rate(questions[k])
            answers[k] = self._search.solve(questions[k], 1, np.zeros(1, np.uint64), 1_000_000)[0]
        return questions, answers, guesses

    def state_dict(self) -> dict[str, npt.NDArray[np.generic]]:
        """All that later puzzles depend on, besides the arguments of the constructor."""
        return {
            "random": self._random.copy(),
            "parents": self._parents.copy(),
            "ratings": self._ratings.copy(),
            "seen": np.array(list(self._seen), np.uint64),
        }

    def load_state_dict(self, state: dict[str, npt.NDArray[np.generic]]) -> None:
        """Continue exactly where `state_dict` was taken."""
        self._random = state["random"].astype(np.uint64)
        self._parents = state["parents"].astype(np.uint8)
        self._ratings = state["ratings"].astype(np.int32)
        self._seen = dict.fromkeys(state["seen"].astype(np.uint64).tolist())

    def _hardness(self, board: Boards) -> int:
        """Guesses; for deep boards their resistance above all."""
        guesses: int = self._search.rate(board)
        return 100 * self._search.resistance(board) + min(guesses, 99) if self._deep else guesses

    def _next(self) -> Boards:
        while True:
            if self._least:
                board, hardness = self._breed()
            else:
                board = self._breeding.random_minimal(self._random)
                hardness = self._hardness(board)
            hard_enough = self._least <= hardness and (self._most is None or hardness <= self._most)
            if hard_enough and self._is_new(self._digest(board)):
                return board

    def _breed(self) -> tuple[Boards, int]:
        """A child of the harder of two parents; it replaces the easier of two unless easier still.

        All of them live on one island. Islands never mix, so there are always as many families: a
        common pool soon holds one, and a network trained on it knows that family by heart.
        Hardness far above the wanted one does not count, or the parents would end as freaks.
        """
        island = self._search.random_below(self._random, ISLANDS) * ISLANDERS
        parent = max(self._two_of(island), key=self._ratings.__getitem__)
        child = self._breeding.mutate(self._parents[parent], self._random)
        # Relatives should not look alike.
        board = self._breeding.random_equivalent(child, self._random)
        hardness = self._hardness(board)
        rival = min(self._two_of(island), key=self._ratings.__getitem__)
        counted = min(hardness, self._least * 3 // 2)
        if counted >= self._ratings[rival]:
            self._parents[rival], self._ratings[rival] = board, counted
        return board, hardness

    def _two_of(self, island: int) -> list[int]:
        return [island + self._search.random_below(self._random, ISLANDERS) for _ in range(2)]

    def _is_new(self, digest: int) -> bool:
        if digest in self._excluded or digest in self._seen:
            return False
        self._seen[digest] = None
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return True

    def _digest(self, board: Boards) -> int:
        form = hashlib.blake2b(self._canonical.canonical(board), digest_size=8)
        return int.from_bytes(form.digest(), "little")

    def _forms_in(self, path: Path) -> set[int]:
        digests = set()
        for puzzle in read_puzzles([path], "sudoku"):
            if puzzle.grid.shape == (9, 9):
                # A board without exactly one solution is never made anyway.
                with contextlib.suppress(ValueError):
                    digests.add(self._digest(puzzle.grid.reshape(81)))
        return digests


def _least_guesses(difficulty: str | int) -> int:
    if difficulty in LEVELS:
        return LEVELS[str(difficulty)]
    if str(difficulty).isdecimal() and int(difficulty) <= MOST_GUESSES:
        return int(difficulty)
    hint = f"{', '.join(LEVELS)}, {DEEP}, or a number of guesses up to {MOST_GUESSES}"
    raise UsageError(f"no difficulty {difficulty!r}", where="difficulty", hint=hint)


def _bred(stream: PuzzleStream, count: int, seed: int) -> Iterator[Puzzle]:
    for number in range(count):
        (question,), (solution,), (guesses,) = stream.take(1)
        boards = question.reshape(9, 9), solution.reshape(9, 9)
        yield _puzzle(*boards, seed, number, rating=float(guesses))


def _reduced(count: int, seed: int, size: int, rules: str, difficulty: str) -> Iterator[Puzzle]:
    for number in range(count):
        rng = np.random.default_rng((seed, size, number))
        for left in reversed(range(MAPS if needs_map(rules) else 1)):
            board = _board(size, rules, rng)
            try:
                question, solution = map(board.grid, make_puzzle(board, difficulty, rng))
            except UsageError:
                if not left:
                    raise
                continue  # no board has such regions
            yield _puzzle(question, solution, seed, number, board=board)
            break


def _board(size: int, rules: str, rng: np.random.Generator) -> Board:
    return make_board(size, rules, random_regions(size, rng) if needs_map(rules) else "")


def _puzzle(grid: Grid, solution: Grid, seed: int, number: int, **facts: Any) -> Puzzle:
    name = f"generated:{seed}:{number + 1}"
    return Puzzle("sudoku", name, grid, name, label=solution, **facts)
