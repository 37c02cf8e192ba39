from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from puzzlesolver.domains.maze.codec import layout as maze_layout
from puzzlesolver.domains.sudoku.codec import layout
from puzzlesolver.errors import ModelError
from puzzlesolver.models.interface import Batch, RecursiveModel
from puzzlesolver.models.registry import build_model

SIZES = {"width": 8, "messages": 8, "hidden": 8, "layers": 2}


@pytest.fixture
def stem(device: torch.device) -> RecursiveModel:
    """Random weights, the zero-initialised head included, so that every path carries a signal."""
    torch.manual_seed(1)
    model = build_model("stem", SIZES)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return model.to(device).eval()


def tokens_like(side: int, seed: int = 0) -> Tensor:
    rng = np.random.default_rng(seed)
    filled = rng.integers(1, side + 1, (2, side, side))
    return torch.from_numpy(np.where(rng.random(filled.shape) < 0.4, filled, 0))


@torch.no_grad()
def run(model: RecursiveModel, boards: Tensor, noise: Tensor, steps: int = 3) -> Tensor:
    """Logits `[B, side, side, side]` after some steps from `noise[B, side, side, side, D]`."""
    device, side = next(model.parameters()).device, boards.shape[1]
    batch = Batch(boards.flatten(1), layout(side)).to(device)
    state = model.init_state(batch, lambda shape: noise.reshape(shape).to(device))
    inputs = model.embed(batch)
    for _ in range(steps):
        state = model.step(state, inputs, batch.layout)
    return model.readout(state, batch.layout).logits.view(len(boards), side, side, side).cpu()


def noise_for(side: int) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.randn((2, side, side, side, SIZES["width"]), generator=generator)


@pytest.mark.parametrize("side", [4, 6, 9, 16])
def test_the_same_weights_run_on_every_size(stem: RecursiveModel, side: int) -> None:
    logits = run(stem, tokens_like(side), noise_for(side))
    assert logits.shape == (2, side, side, side)
    assert logits.isfinite().all()


