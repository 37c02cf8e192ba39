"""The ONNX engine in the refinement loop: the answers of the torch engine, from the same seeds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.export.cached import CachedGraphs
from puzzlesolver.export.onnx import export_model
from puzzlesolver.hub.store import load_model
from puzzlesolver.loading import load_network
from puzzlesolver.pipeline import load_solver
from puzzlesolver.refine.engines.graph import GraphFile, ProviderWarning, StepGraph
from puzzlesolver.refine.engines.onnx import OnnxEngine
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.refine.engines.sessions import CPU
from puzzlesolver.refine.report import Result
from puzzlesolver.runtime import Runtime, choose_runtime

pytestmark = pytest.mark.usefixtures("quick_exports")

SIZES = {"sudoku": (9, 9), "maze": (15, 15)}
COUNT = 8


@pytest.fixture(scope="module")
def graphs(quick_exports: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The shipped models as files, checked over a few steps."""
    folder = tmp_path_factory.mktemp("graphs")
    paths = {domain: folder / f"{domain}.onnx" for domain in SIZES}
    for domain, path in paths.items():
        export_model(domain, path, size=SIZES[domain], longest=16)
    return paths


def runtime() -> Runtime:
    return replace(choose_runtime("cpu", 1), dtype=torch.float32)


def puzzles(domain: str) -> list[Puzzle]:
    rows, _ = SIZES[domain]
    return list(get_domain(domain).generate(COUNT, 3, size=rows, difficulty="easy"))


def facts(results: list[Result]) -> list[tuple[object, ...]]:
    return [
        (result.status, result.steps, result.settled, result.answer and result.answer.grid.tolist())
        for result in results
    ]


@pytest.mark.parametrize("mode", ["settle", "verified"])
@pytest.mark.parametrize("domain", SIZES)
def test_the_same_seed_gives_the_answers_of_torch(
    graphs: dict[str, Path], domain: str, mode: str
) -> None:
    def solve(engine: str, model: Path | None, batch_size: int) -> list[tuple[object, ...]]:
        settings = {"mode": mode, "max_steps": 400, "seed": 7}
        options = {"runtime": runtime(), "batch_size": batch_size, "prove": False}
        name = None if model is None else str(model)
        solver = load_solver(domain, name, settings, engine=engine, device="cpu", **options)
        return facts(list(solver.solve(puzzles(domain))))

    ours = solve("torch", None, COUNT)
    assert solve("onnx", graphs[domain], COUNT) == ours
    assert solve("onnx", graphs[domain], 1) == ours
    assert "solved" in {status for status, *_ in ours}


