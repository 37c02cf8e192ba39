"""Puzzle kinds; one registry line a kind."""

from puzzlesolver.domains import arc as arc
from puzzlesolver.domains import maze as maze
from puzzlesolver.domains import sudoku as sudoku
