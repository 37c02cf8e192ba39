"""A model and puzzles that are quick to solve, or not to solve."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.hub.folder import save_model
from puzzlesolver.models.interface import RecursiveModel

SOLUTION = np.array([[1, 2, 3, 4], [3, 4, 1, 2], [2, 1, 4, 3], [4, 3, 2, 1]], np.uint8)


@pytest.fixture
def model(tiny_model: RecursiveModel, tmp_path: Path) -> Path:
    """Folder of an untrained model."""
    save_model(tiny_model, tmp_path / "tiny", training={}, card="# An untrained model\n")
    return tmp_path / "tiny"


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """A CSV of 65 boards, from nearly full to nearly empty, each with one solution."""
    rng, sudoku, boards = np.random.default_rng(0), get_domain("sudoku"), []
    while len(boards) < 65:
        grid = SOLUTION.copy()
        grid.flat[rng.choice(16, 1 + len(boards) % 10, replace=False)] = 0
        if sudoku.count_solutions(Puzzle("sudoku", "", grid, "")) == 1:
            boards.append(sudoku.format_line(grid))
    path = tmp_path / "many.csv"
    path.write_text("question\n" + "\n".join(boards) + "\n")
    return path
