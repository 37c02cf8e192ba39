"""Tasks of ARC: the kind that `get_domain("arc")` gives.

A puzzle of this kind is a `TaskPuzzle`: all of a task, its demonstrations and its test inputs. The
answer is two attempts at every one of these, so that what is asked about a single grid has simple
answers here: nothing contradicts, nothing is known of solutions, and no rule accepts any.

>>> (puzzle,) = get_domain("arc").parse(open("task.json"), "task.json")
>>> len(puzzle.task.train)
3
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.arc import codec, parse, render, rules
from puzzlesolver.domains.arc.task import Attempts as Attempts
from puzzlesolver.domains.arc.task import Pair as Pair
from puzzlesolver.domains.arc.task import Task as Task
from puzzlesolver.domains.arc.task import TaskPuzzle as TaskPuzzle
from puzzlesolver.domains.base import Answer, Domain, Grid, Puzzle, Verdict, register_domain

if TYPE_CHECKING:
    from puzzlesolver.models.interface import Batch


@register_domain
class Arc(Domain):
    """The stages of `Domain`, each in the module of its name."""

    name = "arc"
    fitted = True

    holds = staticmethod(parse.holds)
    from_document = staticmethod(parse.from_document)
    from_record = staticmethod(parse.from_record)
    recognise = staticmethod(parse.recognise)
    solved = staticmethod(parse.solved)
    parse = staticmethod(parse.parse)
    mark = staticmethod(rules.mark)
    format_line = staticmethod(render.format_line)
    format_grid = staticmethod(render.format_grid)
    render = staticmethod(render.render)

    def verify(self, puzzle: Puzzle, answer: Grid) -> Verdict:
        """Known outputs are asked by `mark` alone."""
        return Verdict("unverifiable", "ARC has examples and no rules")

    def encode(self, puzzles: Sequence[Puzzle]) -> Batch:
        return codec.encode([puzzle.grid for puzzle in puzzles])

    def decode(self, probabilities: npt.NDArray[np.float32], puzzle: Puzzle) -> Answer:
        return codec.decode(probabilities)
