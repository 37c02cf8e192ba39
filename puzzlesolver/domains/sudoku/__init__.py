"""Sudoku on boards of 4×4, 6×6, 9×9, 16×16 and 25×25: the kind that `get_domain("sudoku")` gives.

>>> puzzle = next(get_domain("sudoku").generate(1, seed=7, difficulty="extreme"))
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Answer, Puzzle, register_domain
from puzzlesolver.domains.sudoku import parse, render, rules, symmetry

if TYPE_CHECKING:
    from puzzlesolver.models.interface import Batch


@register_domain
class Sudoku:
    """The stages of `Domain`, each in the module of its name."""

    name = "sudoku"
    clamps = True
    fitted = False

    takes = staticmethod(parse.takes)
    from_numbers = staticmethod(parse.from_numbers)
    from_record = staticmethod(parse.from_record)
    from_document = None
    recognise = staticmethod(parse.recognise)
    parse = staticmethod(parse.parse)
    parse_image = None
    mark = None
    verify = staticmethod(rules.verify)
    contradiction = staticmethod(rules.contradiction)
    as_good = staticmethod(np.array_equal)
    count_solutions = staticmethod(rules.count_solutions)
    solve_exactly = staticmethod(rules.solve_exactly)
    symmetries = staticmethod(symmetry.symmetries)
    format_line = staticmethod(render.format_line)
    format_grid = staticmethod(render.format_grid)
    render = staticmethod(render.render)

    def holds(self, value: Any) -> bool:
        return False

    def encode(self, puzzles: Sequence[Puzzle]) -> Batch:
        from puzzlesolver.domains.sudoku import codec

        return codec.encode(puzzles)

    def decode(self, probabilities: npt.NDArray[np.float32], puzzle: Puzzle) -> Answer:
        from puzzlesolver.domains.sudoku import codec

        return codec.decode(probabilities, puzzle)

    def generate(self, count: int, seed: int, **options: Any) -> Iterator[Puzzle]:
        from puzzlesolver.domains.sudoku.generate import generate

        return generate(count, seed, **options)
