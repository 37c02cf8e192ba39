"""Settings: presets, overrides, checks, and the command line that tells them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from puzzlesolver.errors import UsageError
from puzzlesolver.train.presets import command, from_json, get_preset, override
from puzzlesolver.train.recipes import PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_presets_survive_json(name: str) -> None:
    config = get_preset(name)
    assert from_json(json.loads(json.dumps(config.to_json()))) == config


def test_small_sample_preset_has_exactly_1000_puzzles() -> None:
    config = get_preset("sudoku-1k")
    assert config.puzzles.train_puzzles == 1_000
    assert "easy" not in config.puzzles.mix


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
        ("compile=false", "compile", False),
        ("eval_steps=[2, 4]", "eval_steps", (2, 4)),
        ("model.width=48", "model", {"layers": 2, "width": 48}),
        ("mix.easy=0.5", "mix", {"easy": 0.5, "10": 0.2, "50": 0.7}),
        ("train_puzzles=5", "train_puzzles", 5),
        ("threads=null", "threads", None),
        ("eval_difficulty=30", "eval_difficulty", "30"),
    ],
)
def test_override_sets_one_field(setting: str, field: str, value: object) -> None:
    before = get_preset("sudoku").to_json()
    after = override(get_preset("sudoku"), setting).to_json()
    assert after[field] == value
    assert {name for name in after if after[name] != before[name]} <= {field}


@pytest.mark.parametrize(
    ("setting", "where"),
    [
        ("learning_rate", "--set"),
        ("learnin_rate=1", "--set"),
        ("learning_rate=fast", "--set learning_rate"),
        ("batch_size=0", "--set batch_size"),
        ("batch_size=2.5", "--set batch_size"),
        ("compile=1", "--set compile"),
        ("minutes=NaN", "--minutes"),
        ("contract=magic", "--set contract"),
        ("mix={}", "--set mix"),
        ('mix={"easy": "much"}', "--set mix"),
        ("eval_steps=[0]", "--set eval_steps"),
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
    config = override(config, "warmup_drawn=false", "model.width=48", "contract=final")
    words = shlex.split(command(config, Path("out")))
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
    assert override(rebuilt, *settings) == config


@pytest.mark.parametrize("growth", ["[[0.5, 3]]", "[1, 2]"])
def test_a_bad_growth_names_its_flag(growth: str) -> None:
    with pytest.raises(UsageError) as caught:
        override(get_preset("rsm-sudoku"), f"warmup_growth={growth}")
    assert caught.value.where == "--set warmup_growth"


@pytest.mark.parametrize(
    ("preset", "settings", "told"),
    [
        ("sudoku", ["halt_max_steps=3"], "the contract carried has no setting 'halt_max_steps'"),
        ("sudoku", ["muon_learning_rate=1", "optimizer=adamw"], "the optimizer adamw has no"),
        ("sudoku", ["puzzle_learning_rate=1"], "a model without embeddings has no setting"),
        ("sudoku", ["contract=final", "max_age=9"], "the contract final has no setting 'max_age'"),
        ("trm-mlp-sudoku4", ["grad_steps=2"], "the contract supervised has no setting"),
        ("trm-mlp-sudoku4", ["fresh=0.5"], "a training on small or large Sudokus has no setting"),
        ("maze", ["reveal=3"], "a training on generated mazes has no setting 'reveal'"),
        ("arc", ["noise=0.1"], "the contract tasks has no setting 'noise'"),
        ("arc", ["augment=true"], "a training on tasks of ARC has no setting 'augment'"),
    ],
)
def test_a_setting_that_nothing_reads_is_refused(
    preset: str, settings: list[str], told: str
) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        override(get_preset(preset), *settings)
    assert caught.value.hint is not None


def test_a_refusal_names_the_settings_that_there_are(tmp_path: Path) -> None:
    for settings, some in (
        (["linger=2", "contract=supervised"], {"cross_entropy", "q_learning", "halt_max_steps"}),
        ([f"data={tmp_path}", "mix.easy=1"], {"data", "train_puzzles", "eval_puzzles"}),
        (["data=boards.csv", "size=6"], {"data", "exclude", "mix", "augment", "reveal"}),
    ):
        with pytest.raises(UsageError) as caught:
            override(get_preset("sudoku"), *settings)
        assert caught.value.hint is not None
        assert some <= set(caught.value.hint.removeprefix("it has ").split(", "))


@pytest.mark.parametrize("name", PRESETS)
def test_recipes_set_nothing_that_their_runs_do_not_read(name: str) -> None:
    flat = get_preset(name).to_json()
    assert PRESETS[name]().keys() <= flat.keys()


@pytest.mark.parametrize("name", PRESETS)
def test_no_two_parts_of_a_run_have_a_setting_of_one_name(name: str) -> None:
    config = get_preset(name)
    parts = (config, config.contract, config.puzzles, config.optimizer, config.embedding)
    names = [each for part in parts for each in part.types()]
    assert len(names) == len(set(names))


def test_the_order_of_settings_does_not_matter() -> None:
    settings = ["contract=final", "warmup_drawn=false", "optimizer=muon", "muon_learning_rate=1"]
    made = [override(get_preset("sudoku"), *each) for each in (settings, settings[::-1])]
    assert made[0] == made[1] and made[0].contract.name == "final"
    assert override(get_preset("sudoku"), "steps=5").minutes is None


def test_settings_of_earlier_versions_hold_those_of_all_contracts() -> None:
    flat = get_preset("trm-mlp-sudoku4").to_json() | {"max_age": 9, "fresh": 0.2, "noise": 0.0}
    assert from_json(flat) == get_preset("trm-mlp-sudoku4")
    with pytest.raises(UsageError, match="unknown setting 'hypotheses'"):
        from_json(flat | {"hypotheses": 0.1})
