"""Training puzzles from a dataset folder, in the order of the published training.

A pass shuffles the groups (numpy's Philox, seed + number of the pass), takes one random puzzle of
each and up to all its examples, fills batches, and drops the last one if it is not full. A pass is
one epoch, or as many as fill one batch where groups are few.

In: a `TrainConfig` whose `data` is a folder. Out: batches; token = published id - 1, so padding is
-1, and target 0 = a cell that does not count.

    >>> source = FolderSource(get_preset("sudoku", data="data/sudoku-extreme-1k-aug-1000"))
    >>> source.draw(768).tokens.shape
    torch.Size([768, 81])
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch

from puzzlesolver.domains.arc.codec import CANVAS
from puzzlesolver.domains.maze.codec import layout as maze_layout
from puzzlesolver.domains.maze.codec import with_targets
from puzzlesolver.domains.sudoku.codec import layout as sudoku_layout
from puzzlesolver.domains.sudoku.units import SIZES
from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import Batch
from puzzlesolver.models.registry import reads_tokens
from puzzlesolver.models.relations import Layout
from puzzlesolver.train.config import Puzzles, TrainConfig
from puzzlesolver.train.data.curriculum import Ramp, Reveal
from puzzlesolver.train.data.published import metadata
from puzzlesolver.train.data.published.dataset import DatasetFolder, DatasetSplit, Rows
from puzzlesolver.train.data.source import BoardSource
from puzzlesolver.train.resuming import Unchanged
from puzzlesolver.train.settings import Flat, flag, within

_SAMPLE = 4_096
"""Examples that tell one dataset from another; ARC has millions."""


@dataclass(frozen=True)
class Folder(Puzzles):
    """Settings of a dataset folder.

    Attributes:
        eval_puzzles: held-out puzzles, the first of the test split.
    """

    what: ClassVar[str] = "a dataset folder"

    eval_puzzles: int = within(128, 0)


@dataclass(frozen=True)
class SudokuFolder(Folder):
    """Settings of a dataset folder of Sudokus.

    Attributes:
        extra_clues: whether boards get extra clues as generated ones do; the papers do without.
    """

    extra_clues: bool = False


@dataclass(frozen=True)
class EasedFolder(SudokuFolder, Ramp):
    """Those with extra clues."""


class FolderSource(BoardSource[Folder]):
    """Draws the examples of a dataset folder; identifiers are rows of the puzzle embedding.

    Attributes:
        folder: the dataset.
        groups: how many of its groups are drawn from, the first ones.

    Raises:
        UsageError: there is no dataset, or it is of another kind than the domain.
        ParseError: a file of the dataset is damaged.
    """

    KEPT = (*BoardSource.KEPT, "sha256", "_pass", "_position", "_rng")
    KINDS = (EasedFolder, SudokuFolder, Folder)

    def __init__(self, config: TrainConfig) -> None:
        puzzles = config.puzzles
        super().__init__(config, Reveal(puzzles) if isinstance(puzzles, EasedFolder) else None)
        if self.settings.data is None:
            raise UsageError(
                f"training {config.domain} needs a dataset folder",
                where=flag("data"),
                hint=f"`puzzlesolver dataset {config.domain}` builds one",
            )
        self.folder = DatasetFolder(self.settings.data)
        self.sha256 = Unchanged(self._digest, "this dataset", f"--data {self.folder.path}")
        about = self.folder.train.metadata
        self.identifiers = about.num_puzzle_identifiers
        self.layout = layout_of(config.domain, about, f"--data {self.settings.data}")
        symbols = self.layout.symbols if self.layout.symbols > 1 else about.vocab_size - 1
        self._before_symbols = about.vocab_size - symbols - 1
        self.groups = self.settings.train_puzzles or self.folder.train.groups
        if self.groups > (there := self.folder.train.groups):
            what = f"the dataset has {there:,} groups, {self.groups:,} are asked for"
            raise UsageError(what, where=flag("train_puzzles"))
        self.epoch = round(self.groups * about.mean_puzzle_examples)
        self._begin_pass(1)

    @classmethod
    def wants(cls, flat: Flat) -> type[Folder]:
        if flat.get("domain", "sudoku") != "sudoku":
            return Folder
        return EasedFolder if flat.get("extra_clues") else SudokuFolder

    @classmethod
    def rehearsing(cls, config: TrainConfig) -> BoardSource[Folder]:
        return RandomBoards(config) if config.puzzles.data is None else cls(config)

    @property
    def recipe(self) -> str:
        train = self.folder.train
        used = int(train.group_indices[self.groups])
        examples = int(train.puzzle_indices[used])
        counts = f"{self.groups:,} groups, {used:,} puzzles, {examples:,} examples"
        return f"{self.folder.path.name}: {counts}"

    def draw(self, count: int) -> Batch:
        rows = self._next_rows(count)
        if len(rows) < count:
            self._begin_pass(self._pass + 1)
            rows = self._next_rows(count)
        if len(rows) < count:
            what = f"a pass over the data has {len(rows)} examples, {count} are asked for at once"
            raise UsageError(what, where=flag("batch_size"))
        self.drawn += count
        batch = self._batch(self.folder.train, rows)
        if isinstance(self.settings, EasedFolder):
            assert batch.targets is not None
            for question, solution in zip(batch.tokens, batch.targets, strict=True):
                self.reveal.fill(question.numpy(), solution.numpy(), self._rng)
        return batch

    def heldout(self) -> Batch | None:
        test, most = self.folder.test, self.settings.eval_puzzles
        if test is None or not most:
            return None
        return self._batch(test, np.arange(min(most, test.examples)))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._begin_pass(state["pass"])
        super().load_state_dict(state)

    def _begin_pass(self, number: int) -> None:
        self._pass, self._position = number, 0
        self._rng = np.random.Generator(np.random.Philox(self.config.seed + number))
        epochs = math.ceil(self.config.batch_size / self.groups)
        self._order = np.concatenate([self._rng.permutation(self.groups) for _ in range(epochs)])

    def _next_rows(self, count: int) -> Rows:
        """Numbers of the next examples, fewer than `count` at the end of the pass."""
        groups, puzzles = self.folder.train.group_indices, self.folder.train.puzzle_indices
        rows: list[int] = []
        while len(rows) < count and self._position < len(self._order):
            group = self._order[self._position]
            self._position += 1
            puzzle = self._rng.integers(groups[group], groups[group + 1])
            first, end = puzzles[puzzle : puzzle + 2].tolist()
            shuffled = first + self._rng.permutation(end - first)
            rows += shuffled[: count - len(rows)].tolist()
        return np.array(rows, np.int64)

    def _batch(self, split: DatasetSplit, rows: Rows) -> Batch:
        inputs, labels, identifiers = split.take(rows)
        batch = Batch(torch.from_numpy(inputs.astype(np.int64)) - 1, self.layout)
        if self.config.domain == "maze" and not reads_tokens(self.config.family):
            height, width, _ = self.layout.lattice
            return with_targets(batch, list(inputs.reshape(-1, height, width) - 1))
        targets = torch.from_numpy(labels.astype(np.int64)) - self._before_symbols
        return replace(
            batch, targets=targets.clamp(min=0), identifiers=torch.from_numpy(identifiers)
        )

    def _digest(self) -> str:
        """SHA-256 of all offsets and of examples from everywhere."""
        train = self.folder.train
        digest = hashlib.sha256()
        for offsets in (train.puzzle_identifiers, train.puzzle_indices, train.group_indices):
            digest.update(offsets.astype(np.int32).tobytes())
        rows = np.linspace(0, train.examples - 1, _SAMPLE).astype(np.int64)
        for ids in (train.inputs, train.labels):
            digest.update(ids[rows].tobytes())
        return digest.hexdigest()


def layout_of(domain: str, about: metadata.Metadata, where: str) -> Layout:
    """Layout of the domain's boards; raises `UsageError` when the dataset holds something else."""
    side = math.isqrt(about.seq_len)
    square, found = side * side == about.seq_len, about.vocab_size
    if domain == "sudoku" and square and side in SIZES and found == side + metadata.SUDOKU_IDS:
        return sudoku_layout(side)
    if domain == "maze" and square and found == metadata.MAZE_VOCABULARY:
        return maze_layout(side, side)
    if domain == "arc" and side == CANVAS and square and found == metadata.ARC_VOCABULARY:
        return Layout((side, side, 1), ())
    raise UsageError(
        f"boards of {about.seq_len} cells with a vocabulary of {found} are no {domain} set",
        where=where,
    )


class RandomBoards(BoardSource[Folder]):
    """ARC canvases of random tokens in place of a dataset folder, so that a dry run needs none."""

    KINDS = (Folder,)
    recipe = "random tokens in place of the dataset folder that --data will name"

    def __init__(self, config: TrainConfig) -> None:
        super().__init__(config)
        self.layout = Layout((CANVAS, CANVAS, 1), ())
        self.symbols = config.model["vocab_size"] - 1
        self.identifiers = config.model["num_puzzle_identifiers"]
        self.generator = torch.Generator().manual_seed(config.seed)

    def draw(self, count: int) -> Batch:
        self.drawn += count
        board = (count, self.layout.cells)
        return Batch(
            tokens=self._integers(self.symbols, board),
            layout=self.layout,
            targets=1 + self._integers(self.symbols, board),
            identifiers=self._integers(self.identifiers, (count,)),
        )

    def _integers(self, below: int, shape: tuple[int, ...]) -> torch.Tensor:
        return torch.randint(below, shape, generator=self.generator)
