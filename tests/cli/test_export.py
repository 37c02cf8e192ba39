"""`export`, and the commands that run its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from puzzlesolver.hub.folder import save_model
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.refine.engines.graph import ProviderWarning, StepGraph
from tests.cli.support import ONE_BLANK, SOLVED, Run

pytestmark = pytest.mark.usefixtures("quick_exports")


@pytest.fixture
def model(tiny_model: RecursiveModel, tmp_path: Path) -> Path:
    """Folder of an untrained model that says what it is for."""
    save_model(tiny_model, tmp_path / "tiny", {"domain": "sudoku"}, card="# Untrained\n")
    return tmp_path / "tiny"


def test_export_then_solve_and_bench_with_the_file(run: Run, tmp_path: Path, model: Path) -> None:
    done = run("export", model, "tiny.onnx", "--check-steps", "4")
    assert done.code == 0 and done.stdout == "tiny.onnx\n"
    assert "after 1 step:" in done.stderr and "after 4 steps:" in done.stderr
    assert "0 differ," in done.stderr and "opset 20" in done.stderr
    options = ["--format", "json", "--max-steps", "8", "--no-live"]
    done = run("solve", ONE_BLANK, "--engine", "onnx", "--model", "tiny.onnx", *options)
    answer = json.loads(done.stdout)
    assert done.code in (0, 1), done.stderr
    assert answer["model"] == "tiny.onnx" and len(str(answer["answer"])) >= len(SOLVED)
    again = json.loads(run("solve", ONE_BLANK, "--model", model, *options).stdout)
    assert again["answer"] == answer["answer"] and again["steps"] == answer["steps"]
    (tmp_path / "puzzles.csv").write_text(
        f"source,question,answer,rating\ntest,{ONE_BLANK},{SOLVED},1\n"
    )
    bench = ["bench", "sudoku-extreme", "--data", "puzzles.csv", "--mode", "raw"]
    done = run(
        *bench, "--max-steps", "8", "--json", "r.json", "--engine", "onnx", "-m", "tiny.onnx"
    )
    assert done.code == 0, done.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["engine"] == "onnx" and report["model"]["family"] == "stem"


def test_answers_are_compared_on_a_file(run: Run, tmp_path: Path, model: Path) -> None:
    (tmp_path / "boards.txt").write_text(f"{ONE_BLANK}\n{SOLVED}\n")
    steps = ["--check-steps", "1"]
    done = run("export", model, "tiny.onnx", "--check", "boards.txt", *steps)
    assert done.code == 0 and "answers: 2 compared" in done.stderr
    done = run("export", model, "small.onnx", "--size", "4", "--check", "boards.txt", *steps)
    assert done.code == 2 and "boards.txt:1" in done.stderr and "9×9" in done.stderr
    assert not (tmp_path / "small.onnx").exists()


def test_cuda_that_became_the_cpu_is_told(run: Run, model: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    assert run("export", model, "tiny.onnx", "--check-steps", "1").code == 0
    options = ["--engine", "onnx", "--model", "tiny.onnx", "--device", "cuda", "--max-steps", "4"]
    with pytest.warns(ProviderWarning, match="cuda was asked for"):
        done = run("solve", ONE_BLANK, "--no-live", *options)
    assert done.code in (0, 1), done.stderr


def test_another_size_on_request(run: Run, tmp_path: Path, model: Path) -> None:
    done = run("export", model, "small.onnx", "--size", "4", "--check-steps", "1")
    assert done.code == 0, done.stderr
    assert StepGraph(tmp_path / "small.onnx").layout.cells == 16


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["sudoku", "out.bin"], "must end in .onnx"),
        (["sudoku", "nowhere/out.onnx"], "there is no folder 'nowhere'"),
        (["sudoku", "out.onnx", "--size", "nine"], "expected N or HxW"),
        (["sudoku", "out.onnx", "--size", "7", "--check-steps", "1"], "7"),
        (["sudoku"], "neither OUT.onnx nor --web"),
        (["old.onnx", "new.onnx", "--web", "site"], "only makes a page"),
        (["old.onnx", "--web", "site", "--size", "9"], "only makes a page"),
        (["old.onnx", "--web", "site", "--rules", "x"], "only makes a page"),
        (["sudoku-any", "out.onnx", "--rules", "jigsaw"], "a graph is for one map of regions"),
        (["sudoku-any", "out.onnx", "--rules", "killer"], "more than different digits"),
        (["maze", "out.onnx", "--rules", "x"], "puzzles of kind maze have no further rules"),
    ],
)
def test_what_cannot_be_is_a_usage_error(
    run: Run, tmp_path: Path, words: list[str], fault: str
) -> None:
    done = run("export", *words)
    assert done.code == 2 and fault in done.stderr
    assert not [*tmp_path.iterdir()]


def test_onnx_refuses_what_only_torch_can(run: Run, tmp_path: Path) -> None:
    done = run("bench", "sudoku-extreme", "--engine", "onnx", "--compile")
    assert done.code == 2 and "--compile" in done.stderr
    (graph := tmp_path / "some.onnx").touch()
    done = run("solve", ONE_BLANK, "--model", str(graph))
    assert done.code == 2 and "--engine onnx" in done.stderr