def test_relabelling_digits_relabels_the_logits(stem: RecursiveModel) -> None:
    boards, noise = tokens_like(9), noise_for(9)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(3))
    renamed = torch.cat([torch.zeros(1, dtype=torch.int64), order.argsort() + 1])[boards]
    before, after = run(stem, boards, noise), run(stem, renamed, noise[:, :, :, order])
    torch.testing.assert_close(after, before[..., order], atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("side", [4, 9])
def test_transposing_the_board_transposes_the_logits(stem: RecursiveModel, side: int) -> None:
    boards, noise = tokens_like(side), noise_for(side)
    before, after = run(stem, boards, noise), run(stem, boards.mT, noise.transpose(1, 2))
    torch.testing.assert_close(after, before.transpose(1, 2), atol=2e-5, rtol=1e-4)


def test_permuting_rows_bands_columns_and_stacks_permutes_the_logits(stem: RecursiveModel) -> None:
    boards, noise = tokens_like(9), noise_for(9)
    rows = torch.tensor([4, 3, 5, 8, 6, 7, 0, 2, 1])
    columns = torch.tensor([1, 2, 0, 6, 7, 8, 5, 3, 4])
    moved = run(stem, boards[:, rows][:, :, columns], noise[:, rows][:, :, columns])
    still = run(stem, boards, noise)
    torch.testing.assert_close(moved, still[:, rows][:, :, columns], atol=2e-5, rtol=1e-4)


def test_swapping_rows_of_different_bands_does_not(stem: RecursiveModel) -> None:
    """The boxes are seen: otherwise the symmetries above would hold for too much."""
    boards, noise = tokens_like(9), noise_for(9)
    rows = torch.tensor([3, 1, 2, 0, 4, 5, 6, 7, 8])
    moved, still = run(stem, boards[:, rows], noise[:, rows]), run(stem, boards, noise)
    assert (moved - still[:, rows]).abs().max() > 1e-2


def test_every_cell_can_hear_of_every_clue_in_two_steps(stem: RecursiveModel) -> None:
    boards, noise = torch.zeros((1, 9, 9), dtype=torch.int64), noise_for(9)[:1]
    with_clue = boards.clone()
    with_clue[0, 0, 0] = 5
    far = (run(stem, boards, noise, 2) - run(stem, with_clue, noise, 2)).abs().amax(-1)
    assert (far > 0).all()


def test_readout_tells_the_probability_of_a_contradiction(device: torch.device) -> None:
    for has_class in (True, False):
        model = build_model("stem", SIZES | {"none_class": has_class}).to(device)
        for parameter in model.head.parameters():
            torch.nn.init.zeros_(parameter)
        batch = Batch(torch.zeros((3, 16), dtype=torch.int64), layout(4)).to(device)
        state = model.init_state(batch, lambda shape: torch.randn(shape, device=device))
        belief = model.readout(state, batch.layout).contradiction
        if has_class:
            # A silent head: four digits and "none fits" are equally likely.
            assert belief is not None
            torch.testing.assert_close(belief.cpu(), torch.full((3,), 0.2))
        else:
            assert belief is None


def test_one_step_is_the_equation(device: torch.device) -> None:
    """The step, restated with explicit loops over nodes and relations in float64."""
    torch.manual_seed(4)
    model = build_model("stem", SIZES | {"layers": 1})
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    weight = {name: tensor.double().numpy() for name, tensor in model.state_dict().items()}
    boards = tokens_like(4)[:1]
    z = torch.randn((4, 4, 4, 8), generator=torch.Generator().manual_seed(5)).double().numpy()

    def silu(value: np.ndarray) -> np.ndarray:
        return value / (1 + np.exp(-value))

    board, nodes = (
        boards[0].numpy(),
        [(r, c, s) for r in range(4) for c in range(4) for s in range(4)],
    )
    clue = {n: (0 if not board[n[:2]] else 1 if board[n[:2]] == n[2] + 1 else 2) for n in nodes}
    x = {n: z[n] + weight["clue.weight"][clue[n]] for n in nodes}
    message = {
        n: silu(weight["layers.0.message.weight"] @ x[n] + weight["layers.0.message.bias"])
        for n in nodes
    }

    def sees(relation: str, a: tuple[int, ...], b: tuple[int, ...]) -> bool:
        (r, c, s), (row, column, symbol) = a, b
        return {
            "cell": (r, c) == (row, column),
            "row": (r, s) == (row, symbol),
            "column": (c, s) == (column, symbol),
            "box": (r // 2, c // 2, s) == (row // 2, column // 2, symbol),
            "row segment": (r, c // 2, s) == (row, column // 2, symbol),
            "column segment": (c, r // 2, s) == (column, row // 2, symbol),
        }[relation]

    shared = {"cell": "cell", "row": "line", "column": "line", "box": "box"}
    shared |= {"row segment": "segment", "column segment": "segment"}
    logits = np.zeros((4, 4, 4))
    for node in nodes:
        heard = x[node] + weight["layers.0.relation_bias"]
        for relation, name in shared.items():
            mean = np.mean([message[n] for n in nodes if sees(relation, node, n)], axis=0)
            heard = heard + weight[f"layers.0.relation.{name}.weight"] @ mean
        gate, value = np.split(weight["layers.0.up.weight"] @ heard, 2)
        new = z[node] + weight["layers.0.down.weight"] @ (silu(gate) * value)
        new = new / math.sqrt(np.mean(new**2) + np.finfo(np.float32).eps) * weight["layers.0.gain"]
        logits[node] = (weight["head.weight"] @ new + weight["head.bias"])[0]
    got = run(model.to(device), boards, torch.from_numpy(z).float()[None], steps=1)
    np.testing.assert_allclose(got[0].numpy(), logits, atol=1e-5)


def test_a_step_of_a_stem_grown_in_layers_starts_as_several(stem: RecursiveModel) -> None:
    grown = build_model("stem", SIZES | {"layers": 6, "overlaps": 4})
    grown.grow_from(stem)
    boards, noise = tokens_like(9), noise_for(9)
    six_steps, two_steps = run(stem, boards, noise, 6), run(grown, boards, noise, 2)
    torch.testing.assert_close(two_steps, six_steps, atol=1e-4, rtol=1e-4)
    with pytest.raises(ValueError, match="multiple"):
        build_model("stem", SIZES | {"layers": 3}).grow_from(stem)


@pytest.mark.parametrize(
    "config", [{"width": 0}, {"layers": 10**9}, {"colour": 3}, {"width": "wide"}]
)
def test_an_unfit_configuration_is_a_model_error(config: dict[str, object]) -> None:
    with pytest.raises(ModelError, match="configuration"):
        build_model("stem", config)


def test_an_unknown_family_names_the_nearest() -> None:
    with pytest.raises(ModelError) as caught:
        build_model("stme", {})
    assert "stem" in caught.value.hint


MAZE = SIZES | {"none_class": False, "clues": 4, "outputs": 4, "learned_start": True}


@pytest.fixture
def maze_stem(device: torch.device) -> RecursiveModel:
    torch.manual_seed(1)
    relations = ["below", "left", "right", "above"]
    model = build_model("stem", MAZE | {"relations": relations, "start_noise": 0.0})
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return model.to(device).eval()


@torch.no_grad()
def run_maze(model: RecursiveModel, tokens: Tensor, steps: int) -> Tensor:
    """Statements `[rows, columns, 4]` about one maze after some steps."""
    device = next(model.parameters()).device
    batch = Batch(tokens.reshape(1, -1), maze_layout(*tokens.shape)).to(device)
    state = model.init_state(batch, lambda shape: torch.zeros(shape, device=device))
    for _ in range(steps):
        state = model.step(state, model.embed(batch), batch.layout)
    said = model.readout(state, batch.layout)
    assert not said.exclusive
    return said.logits.view(*tokens.shape, 4).cpu()


def test_news_travels_one_cell_a_step_and_layer(maze_stem: RecursiveModel) -> None:
    tokens = torch.ones(9, 9, dtype=torch.int64)
    changed = tokens.clone()
    changed[4, 4] = 3
    rows, columns = torch.meshgrid(torch.arange(9), torch.arange(9), indexing="ij")
    away = (rows - 4).abs() + (columns - 4).abs()
    for steps in (1, 2):
        before, after = (run_maze(maze_stem, each, steps) for each in (tokens, changed))
        heard = (before != after).any(-1)
        assert torch.equal(heard, away <= steps * SIZES["layers"])


def test_moving_a_maze_moves_what_is_said_of_it(maze_stem: RecursiveModel) -> None:
    generator = torch.Generator().manual_seed(4)
    inner = torch.randint(0, 4, (5, 6), generator=generator)
    far = 12  # nothing of the edge is heard after 3 steps
    here = F.pad(inner, (far, far, far, far))
    there = F.pad(inner, (far + 1, far - 1, far - 2, far + 2))
    first, second = (run_maze(maze_stem, each, 3) for each in (here, there))
    torch.testing.assert_close(
        first[far : far + 5, far : far + 6], second[far - 2 : far + 3, far + 1 : far + 7]
    )


def test_neighbours_are_told_apart_and_edges_are_silent(maze_stem: RecursiveModel) -> None:
    row = torch.tensor([[3, 1, 1, 1]])
    said, turned = run_maze(maze_stem, row, 2), run_maze(maze_stem, row.T, 2)
    assert not torch.allclose(said.flatten(0, 1), turned.flatten(0, 1))
    wide = run_maze(maze_stem, torch.tensor([[3, 1, 1, 1, 1, 1, 1, 1, 1]]), 1)
    narrow = run_maze(maze_stem, torch.tensor([[3, 1, 1, 1, 1, 1]]), 1)
    torch.testing.assert_close(wide[:, :3], narrow[:, :3])
