"""The loop: learning, exact resumption, interruption, and what it writes."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file

from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.hub.store import load_model
from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.loop import run_config, train
from puzzlesolver.train.presets import command, from_json, override
from puzzlesolver.train.run import Run
from tests.forks import FORKS

Config = Callable[..., TrainConfig]


def session(config: TrainConfig, out: Path, told: Path) -> None:
    """Train, and end as the command does where a signal comes."""
    with told.open("w") as file:
        try:
            train(config, out, resume=True, dry_run=False, console=Console(file=file))
        except KeyboardInterrupt:
            sys.exit(130)


def metrics(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


def losses(out: Path) -> list[tuple[int, float]]:
    return [(row["update"], row["loss"]) for row in metrics(out) if "loss" in row]


def files(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


def interrupt_a_session(config: TrainConfig, out: Path, number: int) -> str:
    """Train in another process, send it a signal after some updates, return what it told people."""
    file = out.with_name("told")
    process = FORKS.Process(target=session, args=(config, out, file))
    process.start()
    path = out / "metrics.jsonl"
    while not (path.is_file() and path.read_text().count("\n") >= 3):
        assert process.is_alive()
        time.sleep(0.005)
    assert process.pid is not None
    os.kill(process.pid, number)
    process.join()
    told = file.read_text()
    assert process.exitcode == 130, told
    return told


@pytest.mark.parametrize(
    ("settings", "number"),
    [
        (["contract=carried", "wrong=0.2", "suppositions=0.5", "suppose_after=1"], signal.SIGINT),
        (["contract=final", "optimizer=muon"], signal.SIGTERM),
    ],
    ids=["carried", "final"],
)
def test_an_interrupted_run_ends_bitwise_like_an_uninterrupted_one(
    settings: list[str], number: int, tiny_config: Config, console: Console, tmp_path: Path
) -> None:
    config = tiny_config(*settings, steps=60)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    told = interrupt_a_session(config, parts, number)
    assert "--resume auto" in told
    stopped = run_config(parts)
    assert stopped == config
    done = max(update for update, _ in losses(parts))
    assert 3 <= done < 60
    assert load_model(parts / "model")
    train(config, parts, resume=True, dry_run=False, console=console)
    train(config, whole, resume=True, dry_run=False, console=console)
    assert len(losses(whole)) == 60
    assert losses(parts) == losses(whole)
    curves = [[row["right"] for row in metrics(out) if "right" in row] for out in (parts, whole)]
    assert curves[0] == curves[1]
    weights = [load_file(out / "model" / "model.safetensors") for out in (parts, whole)]
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    states = [
        load_file(out / "checkpoints" / "step-000000060" / "tensors.safetensors")
        for out in (parts, whole)
    ]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.parametrize("contract", ["carried", "final"])
def test_it_learns(contract: str, tiny_config: Config, console: Console, tmp_path: Path) -> None:
    config = tiny_config(f"contract={contract}", steps=250)
    train(config, tmp_path, resume=False, dry_run=False, console=console)
    values = [loss for _, loss in losses(tmp_path)]
    assert sum(values[-20:]) < 0.5 * sum(values[:20])
    last = metrics(tmp_path)[-1]
    assert last["update"] == 250
    assert last["right"]["16"] > 0.5
    assert last["ever"]["16"] >= last["right"]["16"]


def test_what_a_finished_run_leaves(tiny_config: Config, console: Console, tmp_path: Path) -> None:
    config = tiny_config("eval_every=2", "wrong=0.5", steps=5)
    out = tmp_path / "deep" / "run"
    assert train(config, out, resume=True, dry_run=False, console=console) == out / "model"
    rows = metrics(out)
    assert [row["update"] for row in rows] == [1, 2, 2, 3, 4, 4, 5, 5]
    named = {
        "minutes",
        "loss",
        "cells",
        "solved",
        "reveal",
        "puzzles",
        "learning_rate",
        "grad_norm",
    }
    assert all(named <= row.keys() for row in rows if "loss" in row and "cells" in row)
    assert load_model(out / "model").config.to_json()["width"] == 8
    stored = json.loads((out / "model" / "config.json").read_text())["training"]
    assert stored["seed"] == 0
    assert [point["update"] for point in stored["curve"]] == [2, 4, 5]
    assert from_json(stored["settings"]) == config
    card = (out / "model" / "README.md").read_text()
    for text in (command(config, out), "core-minutes", "100% of the schedule", "| 5 |", "verifier"):
        assert text in card
    # Once more: nothing is left to do.
    train(config, out, resume=True, dry_run=False, console=console)
    assert metrics(out) == rows


def test_a_longer_schedule_goes_on(tiny_config: Config, console: Console, tmp_path: Path) -> None:
    train(tiny_config(steps=3), tmp_path, resume=True, dry_run=False, console=console)
    train(tiny_config(steps=6), tmp_path, resume=True, dry_run=False, console=console)
    assert [update for update, _ in losses(tmp_path)] == [1, 2, 3, 4, 5, 6]


def test_a_run_starts_from_the_weights_of_a_model(
    tiny_config: Config, console: Console, tmp_path: Path
) -> None:
    first = train(tiny_config(), tmp_path / "first", resume=False, dry_run=False, console=console)
    config = tiny_config(f"start={first}", "learning_rate=0", "optimizer=adamw", "weight_decay=0")
    out = tmp_path / "second"
    second = train(config, out, resume=False, dry_run=False, console=console)
    before, after = (load_file(each / "model.safetensors") for each in (first, second))
    assert all(torch.allclose(before[name], after[name]) for name in before)
    for file in first.iterdir():  # a run that goes on has its own weights
        file.unlink()
    train(override(config, "steps=6"), out, resume=True, dry_run=False, console=console)
    card = (second / "README.md").read_text()
    assert "| start | weights with SHA-256 " in card and "train sudoku --preset sudoku" in card
    config = tiny_config(f"start={second}", "steps=1")
    third = train(config, tmp_path / "third", resume=False, dry_run=False, console=console)
    assert (third / "README.md").read_text().count("| start | weights with SHA-256 ") == 2


def test_a_run_with_more_weights_starts_from_what_the_model_has(
    tiny_config: Config, console: Console, tmp_path: Path
) -> None:
    first = train(tiny_config(), tmp_path / "first", resume=False, dry_run=False, console=console)
    changes = f"start={first}", "model.overlaps=4", "learning_rate=0", "optimizer=adamw"
    config = tiny_config(*changes, "weight_decay=0")
    second = train(config, tmp_path / "more", resume=False, dry_run=False, console=console)
    before, after = (load_file(each / "model.safetensors") for each in (first, second))
    assert all(torch.allclose(before[name], after[name]) for name in before)
    assert {name.split(".")[2] for name in after.keys() - before.keys()} == {
        "inside", "whole", "locked",
    }  # fmt: skip


def test_a_model_whose_layers_are_no_divisor_is_no_start(
    tiny_config: Config, console: Console, tmp_path: Path
) -> None:
    out = tmp_path / "first"
    first = train(tiny_config("model.layers=2"), out, resume=False, dry_run=False, console=console)
    config = tiny_config(f"start={first}", "model.layers=3")
    with pytest.raises(ModelError, match="cannot grow: layers grow to a multiple"):
        train(config, tmp_path / "more", resume=False, dry_run=False, console=console)


def test_a_model_built_otherwise_is_no_start(
    tiny_config: Config, console: Console, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="another width, messages, hidden") as caught:
        train(tiny_config("start=sudoku"), tmp_path, resume=False, dry_run=False, console=console)
    assert caught.value.where == "--start"


def test_a_run_by_the_clock_ends(tiny_config: Config, console: Console, tmp_path: Path) -> None:
    config = tiny_config("eval_every=0")
    config = from_json(config.to_json() | {"steps": None, "minutes": 0.005})
    train(config, tmp_path, resume=True, dry_run=False, console=console)
    rows = metrics(tmp_path)
    assert rows
    assert rows[-1]["minutes"] >= 0.004


def test_a_dry_run_writes_nothing(tiny_config: Config, console: Console, tmp_path: Path) -> None:
    before = files(tmp_path)
    train(tiny_config(), tmp_path / "run", resume=True, dry_run=True, console=console)
    assert files(tmp_path) == before
    told = console.file.getvalue()
    for text in ("parameters", "peak memory", "puzzles/s", "nothing was written"):
        assert text in told


def test_a_run_is_not_overwritten(tiny_config: Config, console: Console, tmp_path: Path) -> None:
    train(tiny_config(), tmp_path, resume=False, dry_run=False, console=console)
    with pytest.raises(UsageError, match="already holds a run"):
        train(tiny_config(), tmp_path, resume=False, dry_run=False, console=console)
    with pytest.raises(UsageError, match="batch_size = 16, not 8") as caught:
        other = tiny_config("batch_size=8")
        train(other, tmp_path, resume=True, dry_run=False, console=console)
    assert caught.value.where == "--set batch_size"


def test_a_damaged_checkpoint_is_a_typed_error(
    tiny_config: Config, console: Console, tmp_path: Path
) -> None:
    train(tiny_config(), tmp_path, resume=True, dry_run=False, console=console)
    path = tmp_path / "checkpoints" / "step-000000004" / "tensors.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match="damaged"):
        train(tiny_config(), tmp_path, resume=True, dry_run=False, console=console)


def test_metrics_after_the_checkpoint_are_cut(
    tiny_config: Config, console: Console, tmp_path: Path
) -> None:
    train(tiny_config(), tmp_path, resume=True, dry_run=False, console=console)
    before = metrics(tmp_path)
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"update": 5, "loss": 1}\n{"upda')
    train(tiny_config(), tmp_path, resume=True, dry_run=False, console=console)
    assert metrics(tmp_path) == before


def test_a_second_signal_is_not_swallowed(
    tiny_config: Config, console: Console, tmp_path: Path
) -> None:
    before = signal.getsignal(signal.SIGINT)

    def interrupt() -> None:
        while signal.getsignal(signal.SIGINT) is before:  # until the training listens
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        train(tiny_config(steps=10**6), tmp_path, resume=True, dry_run=False, console=console)
    thread.join()
    assert signal.getsignal(signal.SIGINT) is before
    assert run_config(tmp_path) is not None


def test_divergence_is_a_typed_error(tiny_config: Config) -> None:
    run = Run(tiny_config())
    run.update()
    torch.nn.init.constant_(next(run.model.parameters()), float("nan"))
    with pytest.raises(ModelError, match="diverged"):
        run.update()


def test_weights_depend_on_the_seed_alone(tiny_config: Config) -> None:
    torch.manual_seed(1)
    first = Run(tiny_config())
    drawn = torch.rand(1)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(1), drawn)  # building a run disturbs no one
    torch.manual_seed(2)
    again, other = Run(tiny_config()), Run(tiny_config("seed=1"))
    for run, same in ((again, True), (other, False)):
        assert (run.update().loss == first.update().loss) is same or run is other
    pairs = zip(first.model.parameters(), other.model.parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in pairs)


def test_an_unknown_domain(tiny_config: Config) -> None:
    with pytest.raises(UsageError, match="cannot train 'chess'"):
        from_json(tiny_config().to_json() | {"domain": "chess"})


def test_bfloat16_trains_too(tiny_config: Config) -> None:
    exact, rough = Run(tiny_config()).update(), Run(tiny_config("precision=bf16")).update()
    assert rough.loss == pytest.approx(exact.loss, rel=0.02)


@pytest.mark.filterwarnings("default")  # torch warns about itself while compiling
def test_compiled_steps_learn_the_same(tiny_config: Config) -> None:
    plain, compiled = (
        Run(tiny_config("grad_steps=1", f"compile={on}")) for on in ("false", "true")
    )
    if not compiled.compiled:
        pytest.skip("no C++ compiler")
    for _ in range(2):
        assert compiled.update().loss == pytest.approx(plain.update().loss, rel=1e-4)
    assert compiled.evaluate()["right"].keys() == {"4", "16"}


@pytest.mark.filterwarnings("default")  # torch warns about itself while compiling
def test_libraries_whose_linking_was_interrupted_are_made_anew(
    tiny_config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Torch would load an empty one, and fail."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", f"{tmp_path}")
    empty, begun, whole = (tmp_path / folder / "c.main.so" for folder in ("ab", "cd", "ef"))
    for library in (empty, begun, whole):
        library.parent.mkdir()
        library.touch()
    whole.write_bytes(b"ELF")
    for library in (empty, whole):
        os.utime(library, (0, 0))
    if not Run(tiny_config("compile=true")).compiled:
        pytest.skip("no C++ compiler")
    assert [library.exists() for library in (empty, begun, whole)] == [False, True, True]
