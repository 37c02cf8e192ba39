"""The recipe for a GPU, in miniature on a CPU: its data, its checkpoints, and how it goes on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from puzzlesolver.bench.gpu.recipe import flop_of_update
from puzzlesolver.errors import UsageError
from puzzlesolver.train.checkpoint import load_checkpoint, save_checkpoint
from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.data.folders import FolderSource
from puzzlesolver.train.data.labelled import collect
from puzzlesolver.train.data.published.boards import build_sudoku, generated
from puzzlesolver.train.loop import train
from puzzlesolver.train.presets import command, get_preset, override
from puzzlesolver.train.run import Run

NARROW = {"layers": 2, "width": 8, "messages": 8, "hidden": 16}
LIMIT = 16_000_000
"""Bytes of a checkpoint at most."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve easy boards, of which four are for testing."""
    boards = collect(generated("sudoku", 12, 0, difficulty="easy"))
    path = tmp_path_factory.mktemp("data") / "set"
    build_sudoku(path, boards.take(slice(8)), boards.take(slice(8, 12)))
    return path


def miniature(folder: Path, *settings: str, steps: int = 4, **changes: object) -> TrainConfig:
    config = get_preset("sudoku-gpu", data=str(folder), steps=steps, device="cpu", threads=1)
    small = {"batch_size": 2, "grad_steps": 1, "compile": False, "precision": "fp32"}
    quiet = {"log_every": 1, "eval_every": 0}
    return override(config, *settings, **{**small, **quiet, **changes})


def checkpoint(run: Run, out: Path) -> Path:
    save_checkpoint(out, run.updates, run.state_dict())
    return out / f"step-{run.updates:09d}"


def test_the_recipe_is_made_for_a_gpu() -> None:
    config = get_preset("sudoku-gpu")
    assert config.batch_size >= 1_024 and config.precision == "bf16" and config.compile
    assert config.family == "stem" and config.puzzles.shares.keys() >= {"50", "deep"}


def test_a_checkpoint_is_small_whatever_the_batch(folder: Path, tmp_path: Path) -> None:
    sizes = []
    for batch in (1, 4):
        run = Run(miniature(folder, batch_size=batch))
        run.update()
        written = checkpoint(run, tmp_path / str(batch))
        sizes.append(sum(path.stat().st_size for path in written.iterdir()))
    assert max(sizes) < LIMIT and abs(sizes[0] - sizes[1]) < 1_000


def test_with_its_states_the_checkpoint_of_a_batch_is_large(folder: Path, tmp_path: Path) -> None:
    """What the setting is for: one board has 729 vectors."""
    run = Run(miniature(folder, save_states=True, model=NARROW, batch_size=4))
    run.update()
    states = run.state_dict()["contract"]["state"]["0"]
    assert states.shape == (4, 729, 8)


def test_a_run_without_saved_states_goes_on(folder: Path, console: Console, tmp_path: Path) -> None:
    config = miniature(folder, model=NARROW, steps=2, checkpoint_minutes=0.0)
    train(config, tmp_path, resume=True, dry_run=False, console=console)
    longer = override(config, steps=5)
    train(longer, tmp_path, resume=True, dry_run=False, console=console)
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [row["update"] for row in rows] == [1, 2, 3, 4, 5]
    assert all(np.isfinite(row["loss"]) for row in rows)
    assert [row["puzzles"] for row in rows] == [2, 2, 4, 4, 4], "new puzzles after the resumption"


@pytest.mark.parametrize("save_states", [True, False])
def test_the_checkpoint_of_another_kind_of_device_goes_on(
    save_states: bool, folder: Path, tmp_path: Path
) -> None:
    """The random numbers of CUDA have a state of 16 bytes, which no CPU takes."""
    config = miniature(folder, model=NARROW, save_states=save_states)
    run = Run(config)
    run.update()
    state = run.state_dict() | {"generator": torch.zeros(16, dtype=torch.uint8)}
    save_checkpoint(tmp_path, 1, state)
    losses = []
    for _ in range(2):
        saved = load_checkpoint(tmp_path)
        assert saved is not None
        resumed = Run(config)
        resumed.load_state_dict(saved)
        losses.append([resumed.update().loss for _ in range(3)])
    assert losses[0] == losses[1] and np.isfinite(losses[0]).all()


