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
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from puzzlesolver.domains.arc.codec import CANVAS
from puzzlesolver.domains.maze.codec import layout as maze_layout
from puzzlesolver.domains.maze.codec import with_targets
from puzzlesolver.domains.sudoku.codec import layout as sudoku_layout
from puzzlesolver.domains.sudoku.rules import BOXES
from puzzlesolver.errors import UsageError
from puzzlesolver.models.interface import Batch
from puzzlesolver.models.registry import reads_tokens
from puzzlesolver.models.relations import Layout
from puzzlesolver.train.config import TrainConfig, flag
from puzzlesolver.train.data.curriculum import Reveal
from puzzlesolver.train.data.published.dataset import (
    ARC_VOCABULARY,
    MAZE_VOCABULARY,
    SUDOKU_IDS,
    DatasetFolder,
    DatasetSplit,
    Metadata,
    Rows,
)

_SAMPLE = 4_096
"""Examples that tell one dataset from another; ARC has millions."""


class FolderSource:
    """Draws the examples of a dataset folder; identifiers are rows of the puzzle embedding.

    Attributes:
        folder: the dataset.
        groups: how many of its groups are drawn from, the first ones.

    Raises:
        UsageError: there is no dataset, it is of another kind than the domain, or the config asks
            for what only other sources can do.
        ParseError: a file of the dataset is damaged.
    """

    def __init__(self, config: TrainConfig) -> None:
        if config.data is None:
            raise UsageError(
                f"training {config.domain} needs a dataset folder",
                where=flag("data"),
                hint=f"`puzzlesolver dataset {config.domain}` builds one",
            )
        if config.exclude is not None:
            hint = "choose the puzzles when `puzzlesolver dataset` builds it"
            raise UsageError("a dataset folder is used as it is", where=flag("exclude"), hint=hint)
        self.config = config
        self.folder = DatasetFolder(config.data)
        about = self.folder.train.metadata
        self.identifiers = about.num_puzzle_identifiers
        self.layout = layout_of(config.domain, about, f"--data {config.data}")
        symbols = self.layout.symbols if self.layout.symbols > 1 else about.vocab_size - 1
        self._before_symbols = about.vocab_size - symbols - 1
        self.groups = config.train_puzzles or self.folder.train.groups
        if self.groups > (there := self.folder.train.groups):
            what = f"the dataset has {there:,} groups, {self.groups:,} are asked for"
            raise UsageError(what, where=flag("train_puzzles"))
        self.reveal = Reveal(replace(config, reveal=0.0))
        self.drawn, self.epoch = 0, round(self.groups * about.mean_puzzle_examples)
        self._begin_pass(1)

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
        return self._batch(self.folder.train, rows)

    def heldout(self) -> Batch | None:
        test, most = self.folder.test, self.config.eval_puzzles
        if test is None or not most:
            return None
        return self._batch(test, np.arange(min(most, test.examples)))

    def observe(self, solved: float | None) -> None:
        self.reveal.observe(solved)

    def state_dict(self) -> dict[str, Any]:
        return {
            "sha256": self._digest(),
            "pass": self._pass,
            "position": self._position,
            "rng": self._rng.bit_generator.state,
            "reveal": self.reveal.state_dict(),
            "drawn": self.drawn,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if state["sha256"] != self._digest():
            raise UsageError(
                "this dataset is not the one that the run was started with",
                where=f"--data {self.folder.path}",
                hint="give back the old folder, or start another run with another --out",
            )
        self._begin_pass(state["pass"])
        self._position = state["position"]
        self._rng.bit_generator.state = _as_arrays(state["rng"])
        self.reveal.load_state_dict(state["reveal"])
        self.drawn = state["drawn"]

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


def layout_of(domain: str, about: Metadata, where: str) -> Layout:
    """Layout of the domain's boards; raises `UsageError` when the dataset holds something else."""
    side = math.isqrt(about.seq_len)
    square, found = side * side == about.seq_len, about.vocab_size
    if domain == "sudoku" and square and side in BOXES and found == side + SUDOKU_IDS:
        return sudoku_layout(side)
    if domain == "maze" and square and found == MAZE_VOCABULARY:
        return maze_layout(side, side)
    if domain == "arc" and side == CANVAS and square and found == ARC_VOCABULARY:
        return Layout((side, side, 1), ())
    raise UsageError(
        f"boards of {about.seq_len} cells with a vocabulary of {found} are no {domain} set",
        where=where,
    )


def _as_arrays(node: Any) -> Any:
    """Tensors of a checkpoint as arrays again."""
    if isinstance(node, dict):
        return {key: _as_arrays(value) for key, value in node.items()}
    return node.numpy() if isinstance(node, torch.Tensor) else node
