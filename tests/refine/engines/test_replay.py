"""CUDA graphs: the same states as eager code, whoever the neighbours are."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest
import torch

from puzzlesolver.domains.base import Puzzle, get_domain
from puzzlesolver.models.compiling import StepFunction, step_function
from puzzlesolver.models.interface import Batch, RecursiveModel, State
from puzzlesolver.refine.engines import replay
from puzzlesolver.refine.engines.engine import disturbed
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.refine.engines.replay import Replay, ReplayWarning, repeated
from puzzlesolver.runtime import choose_runtime

ROWS = 5
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def boards(count: int) -> Batch:
    rng = np.random.default_rng(0)
    grids = [np.where(rng.random((4, 4)) < 0.3, 1, 0).astype(np.uint8) for _ in range(count)]
    return get_domain("sudoku").encode([Puzzle("sudoku", "", grid, "test") for grid in grids])


def started(
    model: RecursiveModel, count: int, device: str = "cpu"
) -> tuple[StepFunction, State, torch.Tensor]:
    batch = boards(count)
    engine = TorchEngine(model, replace(choose_runtime(device, 1), dtype=torch.float32))
    step = step_function(model, batch.layout, compiled=False)
    return step, engine.init_state(batch, range(count)), engine.embed(batch)


def noise(count: int) -> replay.Disturb:
    """The same at every use."""
    generators = [torch.Generator().manual_seed(row) for row in range(count)]
    return lambda state: tuple(disturbed(part, 0.3, generators) for part in state)


@pytest.mark.parametrize("count", [1, 3, ROWS])
@pytest.mark.parametrize("noisy", [False, True])
@torch.inference_mode()
def test_the_first_rows_of_the_buffers_are_the_batch(
    tiny_model: RecursiveModel, monkeypatch: pytest.MonkeyPatch, count: int, noisy: bool
) -> None:
    """What is around a capture, which CPUs do not have."""
    monkeypatch.setattr(replay, "captured", lambda run, on, pool: run)
    step, state, inputs = started(tiny_model, count)
    graph = Replay(step, state, inputs, ROWS, pool=None)
    for steps in (3, 1):
        (found,) = graph(state, inputs, steps, noise(count) if noisy else None)
        (expected,) = repeated(step, state, inputs, steps, noise(count) if noisy else None)
        torch.testing.assert_close(found, expected)
    kept = found.clone()
    graph(tuple(-part for part in state), inputs, 2)
    assert torch.equal(found, kept), "results are no views of the buffers"


def advanced(engine: TorchEngine, count: int, first: int, last: int) -> torch.Tensor:
    """Some rows of a batch after a few steps with noise."""
    rows = slice(first, last)
    batch = boards(count).rows(rows)
    seeds = range(first, last)
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    state = engine.init_state(batch, seeds)
    inputs = engine.embed(batch)
    (state,), residual = engine.advance(state, inputs, batch.layout, 4, 0.3, generators)
    assert residual.shape == (last - first,)
    return state


@needs_cuda
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_replay_equals_eager_and_knows_no_neighbours(
    tiny_model: RecursiveModel, monkeypatch: pytest.MonkeyPatch, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(replay, "NUMBERS", ROWS * 64 * 4)  # of 4×4 boards of width 4
    runtime = replace(choose_runtime("cuda", 1), dtype=dtype)
    graphs = TorchEngine(tiny_model, runtime)
    eager = TorchEngine(tiny_model, runtime, replay=False)
    together = advanced(graphs, 12, 0, 12)
    exact = 1e-5 if dtype == torch.float32 else 0.05
    torch.testing.assert_close(together, advanced(eager, 12, 0, 12), atol=exact, rtol=exact)
    for first, last in ((0, 1), (4, 7), (11, 12)):
        assert torch.equal(advanced(graphs, 12, first, last), together[first:last])


@needs_cuda
def test_a_step_that_waits_for_the_gpu_runs_without_a_graph(
    tiny_model: RecursiveModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = replace(choose_runtime("cuda", 1), dtype=torch.float32)
    expected = advanced(TorchEngine(tiny_model, runtime, replay=False), 3, 0, 3)
    step = tiny_model.step

    @functools.wraps(step)
    def waiting(state: State, *rest: object) -> State:
        state[0].sum().item()
        return step(state, *rest)

    monkeypatch.setattr(tiny_model, "step", waiting)
    engine = TorchEngine(tiny_model, runtime)
    with pytest.warns(ReplayWarning, match="no CUDA graph of this step"):
        found = advanced(engine, 3, 0, 3)
    assert torch.equal(found, expected)
    assert torch.equal(advanced(engine, 3, 0, 3), expected), "and it warns once"