def test_how_steps_are_compiled_may_change(folder: Path, console: Console, tmp_path: Path) -> None:
    config = miniature(folder, model=NARROW, steps=1)
    train(config, tmp_path, resume=True, dry_run=False, console=console)
    graphs = override(config, "compile_mode=reduce-overhead", steps=2)
    train(graphs, tmp_path, resume=True, dry_run=False, console=console)
    with pytest.raises(UsageError, match="unknown value 'fast'"):
        override(config, "compile_mode=fast")


def blanks(source: FolderSource, count: int = 8) -> int:
    batch = source.draw(count)
    assert batch.targets is not None
    given = batch.tokens > 0
    assert (batch.tokens[given] == batch.targets[given]).all(), "extra clues are right ones"
    return int((~given).sum())


def test_boards_of_a_folder_get_extra_clues(folder: Path) -> None:
    hard, easier = (
        FolderSource(miniature(folder, reveal=reveal, reveal_floor=0.0, batch_size=8))
        for reveal in (0.0, 40.0)
    )
    whole = blanks(hard)
    assert blanks(easier) < whole == blanks(hard)
    held_out = easier.heldout()
    assert held_out is not None and torch.equal(held_out.tokens, hard.heldout().tokens)
    easier.reveal.solved, easier.reveal.most = 1.0, 0.0
    assert blanks(easier) == whole, "the ramp has ended"


def test_a_folder_with_extra_clues_goes_on_exactly(folder: Path, tmp_path: Path) -> None:
    config = miniature(folder, reveal=20.0)
    source = FolderSource(config)
    source.draw(5)
    save_checkpoint(tmp_path, 1, {"source": source.state_dict()})
    resumed = FolderSource(config)
    saved = load_checkpoint(tmp_path)
    assert saved is not None
    resumed.load_state_dict(saved["source"])
    assert torch.equal(source.draw(6).tokens, resumed.draw(6).tokens)


@pytest.mark.parametrize("preset", ["trm-mlp-sudoku-1k", "rsm-sudoku", "se-rrm-sudoku-1k"])
def test_recipes_of_the_papers_get_none(preset: str, folder: Path) -> None:
    source = FolderSource(get_preset(preset, data=str(folder), train_puzzles=8))
    before = blanks(source)
    assert before == blanks(source)


def test_extra_clues_are_asked_for(folder: Path) -> None:
    with pytest.raises(UsageError, match="a dataset folder has no setting 'extra_clues'"):
        get_preset("maze", data=str(folder), extra_clues=True)
    with pytest.raises(UsageError, match="a dataset folder has no setting 'reveal'"):
        get_preset("sudoku", data=str(folder), reveal=3.0)


@pytest.mark.parametrize(
    ("preset", "settings", "told"),
    [
        ("sudoku-gpu", [], ""),
        ("sudoku-gpu", ["extra_clues=false"], " --set extra_clues=false"),
        ("sudoku", [], ""),
        ("sudoku", ["extra_clues=true", "reveal=5"], " --set extra_clues=true --set reveal=5.0"),
    ],
)
def test_the_command_tells_whether_there_are_extra_clues(
    preset: str, settings: list[str], told: str, folder: Path
) -> None:
    config = override(get_preset(preset, data=str(folder), steps=1), *settings)
    words = command(config, Path("out")).partition(" --preset ")[2]
    assert words.replace(f" --data {folder}", "") == f"{preset} --steps 1{told} --out out"


def test_flop_are_those_of_the_matrices(folder: Path) -> None:
    """Of a linear map 2 · rows · in · out forward, twice as many backward."""
    config = miniature(folder, model=NARROW | {"layers": 1}, grad_steps=2, batch_size=3)
    width, messages, hidden, nodes = 8, 8, 16, 729
    # Nodes that each relation pools into: segments of lines count twice, for rows and columns.
    pools = {"cell": [81], "line": [81, 81], "box": [81], "segment": [243, 243]}
    pooled = sum(sum(each) for each in pools.values())
    step = nodes * (width * messages + 3 * width * hidden) + pooled * messages * width
    most = 3 * 3 * 2 * (2 * step + nodes * width)
    assert 0.85 * most < flop_of_update(config) <= most
