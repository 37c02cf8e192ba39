"""Where training puzzles come from: generated without limit, or a CSV, or exactly so many.

In: a `TrainConfig`. Out: batches with targets, drawn in an order that depends on the seed alone and
can be resumed. Generating a hard puzzle takes about 0.1 s, longer than training on it, so draws
mostly repeat earlier ones; a CSV made beforehand by `puzzlesolver generate sudoku` costs the
training core nothing.

    >>> source = SudokuSource(get_preset("sudoku", data="train.csv"))
    >>> source.draw(96).tokens.shape
    torch.Size([96, 81])
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch

from puzzlesolver.domains.sudoku.codec import layout
from puzzlesolver.domains.sudoku.generate import PuzzleStream
from puzzlesolver.domains.sudoku.rules import units
from puzzlesolver.domains.sudoku.search import CELLS
from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import Batch
from puzzlesolver.models.relations import Layout
from puzzlesolver.train.config import TrainConfig, flag
from puzzlesolver.train.contracts.tasks import TaskSource
from puzzlesolver.train.data.augment import shuffled
from puzzlesolver.train.data.curriculum import Reveal
from puzzlesolver.train.data.folders import FolderSource
from puzzlesolver.train.data.kinds import (
    Boards,
    FilePuzzles,
    GeneratedPuzzles,
    Kind,
    RandomMinimal,
    different_boards,
    excluded_forms,
    not_excluded,
    read_boards,
)
from puzzlesolver.train.data.mazes import MazeSource
from puzzlesolver.train.data.rehearsal import RandomBoards

EASY = "easy"
"""The kind of `TrainConfig.mix` that stands for random minimal boards."""

FILE = "file"
"""The kind that `TrainConfig.data` makes; it comes first and gets all shares but that of `EASY`."""


BRED = 9
"""Rows of the boards that are bred to any difficulty."""


class Source(Protocol):
    """What the loop asks of the puzzles that a run trains on.

    Attributes:
        layout: of every batch; None where each puzzle has its own.
        identifiers: how many there are; rows of a puzzle embedding.
        reveal: the difficulty ramp.
        drawn: puzzles drawn so far.
        epoch: different puzzles in one pass over the data; None where new ones are made.
        recipe: where the puzzles come from, for people.
    """

    identifiers: int
    reveal: Reveal
    drawn: int

    @property
    def epoch(self) -> int | None: ...

    @property
    def layout(self) -> Layout | None: ...

    @property
    def recipe(self) -> str: ...

    def heldout(self) -> Batch | None:
        """Puzzles that are never drawn: the same ones at every call; None when there are none."""

    def observe(self, solved: float | None) -> None:
        """Once per update: the share solved among puzzles that training is done with, if any."""

    def state_dict(self) -> dict[str, Any]:
        """All that later draws depend on."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`; arrays may come back as tensors."""


class PuzzleSource(Source, Protocol):
    """What the contracts of boards ask, too."""

    @property
    def layout(self) -> Layout: ...

    def draw(self, count: int) -> Batch:
        """`count` puzzles with targets; target 0 in every cell = the clues contradict the rules."""


