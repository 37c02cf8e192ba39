"""Mazes of any size: the kind that `get_domain("maze")` gives.

>>> puzzle = next(get_domain("maze").generate(1, seed=7))
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from puzzlesolver.domains.base import Domain, Puzzle, register_domain
from puzzlesolver.domains.maze import image, parse, render, rules
from puzzlesolver.domains.symmetry import Symmetry, turns


@register_domain
class Maze(Domain):
    """The stages of `Domain`, each in the module of its name."""

    name = "maze"

    takes = staticmethod(parse.takes)
    from_numbers = staticmethod(parse.from_numbers)
    from_record = staticmethod(parse.from_record)
    recognise = staticmethod(parse.recognise)
    parse = staticmethod(parse.parse)
    parse_image = staticmethod(image.parse_image)
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
