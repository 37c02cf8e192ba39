"""Losses and carry of each contract, update by update, against the float64 reference.

The weights stay as they are, so that nothing but the contract decides what comes next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from puzzlesolver.models.interface import Batch
from puzzlesolver.train.contracts.losses import stablemax_cross_entropy
from tests.parity import reference as ref
from tests.parity.support import (
    BOARDS,
    CELLS,
    VARIANTS,
    VOCABULARY,
    Variant,
    array,
    contract_of,
    embedded,
    labels_of,
    maze_batch,
    sudoku_batch,
    update,
    weights_of,
)

HALT_MAX_STEPS = 3
SUPERVISED = [name for name, variant in VARIANTS.items() if variant.family != "rsm"]
RSM = [name for name, variant in VARIANTS.items() if variant.family == "rsm"]


@pytest.mark.parametrize("scale", [0.1, 10.0, 1e4])
def test_stablemax_cross_entropy(scale: float) -> None:
    rng = np.random.default_rng(0)
    logits = scale * rng.standard_normal((BOARDS, CELLS, VOCABULARY))
    logits[0, 0] = 0
    labels = rng.integers(0, VOCABULARY, (BOARDS, CELLS))
    labels[1] = 0
    ours = stablemax_cross_entropy(torch.from_numpy(logits), torch.from_numpy(labels))
    assert ours.dtype == torch.float64
    np.testing.assert_allclose(array(ours), ref.stablemax_cross_entropy(logits, labels), rtol=1e-12)
    assert ours[1] == 0


def with_some_cells_ignored(batch: Batch) -> Batch:
    assert batch.targets is not None
    targets = batch.targets.clone()
    targets[0, :5] = 0
    targets[1] = 0
    return replace(batch, targets=targets)


def with_a_board_right(variant: Variant, w: ref.Weights, batch: Batch) -> Batch:
    """What the model says after one step becomes the targets of the last board."""
    s = variant.settings
    ((_, _, logits, _),) = ref.outer_steps(variant.family, w, s, embedded(w, s, batch), 1)
    assert batch.targets is not None
    targets = batch.targets.clone()
    # Where it says padding the cell is ignored.
    targets[-1] = torch.from_numpy(logits[-1].argmax(-1))
    return replace(batch, targets=targets)


def median_margin(variant: Variant, w: ref.Weights, batch: Batch) -> float:
    """By how much boards are on the side of halting after one step."""
    s = variant.settings
    ((*_, q),) = ref.outer_steps(variant.family, w, s, embedded(w, s, batch), 1)
    assert q is not None
    return float(np.median(q[:, 0] - (q[:, 1] if variant.family == "hrm" else 0)))


def supervised_updates(
    variant: Variant, w: ref.Weights, batches: Sequence[Batch]
) -> Iterator[tuple[float, int, int]]:
    """The loss of each update, how many slots are right and how many halt; no exploration."""
    s, step = variant.settings, ref.STEPS[variant.family]
    steps, halted = np.zeros(BOARDS, int), np.ones(BOARDS, bool)
    x, labels = embedded(w, s, batches[0]), labels_of(batches[0])
    z_H, z_L = ref.initial_state(w, x)
    for batch in batches:
        x = np.where(halted[:, None, None], embedded(w, s, batch), x)
        labels = np.where(halted[:, None], labels_of(batch), labels)
        start_H, start_L = ref.initial_state(w, x)
        z_H = np.where(halted[:, None, None], start_H, z_H)
        z_L = np.where(halted[:, None, None], start_L, z_L)
        steps = np.where(halted, 0, steps) + 1
        z_H, z_L = step(w, s, x, z_H, z_L)
        logits, q = ref.read(w, s, z_H)
        assert q is not None
        last, worth, threshold = steps >= HALT_MAX_STEPS, None, np.zeros(BOARDS)
        if variant.family == "hrm":
            _, next_q = ref.read(w, s, step(w, s, x, z_H, z_L)[0])
            assert next_q is not None
            worth, threshold = ref.hrm_continue_target(next_q, last), q[:, 1]
        halted = last | (q[:, 0] > threshold)
        right = ref.all_right(logits, labels)
        yield ref.total_loss(logits, q, labels, worth) / BOARDS, right.sum(), halted.sum()


@pytest.mark.parametrize("name", SUPERVISED)
def test_deep_supervision(name: str) -> None:
    variant, first = VARIANTS[name], with_some_cells_ignored(maze_batch())
    model = variant.build().train()
    with torch.no_grad():
        bias = model.state_dict()["q_head.bias"]
        bias[0] -= median_margin(variant, weights_of(model), first)
    w = weights_of(model)
    batches = [with_a_board_right(variant, w, first), *(maze_batch(seed) for seed in range(1, 6))]
    settings = {"halt_exploration": 0.0, "halt_max_steps": HALT_MAX_STEPS}
    contract = contract_of(variant, batches, **settings)
    rights, halts = [], []
    for expected, right, halting in supervised_updates(variant, w, batches):
        assert update(contract, model, first).item() == pytest.approx(expected, rel=1e-5)
        rights.append(right)
        halts.append(halting)
    # The board without any valid cell is right too; it and the made one, not the others.
    assert rights[0] == 2
    # Slots stop at different times, or the carry would not have been seen.
    assert any(0 < halting < BOARDS for halting in halts), halts


@pytest.mark.parametrize("name", RSM)
@pytest.mark.parametrize(("chain", "progress"), [(0.0, 0.0), (1.0, 0.0), (0.0, 0.7)])
def test_final_loss_at_every_depth(name: str, chain: float, progress: float) -> None:
    """At first three outer steps of two inner ones, later five of three; joined or not."""
    variant, batch = VARIANTS[name], with_some_cells_ignored(sudoku_batch())
    growth = {"warmup_growth": ((0.0, 2), (0.5, 4)), "inner_growth": ((0.0, 2), (0.6, 3))}
    contract = contract_of(variant, [batch], chain=chain, **growth)
    loss = update(contract, variant.build().train(), batch, progress)
    w, s = weights_of(variant.build()), replace(variant.settings, L_cycles=3 if progress else 2)
    x = embedded(w, s, batch)
    *_, (_, _, logits, q) = ref.outer_steps("rsm", w, s, x, 5 if progress else 3)
    assert loss.item() == pytest.approx(
        ref.total_loss(logits, q, labels_of(batch)) / BOARDS, rel=1e-5
    )
