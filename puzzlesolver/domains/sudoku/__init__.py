"""Sudoku on boards of 4×4, 6×6, 9×9, 16×16 and 25×25: the kind that `get_domain("sudoku")` gives.

>>> puzzle = next(get_domain("sudoku").generate(1, seed=7, difficulty="extreme"))
"""

from __future__ import annotations

from puzzlesolver.domains.base import Kind, register_domain
from puzzlesolver.domains.sudoku import parse, render, rules, symmetry


@register_domain
class Sudoku(Kind):
    """The stages of `Domain`, each in the module of its name."""

    name = "sudoku"
    clamps = True

    takes = staticmethod(parse.takes)
    from_numbers = staticmethod(parse.from_numbers)
    from_record = staticmethod(parse.from_record)
    recognise = staticmethod(parse.recognise)
    parse = staticmethod(parse.parse)
    verify = staticmethod(rules.verify)
    contradiction = staticmethod(rules.contradiction)
    count_solutions = staticmethod(rules.count_solutions)
    solve_exactly = staticmethod(rules.solve_exactly)
    symmetries = staticmethod(symmetry.symmetries)
    format_line = staticmethod(render.format_line)
    format_grid = staticmethod(render.format_grid)
    render = staticmethod(render.render)
