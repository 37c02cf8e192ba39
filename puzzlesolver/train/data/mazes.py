"""Where training mazes come from: laid anew for every draw, or those of a file, turned and flipped.

In: a `TrainConfig`. Out: batches with targets by breadth-first search, in an order that depends on
the seed alone and can be resumed.

    >>> source = MazeSource(get_preset("maze"))
    >>> source.draw(32).tokens.shape
    torch.Size([32, 576])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.domains.maze.codec import layout, with_cells, with_targets
from puzzlesolver.domains.maze.generate import drawer
from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import Batch
from puzzlesolver.models.registry import reads_tokens
from puzzlesolver.models.relations import Layout
from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.data.augment import TURNS, turned
from puzzlesolver.train.data.curriculum import Reveal
from puzzlesolver.train.data.kinds import FilePuzzles, read_boards

HELDOUT = 1_000_000
"""Added to the seed of the mazes that are held out."""

Draw = Callable[[np.random.Generator], Grid]


class MazeSource:
    """Draws mazes by the mix of a config.

    Raises:
        UsageError: the mix names no kind of maze, or the file is unfit.
        ParseError: the file holds something that is no maze.
    """

    identifiers = 1

    def __init__(self, config: TrainConfig) -> None:
        self.config = config
        self.rng = np.random.default_rng(config.seed)
        self.reveal = Reveal(config)
        self.drawn, self.epoch = 0, config.train_puzzles
        self._file: FilePuzzles | None = None
        self._heldout: Batch | None = None
        self._excluded = _dihedral_forms(config.exclude) if config.exclude else frozenset[bytes]()
        self._in_cells = reads_tokens(config.family)
        self.kinds: dict[str, Draw] = {}
        side = config.size
        if config.data is None:
            self.kinds = {name: self._laid(name) for name, share in config.mix.items() if share}
            shares = np.array([config.mix[name] for name in self.kinds])
            self.shares = shares / shares.sum()
            if config.train_puzzles is not None:
                self._lay_all(config.train_puzzles)
        else:
            side = self._open_file(config.data)
        self.layout: Layout = layout(side, side)

    @property
    def recipe(self) -> str:
        if self.config.data is not None:
            turned = ", turned and flipped at random" * self.config.augment
            return Path(self.config.data).name + turned
        shares = zip(self.kinds, self.shares, strict=True)
        told = ", ".join(f"{share:.0%} {name}" for name, share in shares)
        limit = self.config.train_puzzles
        how_many = "each maze new" if limit is None else f"exactly {limit:,} mazes"
        return f"{told}; {self.config.size}×{self.config.size}, {how_many}"

    def draw(self, count: int) -> Batch:
        self.drawn += count
        return self._batch([self._draw_one(self.rng) for _ in range(count)])

    def heldout(self) -> Batch | None:
        if self._heldout is None and self.config.eval_puzzles:
            grids = self._heldout_grids()
            self._heldout = self._batch(grids) if len(grids) else None
        return self._heldout

    def observe(self, solved: float | None) -> None:
        self.reveal.observe(solved)

    def state_dict(self) -> dict[str, Any]:
        state: dict[str, Any] = {
            "rng": self.rng.bit_generator.state,
            "reveal": self.reveal.state_dict(),
            "drawn": self.drawn,
        }
        return state if self._file is None else state | {"file": self._file.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.rng.bit_generator.state = state["rng"]
        self.reveal.load_state_dict(state["reveal"])
        self.drawn = state["drawn"]
        if self._file is not None:
            self._file.load_state_dict(state["file"])

    def _draw_one(self, rng: np.random.Generator) -> Grid:
        if self._file is None:
            return self._lay(rng)
        grid = self._file.draw(rng)[0].reshape(self.layout.lattice[:2])
        # The label's tie-break does not turn with the maze: targets are searched anew.
        return _dihedral(grid)[rng.integers(8)] if self.config.augment else grid

    def _lay(self, rng: np.random.Generator) -> Grid:
        return list(self.kinds.values())[rng.choice(len(self.shares), p=self.shares)](rng)

    def _lay_all(self, count: int) -> None:
        """Exactly so many mazes, all before the first draw."""
        rng = np.random.default_rng((self.config.seed, count))
        grids = np.stack([self._lay(rng).ravel() for _ in range(count)])
        self._file = FilePuzzles(grids, grids, count, "generated mazes")

    def _laid(self, kind: str) -> Draw:
        """Draws mazes of a kind, which may be followed by the difficulty."""
        name, _, difficulty = kind.partition(" ")
        draw = drawer(self.config.size, difficulty or "easy", name)

        def draw_new(rng: np.random.Generator) -> Grid:
            while True:
                grid, _ = draw(rng)
                if not self._excluded or _form(grid) not in self._excluded:
                    return grid

        return draw_new

    def _open_file(self, path: str) -> int:
        questions, solutions = read_boards(path, self.config.domain)
        side = math.isqrt(questions.shape[1])
        if side * side != questions.shape[1]:
            raise UsageError("training mazes are square", where=f"--data {path}")
        forms = (_form(question.reshape(side, side)) for question in questions)
        kept = np.array([form not in self._excluded for form in forms], np.bool_)
        questions, solutions = questions[kept], solutions[kept]
        limit = self.config.train_puzzles
        used = len(questions) - min(self.config.eval_puzzles, len(questions) // 10)
        used = used if limit is None else limit
        if not 1 <= used <= len(questions):
            what = f"the file has {len(questions)} mazes to train on"
            raise UsageError(what, where=f"--data {path}")
        self._file = FilePuzzles(questions, solutions, used, path)
        return side

    def _heldout_grids(self) -> Sequence[Grid]:
        if self.config.data is not None:
            assert self._file is not None
            rest = self._file.questions[self._file.used :][: self.config.eval_puzzles]
            return [question.reshape(self.layout.lattice[:2]) for question in rest]
        rng = np.random.default_rng(self.config.seed + HELDOUT)
        draw = drawer(self.config.size, self.config.eval_difficulty, "walls")
        return [draw(rng)[0] for _ in range(self.config.eval_puzzles)]

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
    return frozenset(_form(puzzle.grid) for puzzle in read_puzzles([path], "maze"))
