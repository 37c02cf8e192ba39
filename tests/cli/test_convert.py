"""`models convert`: published checkpoints in, published checkpoints out."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch

from puzzlesolver.hub.folder import save_model
from puzzlesolver.hub.store import load_model
from puzzlesolver.models.registry import build_model
from tests.cli.support import ONE_BLANK, Run


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A published file of a tiny TRM for Sudoku, without settings beside it."""
    sizes = {"hidden_size": 16, "puzzle_emb_ndim": 16, "H_cycles": 1, "L_cycles": 1}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        tensors = build_model("trm", sizes).state_dict()
    path = tmp_path / "step_100.pt"
    torch.save({f"model.inner.{key}": tensor for key, tensor in tensors.items()}, path)
    return path


def test_prints_the_folder_and_names_what_was_assumed(run: Run, checkpoint: Path) -> None:
    done = run("models", "convert", checkpoint)
    assert done.code == 0
    assert done.stdout == "step_100-converted\n"
    assert "trm for sudoku: it has L_level" in done.stderr
    assert "assumed: H_cycles = 3" in done.stderr
    shown = run("models", "show", "step_100-converted")
    assert shown.code == 0
    assert "not train it" in shown.stdout


def test_there_and_back(run: Run, checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("arch: {H_cycles: 2, num_heads: 4}")
    done = run("models", "convert", checkpoint, "-o", "a", "--config", "mine.yaml")
    assert done.code == 0 and "H_cycles" not in done.stderr
    done = run("models", "convert", "a", "--to", "trm", "-o", "out/step_100")
    assert done.code == 0 and done.stdout == "out/step_100\n"
    done = run("models", "convert", "out/step_100", "-o", "b", "--family", "trm")
    assert done.code == 0 and "assumed" not in done.stderr
    first, second = load_model(Path("a")), load_model(Path("b"))
    assert first.config == second.config
    torch.testing.assert_close(first.state_dict(), second.state_dict(), rtol=0, atol=0)


def test_refuses_another_family_and_a_folder_in_use(run: Run, checkpoint: Path) -> None:
    done = run("models", "convert", checkpoint, "--family", "rsm")
    assert done.code == 4 and "TRM, not RSM" in done.stderr and "axis" in done.stderr
    assert run("models", "convert", checkpoint).code == 0
    done = run("models", "convert", checkpoint)
    assert done.code == 4 and "not empty" in done.stderr
    assert run("models", "convert", checkpoint, "--force").code == 0


def test_hostile_file_is_an_error_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(pickle.dumps(print))
    done = run("models", "convert", "bad")
    assert done.code == 4 and "bare pickle" in done.stderr and not done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["bad"]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["model", "--to", "trm"], "needs the name of the file to write"),
        (["model", "--to", "trm", "-o", "x", "--family", "trm"], "no meaning together with --to"),
        (["model", "--to", "trm", "-o", "x", "--config", "y"], "no meaning together with --to"),
        (["model"], "already a model"),
        (["model", "--to", "stem", "-o", "x"], "stem"),
    ],
)
def test_options_that_make_no_sense(
    run: Run, tmp_path: Path, options: list[str], what: str
) -> None:
    save_model(build_model("stem", {"width": 4, "hidden": 4}), tmp_path / "model", {}, "")
    done = run("models", "convert", *options)
    assert done.code == 2 and what in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_converted_untrained_model_solves_nothing_and_says_so(run: Run, checkpoint: Path) -> None:
    assert run("models", "convert", checkpoint, "-o", "trm").code == 0
    done = run("solve", "--model", "./trm", "--max-steps", "3", ONE_BLANK.replace("2", "."))
    assert done.code == 1
    assert "verified" not in done.stdout
