"""Sudoku on boards of all sizes and rules: the kind that `get_domain("sudoku")` gives.

>>> puzzle = next(get_domain("sudoku").generate(1, seed=7, difficulty="extreme"))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Domain, Puzzle, register_domain
from puzzlesolver.domains.records import Record
from puzzlesolver.domains.sudoku import parse, render, rules, symmetry
from puzzlesolver.domains.sudoku.board import board_of
from puzzlesolver.domains.sudoku.variants import rule_details


@register_domain
class Sudoku(Domain):
    """The stages of `Domain`, each in the module of its name."""

    name = "sudoku"
    clamps = True

    board_of = staticmethod(board_of)
    recognise = staticmethod(parse.recognise)
    verify = staticmethod(rules.verify)
    contradiction = staticmethod(rules.contradiction)
    count_solutions = staticmethod(rules.count_solutions)
    solve_exactly = staticmethod(rules.solve_exactly)
    symmetries = staticmethod(symmetry.symmetries)
    format_line = staticmethod(render.format_line)
    format_grid = staticmethod(render.format_grid)
    render = staticmethod(render.render)

    def __init__(self, rules: str = "") -> None:
        self.rules = rules

    def under(self, rules: str) -> Sudoku:
        rule_details(rules)
        return Sudoku(rules)

    def suited(self, puzzle: Puzzle) -> str | None:
        board = board_of(puzzle)
        return None if board.is_standard and board.symbols <= 9 else "sudoku-any"

    def takes(self, numbers: npt.NDArray[np.int64]) -> bool:
        return parse.takes(numbers, self.rules)

    def from_numbers(self, numbers: npt.NDArray[np.int64], source: str) -> Puzzle:
        return parse.from_numbers(numbers, source, self.rules)

    def from_record(self, record: Record) -> Puzzle:
        return parse.from_record(record, self.rules)

    def parse(self, lines: Iterable[str], source: str) -> Iterator[Puzzle]:
        return parse.parse(lines, source, self.rules)
