"""The loop on boards with holes and further rules."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.domains.sudoku.board import make_board
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.models.registry import build_model
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.refine.loop import refine
from puzzlesolver.refine.policy import Policy
from puzzlesolver.runtime import choose_runtime


@pytest.fixture
def model() -> RecursiveModel:
    torch.manual_seed(1)
    relations = ["cell", "line", "box", "extra", "pair"]
    sizes = {"width": 8, "messages": 8, "hidden": 8, "balanced": True}
    built = build_model("stem", {**sizes, "relations": relations})
    torch.nn.init.normal_(built.head.weight)
    return built.eval()


@pytest.mark.parametrize("mode", ["raw", "verified"])
@pytest.mark.parametrize("rules", ["samurai", "butterfly,diagonal", "anti-king"])
def test_answers_fill_the_cells_and_no_holes(model: RecursiveModel, rules: str, mode: str) -> None:
    board = make_board(9, rules)
    sudoku = get_domain("sudoku")
    givens = np.zeros(board.cells, np.uint8)
    givens[:3] = 1, 2, 3
    puzzle = Puzzle("sudoku", "p", board.grid(givens), "test", board=board)
    policy = Policy(max_steps=24, mode=mode, patience=4, branch_patience=4, rollouts=2)
    engine = TorchEngine(model, choose_runtime("cpu", 1))
    reports = list(refine(engine, sudoku, [puzzle], policy))
    ((outcome,),) = [report.outcomes for report in reports if report.outcomes]
    holes = puzzle.grid == 255
    assert holes.sum() == board.shape[0] * board.shape[1] - board.cells
    assert (outcome.answer.grid[holes] == 255).all()
    values = board.values(outcome.answer.grid)
    assert values[:3].tolist() == [1, 2, 3] and set(values) <= set(range(1, 10))
    assert any(report.clamped.any() for report in reports)
    assert not any(report.clamped[holes].any() for report in reports)
