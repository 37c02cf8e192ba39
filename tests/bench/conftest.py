"""Files that benchmarks need: a model that anyone can make, and boards small enough for it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.hub.folder import save_model
from puzzlesolver.models.stem import RelationalStem

ROWS = 24
RATINGS = (0, 5, 15, 30, 60, None)


@pytest.fixture
def model_folder(tiny_model: RelationalStem, tmp_path: Path) -> Path:
    """Untrained, but with opinions: a fresh stem holds every digit equally likely."""
    folder = tmp_path / "model"
    torch.nn.init.normal_(tiny_model.head.weight, generator=torch.Generator().manual_seed(0))
    save_model(tiny_model, folder, training={"data": "nothing"}, card="# Untrained")
    return folder


@pytest.fixture
def boards_csv(tmp_path: Path) -> Path:
    """4×4 boards with one solution from two sources, in every rating band and unrated."""
    path = tmp_path / "boards.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["source", "question", "answer", "rating"])
        for number in range(ROWS):
            question, answer = _board(number)
            line = get_domain("sudoku").format_line
            rating = RATINGS[number % len(RATINGS)]
            rows.writerow([f"source {number % 2}", line(question), line(answer), rating])
    return path


def _board(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    pattern = np.array([[0, 1, 2, 3], [2, 3, 0, 1], [1, 0, 3, 2], [3, 2, 1, 0]])
    answer = (rng.permutation(4) + 1).astype(np.uint8)[pattern]
    question = answer.copy()
    for cell in rng.permutation(16)[: 1 + seed % 10]:
        kept, question.flat[cell] = question.flat[cell], 0
        if get_domain("sudoku").count_solutions(Puzzle("sudoku", "", question, "")) != 1:
            question.flat[cell] = kept
    return question, answer
