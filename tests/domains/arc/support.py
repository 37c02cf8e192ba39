"""Tasks for the ARC tests, and their text."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from puzzlesolver.domains.arc.augment import Variant
from puzzlesolver.domains.arc.parse import parse
from puzzlesolver.domains.arc.task import Pair, Task, TaskPuzzle
from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.symmetry import TURNS
from puzzlesolver.limits import MAX_ARC_SIDE

PAIR = {"input": [[1, 0], [0, 2]], "output": [[2]]}
ASKED = {"input": [[3, 0], [0, 4]]}
TASK = {"train": [PAIR, PAIR], "test": [ASKED]}
SOLVED = {"train": [PAIR], "test": [ASKED | {"output": [[4]]}, PAIR]}

SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=MAX_ARC_SIDE)
GRIDS = arrays(np.uint8, SHAPES, elements=st.integers(0, 9))
PAIRS = st.builds(Pair, GRIDS, GRIDS)
TASKS = st.builds(
    Task,
    st.sampled_from(["007bbfb7", "two words", "ä", "a.b[0]"]),
    st.lists(PAIRS, min_size=1, max_size=3).map(tuple),
    st.lists(PAIRS | st.builds(Pair, GRIDS), min_size=1, max_size=3).map(tuple),
)
VARIANTS = st.builds(
    Variant,
    st.integers(0, TURNS - 1),
    st.permutations(range(1, 10)).map(lambda colours: bytes([0, *colours])),
)


def read(document: Any, source: str = "task.json") -> list[TaskPuzzle]:
    text = document if isinstance(document, str) else json.dumps(document)
    return list(parse(text.splitlines(keepends=True), source))


def only(document: Any) -> Task:
    """The one task that a document holds."""
    (puzzle,) = read(document)
    return puzzle.task


def grid(text: str) -> Grid:
    """A grid written as `012/345`."""
    return np.array([list(map(int, row)) for row in text.split("/")], np.uint8)


def as_json(task: Task) -> dict[str, Any]:
    """A task as files have it, with its outputs."""
    return {
        part: [
            dict(zip(("input", "output"), (cells.tolist() for cells in pair.grids), strict=False))
            for pair in pairs
        ]
        for part, pairs in (("train", task.train), ("test", task.test))
    }


def same(one: Task, other: Task) -> bool:
    """Whether two tasks have equal names and grids."""
    return one.name == other.name and all(
        [pair.key for pair in getattr(one, part)] == [pair.key for pair in getattr(other, part)]
        for part in ("train", "test")
    )