@pytest.mark.parametrize("domain", SIZES)
def test_starts_are_equal_bit_by_bit_and_noise_is_the_same(
    graphs: dict[str, Path], domain: str
) -> None:
    batch = get_domain(domain).encode(puzzles(domain)[:3])
    states = []
    for engine in (
        TorchEngine(load_model(domain), runtime()),
        OnnxEngine(GraphFile(graphs[domain]), runtime()),
    ):
        start = engine.init_state(batch, [5, 6, 7])
        generators = [torch.Generator().manual_seed(seed) for seed in (1, 2, 3)]
        inputs = engine.embed(batch)
        now, residual = engine.advance(start, inputs, batch.layout, 3, 0.3, generators)
        states.append((start, now, residual, engine.readout(now, batch.layout)))
    (start, now, residual, said), (its_start, its_now, its_residual, it_said) = states
    assert all(map(torch.equal, start, its_start))
    torch.testing.assert_close(its_now, now, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(its_residual, residual, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(it_said.logits, said.logits, atol=1e-3, rtol=1e-3)
    assert it_said.exclusive == said.exclusive
    assert (it_said.contradiction is None) == (said.contradiction is None)


def test_cut_into_micro_batches_for_threads_the_rows_are_the_same(graphs: dict[str, Path]) -> None:
    two = replace(runtime(), threads=2)
    batch = get_domain("sudoku").encode([*puzzles("sudoku"), *puzzles("sudoku")])
    engine = OnnxEngine(GraphFile(graphs["sudoku"]), two)
    start, inputs = engine.init_state(batch, [0] * len(batch.tokens)), engine.embed(batch)
    (together,), residual = engine.advance(start, inputs, batch.layout, 4)
    assert torch.equal(together[:COUNT], together[COUNT:])
    assert torch.equal(residual[:COUNT], residual[COUNT:])


def test_another_size_of_board_is_refused(graphs: dict[str, Path]) -> None:
    solver = load_solver("sudoku", str(graphs["sudoku"]), {}, engine="onnx", device="cpu")
    (small,) = read_puzzles(["1......32..1...4"])
    with pytest.raises(ModelError, match="exported for boards of 81 cells"):
        next(solver.solve([small]))


def test_a_model_is_exported_when_it_is_needed_and_then_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    small = Puzzle("sudoku", "small", np.zeros((4, 4), np.uint8), "test")
    small.grid[0] = 1, 2, 3, 4
    layout = get_domain("sudoku").encode([small]).layout
    for _ in range(2):
        source = load_network("sudoku", "sudoku", "onnx", "cpu", CachedGraphs).network
        assert not isinstance(source, torch.nn.Module)
        made = source.open(layout).path
        stamp = made.stat().st_mtime_ns
        assert made.is_relative_to(tmp_path) and [*made.parent.iterdir()] == [made]
        assert source.open(layout) is source.open(layout)
    assert made.stat().st_mtime_ns == stamp


def test_cuda_that_became_the_cpu_is_told(graphs: dict[str, Path]) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    with pytest.warns(ProviderWarning, match=rf"cuda:0 was asked for, but .* with {CPU}"):
        graph = StepGraph(graphs["sudoku"], "cuda:0")
    assert graph.providers == (CPU,)


@pytest.mark.parametrize("value", ["", "3", "null", "[" * 100_000, '[{"shape": [2]}]', '{"a": 1}'])
def test_any_metadata_is_ours_or_refused(
    tmp_path: Path, graphs: dict[str, Path], value: str, capfd: pytest.CaptureFixture[str]
) -> None:
    import onnx

    whole, path = onnx.load(graphs["maze"]), tmp_path / "damaged.onnx"
    text = ("puzzlesolver", "family", "domain", "weights_sha256")
    for entry in whole.metadata_props:
        if entry.key in text or (entry.key, value) in (("default_steps", "null"),):
            continue
        if entry.key in ("config", "checked") and value == '{"a": 1}':
            continue
        if entry.key in ("opset", "parameters", "default_steps") and value == "3":
            continue
        before, entry.value = entry.value, value
        onnx.save(whole, path)
        entry.value = before
        with pytest.raises(ModelError, match=r"damaged|cannot open"):
            StepGraph(path)
    assert capfd.readouterr().out == ""


def test_what_is_no_graph_of_ours_is_refused(tmp_path: Path, graphs: dict[str, Path]) -> None:
    with pytest.raises(ModelError, match="no such file"):
        StepGraph(tmp_path / "missing.onnx")
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"\x00" * 100)
    with pytest.raises(ModelError, match=r"broken\.onnx: ONNX Runtime cannot open it"):
        StepGraph(broken)
    import onnx

    foreign = onnx.load(graphs["maze"])
    foreign.ClearField("metadata_props")
    onnx.save(foreign, tmp_path / "foreign.onnx")
    with pytest.raises(ModelError, match="was not made by"):
        StepGraph(tmp_path / "foreign.onnx")


@pytest.mark.parametrize("engine", ["torch", "onnx"])
def test_a_missing_graph_is_told_before_the_engine(engine: str) -> None:
    with pytest.raises(ModelError, match="there is no such file"):
        load_network("missing.onnx", "maze", engine, "cpu")


def test_engine_and_model_must_fit(graphs: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match="torch cannot run it"):
        load_network(graphs["maze"], "maze", "torch")
    with pytest.raises(ModelError, match="exported for maze, not sudoku"):
        load_network(graphs["maze"], "sudoku", "onnx", "cpu")
    with pytest.raises(UsageError, match="unknown device"):
        load_network(graphs["maze"], "maze", "onnx", "gpu")
