"""A 4×4 task that trains in seconds: boards made here, as the CSV that `generate sudoku` writes."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.presets import get_preset, override

UNITS = [
    [[(r, c) for c in range(4)] for r in range(4)],
    [[(r, c) for r in range(4)] for c in range(4)],
    [[(r + i, c + j) for i in (0, 1) for j in (0, 1)] for r in (0, 2) for c in (0, 2)],
]


def _solutions() -> np.ndarray:
    """All 288 solved 4×4 boards, `uint8[288, 16]`."""
    rows = list(itertools.permutations(range(1, 5)))
    found = []
    for board in itertools.product(rows, repeat=4):
        if all(len({board[r][c] for r, c in unit}) == 4 for units in UNITS[1:] for unit in units):
            found.append(sum(board, ()))
    return np.array(found, np.uint8)


@pytest.fixture(scope="session")
def tiny_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 boards of 4×4 with six to nine blanks and one solution each."""
    solved = _solutions()
    assert len(solved) == 288
    rng = np.random.default_rng(0)
    lines = ["source,question,answer,rating"]
    while len(lines) < 201:
        answer = solved[rng.integers(len(solved))]
        question = answer.copy()
        question[rng.permutation(16)[: rng.integers(6, 10)]] = 0
        if (solved[:, question > 0] == question[question > 0]).all(1).sum() == 1:
            text = "".join(map(str, question)).replace("0", ".")
            lines.append(f"test,{text},{''.join(map(str, answer))},0")
    path = tmp_path_factory.mktemp("data") / "tiny.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def tiny_config(tiny_csv: Path) -> Callable[..., TrainConfig]:
    """A config of a run that takes milliseconds an update; settings are `NAME=VALUE` texts."""

    def make(*settings: str, steps: int = 4) -> TrainConfig:
        config = get_preset("sudoku", steps=steps, threads=1, data=str(tiny_csv))
        small = (
            'model={"width": 8, "messages": 8, "hidden": 16}', "compile=false", "batch_size=16",
            "precision=fp32", "optimizer=adamw", "suppositions=0",
            "grad_steps=3", "max_age=6", "reveal=3", "warmup_updates=5", "learning_rate=0.01",
            "log_every=1", "eval_every=50", "eval_steps=[4, 16]", "eval_puzzles=20",
            "reveal_floor_clues=2",
        )  # fmt: skip
        for setting in (*small, *settings):
            config = override(config, setting)
        return config

    return make


@pytest.fixture
def console() -> Console:
    """A console whose text is `console.file.getvalue()`; no terminal."""
    return Console(file=io.StringIO(), width=200)
