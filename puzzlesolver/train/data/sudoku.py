"""Training Sudokus: generated without limit, those of a file, or exactly so many.

In: a `TrainConfig`. Out: batches with targets. Generating a hard puzzle takes about 0.1 s, longer
than training on it, so draws mostly repeat earlier ones; a CSV made beforehand by `puzzlesolver
generate sudoku` costs the training core nothing.

    >>> source = SudokuSource(get_preset("sudoku", data="train.csv"))
    >>> source.draw(96).tokens.shape
    torch.Size([96, 81])
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from puzzlesolver.domains.sudoku.board import make_board
from puzzlesolver.domains.sudoku.codec import layout
from puzzlesolver.domains.sudoku.generate import PuzzleStream
from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import Batch
from puzzlesolver.train.config import Puzzles, TrainConfig
from puzzlesolver.train.data import kinds
from puzzlesolver.train.data.curriculum import Ramp, Reveal
from puzzlesolver.train.data.labelled import Boards, batch_of, read_boards, shuffled
from puzzlesolver.train.data.source import BoardSource, Mixed
from puzzlesolver.train.settings import Flat, flag, within

EASY = "easy"
"""The kind of a mix that stands for random minimal boards."""

FILE = "file"
"""The kind that a file makes; it comes first and gets all shares but that of `EASY`."""

BRED = 9
"""Rows of the boards that are bred to any difficulty."""


@dataclass(frozen=True)
class Sudokus(Puzzles, Ramp):
    """Settings of all Sudokus.

    Attributes:
        augment: whether every draw gets its digits, rows and columns shuffled.
        wrong: share of draws with one wrong digit clamped; every cell's target is then the extra
            class "none", which the model must have (`none_class` of the stem).
        eval_puzzles: held-out puzzles; of a file the last rows.
    """

    augment: bool = False
    wrong: float = within(0.0, 0, 1)
    eval_puzzles: int = within(128, 0)


@dataclass(frozen=True)
class SudokuFile(Sudokus, Mixed):
    """Settings of Sudokus that a file has (`source,question,answer,rating`, as `generate` writes).

    Attributes:
        mix: all shares but that of `easy` go to the file.
        exclude: file of puzzles that must not be trained on, nor any that is the same up to
            symmetry.
    """

    what: ClassVar[str] = "a file of Sudokus"

    mix: dict[str, float] = field(default_factory=lambda: {FILE: 1.0})
    exclude: str | None = None


@dataclass(frozen=True)
class MadeSudokus(Sudokus):
    """Settings of generated boards of a size other than 9×9, made before the training.

    Attributes:
        size: rows and columns.
    """

    what: ClassVar[str] = "a training on small or large Sudokus"

    size: int = within(BRED, 2, 1024)


@dataclass(frozen=True)
class BredSudokus(MadeSudokus, Mixed):
    """Settings of generated 9×9 boards.

    Attributes:
        mix: `easy` are random minimal boards, new every time; any other key is a difficulty of
            `generate`.
        exclude: file of puzzles that must not be trained on, nor any that is the same up to
            symmetry.
        fresh: share of hard draws that wait for a newly generated puzzle; the rest repeats earlier
            ones.
        warm_puzzles: hard puzzles generated before the first repetition.
        eval_difficulty: difficulty of the held-out puzzles.
    """

    what: ClassVar[str] = "a training on generated Sudokus"

    mix: dict[str, float] = field(default_factory=lambda: {EASY: 0.15, "extreme": 0.85})
    exclude: str | None = None
    fresh: float = within(0.1, 0, 1)
    warm_puzzles: int = within(64, 1)
    eval_difficulty: str = "extreme"


class SudokuSource(BoardSource[Sudokus]):
    """Draws Sudokus by the mix of a config, with extra clues revealed or a wrong digit clamped.

    Raises:
        UsageError: the file cannot be read, holds boards of several sizes or without answers, or
            the mix is unfit.
        ParseError: the file holds something that is no puzzle.
    """

    KEPT = (*BoardSource.KEPT, "rng", "kinds", "_heldout")
    KINDS = (SudokuFile, MadeSudokus, BredSudokus)

    def __init__(self, config: TrainConfig) -> None:
        assert isinstance(config.puzzles, Sudokus)
        super().__init__(config, Reveal(config.puzzles))
        self.rng = np.random.default_rng(config.seed)
        self.kinds: dict[str, kinds.Kind] = {}
        excluded = getattr(self.settings, "exclude", None)
        self._excluded = frozenset() if excluded is None else kinds.excluded_forms(excluded)
        self._heldout: Boards | None = None
        if isinstance(self.settings, SudokuFile):
            side = self._open_file(self.settings)
        elif isinstance(self.settings, BredSudokus):
            side = self._open_streams(self.settings)
        else:
            assert isinstance(self.settings, MadeSudokus)
            side = self._make_boards(self.settings)
        self.layout = layout(side)
        self._peers = make_board(side).peers

    @classmethod
    def wants(cls, flat: Flat) -> type[Sudokus]:
        if flat.get("data") is not None:
            return SudokuFile
        return BredSudokus if flat.get("size", BRED) == BRED else MadeSudokus

    @classmethod
    def rehearsing(cls, config: TrainConfig) -> SudokuSource:
        """With boards that are made at once instead of those that take minutes to breed."""
        source = cls(config)
        for name, kind in source.kinds.items():
            if isinstance(kind, kinds.GeneratedPuzzles):
                source.kinds[name] = kinds.RandomMinimal(config.seed, source._excluded)
        return source

    def draw(self, count: int) -> Batch:
        self.drawn += count
        return batch_of(self.layout, [self._draw_one() for _ in range(count)])

    def heldout(self) -> Batch | None:
        settings = self.settings
        if self._heldout is None and isinstance(settings, BredSudokus) and settings.eval_puzzles:
            stream = self._stream(settings, settings.eval_difficulty, _HELDOUT)
            self._heldout = np.array(stream.take(settings.eval_puzzles)[:2])
        if self._heldout is None:
            return None
        return batch_of(self.layout, zip(*self._heldout, strict=True))

    def _draw_one(self) -> tuple[Boards, Boards]:
        kind = list(self.kinds.values())[self.rng.choice(len(self.shares), p=self.shares)]
        question, solution = kind.draw(self.rng)
        if self.settings.augment:
            question, solution = shuffled(question, solution, self.rng)
        question = question.copy()
        others = self.reveal.fill(question, solution, self.rng)
        wrong = self.settings.wrong and self.rng.random() < self.settings.wrong
        if wrong and any(self._clamp_wrong(question, solution, cell) for cell in others):
            return question, np.zeros_like(solution)
        return question, solution

    def _clamp_wrong(self, question: Boards, solution: Boards, cell: int) -> bool:
        """Put a wrong digit that no clue contradicts into `cell`; False when there is none."""
        seen = set(question[self._peers[cell]].tolist()) | {int(solution[cell])}
        free = sorted(set(range(1, self.layout.symbols + 1)) - seen)
        if free:
            question[cell] = self.rng.choice(free)
        return bool(free)

    def _open_file(self, settings: SudokuFile) -> int:
        path, limit = str(settings.data), settings.train_puzzles
        boards = read_boards(path, "sudoku")
        large = boards.side == BRED
        if settings.exclude is not None:
            if not large:
                raise UsageError("only 9×9 boards can be compared", where="--exclude")
            boards = boards.take(kinds.not_excluded(boards.questions, self._excluded))
        self._keep(
            kinds.FilePuzzles.of_file(boards, limit, settings.eval_puzzles, f"--data {path}")
        )
        easy = settings.shares.get(EASY, 0.0)
        if limit is None and large and easy:
            self.kinds[EASY] = kinds.RandomMinimal(_seed(self.config.seed, 0), self._excluded)
            self.shares = np.array([1 - easy, easy])
        return boards.side

    def _open_streams(self, settings: BredSudokus) -> int:
        if settings.train_puzzles is not None and (len(settings.mix) > 1 or EASY in settings.mix):
            raise UsageError(
                "exactly so many puzzles come from one difficulty",
                where=flag("train_puzzles"),
                hint='for example --set mix={"extreme":1}',
            )
        for number, name in enumerate(sorted(settings.mix)):
            if name not in settings.shares:
                continue
            if name == EASY:
                self.kinds[name] = kinds.RandomMinimal(
                    _seed(self.config.seed, number), self._excluded
                )
            else:
                stream = self._stream(settings, name, number)
                self.kinds[name] = kinds.GeneratedPuzzles(
                    stream, settings.fresh, settings.warm_puzzles, settings.train_puzzles
                )
        self.shares = np.array([settings.shares[name] for name in self.kinds])
        return BRED

    def _make_boards(self, settings: MadeSudokus) -> int:
        """Boards of a size that is not bred: all different, those held out among them."""
        limit, side = settings.train_puzzles, settings.size
        if limit is None:
            raise UsageError(
                f"{side}×{side} boards are made before the training",
                where=flag("train_puzzles"),
                hint="say how many, for example 8192",
            )
        boards = kinds.different_boards(limit + settings.eval_puzzles, self.config.seed, side)
        self._keep(kinds.FilePuzzles(boards, limit, flag("train_puzzles"), kinds.GENERATED))
        return side

    def _keep(self, puzzles: kinds.FilePuzzles) -> None:
        """Train on the first boards, and hold out what follows them."""
        heldout = puzzles.heldout(self.settings.eval_puzzles)
        if len(heldout.questions):
            self._heldout = np.array(heldout)
        self.kinds[FILE] = puzzles
        self.shares = np.ones(1)

    def _stream(self, settings: BredSudokus, difficulty: str, number: int) -> PuzzleStream:
        level = int(difficulty) if difficulty.isdigit() else difficulty
        return PuzzleStream(_seed(self.config.seed, number), level, settings.exclude)


_HELDOUT = 1_000_000
"""Number of the held-out stream, beyond any kind of a mix."""


def _seed(seed: int, number: int) -> int:
    """Independent seeds for the streams of one run."""
    return int(np.random.SeedSequence((seed, number)).generate_state(1, np.uint64)[0] >> 1)
