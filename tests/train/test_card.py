"""The words of model cards: which data a run had, in sentences that a reader understands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from puzzlesolver.train.card import facts
from puzzlesolver.train.data.recipe import data_recipe
from puzzlesolver.train.presets import get_preset

WEIGHTS = Path(__file__).parents[2] / "weights"
SHIPPED = ("sudoku", "sudoku-1k", "maze")


@pytest.mark.parametrize(
    ("preset", "changes", "told"),
    [
        (
            "sudoku",
            {},
            "new 9×9 boards: 10 % easy, 20 % need at least 10 guesses of the search, "
            "70 % at least 50",
        ),
        (
            "sudoku-1k",
            {},
            "new 9×9 boards: all resist a whole round of single guesses; "
            "exactly 1,000 different ones",
        ),
        (
            "sudoku",
            {"mix": {"extreme": 1, "hard": 2, "easy": 1}},
            "new 9×9 boards: 25 % easy, 50 % need at least 10 guesses of the search, "
            "25 % at least 100",
        ),
        (
            "sudoku",
            {"data": "runs/mine.csv"},
            "10 % easy boards, the others are boards of mine.csv",
        ),
        (
            "trm-mlp-sudoku-1k",
            {"data": "mine.csv", "train_puzzles": 7},
            "boards of mine.csv; exactly 7 different ones; "
            "digits, rows and columns shuffled at random",
        ),
        ("trm-mlp-sudoku4", {}, "new 4×4 boards; exactly 8,192 different ones"),
        (
            "maze",
            {"mix": {"walls hard": 1, "open": 1}},
            "new 12×12 mazes: 50 % few walls, 50 % random walls and a long path",
        ),
        ("maze", {"data": "m.csv"}, "mazes of m.csv; turned and flipped at random"),
    ],
)
def test_the_data_in_words(preset: str, changes: dict[str, object], told: str) -> None:
    assert data_recipe(get_preset(preset, **changes).to_json()) == told


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_cards_say_what_is_made_of_their_records(name: str) -> None:
    record = json.loads((WEIGHTS / name / "config.json").read_text())["training"]
    made = facts(record | {"data": data_recipe(record["settings"])})
    assert "\n".join(made) in (WEIGHTS / name / "README.md").read_text()
