"""Dataset folders in the layout that HRM and TRM published, read with every check.

`FOLDER/{train,test}/` hold `dataset.json` and five arrays: `all__inputs.npy` and `all__labels.npy`
(`int[N, C]`, one id a cell, 0 = padding), `all__puzzle_identifiers.npy` (the row of the puzzle
embedding), and offsets: puzzle p has the examples `puzzle_indices[p]` to `puzzle_indices[p + 1]`,
group g the puzzles `group_indices[g]` to `group_indices[g + 1]`. `FOLDER/identifiers.json` names
the identifiers; ARC sets also have `test_puzzles.json`.

In: a folder; integers of any type, for the builders write `uint8` or, where they augment, `int64`.
Out: examples by their numbers; ids stay on disk, for ARC has gigabytes of them. Nothing is
unpickled.

    >>> DatasetFolder("data/sudoku-extreme-1k-aug-1000").train.examples
    1001000
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.arc.questions import TEST_PUZZLES
from puzzlesolver.domains.formats.numbers import DAMAGES
from puzzlesolver.errors import ParseError, UsageError
from puzzlesolver.files import open_regular, read_json, refuse_pointer
from puzzlesolver.train.data.published import metadata

Ids = npt.NDArray[np.uint8]
"""Published ids of cells `uint8[N, C]`, 0 = padding."""
Rows = npt.NDArray[np.int64]
"""Numbers of examples."""

_CHUNK = 65_536


class Examples(NamedTuple):
    """Some examples: ids `uint8[N, C]`, labels `uint8[N, C]`, puzzle identifiers `int64[N]`."""

    inputs: Ids
    labels: Ids
    identifiers: Rows


class DatasetSplit:
    """`train` or `test` of a folder.

    Attributes:
        folder: of the split.
        metadata: what `dataset.json` says.
        inputs: `int[N, C]`, on disk.
        labels: `int[N, C]`, on disk.
        puzzle_identifiers: `int64[P]`.
        puzzle_indices: `int64[P + 1]`.
        group_indices: `int64[G + 1]`.

    Raises:
        ParseError: a file is missing or damaged, or does not fit the others.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.metadata = metadata.read_metadata(folder / "dataset.json")
        self.inputs, self.labels = (self._open(name, axes=2) for name in metadata.IDS)
        self.puzzle_identifiers, self.puzzle_indices, self.group_indices = (
            # Single numbers of a mapped file are slow to read.
            np.array(self._open(name, axes=1), np.int64)
            for name in metadata.INTEGERS
        )
        self._check()

    @property
    def examples(self) -> int:
        """N."""
        return len(self.inputs)

    @property
    def puzzles(self) -> int:
        """P."""
        return len(self.puzzle_identifiers)

    @property
    def groups(self) -> int:
        """G."""
        return len(self.group_indices) - 1

    def take(self, rows: Rows) -> Examples:
        """The examples with these numbers; raises `ParseError` at an id beyond the vocabulary."""
        inputs, labels = self.inputs[rows], self.labels[rows]
        for name, ids in zip(metadata.IDS, (inputs, labels), strict=True):
            strange = (ids < 0) | (ids >= self.metadata.vocab_size)
            if strange.any():
                row, cell = divmod(int(strange.argmax()), strange.shape[1])
                what = f"example {rows[row]} holds id {ids[row, cell]} in cell {cell}"
                self._refuse(name, f'{what}, "vocab_size" is {self.metadata.vocab_size}')
        puzzles = np.searchsorted(self.puzzle_indices, rows, side="right") - 1
        identifiers = self.puzzle_identifiers[puzzles]
        return Examples(inputs.astype(np.uint8), labels.astype(np.uint8), identifiers)

    def check_ids(self) -> None:
        """Read every example; raises `ParseError` at the first id beyond the vocabulary."""
        for start in range(0, self.examples, _CHUNK):
            self.take(np.arange(start, min(start + _CHUNK, self.examples)))

    def _open(self, name: str, axes: int) -> npt.NDArray[Any]:
        try:
            with open_regular(self._path(name)) as file:
                refuse_pointer(file.read(16), self._path(name), ParseError)
            # What `np.load(..., mmap_mode="r")` calls for arrays; archives and pickles it refuses.
            array: npt.NDArray[Any] = np.lib.format.open_memmap(self._path(name), mode="r")
        except OSError as error:
            self._refuse(name, f"cannot read it: {error.strerror or error}")
        except DAMAGES as error:
            self._refuse(name, f"no array file: {error}")
        if array.dtype.kind not in "iu" or array.ndim != axes:
            found = f"{array.dtype} with {array.ndim}"
            self._refuse(name, f"expected integers with {axes} axes, not {found}")
        return array

    def _check(self) -> None:
        about = self.metadata
        for name in metadata.IDS:
            shape, expected = getattr(self, name).shape, (self.examples, about.seq_len)
            if shape != expected:
                self._refuse(name, f"its shape is {shape}, expected {expected}")
        if len(self.puzzle_indices) != self.puzzles + 1:
            ends = len(self.puzzle_indices)
            self._refuse("puzzle_indices", f"{ends} offsets for {self.puzzles} identifiers")
        self._check_offsets("puzzle_indices", self.examples)
        self._check_offsets("group_indices", self.puzzles)
        beyond = (self.puzzle_identifiers < 0) | (
            self.puzzle_identifiers >= about.num_puzzle_identifiers
        )
        if beyond.any():
            puzzle = int(beyond.argmax())
            what = f"puzzle {puzzle} has identifier {self.puzzle_identifiers[puzzle]}"
            most = f'"num_puzzle_identifiers" is {about.num_puzzle_identifiers}'
            self._refuse("puzzle_identifiers", f"{what}, {most}")
        counted: dict[str, tuple[float, ...]] = {
            "total_groups": (self.groups,),
            "total_puzzles": (self.puzzles, self.groups),
            "mean_puzzle_examples": (self.examples / self.puzzles,),
        }
        for name, counts in counted.items():
            told = getattr(about, name)
            if told is not None and not any(math.isclose(told, n, rel_tol=1e-6) for n in counts):
                what = f'"{name}" is {told}, the arrays have {counts[0]:g}'
                metadata.refuse(self.folder / "dataset.json", what)

    def _check_offsets(self, name: str, end: int) -> None:
        offsets = getattr(self, name)
        if len(offsets) < 2 or offsets[0] != 0:
            self._refuse(name, "expected two offsets or more, the first of them 0")
        falls = np.diff(offsets) < 1
        if falls.any():
            at = int(falls.argmax()) + 1
            self._refuse(name, f"offsets must rise, but {offsets[at - 1]} precedes {offsets[at]}")
        if offsets[-1] != end:
            self._refuse(name, f"the last offset is {offsets[-1]}, expected {end}")

    def _path(self, name: str) -> Path:
        return self.folder / f"{metadata.SET}__{name}.npy"

    def _refuse(self, name: str, what: str) -> NoReturn:
        metadata.refuse(self._path(name), what)


