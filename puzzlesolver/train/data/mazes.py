"""Where training mazes come from: laid anew for every draw, or those of a file, turned and flipped.

In: a `TrainConfig`. Out: batches with targets by breadth-first search, in an order that depends on
the seed alone and can be resumed.

    >>> source = MazeSource(get_preset("maze"))
    >>> source.draw(32).tokens.shape
    torch.Size([32, 576])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.domains.maze.codec import layout, with_cells, with_targets
from puzzlesolver.domains.maze.generate import drawer
from puzzlesolver.domains.symmetry import TURNS, turned
from puzzlesolver.models.interface import Batch
from puzzlesolver.models.registry import reads_tokens
from puzzlesolver.train.config import Puzzles, TrainConfig
from puzzlesolver.train.data.kinds import GENERATED, FilePuzzles
from puzzlesolver.train.data.labelled import Labelled, read_boards
from puzzlesolver.train.data.source import BoardSource, Mixed
from puzzlesolver.train.settings import Flat, flag, within

HELDOUT = 1_000_000
"""Added to the seed of the mazes that are held out."""

Draw = Callable[[np.random.Generator], Grid]


@dataclass(frozen=True)
class MazeFile(Puzzles):
    """Settings of mazes that a file has.

    Attributes:
        exclude: file of mazes that must not be trained on, nor any that is the same when turned and
            flipped.
        augment: whether every draw is turned and flipped at random.
        eval_puzzles: held-out mazes, the last ones of the file.
    """

    what: ClassVar[str] = "a file of mazes"

    exclude: str | None = None
    augment: bool = False
    eval_puzzles: int = within(128, 0)


@dataclass(frozen=True)
class LaidMazes(MazeFile, Mixed):
    """Settings of generated mazes.

    Attributes:
        mix: each key is a kind of `generate`, perhaps with the least cells of its paths, as in
            `walls 30`.
        size: rows and columns.
        eval_difficulty: difficulty of the held-out mazes.
    """

    what: ClassVar[str] = "a training on generated mazes"

    mix: dict[str, float] = field(default_factory=lambda: {"walls": 1.0})
    size: int = within(9, 2, 1024)
    eval_difficulty: str = "extreme"


class MazeSource(BoardSource[MazeFile]):
    """Draws mazes by the mix of a config, or those of a file.

    Raises:
        UsageError: the mix names no kind of maze, or the file is unfit.
        ParseError: the file holds something that is no maze.
    """

    KEPT = (*BoardSource.KEPT, "rng", "_file")
    KINDS = (MazeFile, LaidMazes)

    def __init__(self, config: TrainConfig) -> None:
        super().__init__(config)
        self.rng = np.random.default_rng(config.seed)
        self._file: FilePuzzles | None = None
        self._heldout: Batch | None = None
        excluded = self.settings.exclude
        self._excluded = frozenset[bytes]() if excluded is None else _dihedral_forms(excluded)
        self._in_cells = reads_tokens(config.family)
        if isinstance(self.settings, LaidMazes):
            side = self.settings.size
            shares = self.settings.shares
            self.kinds = [self._laid(name, side) for name in shares]
            self.shares = np.array(list(shares.values()))
            if self.epoch is not None:
                self._lay_all(self.epoch)
        else:
            side = self._open_file(str(self.settings.data))
        self.layout = layout(side, side)

    @classmethod
    def wants(cls, flat: Flat) -> type[MazeFile]:
        return LaidMazes if flat.get("data") is None else MazeFile

    def draw(self, count: int) -> Batch:
        self.drawn += count
        return self._batch([self._draw_one(self.rng) for _ in range(count)])

    def heldout(self) -> Batch | None:
        if self._heldout is None and self.settings.eval_puzzles:
            grids = self._heldout_grids()
            self._heldout = self._batch(grids) if len(grids) else None
        return self._heldout

    def _draw_one(self, rng: np.random.Generator) -> Grid:
        if self._file is None:
            return self._lay(rng)
        grid = self._file.draw(rng)[0].reshape(self.layout.lattice[:2])
        # The label's tie-break does not turn with the maze: targets are searched anew.
        return _dihedral(grid)[rng.integers(8)] if self.settings.augment else grid

    def _lay(self, rng: np.random.Generator) -> Grid:
        return self.kinds[rng.choice(len(self.shares), p=self.shares)](rng)

    def _lay_all(self, count: int) -> None:
        """Exactly so many mazes, all before the first draw."""
        rng = np.random.default_rng((self.config.seed, count))
        grids = np.stack([self._lay(rng).ravel() for _ in range(count)])
        self._file = FilePuzzles(Labelled(grids, grids), count, flag("train_puzzles"), GENERATED)

    def _laid(self, kind: str, side: int) -> Draw:
        """Draws mazes of a kind, which may be followed by the difficulty."""
        name, _, difficulty = kind.partition(" ")
        draw = drawer(side, difficulty or "easy", name)

        def draw_new(rng: np.random.Generator) -> Grid:
            while True:
                grid, _ = draw(rng)
                if not self._excluded or _form(grid) not in self._excluded:
                    return grid

        return draw_new

    def _open_file(self, path: str) -> int:
        boards = read_boards(path, "maze")
        side = boards.side
        forms = (_form(question.reshape(side, side)) for question in boards.questions)
        boards = boards.take(np.array([form not in self._excluded for form in forms], np.bool_))
        held_out = self.settings.eval_puzzles
        self._file = FilePuzzles.of_file(boards, self.epoch, held_out, f"--data {path}")
        return side

    def _heldout_grids(self) -> Sequence[Grid]:
        count = self.settings.eval_puzzles
        if isinstance(self.settings, LaidMazes):
            rng = np.random.default_rng(self.config.seed + HELDOUT)
            draw = drawer(self.settings.size, self.settings.eval_difficulty, "walls")
            return [draw(rng)[0] for _ in range(count)]
        assert self._file is not None
        rest = self._file.heldout(count).questions
        return [question.reshape(self.layout.lattice[:2]) for question in rest]

    def _batch(self, grids: Sequence[Grid]) -> Batch:
        tokens = np.stack(grids).reshape(len(grids), -1).astype(np.int64)
        batch = Batch(torch.from_numpy(tokens), self.layout)
        return with_cells(batch, grids) if self._in_cells else with_targets(batch, grids)


def _dihedral(grid: Grid) -> list[Grid]:
    """The maze turned and flipped in every way."""
    return [turned(grid, turn) for turn in range(TURNS)]


def _form(grid: Grid) -> bytes:
    """The same for all mazes that are the same when turned and flipped."""
    return min(bytes(each.shape) + each.tobytes() for each in _dihedral(grid))


def _dihedral_forms(path: str) -> frozenset[bytes]:
    return frozenset(_form(puzzle.grid) for puzzle in read_puzzles([Path(path)], "maze"))