class SudokuSource:
    """Draws Sudokus by the mix of a config, with extra clues revealed or a wrong digit clamped.

    Raises:
        UsageError: the file cannot be read, holds boards of several sizes or without answers, or
            the mix is unfit.
        ParseError: the file holds something that is no puzzle.
    """

    identifiers = 1

    def __init__(self, config: TrainConfig) -> None:
        self.config = config
        self.rng = np.random.default_rng(config.seed)
        self.reveal = Reveal(config)
        self.drawn, self.epoch = 0, config.train_puzzles
        self.kinds: dict[str, Kind] = {}
        self._heldout: tuple[Boards, Boards] | None = None
        self._excluded = excluded_forms(config.exclude) if config.exclude else frozenset[bytes]()
        side = config.size
        if config.data is not None:
            side = self._open_file(config.data)
        elif side == BRED:
            self._open_streams()
        else:
            self._open_boards(side)
        total = sum(config.mix.values())
        shares = np.array([config.mix.get(name, 0.0) / total for name in self.kinds])
        if FILE in self.kinds:
            shares[0] = 1 - shares[1:].sum()
        self.shares = shares
        self.layout: Layout = layout(side)
        self._sees = _sees(side)

    @property
    def recipe(self) -> str:
        shares = ", ".join(
            f"{share:.0%} {name}" for name, share in zip(self.kinds, self.shares, strict=True)
        )
        if self.config.data is not None:
            shares = f"{shares} ({Path(self.config.data).name})"
        elif FILE in self.kinds:
            shares = f"generated {self.config.size}×{self.config.size} boards"
        if self.config.train_puzzles is not None:
            shares += f"; exactly {self.config.train_puzzles:,} different puzzles"
        return shares + "; digits, rows and columns shuffled" * self.config.augment

    def draw(self, count: int) -> Batch:
        drawn = [self._draw_one() for _ in range(count)]
        self.drawn += count
        return self._batch(np.array([q for q, _ in drawn]), np.array([t for _, t in drawn]))

    def heldout(self) -> Batch | None:
        if self._heldout is None and self.config.data is None and self.config.eval_puzzles:
            stream = self._stream(self.config.eval_difficulty, _HELDOUT)
            questions, solutions, _ = stream.take(self.config.eval_puzzles)
            self._heldout = questions, solutions
        return None if self._heldout is None else self._batch(*self._heldout)

    def observe(self, solved: float | None) -> None:
        self.reveal.observe(solved)

    def state_dict(self) -> dict[str, Any]:
        state: dict[str, Any] = {
            "rng": self.rng.bit_generator.state,
            "reveal": self.reveal.state_dict(),
            "drawn": self.drawn,
            "kinds": {name: kind.state_dict() for name, kind in self.kinds.items()},
        }
        if self._heldout is not None:
            state["heldout"] = np.array(self._heldout)
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        state = _as_arrays(state)
        self.rng.bit_generator.state = state["rng"]
        self.reveal.load_state_dict(state["reveal"])
        self.drawn = state["drawn"]
        for name, kind in self.kinds.items():
            kind.load_state_dict(state["kinds"][name])
        if "heldout" in state:
            self._heldout = state["heldout"][0], state["heldout"][1]

    def _draw_one(self) -> tuple[Boards, Boards]:
        kind = list(self.kinds.values())[self.rng.choice(len(self.shares), p=self.shares)]
        question, solution = kind.draw(self.rng)
        if self.config.augment:
            question, solution = shuffled(question, solution, self.rng)
        question = question.copy()
        blanks = self.rng.permutation(np.flatnonzero(question == 0))
        revealed = blanks[: self.reveal.clues(self.rng)]
        question[revealed] = solution[revealed]
        if self.config.wrong and self.rng.random() < self.config.wrong:
            others = blanks[len(revealed) :]
            if any(self._clamp_wrong(question, solution, cell) for cell in others):
                return question, np.zeros_like(solution)
        return question, solution

    def _clamp_wrong(self, question: Boards, solution: Boards, cell: int) -> bool:
        """Put a wrong digit that no clue contradicts into `cell`; False when there is none."""
        seen = set(question[self._sees[cell]].tolist()) | {int(solution[cell])}
        free = sorted(set(range(1, self.layout.symbols + 1)) - seen)
        if free:
            question[cell] = self.rng.choice(free)
        return bool(free)

    def _open_boards(self, side: int) -> None:
        """Boards of a size that is not bred: all different, those held out among them."""
        limit, count = self.config.train_puzzles, self.config.eval_puzzles
        if limit is None:
            raise UsageError(
                f"{side}×{side} boards are made before the training",
                where=flag("train_puzzles"),
                hint="say how many, for example 8192",
            )
        self._keep(
            *different_boards(limit + count, self.config.seed, side), limit, f"{side}×{side}"
        )

    def _keep(self, questions: Boards, solutions: Boards, used: int, where: str) -> None:
        """Train on the first boards, and hold out what follows them."""
        heldout = slice(used, used + self.config.eval_puzzles)
        if len(questions[heldout]):
            self._heldout = questions[heldout], solutions[heldout]
        self.kinds[FILE] = FilePuzzles(questions, solutions, used, where)

    def _open_streams(self) -> None:
        config = self.config
        if config.train_puzzles is not None and (len(config.mix) > 1 or EASY in config.mix):
            raise UsageError(
                "exactly so many puzzles come from one difficulty",
                where=flag("train_puzzles"),
                hint='for example --set mix={"extreme":1}',
            )
        for number, (name, share) in enumerate(sorted(config.mix.items())):
            if share == 0:
                continue
            if name == EASY:
                self.kinds[name] = RandomMinimal(_seed(config.seed, number), self._excluded)
            else:
                stream = self._stream(name, number)
                self.kinds[name] = GeneratedPuzzles(
                    stream, config.fresh, config.warm_puzzles, config.train_puzzles
                )

    def _stream(self, difficulty: str, number: int) -> PuzzleStream:
        level = int(difficulty) if difficulty.isdigit() else difficulty
        return PuzzleStream(_seed(self.config.seed, number), level, self.config.exclude)

    def stand_in(self) -> None:
        """Draw boards that are made at once instead of those that take minutes to breed."""
        for name, kind in self.kinds.items():
            if isinstance(kind, GeneratedPuzzles):
                self.kinds[name] = RandomMinimal(self.config.seed, self._excluded)

    def _open_file(self, path: str) -> int:
        questions, solutions = read_boards(path, self.config.domain)
        if self._excluded:
            if questions.shape[1] != CELLS:
                raise UsageError("only 9×9 boards can be compared", where="--exclude")
            kept = not_excluded(questions, self._excluded)
            questions, solutions = questions[kept], solutions[kept]
            if not len(questions):
                raise UsageError("nothing is left to train on", where="--exclude")
        total, limit = len(questions), self.config.train_puzzles
        # Never more than a tenth of a file that may be small.
        used = total - min(self.config.eval_puzzles, total // 10) if limit is None else limit
        if used > total:
            what = f"the file has {total} puzzles to train on, {limit} are asked for"
            raise UsageError(what, where=f"--data {path}")
        self._keep(questions, solutions, used, path)
        if limit is None and questions.shape[1] == CELLS and self.config.mix.get(EASY):
            self.kinds[EASY] = RandomMinimal(_seed(self.config.seed, 0), self._excluded)
        return math.isqrt(questions.shape[1])

    def _batch(self, questions: Boards, solutions: Boards) -> Batch:
        tokens, targets = (
            torch.from_numpy(boards.astype(np.int64)) for boards in (questions, solutions)
        )
        return Batch(tokens, self.layout, targets)


SOURCES: dict[str, Callable[[TrainConfig], Source]] = {
    "sudoku": SudokuSource,
    "maze": MazeSource,
    "arc": FolderSource,
}
"""Puzzle sources by domain; a dataset folder has its own, whatever the domain."""


def open_source(config: TrainConfig, rehearsal: bool = False) -> Source:
    """The puzzles that a config asks for; a rehearsal waits for no dataset and no breeding.

    Raises:
        UsageError: no such domain, or data that are missing or unfit.
    """
    if config.domain not in SOURCES:
        known = f"known: {', '.join(SOURCES)}"
        raise UsageError(f"cannot train {config.domain!r} yet", where="--domain", hint=known)
    if config.contract == "tasks":
        return TaskSource(config)
    if config.data is not None and Path(config.data).is_dir():
        return FolderSource(config)
    if rehearsal and config.data is None and SOURCES[config.domain] is FolderSource:
        return RandomBoards(config)
    source = SOURCES[config.domain](config)
    if rehearsal and isinstance(source, SudokuSource):
        source.stand_in()
    return source


_HELDOUT = 1_000_000
"""Number of the held-out stream, beyond any kind of a mix."""


def _seed(seed: int, number: int) -> int:
    """Independent seeds for the streams of one run."""
    return int(np.random.SeedSequence((seed, number)).generate_state(1, np.uint64)[0] >> 1)


def _sees(side: int) -> npt.NDArray[np.bool_]:
    """Which cells share a row, column or box, `bool[C, C]`."""
    member = np.zeros((3 * side, side * side), np.int64)
    np.put_along_axis(member, units(side), 1, axis=1)
    sees: npt.NDArray[np.bool_] = member.T @ member > 0
    return sees


def _as_arrays(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _as_arrays(value) for key, value in node.items()}
    return node.numpy() if isinstance(node, torch.Tensor) else node