class DatasetFolder:
    """A whole dataset.

    Attributes:
        path: of the folder.
        train: the training split.
        test: the test split, or None when there is no such folder.

    Raises:
        UsageError: there is no dataset.
        ParseError: a file is missing or damaged, or does not fit the others.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not (self.path / "train").is_dir():
            raise UsageError(
                "this is no dataset: it holds no folder train",
                where=str(path),
                hint="`puzzlesolver dataset` builds one",
            )
        self.train = DatasetSplit(self.path / "train")
        self.test = DatasetSplit(self.path / "test") if (self.path / "test").is_dir() else None
        for name in metadata.SIZES if self.test else ():
            here, there = (getattr(split.metadata, name) for split in self.splits.values())
            if here != there:
                where = self.path / "test" / "dataset.json"
                metadata.refuse(where, f'"{name}" is {there}, in train it is {here}')

    @property
    def splits(self) -> dict[str, DatasetSplit]:
        """Those that there are, by name."""
        return {"train": self.train} | ({} if self.test is None else {"test": self.test})

    def names(self) -> list[str]:
        """Names of all puzzle identifiers; raises `ParseError` when the file is unfit."""
        path, count = self.path / metadata.IDENTIFIERS, self.train.metadata.num_puzzle_identifiers
        names = metadata.read_names(path)
        if len(names) != count:
            metadata.refuse(path, f'{len(names)} names, but "num_puzzle_identifiers" is {count}')
        return names

    def test_puzzles(self) -> dict[str, Any]:
        """The ARC tasks of the test split, as Kaggle writes them; raises `ParseError`."""
        tasks = read_json(self.path / TEST_PUZZLES, metadata.MAX_NAMES_BYTES, ParseError)
        if not isinstance(tasks, dict):
            metadata.refuse(self.path / TEST_PUZZLES, "expected an object of tasks")
        return tasks
