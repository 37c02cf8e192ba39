"""Training boards of many sizes and rules, made while they are trained on.

In: a `TrainConfig` whose mix names sizes, rules and difficulties. Out: a `BoardSource` for every
board, and whose turn it is.

    >>> source = ManyBoards(get_preset("sudoku-any"))
    >>> source.parts[source.turn()].draw(4).tokens.shape
    torch.Size([4, 81])
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from puzzlesolver.domains.sudoku.board import Board, make_board, needs_map
from puzzlesolver.domains.sudoku.codec import layout_of
from puzzlesolver.domains.sudoku.generate import PuzzleStream
from puzzlesolver.domains.sudoku.making import reduce
from puzzlesolver.domains.sudoku.making.regions import random_regions
from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import Batch
from puzzlesolver.train.config import Puzzles, TrainConfig
from puzzlesolver.train.data.curriculum import Ramp, Reveal
from puzzlesolver.train.data.kinds import GeneratedPuzzles
from puzzlesolver.train.data.labelled import Boards, batch_of
from puzzlesolver.train.data.source import BoardSource, Mixed, Source
from puzzlesolver.train.resuming import Resumable
from puzzlesolver.train.settings import flag, within

TRIES = 10
"""Maps of regions that are tried for each that is kept."""

USUAL_CELLS = 81
"""Cells of the board that settings of the ramp are about; others get clues by their size."""


@dataclass(frozen=True)
class BoardMix(Puzzles, Ramp, Mixed):
    """Settings of `ManyBoards`.

    Attributes:
        mix: boards → share of the updates, as `SIZE`, `SIZE RULES` or `SIZE RULES: DIFFICULTIES`,
            for example `9 diagonal,anti-knight: hard minimal`. Plain 9×9 boards take those of the
            preset `sudoku`, too.
        maps: how many maps of regions there are of each kind of irregular board.
        fresh: share of draws that wait for a newly generated puzzle; the rest repeats earlier ones.
        warm_puzzles: puzzles of a board and difficulty generated before the first repetition.
    """

    what = "a training on many boards"

    mix: dict[str, float] = field(default_factory=lambda: {"9": 1.0})
    maps: int = within(12, 1, 1_000)
    fresh: float = within(0.1, 0, 1)
    warm_puzzles: int = within(8, 1)


class ManyBoards(Source[BoardMix]):
    """A source for each board, which take turns; irregular boards of one kind share its turns.

    Attributes:
        parts: the sources by name.

    Raises:
        UsageError: the mix names no board.
    """

    KEPT = (*Source.KEPT, "rng", "parts")
    KINDS = (BoardMix,)

    def __init__(self, config: TrainConfig) -> None:
        assert isinstance(config.puzzles, BoardMix)
        super().__init__(config, Reveal(config.puzzles))
        self.rng = np.random.default_rng(config.seed)
        self.parts: dict[str, OneBoard] = {}
        self.shares: list[float] = []
        for kind, share in self.settings.shares.items():
            boards, levels = _boards(kind, self.settings.maps, config.seed)
            for number, board in enumerate(boards):
                name = f"{kind} {number + 1}" if len(boards) > 1 else kind
                self.parts[name] = OneBoard(config, self, board, levels, len(self.parts))
                self.shares.append(share / len(boards))

    def turn(self) -> str:
        """The name of the part whose boards the next update takes."""
        return str(self.rng.choice(list(self.parts), p=self.shares))

    def draw(self, count: int) -> Batch:
        """Boards of the part whose turn it is."""
        return self.parts[self.turn()].draw(count)


class OneBoard(BoardSource[BoardMix]):
    """Puzzles of one board, all difficulties alike often, with extra clues revealed.

    Args:
        config: of the run.
        whole: the source that this one is part of; they have one ramp.
        board: theirs.
        levels: difficulties.
        number: of this part.
    """

    KEPT = ("rng", "kinds")
    KINDS = (BoardMix,)

    def __init__(
        self, config: TrainConfig, whole: ManyBoards, board: Board, levels: list[str], number: int
    ) -> None:
        super().__init__(config, whole.reveal)
        self.whole = whole
        self.layout = layout_of(board)
        self.rng = np.random.default_rng((config.seed, number))
        self.kinds = {
            level: GeneratedPuzzles(
                _stream(board, level, (config.seed, number, place)),
                self.settings.fresh,
                self.settings.warm_puzzles,
                limit=self.settings.train_puzzles,
            )
            for place, level in enumerate(levels)
        }

    def draw(self, count: int) -> Batch:
        self.whole.drawn += count
        return batch_of(self.layout, [self._draw_one() for _ in range(count)])

    def _draw_one(self) -> tuple[Boards, Boards]:
        level = self.rng.choice(list(self.kinds))
        question, solution = self.kinds[level].draw(self.rng)
        question = question.copy()
        self.reveal.fill(question, solution, self.rng, USUAL_CELLS)
        return question, solution


class BoardStream(Resumable):
    """An endless stream of puzzles of one board and difficulty that can be resumed.

    Each depends on the seed, its number and the difficulty alone. Where a board has none so hard,
    from then on they are easy: every board has such.
    """

    KEPT = ("made", "difficulty")

    def __init__(self, board: Board, difficulty: str, seed: tuple[int, ...]) -> None:
        self.board, self.difficulty, self.seed = board, difficulty, seed
        self.made = 0

    def take(self, count: int) -> tuple[Boards, Boards, None]:
        """So many questions and solutions, `uint8[N, C]`."""
        questions, solutions = zip(*self._next(count), strict=True)
        return np.stack(questions), np.stack(solutions), None

    def _next(self, count: int) -> Iterator[tuple[Boards, Boards]]:
        for _ in range(count):
            self.made += 1
            rng = np.random.default_rng((*self.seed, self.made))
            try:
                puzzle = reduce.make_puzzle(self.board, self.difficulty, rng)
            except UsageError:
                self.difficulty = reduce.EASY
                puzzle = reduce.make_puzzle(self.board, self.difficulty, rng)
            yield puzzle


def _stream(board: Board, level: str, seed: tuple[int, ...]) -> BoardStream | PuzzleStream:
    if board == make_board(9):
        own = np.random.SeedSequence(seed).generate_state(1, np.uint64)[0] >> 1
        return PuzzleStream(int(own), 0 if level == reduce.MINIMAL else level)
    return BoardStream(board, level, seed)


def _boards(kind: str, maps: int, seed: int) -> tuple[list[Board], list[str]]:
    """The boards that an entry of the mix names, and their difficulties."""
    told, _, levels = kind.partition(":")
    size, _, rules = told.strip().partition(" ")
    if not size.isdecimal():
        hint = "for example 9, 16: easy hard, or 9 diagonal,windoku"
        raise UsageError(f"{kind!r} names no board", where=flag("mix"), hint=hint)
    rng = np.random.default_rng((seed, int(size)))
    boards: dict[Board, None] = {}
    for _ in range(TRIES * maps):
        if len(boards) == (maps if needs_map(rules) else 1):
            break
        regions = random_regions(int(size), rng) if needs_map(rules) else ""
        board = make_board(int(size), rules, regions)
        with contextlib.suppress(UsageError):  # many maps have no solution
            reduce.random_solution(board, np.random.default_rng(seed))
            boards[board] = None
    if not boards:
        raise UsageError(f"no board keeps the rules {rules}", where=flag("mix"))
    return list(boards), levels.split() or list(reduce.DIFFICULTIES)
