"""Mazes of any size: the kind that `get_domain("maze")` gives.

>>> puzzle = next(get_domain("maze").generate(1, seed=7))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Answer, Puzzle, register_domain
from puzzlesolver.domains.maze import image, parse, render, rules
from puzzlesolver.domains.symmetry import Symmetry, turns

if TYPE_CHECKING:
    from puzzlesolver.models.interface import Batch


@register_domain
class Maze:
    """The stages of `Domain`, each in the module of its name."""

    name = "maze"
    clamps = False
    fitted = False

    takes = staticmethod(parse.takes)
    from_numbers = staticmethod(parse.from_numbers)
    from_record = staticmethod(parse.from_record)
    from_document = None
    recognise = staticmethod(parse.recognise)
    parse = staticmethod(parse.parse)
    parse_image = staticmethod(image.parse_image)
    mark = None
    verify = staticmethod(rules.verify)
    contradiction = staticmethod(rules.contradiction)
    as_good = staticmethod(rules.as_good)
    count_solutions = staticmethod(rules.count_solutions)
    solve_exactly = staticmethod(rules.solve_exactly)
    format_line = staticmethod(render.format_line)
    format_grid = staticmethod(render.format_grid)
    render = staticmethod(render.render)

    def symmetries(self, puzzle: Puzzle, rng: np.random.Generator) -> Iterator[Symmetry]:
        """The tie-break does not turn with the maze: another shortest path may come back."""
        return turns(puzzle.grid.shape, rng)

    def holds(self, value: Any) -> bool:
        return False

    def encode(self, puzzles: Sequence[Puzzle]) -> Batch:
        from puzzlesolver.domains.maze import codec

        return codec.encode(puzzles)

    def decode(self, probabilities: npt.NDArray[np.float32], puzzle: Puzzle) -> Answer:
        from puzzlesolver.domains.maze import codec

        return codec.decode(probabilities, puzzle)

    def generate(self, count: int, seed: int, **options: Any) -> Iterator[Puzzle]:
        from puzzlesolver.domains.maze.generate import generate

        return generate(count, seed, **options)
