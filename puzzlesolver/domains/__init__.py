"""Puzzle kinds; one registry line a kind."""

from puzzlesolver.domains import sudoku as sudoku
