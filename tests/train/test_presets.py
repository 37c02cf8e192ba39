"""Settings: presets, overrides, checks, and the command line that tells them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from puzzlesolver.errors import UsageError
from puzzlesolver.train.config import TrainConfig, get_preset, override
from puzzlesolver.train.recipes import PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_presets_survive_json(name: str) -> None:
    config = get_preset(name)
    assert TrainConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_small_sample_preset_has_exactly_1000_puzzles() -> None:
    config = get_preset("sudoku-1k")
    assert config.train_puzzles == 1_000
    assert "easy" not in config.mix


def test_a_length_replaces_the_length_of_the_preset() -> None:
    config = get_preset("sudoku", steps=10, seed=None)
    assert (config.steps, config.minutes, config.seed) == (10, None, 0)


def test_unknown_preset_names_a_close_one() -> None:
    with pytest.raises(UsageError, match="unknown preset 'sudoko'") as caught:
        get_preset("sudoko")
    assert caught.value.hint == "did you mean 'sudoku'?"


@pytest.mark.parametrize(
    ("setting", "field", "value"),
    [
        ("learning_rate=0.003", "learning_rate", 0.003),
        ("learning_rate=1", "learning_rate", 1.0),
        ("contract=final", "contract", "final"),
        ("compile=false", "compile", False),
        ("eval_steps=[2, 4]", "eval_steps", (2, 4)),
        ("warmup_growth=[[0, 1], [0.5, 3]]", "warmup_growth", ((0, 1), (0.5, 3))),
        ("model.width=48", "model", {"layers": 2, "width": 48}),
        ("mix.easy=0.5", "mix", {"easy": 0.5, "10": 0.2, "50": 0.7}),
        ("train_puzzles=5", "train_puzzles", 5),
        ("threads=null", "threads", None),
        ("eval_difficulty=30", "eval_difficulty", "30"),
    ],
)
def test_override_sets_one_field(setting: str, field: str, value: object) -> None:
    before = get_preset("sudoku")
    after = override(before, setting)
    assert getattr(after, field) == value
    changed = {k for k, v in after.to_json().items() if v != before.to_json()[k]}
    assert changed <= {field}


@pytest.mark.parametrize(
    ("setting", "where"),
    [
        ("learning_rate", "--set"),
        ("learnin_rate=1", "--set"),
        ("learning_rate=fast", "--set learning_rate"),
        ("batch_size=0", "--set batch_size"),
        ("batch_size=2.5", "--set batch_size"),
        ("compile=1", "--set compile"),
        ("steps=5", "--minutes"),
        ("minutes=NaN", "--minutes"),
        ("contract=magic", "--set contract"),
        ("mix={}", "--set mix"),
        ('mix={"easy": "much"}', "--set mix"),
        ("eval_steps=[0]", "--set eval_steps"),
        ("warmup_growth=[[0.5, 3]]", "--set warmup_growth"),
        ("warmup_growth=[1, 2]", "--set warmup_growth"),
        ("seed=-1", "--seed"),
        ("suppositions=2", "--set suppositions"),
    ],
)
def test_a_bad_setting_names_its_flag(setting: str, where: str) -> None:
    with pytest.raises(UsageError) as caught:
        override(get_preset("sudoku"), setting)
    assert caught.value.where == where


def test_the_command_tells_all_that_differs_from_the_preset() -> None:
    config = get_preset("sudoku-1k", steps=7, seed=3, data="my puzzles.csv")
    config = override(override(config, "model.width=48"), "contract=final")
    words = shlex.split(config.command(Path("out")))
    assert words[:3] == ["puzzlesolver", "train", "sudoku"]
    options = dict(zip(words[3::2], words[4::2], strict=True))
    assert options.pop("--out") == "out"
    pairs = zip(words[3::2], words[4::2], strict=True)
    settings = [word for flag, word in pairs if flag == "--set"]
    rebuilt = get_preset(
        options["--preset"],
        steps=int(options["--steps"]),
        seed=int(options["--seed"]),
        data=options["--data"],
    )
    for setting in settings:
        rebuilt = override(rebuilt, setting)
    assert rebuilt == config
