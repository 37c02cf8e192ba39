"""SE-TRM: the blocks of SE-RRM, the two states and the gradient of TRM."""

from __future__ import annotations

import torch

from puzzlesolver.domains.sudoku import codec as sudoku
from puzzlesolver.models.interface import Batch
from puzzlesolver.models.registry import build_model
from puzzlesolver.models.se_trm import SETRM

SMALL = {
    "hidden_size": 16, "num_heads": 2, "head_dim": 8, "num_heads_t": 2, "head_dim_t": 8,
    "H_cycles": 2, "L_cycles": 3, "dropout": 0.0,
}  # fmt: skip


def built() -> SETRM:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_model("se-trm", SMALL).eval()
    assert isinstance(model, SETRM)
    return model


def board(*tokens: int) -> Batch:
    return Batch(torch.tensor([tokens]), sudoku.layout(4))


GIVEN = board(1, 0, 0, 0, 0, 0, 2, 0, 0, 3, 0, 0, 0, 0, 0, 4)


def test_the_latent_hears_the_answer_and_the_clues_and_the_answer_only_the_latent() -> None:
    model = built()
    state, inputs = model.init_state(GIVEN, torch.zeros), model.embed(GIVEN)
    z_H, z_L = state
    assert not torch.equal(z_H, z_L), "each state has its own start"
    made = model.step(state, inputs, GIVEN.layout)
    rotary = model._rotary(GIVEN.layout, inputs.device)
    for _ in range(2):
        for _ in range(3):
            z_L = model.L_level(z_L, z_H + inputs, rotary)
        z_H = model.L_level(z_H, z_L, rotary)
    assert torch.equal(made[0], z_H) and torch.equal(made[1], z_L)


def test_only_the_last_recursion_passes_gradient() -> None:
    model = built()
    state = tuple(part.requires_grad_() for part in model.init_state(GIVEN, torch.zeros))
    made = model.step(state, model.embed(GIVEN), GIVEN.layout)
    torch.autograd.backward(made[0].sum())
    assert all(part.grad is None for part in state)
    assert model.embed_symbol_tokens.grad is not None


def test_relabelling_a_board_relabels_its_answer() -> None:
    model, relabelled = built(), torch.tensor([0, 3, 1, 4, 2])
    answers = []
    for batch in (GIVEN, Batch(relabelled[GIVEN.tokens], GIVEN.layout)):
        state = model.init_state(batch, torch.zeros)
        with torch.no_grad():
            state = model.step(state, model.embed(batch), batch.layout)
        answers.append(model.readout(state, batch.layout).logits)
    torch.testing.assert_close(answers[1][..., relabelled[1:] - 1], answers[0])
