"""Puzzle sources: the right puzzles, in an order that can be resumed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from puzzlesolver.errors import ParseError, UsageError
from puzzlesolver.train.checkpoint import load_checkpoint, save_checkpoint
from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.data.sudoku import SudokuSource
from puzzlesolver.train.presets import get_preset, override

Config = Callable[..., TrainConfig]

GENERATED = ('mix={"easy": 0.5, "1": 0.5}', "warm_puzzles=3", "fresh=0.3", "eval_difficulty=1")
"""Difficulty 1 is the quickest to generate that is no `easy`."""


def generated(*settings: str) -> TrainConfig:
    config = get_preset("sudoku", steps=1, seed=5)
    for setting in (*GENERATED, "eval_puzzles=4", *settings):
        config = override(config, setting)
    return config


@pytest.mark.parametrize("kind", ["file", "generated", "limited"])
def test_draws_go_on_where_they_stopped(kind: str, tiny_config: Config, tmp_path: Path) -> None:
    config = {
        "file": lambda: tiny_config("wrong=0.3"),
        "generated": lambda: generated("wrong=0.3"),
        "limited": lambda: generated('mix={"1": 1}', "train_puzzles=5"),
    }[kind]()
    source = SudokuSource(config)
    source.draw(12)
    source.observe(1.0)
    heldout = source.heldout()
    save_checkpoint(tmp_path, 1, source.state_dict())
    again = SudokuSource(config)
    state = load_checkpoint(tmp_path)
    assert state is not None
    again.load_state_dict(state)
    assert again.drawn == source.drawn == 12
    for _ in range(3):
        left, right = source.draw(7), again.draw(7)
        assert torch.equal(left.tokens, right.tokens)
        assert torch.equal(left.targets, right.targets)
    assert torch.equal(heldout.tokens, again.heldout().tokens)
    assert source.reveal.state_dict() == again.reveal.state_dict()


def test_clues_agree_with_targets(tiny_config: Config) -> None:
    for config in (tiny_config(), generated()):
        batch = SudokuSource(config).draw(20)
        given = batch.tokens > 0
        assert torch.equal(batch.tokens[given], batch.targets[given])
        assert not given.all()
        assert batch.targets.min() >= 1


def test_a_wrong_digit_is_wrong_but_breaks_no_rule_yet(tiny_config: Config) -> None:
    source = SudokuSource(tiny_config("wrong=1", "reveal=0", "reveal_floor=0"))
    known = source.kinds["file"].boards.questions.astype(np.int64)
    batch = source.draw(30)
    clamped = (batch.targets == 0).all(1)
    assert clamped.sum() > 10
    for tokens in batch.tokens[clamped].numpy():
        differing = (known != tokens).sum(1)
        assert differing.min() == 1  # one of the file's boards with one more digit
        origin = known[differing.argmin()]
        cell = int(np.flatnonzero(origin != tokens)[0])
        row, column = divmod(cell, 4)
        board = tokens.reshape(4, 4)
        box = board[row // 2 * 2 : row // 2 * 2 + 2, column // 2 * 2 : column // 2 * 2 + 2]
        for unit in (board[row], board[:, column], box):
            assert (unit == board[row, column]).sum() == 1
        index = int(differing.argmin())
        assert source.kinds["file"].boards.solutions[index][cell] != tokens[cell]


def test_extra_clues_shrink_as_puzzles_get_solved(tiny_config: Config) -> None:
    source = SudokuSource(tiny_config("reveal=9", "reveal_floor=0", "reveal_speed=0.5"))
    easy = (source.draw(50).tokens > 0).sum()
    for _ in range(200):
        source.observe(1.0)
    assert source.reveal.most == 0
    assert (source.draw(50).tokens > 0).sum() < easy
    source.observe(None)
    assert source.reveal.solved == pytest.approx(1, abs=0.05)


def test_exactly_so_many_puzzles_of_a_file(tiny_config: Config) -> None:
    source = SudokuSource(tiny_config("train_puzzles=7", "reveal=0", "reveal_floor=0"))
    drawn = {row.tobytes() for row in source.draw(300).tokens.numpy()}
    assert len(drawn) == 7
    heldout = source.heldout()
    assert len(heldout.tokens) == 20
    assert not drawn & {row.tobytes() for row in heldout.tokens.numpy()}
    assert "exactly 7" in source.recipe


def test_exactly_so_many_generated_puzzles() -> None:
    config = generated('mix={"1": 1}', "train_puzzles=5", "reveal=0", "reveal_floor=0")
    drawn = {row.tobytes() for row in SudokuSource(config).draw(100).tokens.numpy()}
    assert len(drawn) == 5


def test_heldout_rows_are_never_drawn(tiny_config: Config) -> None:
    source = SudokuSource(tiny_config("reveal=0", "reveal_floor=0"))
    heldout = {row.tobytes() for row in source.heldout().tokens.numpy()}
    rows = source.kinds["file"].boards.questions[:180].astype(np.int64)
    twins = {row.tobytes() for row in rows} & heldout  # the tiny file may repeat a board
    drawn = {row.tobytes() for row in source.draw(1000).tokens.numpy()}
    assert drawn & heldout <= twins


def test_a_limit_needs_one_difficulty() -> None:
    with pytest.raises(UsageError) as caught:
        SudokuSource(generated("train_puzzles=5"))
    assert caught.value.where == "--set train_puzzles"


def test_a_limit_beyond_the_file(tiny_config: Config) -> None:
    with pytest.raises(UsageError, match="201 puzzles are to be trained on, there are 200"):
        SudokuSource(tiny_config("train_puzzles=201"))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, UsageError),
        ("source,question,answer,rating\n", (UsageError, ParseError)),
        ("source,question,answer,rating\nx,1.34341221434321,,0\n", UsageError),
        ("source,question,answer,rating\nx,1.3434122143432,1234341221434321,0\n", ParseError),
    ],
)
def test_unfit_files(tiny_config: Config, tmp_path: Path, text: str | None, error: type) -> None:
    path = tmp_path / "bad.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(error):
        SudokuSource(tiny_config(f"data={path}"))


def test_another_file_is_noticed_on_resume(tiny_config: Config, tmp_path: Path) -> None:
    config = tiny_config()
    state = SudokuSource(config).state_dict()
    shorter = tmp_path / "shorter.csv"
    shorter.write_text(
        "".join(Path(config.puzzles.data).read_text().splitlines(keepends=True)[:-1])
    )
    with pytest.raises(UsageError, match="changed after the run was started"):
        SudokuSource(tiny_config(f"data={shorter}")).load_state_dict(state)


def test_boards_that_another_version_generated_are_no_file_of_the_user() -> None:
    config = get_preset("trm-mlp-sudoku4", train_puzzles=8)
    state = SudokuSource(config).state_dict()
    state["kinds"]["file"]["sha256"] = "of other boards"
    with pytest.raises(UsageError, match=r"the generated puzzles .* changed after") as caught:
        SudokuSource(config).load_state_dict(state)
    assert caught.value.where == "--set train_puzzles"


def test_excluded_puzzles_are_not_trained_on(tmp_path: Path) -> None:
    everything = generated("train_puzzles=6", 'mix={"1": 1}', "reveal=0", "reveal_floor=0")
    source = SudokuSource(everything)
    source.draw(1)
    pairs = source.kinds["1"].puzzles
    path, banned = tmp_path / "all.csv", tmp_path / "banned.csv"
    rows = [f"x,{_text(question)},{_text(solution)},0\n" for question, solution in pairs]
    path.write_text("source,question,answer,rating\n" + "".join(rows))
    # Transposed, the banned ones are still the same puzzles.
    turned = [(q.reshape(9, 9).T, s.reshape(9, 9).T) for q, s in pairs[:2]]
    rows = [f"x,{_text(question)},{_text(solution)},0\n" for question, solution in turned]
    banned.write_text("source,question,answer,rating\n" + "".join(rows))
    plain = "reveal=0", "reveal_floor=0", 'mix={"1": 1}', f"exclude={banned}"
    from_file = SudokuSource(generated(f"data={path}", "eval_puzzles=0", *plain))
    fresh = SudokuSource(generated("train_puzzles=6", *plain))
    with pytest.raises(UsageError, match="nothing is left"):
        SudokuSource(generated(f"data={banned}", *plain))
    forbidden = {question.astype(np.int64).tobytes() for question, _ in pairs[:2]}
    for other in (from_file, fresh):
        drawn = {row.tobytes() for row in other.draw(100).tokens.numpy()}
        assert len(drawn) == (4 if other is from_file else 6)
        assert not drawn & forbidden


def _text(board: np.ndarray) -> str:
    return "".join(map(str, board.ravel())).replace("0", ".")
