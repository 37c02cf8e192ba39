"""Training mazes: what is drawn, held out, kept from training, and resumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from puzzlesolver.domains.base import get_domain
from puzzlesolver.domains.maze.rules import distances
from puzzlesolver.errors import UsageError
from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.data.mazes import MazeSource
from puzzlesolver.train.presets import get_preset

MAZE = get_domain("maze")
TINY = {"size": 6, "eval_puzzles": 4, "eval_difficulty": "easy", "mix": {"walls": 1, "perfect": 1}}


def config(**changes: object) -> TrainConfig:
    tiny = {"eval_puzzles": 4} if "data" in changes else TINY
    return get_preset("maze", steps=2, **{**tiny, **changes})  # type: ignore[arg-type]


@pytest.fixture
def mazes_csv(tmp_path: Path) -> Path:
    path = tmp_path / "mazes.csv"
    rows = [
        f"x,{MAZE.format_line(maze.grid)},{MAZE.format_line(maze.label)},{maze.rating:g}"
        for maze in MAZE.generate(40, seed=5, size=10, difficulty="easy")
        if maze.label is not None
    ]
    path.write_text("source,question,answer,rating\n" + "\n".join(rows) + "\n")
    return path


def grids(tokens: torch.Tensor) -> np.ndarray:
    side = int(tokens.shape[1] ** 0.5)
    return tokens.reshape(-1, side, side).numpy()


def test_draws_go_on_where_they_stopped() -> None:
    source, again = MazeSource(config()), MazeSource(config())
    source.draw(3)
    again.load_state_dict(source.state_dict())
    following, resumed = source.draw(5), again.draw(5)
    assert torch.equal(following.tokens, resumed.tokens)
    assert following.targets is not None and resumed.targets is not None
    assert torch.equal(following.targets, resumed.targets)
    assert source.drawn == again.drawn == 8


def test_held_out_mazes_are_always_the_same() -> None:
    first, second = MazeSource(config()).heldout(), MazeSource(config()).heldout()
    assert first is not None and second is not None
    assert torch.equal(first.tokens, second.tokens) and len(first.tokens) == 4
    assert MazeSource(config(eval_puzzles=0)).heldout() is None


def test_mazes_of_a_file_are_turned_and_flipped_with_targets_searched_anew(
    mazes_csv: Path,
) -> None:
    source = MazeSource(config(data=str(mazes_csv), train_puzzles=1))
    batch = source.draw(60)
    assert batch.targets is not None and batch.known_from is not None
    forms = {grid.tobytes() for grid in grids(batch.tokens)}
    assert 1 < len(forms) <= 8
    for grid, known_from in zip(grids(batch.tokens), batch.known_from, strict=True):
        goal = tuple(np.argwhere(grid == 3)[0])
        away = distances(grid != 0, goal)
        assert (known_from[:, 0].reshape(grid.shape).numpy() == np.maximum(away, 0)).all()


def test_excluded_mazes_are_not_drawn(mazes_csv: Path) -> None:
    with pytest.raises(UsageError, match="nothing is left to train on"):
        MazeSource(config(data=str(mazes_csv), exclude=str(mazes_csv)))
    source = MazeSource(config(exclude=str(mazes_csv), size=10))
    assert len(source.draw(3).tokens) == 3


def test_another_file_is_another_run(mazes_csv: Path) -> None:
    saved = MazeSource(config(data=str(mazes_csv))).state_dict()
    lines = mazes_csv.read_text().splitlines(keepends=True)
    mazes_csv.write_text("".join(lines[:-1]))
    with pytest.raises(UsageError, match="changed after the run was started"):
        MazeSource(config(data=str(mazes_csv))).load_state_dict(saved)


def test_a_mix_of_unknown_kinds_is_refused() -> None:
    with pytest.raises(UsageError, match="spirals"):
        MazeSource(config(mix={"spirals": 1}))
