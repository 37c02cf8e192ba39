"""SE-RRM: states, logits, losses and gradients against the float64 reference, and what it promises.

Weights are scaled as for the other families (`support.py`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from puzzlesolver.domains.sudoku import codec as sudoku
from puzzlesolver.errors import ModelError
from puzzlesolver.models.interface import Batch, RecursiveModel
from puzzlesolver.models.registry import build_model
from tests.parity import reference
from tests.parity import reference_se_rrm as ref
from tests.parity.support import (
    BOARDS,
    CELLS,
    IDENTIFIERS,
    VOCABULARY,
    Variant,
    array,
    contract_of,
    labels_of,
    maze_batch,
    start,
    sudoku_batch,
    update,
    weights_of,
)

TOLERANCE = 1e-6
STEPS = 2
STEP = 1e-5

SMALL: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "seq_len": CELLS,
    "num_puzzle_identifiers": IDENTIFIERS,
    "hidden_size": 64,
    "num_heads": 4,
    "head_dim": 16,
    "num_heads_t": 2,
    "head_dim_t": 8,
    "H_cycles": 2,
    "L_cycles": 3,
    "add_tokens": 2,
    "dropout": 0.0,
}
ALIKE = Variant("se-rrm", SMALL)
VARIANTS = {
    "rope2d": ALIKE,
    "rope": ALIKE.but(pos_encodings="rope"),
    "learned": ALIKE.but(pos_encodings="learned"),
    "other-theta-and-epsilon": ALIKE.but(rope_theta=50.0, rms_norm_eps=0.01),
    "nothing-added": ALIKE.but(add_tokens=0),
    "puzzle-rows": ALIKE.but(puzzle_emb_ndim=1),
    "each-symbol-its-own": ALIKE.but(equivariant_symbols=False, puzzle_emb_ndim=1),
}
each_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)


def settings_of(variant: Variant, side: int = 4) -> ref.Settings:
    c = {"pos_encodings": "rope2d"} | variant.config
    columns = side if c["pos_encodings"] == "rope2d" else 0
    sizes = c["num_heads"], c["num_heads_t"], c["H_cycles"], c["L_cycles"], columns
    names = {"theta": "rope_theta", "epsilon": "rms_norm_eps"}
    told = {ours: c[name] for ours, name in names.items() if name in c}
    return ref.Settings(*sizes, rope=c["pos_encodings"] != "learned", **told)


def embedded(w: reference.Weights, batch: Batch) -> reference.Array:
    symbols = VOCABULARY if batch.layout.symbols == 1 else batch.layout.symbols + 2
    return ref.embed(w, array(batch.tokens) + 1, symbols, array(batch.identifiers))


def assert_close(name: str, ours: torch.Tensor, truth: reference.Array) -> None:
    """To 1e-6 of the value, or of 1 where the value is smaller; twice that for latent numbers."""
    error = np.abs(array(ours) - truth) / np.maximum(np.abs(truth), 1)
    allowed = TOLERANCE * (2 if name == "z" else 1)
    assert error.max() <= allowed, f"{name} is off by {error.max():.2e}"


@torch.no_grad()
def assert_agree(model: RecursiveModel, s: ref.Settings, batch: Batch) -> None:
    """The input, and latent, logits and certainty after each of two steps."""
    w, cells = weights_of(model), batch.layout.cells
    x, inputs, state = embedded(w, batch), model.embed(batch), start(model, batch)
    assert_close("x", inputs, x)
    for z, logits, p in ref.outer_steps(w, s, cells, x, STEPS):
        state = model.step(state, inputs, batch.layout)
        said = model.readout(state, batch.layout)
        assert said.vocabulary is not None and said.halt is not None
        assert_close("z", state[0], z)
        assert_close("logits", said.vocabulary, logits)
        symbols = batch.layout.symbols if batch.layout.symbols > 1 else VOCABULARY - 1
        assert_close("symbols", said.logits, logits[..., -symbols:])
        assert_close("certainty", said.halt.sigmoid(), p)


@each_variant
@pytest.mark.parametrize("boards", [sudoku_batch, maze_batch])
def test_two_steps_agree(variant: Variant, boards: Any) -> None:
    assert_agree(variant.build().eval(), settings_of(variant), boards())


@pytest.mark.parametrize("side", [6, pytest.param(9, marks=pytest.mark.soak)])
def test_other_sizes_of_board_agree(side: int) -> None:
    """Weights made for 4×4 boards, with as many symbols and positions as the board has."""
    layout = sudoku.layout(side)
    batch = replace(
        sudoku_batch(),
        tokens=torch.randint(0, side + 1, (BOARDS, layout.cells), generator=torch.manual_seed(0)),
        layout=layout,
    )
    assert_agree(ALIKE.build().eval(), settings_of(ALIKE, side), batch)


@pytest.mark.parametrize("name", ["learned", "puzzle-rows", "each-symbol-its-own"])
def test_a_size_that_the_weights_do_not_serve_is_refused(name: str) -> None:
    layout = sudoku.layout(9)
    batch = Batch(torch.zeros(1, layout.cells, dtype=torch.int64), layout)
    with pytest.raises(ModelError, match="boards of"):
        VARIANTS[name].build().embed(batch)


@torch.no_grad()
def test_relabelled_boards_get_relabelled_answers() -> None:
    model, batch, order = ALIKE.build().eval(), sudoku_batch(), torch.tensor([2, 0, 3, 1])
    relabelled = replace(batch, tokens=torch.cat((torch.zeros(1).long(), order + 1))[batch.tokens])
    before, after = (
        model.readout(model.step(start(model, b), model.embed(b), b.layout), b.layout).logits
        for b in (batch, relabelled)
    )
    torch.testing.assert_close(after[..., order], before)


# Losses


def test_the_scale_of_inputs_has_the_number_format_of_the_vectors() -> None:
    """The published code rounds √V to bfloat16, so √6 = 2.449… is 2.453125 there."""
    model = ALIKE.but(init_dtype="bfloat16", add_tokens=0).build()
    batch = sudoku_batch()
    symbol = model.state_dict()["embed_symbol_tokens"].flatten().float()
    held = model.embed(batch)[0, 2:, :CELLS].sum(0)[batch.tokens[0] > 0]
    assert torch.equal(held, (2.453125 * symbol).expand_as(held))


def expected_loss(
    w: reference.Weights, cells: int, z: reference.Array, labels: reference.Ids
) -> float:
    logits, p = ref.read(w, cells, z)
    return reference.total_loss(logits, np.stack([p, p], 1), labels) / BOARDS


def test_deep_supervision_with_halting_by_chance() -> None:
    model = ALIKE.build().train()
    w, s = weights_of(model), settings_of(ALIKE)
    batches = [sudoku_batch(seed) for seed in range(8)]
    contract: Any = contract_of(ALIKE, batches, halt_exploration=0.3, halt_max_steps=3)
    steps, halted = np.zeros(BOARDS, int), np.ones(BOARDS, bool)
    x = z = embedded(w, batches[0])
    labels, ends = labels_of(batches[0]), set()
    for batch in batches:
        fresh = embedded(w, batch)
        at = halted[:, None, None, None]
        x, z = np.where(at, fresh, x), np.where(at, ref.start(w, fresh), z)
        labels = np.where(halted[:, None], labels_of(batch), labels)
        z = ref.step(w, s, CELLS, x, z)
        loss = update(contract, model, batch).item()
        assert loss == pytest.approx(expected_loss(w, CELLS, z, labels), rel=1e-5)
        steps, halted = np.where(halted, 0, steps) + 1, array(contract.halted)
        assert halted[steps == 3].all()
        ends |= {int(steps[slot]) for slot in range(BOARDS) if halted[slot]}
    assert ends == {1, 2, 3}, "chance ended some early, at any step, and the limit ended the others"


# Gradients


@each_variant
def test_gradient_is_that_of_the_last_cycle_alone(variant: Variant) -> None:
    """By central differences, in two directions, of the reference with all before held constant."""
    variant = variant.but(hidden_size=16, num_heads=2, head_dim=8, num_heads_t=1)
    model, batch = variant.build().double().train(), sudoku_batch()
    contract = contract_of(variant, [batch, batch], halt_exploration=0.0)
    update(contract, model, batch)
    update(contract, model, batch).backward()
    w, s, labels = weights_of(variant.build()), settings_of(variant), labels_of(batch)
    x = embedded(w, batch)
    before = ref.step(w, s, CELLS, x, ref.start(w, x))
    held = ref.constant(w, s, CELLS, x, before)

    def loss(moved: reference.Weights, whole: bool) -> float:
        run, z = (ref.step, before) if whole else (ref.last, held)
        z = run(moved, s, CELLS, embedded(moved, batch), z)
        logits, _ = ref.read(moved, CELLS, z)
        return reference.total_loss(logits, None, labels) / BOARDS

    rng, right, wrong = np.random.default_rng(0), 0.0, 0.0
    gradients = {name: array(tensor.grad) for name, tensor in model.named_parameters()}
    if variant.config.get("puzzle_emb_ndim"):
        identifiers, rows = model.puzzle_emb.drawn  # type: ignore[union-attr, misc]
        table = np.zeros(w["puzzle_emb.weights"].shape)
        np.add.at(table, array(identifiers), array(rows.grad))
        gradients["puzzle_emb.weights"] = table
    assert gradients.keys() == w.keys() - {"Z_init"}
    for name, gradient in gradients.items():
        assert np.linalg.norm(gradient) > 0, name
        direction = rng.standard_normal(gradient.shape)
        told = float((gradient * direction).sum())
        # Through all calls it is another one, or the agreement would say nothing.
        for whole in (False, True) if wrong <= 0.01 else (False,):
            ahead, behind = (
                loss(w | {name: w[name] + sign * STEP * direction}, whole) for sign in (1, -1)
            )
            off = abs((ahead - behind) / (2 * STEP) - told) / np.linalg.norm(gradient)
            right, wrong = (right, max(wrong, off)) if whole else (max(right, off), wrong)
    assert right < 1e-4 and wrong > 0.01


# The published model


def test_the_published_sudoku_model_has_these_tensors() -> None:
    with torch.device("meta"):
        model = build_model("se-rrm", {})
    assert sum(parameter.numel() for parameter in model.parameters()) == 1_970_176
    shapes = {
        "Z_init": (256,),
        "embed_special_tokens": (1, 2, 1, 256),
        "embed_symbol_tokens": (1, 1, 1, 256),
        "add_tokens_special": (1, 2, 4, 256),
        "add_tokens": (1, 1, 4, 256),
        "lm_head.weight": (1, 256),
    }
    leaves = {
        "attn.qkv_proj": (768, 256),
        "attn.o_proj": (256, 256),
        "attn_t.qkv_proj": (384, 256),
        "attn_t.o_proj": (256, 128),
        "mlp.gate_up_proj": (1536, 256),
        "mlp.down_proj": (256, 768),
    }
    for layer in range(2):
        shapes |= {f"L_level.layers.{layer}.{name}.weight": size for name, size in leaves.items()}
    stored = model.state_dict()
    assert {key: tuple(tensor.shape) for key, tensor in stored.items()} == shapes
    assert "Z_init" not in dict(model.named_parameters())


def test_the_published_maze_model_has_vectors_for_each_symbol() -> None:
    settings = {"vocab_size": 6, "seq_len": 900, "equivariant_symbols": False, "add_tokens": 0}
    with torch.device("meta"):
        stored = build_model("se-rrm", settings).state_dict()
    ends = {key: tuple(stored[key].shape) for key in stored if not key.startswith("L_level")}
    assert ends == {
        "Z_init": (256,),
        "embed_symbols": (1, 6, 1, 256),
        "lm_head.weight": (6, 6 * 256),
    }


@torch.no_grad()
def test_dropout_acts_while_training_alone() -> None:
    variant, batch = ALIKE.but(dropout=0.5), sudoku_batch()
    plain, dropping = ALIKE.build(), variant.build()

    def latent(model: RecursiveModel) -> torch.Tensor:
        return model.step(start(model, batch), model.embed(batch), batch.layout)[0]

    assert torch.equal(latent(plain.eval()), latent(dropping.eval()))
    assert not torch.allclose(latent(plain.train()), latent(dropping.train()))


@pytest.mark.parametrize("wrong", [{"head_dim": 18}, {"pos_encodings": "none"}, {"dropout": 1.0}])
def test_impossible_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=next(iter(wrong))):
        build_model("se-rrm", SMALL | wrong)
