"""Tasks of ARC: the kind that `get_domain("arc")` gives.

A puzzle of this kind is a `TaskPuzzle`: all of a task, its demonstrations and its test inputs. The
answer is two attempts at every one of these, so that what is asked about a single grid has simple
answers here: nothing contradicts, nothing is known of solutions, and no rule accepts any.

>>> (puzzle,) = get_domain("arc").parse(open("task.json"), "task.json")
>>> len(puzzle.task.train)
3
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.arc import codec, parse, render, rules
from puzzlesolver.domains.arc.task import Attempts as Attempts
from puzzlesolver.domains.arc.task import Pair as Pair
from puzzlesolver.domains.arc.task import Task as Task
from puzzlesolver.domains.arc.task import TaskPuzzle as TaskPuzzle
from puzzlesolver.domains.base import (
    NO_DEADLINE,
    Answer,
    Grid,
    Kind,
    Limit,
    Puzzle,
    Verdict,
    register_domain,
)
from puzzlesolver.domains.symmetry import Symmetry

if TYPE_CHECKING:
    from puzzlesolver.models.interface import Batch


@register_domain
class Arc(Kind):
    """The stages of `Domain`, each in the module of its name."""

    name = "arc"
    fitted = True

    under = None
    holds = staticmethod(parse.holds)
    from_document = staticmethod(parse.from_document)
    from_record = staticmethod(parse.from_record)
    recognise = staticmethod(parse.recognise)
    parse = staticmethod(parse.parse)
    mark = staticmethod(rules.mark)
    format_line = staticmethod(render.format_line)
    format_grid = staticmethod(render.format_grid)
    render = staticmethod(render.render)

    def takes(self, numbers: npt.NDArray[np.int64]) -> bool:
        """A grid alone is no task."""
        return False

    def from_numbers(self, numbers: npt.NDArray[np.int64], source: str) -> Puzzle:
        raise AssertionError("ARC takes none")

    def verify(self, puzzle: Puzzle, answer: Grid) -> Verdict:
        """Known outputs are asked by `mark` alone."""
        return Verdict("unverifiable", "ARC has examples and no rules")

    def contradiction(self, puzzle: Puzzle) -> Verdict | None:
        return None

    def count_solutions(self, puzzle: Puzzle, limit: Limit = NO_DEADLINE) -> int:
        return 1

    def solve_exactly(self, puzzle: Puzzle, limit: Limit = NO_DEADLINE) -> Grid | None:
        return None

    def symmetries(self, puzzle: Puzzle, rng: np.random.Generator) -> Iterator[Symmetry]:
        """None of a single grid: demonstrations change with it, see `augment`."""
        return iter(())

    def encode(self, puzzles: Sequence[Puzzle]) -> Batch:
        return codec.encode([puzzle.grid for puzzle in puzzles])

    def decode(self, probabilities: npt.NDArray[np.float32], puzzle: Puzzle) -> Answer:
        return codec.decode(probabilities)
