"""Two outer steps of every variant in fp32 against the float64 reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from puzzlesolver.models.interface import Batch, Readout, RecursiveModel, State
from puzzlesolver.models.layers import rms_norm
from tests.parity import reference
from tests.parity.support import (
    CELLS,
    FRESH,
    VARIANTS,
    Variant,
    array,
    embedded,
    maze_batch,
    start,
    sudoku_batch,
    weights_of,
)

TOLERANCE = 1e-5
STEPS = 2

WIDE = {"hidden_size": 512, "num_heads": 8, "puzzle_emb_ndim": 512, "puzzle_emb_len": 16}
CASES = VARIANTS | {
    "hrm-learned": VARIANTS["hrm"].but(pos_encodings="learned"),
    "trm-learned": VARIANTS["trm-att"].but(pos_encodings="learned"),
    "trm-no-positions": VARIANTS["trm-att"].but(pos_encodings="none"),
    "trm-scratch-prefix": VARIANTS["trm-mlp"].but(puzzle_emb_ndim=20),
    "hrm-one-prefix": VARIANTS["hrm"].but(puzzle_emb_ndim=32, puzzle_emb_len=1),
    "hrm-no-prefix": VARIANTS["hrm"].but(puzzle_emb_ndim=0, puzzle_emb_len=0),
    "rsm-no-prefix": VARIANTS["rsm-mlp"].but(puzzle_emb_ndim=0, puzzle_emb_len=0),
    "hrm-other-theta": VARIANTS["hrm"].but(rope_theta=50_000.0),
    "rsm-other-theta": VARIANTS["rsm-att"].but(rope_theta=100),
    "hrm-other-epsilon": VARIANTS["hrm"].but(rms_norm_eps=0.1),
    "trm-mlp-other-epsilon": VARIANTS["trm-mlp"].but(rms_norm_eps=0.1),
    "rsm-mlp-other-epsilon": VARIANTS["rsm-mlp"].but(rms_norm_eps=0.1),
    "hrm-wide": VARIANTS["hrm"].but(**WIDE | {"puzzle_emb_len": 1}),
    "trm-mlp-wide": VARIANTS["trm-mlp"].but(**WIDE),
    "rsm-mlp-wide": VARIANTS["rsm-mlp"].but(**WIDE),
}


@torch.no_grad()
def run(model: RecursiveModel, batch: Batch) -> list[tuple[State, Readout]]:
    inputs, state = model.embed(batch), start(model, batch)
    seen = []
    for _ in range(STEPS):
        state = model.step(state, inputs, batch.layout)
        seen.append((state, model.readout(state, batch.layout)))
    return seen


def expected(variant: Variant, model: RecursiveModel, batch: Batch) -> list[reference.Outcome]:
    w, s = weights_of(model), variant.settings
    x = embedded(w, s, batch)
    assert_close("x", model.embed(batch), x)
    return list(reference.outer_steps(variant.family, w, s, x, STEPS))


def difference(ours: torch.Tensor, truth: reference.Array) -> float:
    """The largest one, relative to the value, or to 1 where the value is smaller."""
    return float((np.abs(array(ours) - truth) / np.maximum(np.abs(truth), 1)).max())


def assert_close(name: str, ours: torch.Tensor, truth: reference.Array) -> None:
    error = difference(ours, truth)
    assert error <= TOLERANCE, f"{name} is off by {error:.2e}"


def assert_agree(variant: Variant, model: RecursiveModel) -> None:
    """States, logits and halting logits after each of two steps."""
    batch = sudoku_batch()
    outcomes = expected(variant, model, batch)
    for (state, readout), (z_H, z_L, logits, q) in zip(run(model, batch), outcomes, strict=True):
        assert readout.vocabulary is not None
        assert_close("z_H", state[0], z_H)
        assert_close("z_L", state[1], z_L)
        assert_close("logits", readout.vocabulary, logits)
        assert_close("symbols", readout.logits, logits[..., -4:])
        if q is None:
            assert readout.halt is None and readout.proceed is None
        else:
            assert readout.halt is not None and readout.proceed is not None
            assert_close("q_halt", readout.halt, q[:, 0])
            assert_close("q_continue", readout.proceed, q[:, 1])


@pytest.mark.parametrize(
    "variant",
    [
        pytest.param(variant, id=name, marks=[pytest.mark.soak] * (name == "trm-mlp-wide"))
        for name, variant in CASES.items()
    ],
)
def test_two_steps_agree(variant: Variant) -> None:
    assert_agree(variant, variant.build().eval())


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_logits_of_width_64_agree_to_a_millionth(variant: Variant) -> None:
    model, batch = variant.but(hidden_size=64, puzzle_emb_ndim=160).build().eval(), sudoku_batch()
    for (_, said), (_, _, logits, _) in zip(
        run(model, batch), expected(variant, model, batch), strict=True
    ):
        assert said.vocabulary is not None
        assert difference(said.vocabulary, logits) <= 1e-6


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_faint_states_agree(variant: Variant) -> None:
    """The first norms divide by something near the root of their ε."""
    model = variant.build().eval()
    stored = model.state_dict()
    with torch.no_grad():
        for name in ("H_init", "L_init", "embed_tokens.embedding_weight", "puzzle_emb.weights"):
            stored[name] *= 0.01
    assert_agree(variant, model)


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_at_the_scale_of_a_fresh_model_rounding_explains_the_difference(variant: Variant) -> None:
    """Mixers are chaotic there: we differ by no more than from a slightly different input."""
    model, batch = variant.build(FRESH).eval(), sudoku_batch()
    w, s, exact = weights_of(model), variant.settings, expected(variant, model, batch)
    x = embedded(w, s, batch)
    x += 1e-6 * np.random.default_rng(0).standard_normal(x.shape)
    nudged = reference.outer_steps(variant.family, w, s, x, STEPS)
    for (state, _), truth, beside in zip(run(model, batch), exact, nudged, strict=True):
        for ours, z, close in zip(state, truth[:2], beside[:2], strict=True):
            assert np.abs(array(ours) - z).max() < 3 * np.abs(close - z).max()


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_a_layout_without_symbols_reads_all_tokens_but_padding(variant: Variant) -> None:
    model, batch = variant.build().eval(), maze_batch()
    (_, readout), (_, _, logits, _) = run(model, batch)[-1], expected(variant, model, batch)[-1]
    assert_close("symbols", readout.logits, logits[..., 1:])


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_training_mode_changes_nothing(variant: Variant) -> None:
    model, batch = variant.build(), sudoku_batch()
    for (state, said), (again, saying) in zip(
        run(model.eval(), batch), run(model.train(), batch), strict=True
    ):
        torch.testing.assert_close(state, again, rtol=0, atol=0)
        torch.testing.assert_close(said.vocabulary, saying.vocabulary, rtol=0, atol=0)


def test_no_identifiers_are_the_blank_one() -> None:
    variant = VARIANTS["trm-att"]
    model, batch = variant.build().eval(), sudoku_batch()
    blank = Batch(batch.tokens, batch.layout, identifiers=torch.zeros_like(batch.tokens[:, 0]))
    with torch.no_grad():
        named, unnamed = model.embed(blank), model.embed(Batch(batch.tokens, batch.layout))
    torch.testing.assert_close(named, unnamed, rtol=0, atol=0)


def test_the_two_mixers_differ() -> None:
    """Else the reference could not tell TRM's norm axis from RSM's."""
    variant, batch = VARIANTS["trm-mlp"], sudoku_batch()
    w, s = weights_of(variant.build()), variant.settings
    x = embedded(w, s, batch)
    one, other = (
        mix(w, "L_level.layers.0", s, x) for mix in (reference.mix_as_trm, reference.mix_as_rsm)
    )
    assert np.abs(one - other).max() > 0.1


def test_numbers_lie_in_memory_as_in_the_published_code() -> None:
    """A norm over numbers that lie apart adds them up otherwise, which recursion amplifies."""
    model: Any = VARIANTS["trm-mlp"].but(hidden_size=64).build(FRESH)
    block = model.L_level.layers[0]
    x_BPD = torch.randn(4, CELLS + 3, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        mixed = rms_norm(x_BPD.mT + block.mlp_t(x_BPD.mT)).mT.contiguous()
        assert torch.equal(block(x_BPD, None), rms_norm(mixed + block.mlp(mixed)))
