"""The step in machine code is the step of the stem, on every layout, and the engine takes it."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from puzzlesolver.domains.maze.codec import layout as maze_layout
from puzzlesolver.domains.sudoku.codec import layout as sudoku_layout
from puzzlesolver.models.code.simd import LANES
from puzzlesolver.models.interface import Batch, RecursiveModel
from puzzlesolver.models.registry import build_model
from puzzlesolver.models.relations import Layout, Neighbour, Pool
from puzzlesolver.refine.engines.pytorch import TorchEngine
from puzzlesolver.runtime import choose_runtime

MIXED = Layout(
    (3, 5, 2),
    (
        Pool("row", (1,), "line"),
        Pool("column", (0,), "line"),
        Neighbour("before", 1, -1, "side"),
        Neighbour("after", 1, 1, "side"),
    ),
)
"""Pools and neighbours at once, and relations that share weights."""

LAYOUTS = [sudoku_layout(4), sudoku_layout(6), sudoku_layout(9), maze_layout(7, 12), MIXED]
SIZES = [
    {"width": 32, "messages": 32, "hidden": 64, "layers": 2},
    {"width": 24, "messages": 7, "hidden": 33, "layers": 1},
]


def built(layout: Layout, sizes: dict[str, int]) -> RecursiveModel:
    torch.manual_seed(1)
    names = list(dict.fromkeys(relation.weights for relation in layout.relations))
    model = build_model("stem", {**sizes, "relations": names, "clues": 4})
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("sizes", SIZES, ids=lambda sizes: f"width {sizes['width']}")
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: str(layout.lattice))
@torch.no_grad()
def test_it_is_the_same_step(layout: Layout, sizes: dict[str, int], dtype: torch.dtype) -> None:
    slack = 1e-4 if dtype is torch.float32 else 0.05
    model = built(layout, sizes)
    shape = 3, layout.nodes, sizes["width"]
    state, inputs = (torch.randn(shape),), torch.randn(shape)
    fused = model.fused_step(layout, dtype)
    assert fused is not None
    for _ in range(3):
        wanted = model.step(state, inputs, layout)
        state = fused(state, inputs)
        torch.testing.assert_close(state[0], wanted[0], rtol=slack, atol=slack)


def test_a_row_does_not_depend_on_the_others() -> None:
    layout = sudoku_layout(9)
    model = built(layout, SIZES[0])
    fused = model.fused_step(layout)
    assert fused is not None
    state, inputs = torch.randn(2, 5, layout.nodes, 32)
    (together,) = fused((state,), inputs)
    for row in range(5):
        (alone,) = fused((state[row : row + 1],), inputs[row : row + 1])
        assert torch.equal(alone[0], together[row])


def test_the_engine_takes_it_in_any_format(precision: str) -> None:
    layout = sudoku_layout(9)
    model = built(layout, SIZES[0])
    runtime = choose_runtime("cpu", 1)
    tokens = torch.from_numpy(np.random.default_rng(0).integers(0, 10, (3, 81)))
    engines = [TorchEngine(model, runtime), TorchEngine(model, runtime, fused=False)]
    states = []
    for engine in engines:
        batch = Batch(tokens, layout)
        state = engine.init_state(batch, seeds=[1, 2, 3])
        states.append(engine.advance(state, engine.embed(batch), layout, steps=2)[0][0])
    fused, plain = states
    assert not torch.equal(fused, plain)
    tolerance = {"fp32": 1e-4, "bf16": 0.05}[precision]
    torch.testing.assert_close(fused, plain, rtol=tolerance, atol=tolerance)


def test_code_for_another_processor_has_no_instructions_of_this_one() -> None:
    code = "from puzzlesolver.models.code import tiles; print(tiles.PAIRS_ARE_FASTER)"
    environment = os.environ | {"NUMBA_CPU_NAME": "generic"}
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout == "False\n"


TILES = """
from numba import float32, njit, uint32
from puzzlesolver.models.code import amx
amx.GRANTED = True
from puzzlesolver.models.code import matrices

@njit((uint32[:, ::1], uint32[:, ::1], float32[:, ::1]))
def product(a, b, out):
    amx.begin(a)
    matrices.tiled_product(a, b, out)
    amx.end(a)

(code,) = product.inspect_asm().values()
print([name in code for name in ("ldtilecfg", "tileloadd", "\\ttdpbf16ps", "tilerelease")])
"""


@pytest.mark.skipif(LANES < 16, reason="no processor with such tiles has shorter vectors")
def test_products_of_pairs_can_be_assembled_for_amx() -> None:
    features = "+amx-bf16,+amx-tile,+avx512f,+avx512bf16,+avx512vl,+avx512bw,+avx512dq,+fma"
    environment = os.environ | {
        "NUMBA_CPU_NAME": "sapphirerapids",
        "NUMBA_CPU_FEATURES": features,
    }
    told = subprocess.run(
        [sys.executable, "-c", TILES], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout == "[True, True, True, True]\n"


def test_models_without_one_run_as_they_are() -> None:
    model = build_model("trm", {"hidden_size": 8, "num_heads": 2, "puzzle_emb_ndim": 8})
    assert model.fused_step(sudoku_layout(4)) is None
