"""Write a dataset folder in the published layout, however large, a group at a time.

In: groups of puzzles. Out: a folder that `DatasetFolder` reads; it appears when all is on disk.

    >>> group = PuzzleGroup(inputs, labels, identifiers=np.zeros(1), sizes=np.ones(1))
    >>> write_dataset("toy", {"train": [group]}, vocab_size=11, seq_len=81, names=[BLANK])
"""

from __future__ import annotations

import contextlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.arc.questions import TEST_PUZZLES
from puzzlesolver.errors import UsageError
from puzzlesolver.files import explained, placed, write_file
from puzzlesolver.train.data.published import metadata
from puzzlesolver.train.data.published.dataset import Ids


class PuzzleGroup(NamedTuple):
    """Puzzles of which an epoch takes one, such as a board and its augmentations.

    Attributes:
        inputs: ids of all examples, puzzle after puzzle, `uint8[N, C]`.
        labels: theirs, `uint8[N, C]`.
        identifiers: of the puzzles, `int[P]`.
        sizes: examples of each puzzle, `int[P]`; they add up to N.
    """

    inputs: Ids
    labels: Ids
    identifiers: npt.NDArray[np.integer[Any]]
    sizes: npt.NDArray[np.integer[Any]]


def write_dataset(
    folder: str | os.PathLike[str],
    splits: Mapping[str, Iterable[PuzzleGroup]],
    *,
    vocab_size: int,
    seq_len: int,
    names: list[str],
    test_puzzles: dict[str, Any] | None = None,
) -> None:
    """Write groups as they come.

    Args:
        folder: where; there must be nothing yet.
        splits: `train`, and perhaps `test`, in this order; at least one group each.
        vocab_size: ids are below it.
        seq_len: cells.
        names: of the puzzle identifiers, `BLANK` first.
        test_puzzles: content of `test_puzzles.json`; None = no such file.

    Raises:
        UsageError: the folder exists, cannot be written, or a split has no puzzle.
    """
    refuse_existing(folder := Path(folder))
    sizes = dict(zip(metadata.SIZES, (vocab_size, seq_len, len(names)), strict=True))
    with explained(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
    with placed(folder) as partial:
        for name, groups in splits.items():
            (partial / name).mkdir(parents=True)
            _write_split(partial / name, groups, sizes)
        write_file(partial / metadata.IDENTIFIERS, json.dumps(names))
        if test_puzzles is not None:
            write_file(partial / TEST_PUZZLES, json.dumps(test_puzzles))


def refuse_existing(folder: Path) -> None:
    """Raise `UsageError` when something is where a dataset is to be."""
    if os.path.lexists(folder):
        raise UsageError("it exists already", where=str(folder), hint="name a new folder")


def _write_split(folder: Path, groups: Iterable[PuzzleGroup], sizes: dict[str, int]) -> None:
    with contextlib.ExitStack() as files:

        def grow(name: str, dtype: type, *shape: int) -> _GrowingArray:
            file = files.enter_context((folder / f"{metadata.SET}__{name}.npy").open("wb"))
            return _GrowingArray(file, dtype, shape)

        inputs, labels = (grow(name, np.uint8, sizes["seq_len"]) for name in metadata.IDS)
        identifiers, puzzle_ends, group_ends = (grow(name, np.int32) for name in metadata.INTEGERS)
        puzzle_ends.append(np.zeros(1))
        group_ends.append(np.zeros(1))
        for group in groups:
            puzzle_ends.append(inputs.rows + np.cumsum(group.sizes))
            inputs.append(group.inputs)
            labels.append(group.labels)
            identifiers.append(group.identifiers)
            group_ends.append(np.array([identifiers.rows]))
        for array in (inputs, labels, identifiers, puzzle_ends, group_ends):
            array.finish()
    if not identifiers.rows:
        raise UsageError(f"there is no puzzle for the split {folder.name!r}")
    document = sizes | dict.fromkeys(metadata.ZEROS, 0) | {
        "total_groups": group_ends.rows - 1,
        "total_puzzles": identifiers.rows,
        "mean_puzzle_examples": inputs.rows / identifiers.rows,
        "sets": [metadata.SET],
    }  # fmt: skip
    write_file(folder / "dataset.json", json.dumps(document))


class _GrowingArray:
    """A `.npy` file that rows are appended to; numpy leaves room for the number in the header."""

    def __init__(self, file: BinaryIO, dtype: type, shape: tuple[int, ...]) -> None:
        self.file, self.dtype, self.shape, self.rows = file, np.dtype(dtype), shape, 0
        self._write_header()

    def append(self, values: npt.NDArray[Any]) -> None:
        assert values.shape[1:] == self.shape
        self.file.write(values.astype(self.dtype, copy=False).tobytes())
        self.rows += len(values)

    def finish(self) -> None:
        end = self.file.tell()
        self.file.seek(0)
        self._write_header()
        assert end == self.file.tell() + self.rows * math.prod(self.shape) * self.dtype.itemsize
        self.file.flush()
        os.fsync(self.file.fileno())

    def _write_header(self) -> None:
        description = np.lib.format.dtype_to_descr(self.dtype)
        header = {"descr": description, "fortran_order": False, "shape": (self.rows, *self.shape)}
        np.lib.format.write_array_header_1_0(self.file, header)
