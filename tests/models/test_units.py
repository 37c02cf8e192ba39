"""Relations as lists of cells: they serve boards that are no lattice, and equal the lattice."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from puzzlesolver.domains.sudoku.board import Board, make_board
from puzzlesolver.domains.sudoku.codec import layout_of, listed
from puzzlesolver.errors import ModelError
from puzzlesolver.models.interface import Batch, RecursiveModel
from puzzlesolver.models.registry import build_model
from puzzlesolver.models.relations import Layout, overlaps
from puzzlesolver.models.stem import StemConfig, pooled
from puzzlesolver.models.wiring import wiring_of

RELATIONS = ["cell", "line", "box", "extra", "pair"]
ROW = (2, 3)
"""The axes of a row."""

JIGSAW = "111222333111222333411522633441552663444555666744855966774885996777888999777888999"
BOARDS = {
    "standard": make_board(9),
    "latin": make_board(5, ("latin",)),
    "diagonal": make_board(9, ("diagonal",)),
    "windoku and knights": make_board(9, ("windoku", "anti-knight")),
    "kings": make_board(6, ("anti-king",)),
    "argyle": make_board(9, ("argyle",)),
    "jigsaw": make_board(9, (), JIGSAW),
    "samurai": make_board(9, ("samurai",)),
}


def built(**changes: object) -> RecursiveModel:
    torch.manual_seed(1)
    sizes = {"width": 12, "messages": 8, "hidden": 16, "layers": 2, "balanced": True}
    model = build_model("stem", {**sizes, "relations": RELATIONS, **changes})
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return model.eval()


def stepped(model: RecursiveModel, layout: Layout, fused: bool = False) -> torch.Tensor:
    """The state after three steps from the same start on any layout of as many nodes."""
    generator = torch.Generator().manual_seed(3)
    tokens = torch.randint(0, layout.symbols + 1, (2, layout.cells), generator=generator)
    batch = Batch(tokens, layout)
    inputs = model.embed(batch)
    state = model.init_state(batch, lambda shape: torch.randn(shape, generator=generator))
    step = model.fused_step(layout) if fused else lambda now, told: model.step(now, told, layout)
    assert step is not None
    for _ in range(3):
        state = step(state, inputs)
    return state[0]


@pytest.mark.parametrize("channels", [0, 5])
@pytest.mark.parametrize("side", [4, 6, 9, 12, 16])
@torch.no_grad()
def test_a_lattice_and_its_units_are_the_same(side: int, channels: int) -> None:
    model, board = built(overlaps=channels), make_board(side)
    axes, lists = layout_of(board), listed(board)
    assert axes != lists
    wanted = stepped(model, axes)
    torch.testing.assert_close(stepped(model, lists), wanted, atol=2e-5, rtol=1e-4)
    torch.testing.assert_close(stepped(model, lists, fused=True), wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("channels", [0, 5, 16])
@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
@torch.no_grad()
def test_machine_code_takes_every_board(board: Board, channels: int) -> None:
    model, layout = built(overlaps=channels), layout_of(board)
    assert (layout.cells, layout.symbols) == (board.cells, board.symbols)
    torch.testing.assert_close(
        stepped(model, layout, fused=True), stepped(model, layout), atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
@torch.no_grad()
def test_a_layer_hears_peers_and_no_other_cells(board: Board) -> None:
    model, layout = built(layers=1), listed(board)
    start = torch.randn(1, layout.nodes, 12)
    moved = start.clone()
    moved[0, : board.symbols] += 1  # all digits of the first cell
    (before,), (after,) = (
        model.step((state,), torch.zeros_like(state), layout) for state in (start, moved)
    )
    heard = (before != after).view(board.cells, -1).any(1).numpy()
    assert np.flatnonzero(heard).tolist() == [0, *np.flatnonzero(board.peers[0])]


def test_what_is_heard_is_as_loud_on_boards_of_any_size() -> None:
    """Of independent messages; a mean alone is 2.5 times as loud at 4×4 as at 25×25."""
    config, loud = StemConfig(balanced=True), []
    for side in (4, 9, 25):
        wiring = wiring_of(layout_of(make_board(side)), config, torch.device("cpu"))
        message = torch.randn(8, *wiring.lattice, 4, generator=torch.Generator().manual_seed(1))
        loud.append(pooled(message, wiring)[ROW].square().mean().sqrt())
    assert max(loud) / min(loud) < 1.1


def test_a_model_without_weights_for_a_rule_says_so() -> None:
    model = built(relations=["cell", "line", "box"])
    for layout in (listed(make_board(9, ("diagonal",))), listed(make_board(9, ("anti-king",)))):
        with pytest.raises(ModelError, match=r"extra|pair"):
            stepped(model, layout)
        with pytest.raises(ModelError, match=r"extra|pair"):
            model.fused_step(layout)


def test_published_models_cannot_be_told_rules() -> None:
    model = build_model("trm", {"hidden_size": 8, "num_heads": 2, "puzzle_emb_ndim": 8})
    layout = layout_of(make_board(9, ("diagonal",)))
    with pytest.raises(ModelError, match="cannot be told the rules diagonal"):
        model.embed(Batch(torch.zeros(1, 81, dtype=torch.int64), layout))


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_parts_of_units_are_what_cells_outside_see(board: Board) -> None:
    found = overlaps(layout_of(board))
    wanted = {
        (unit.cells, cell, tuple(seen))
        for unit in board.full
        for cell in set(range(board.cells)) - set(unit.cells)
        if len(seen := [other for other in unit.cells if board.peers[cell, other]]) > 1
    }
    told = [
        (tuple(found.units[unit]), cell, tuple(np.flatnonzero(inside)))
        for unit, inside, seen in zip(found.unit, found.inside, found.seen, strict=True)
        for cell in np.flatnonzero(seen)
    ]
    assert len(told) == len(set(told)) and set(told) == wanted
    assert len(set(zip(found.unit, map(bytes, found.inside), strict=True))) == len(found.unit)


@torch.no_grad()
def test_parts_of_units_change_nothing_until_they_are_trained() -> None:
    plain, layout = built(), layout_of(BOARDS["windoku and knights"])
    heard = built(overlaps=5)
    heard.load_state_dict(plain.state_dict(), strict=False)
    for name, parameter in heard.named_parameters():
        if "locked" in name:
            parameter.zero_()
    torch.testing.assert_close(stepped(heard, layout), stepped(plain, layout))
