"""Through which core calls each contract passes the gradient, and that it is the right one.

The truth is a finite difference of the float64 reference in which all that is before those calls is
a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from puzzlesolver.models.interface import RecursiveModel
from tests.parity import reference as ref
from tests.parity.support import (
    BOARDS,
    VARIANTS,
    Variant,
    array,
    contract_of,
    embedded,
    labels_of,
    sudoku_batch,
    update,
    weights_of,
)

Loss = Callable[[ref.Weights], float]
STEP = 1e-5
WARMUP = 2

CASES = {name: (variant, 0.0) for name, variant in VARIANTS.items()} | {
    "hrm-learned": (VARIANTS["hrm"].but(pos_encodings="learned"), 0.0),
    "rsm-mlp-chained": (VARIANTS["rsm-mlp"], 1.0),
    "rsm-att-chained": (VARIANTS["rsm-att"], 1.0),
}


def settings_of(variant: Variant, chain: float) -> dict[str, Any]:
    return {"chain": chain, "warmup_growth": ((0.0, WARMUP),)} if variant.family == "rsm" else {}


def our_gradient(variant: Variant, chain: float) -> ref.Weights:
    """Of the second update, when states are carried; that of the puzzle rows summed over boards."""
    model, batch = variant.build().double().train(), sudoku_batch()
    contract = contract_of(variant, [batch, batch], **settings_of(variant, chain))
    loss = update(contract, model, batch)
    if variant.family != "rsm":
        loss = update(contract, model, batch)
    loss.backward()
    gradient = {name: array(tensor.grad) for name, tensor in model.named_parameters()}
    identifiers, rows = model.puzzle_emb.drawn
    table = np.zeros(model.puzzle_emb.weights.shape)
    np.add.at(table, array(identifiers), array(rows.grad))
    return gradient | {"puzzle_emb.weights": table}


def supervised_loss(variant: Variant, w: ref.Weights, all_of_it: bool) -> Loss:
    """Of the second step; `all_of_it`: as if nothing in that step were constant."""
    s, batch, hrm = variant.settings, sudoku_batch(), variant.family == "hrm"
    constant = ref.hrm_constant if hrm else ref.trm_constant
    last = ref.hrm_last if hrm else ref.trm_last
    step, x = ref.STEPS[variant.family], embedded(w, s, batch)
    before = step(w, s, x, *ref.initial_state(w, x))
    state = before if all_of_it else constant(w, s, x, *before)
    worth = None
    if hrm:
        z_H, _ = step(w, s, x, *step(w, s, x, *before))
        worth = ref.hrm_continue_target(ref.read(w, s, z_H)[1], np.zeros(BOARDS, bool))

    def loss(moved: ref.Weights) -> float:
        x = embedded(moved, s, batch)
        z_H, _ = (step if all_of_it else last)(moved, s, x, *state)
        return ref.total_loss(*ref.read(moved, s, z_H), labels_of(batch), worth) / BOARDS

    return loss


def final_loss(variant: Variant, w: ref.Weights, joined: bool) -> Loss:
    """Of the last step; `joined`: with the outer update of the step before."""
    s, batch = variant.settings, sudoku_batch()
    x = embedded(w, s, batch)
    state = ref.initial_state(w, x)
    for _ in range(WARMUP - joined):
        state = ref.rsm_step(w, s, x, *state)
    if joined:
        state = state[0], ref.rsm_inner(w, s, x, *state)

    def loss(moved: ref.Weights) -> float:
        z_H, z_L = state
        if joined:
            z_H = ref.rsm_outer(moved, s, z_H, z_L)
        z_H, _ = ref.rsm_step(moved, s, embedded(moved, s, batch), z_H, z_L)
        return ref.total_loss(*ref.read(moved, s, z_H), labels_of(batch)) / BOARDS

    return loss


def slope(loss: Loss, w: ref.Weights, name: str, direction: ref.Array) -> float:
    """Central difference of the loss as one tensor moves."""
    ahead, behind = (w | {name: w[name] + sign * STEP * direction} for sign in (1, -1))
    return (loss(ahead) - loss(behind)) / (2 * STEP)


def directions(gradient: ref.Array) -> Iterator[ref.Array]:
    """Two random ones, and the single weight that matters most."""
    rng = np.random.default_rng(0)
    yield rng.standard_normal(gradient.shape)
    yield rng.standard_normal(gradient.shape)
    largest = np.zeros(gradient.shape)
    largest.flat[np.abs(gradient).argmax()] = 1
    yield largest


def differences(gradient: ref.Weights, loss: Loss, w: ref.Weights) -> Iterator[tuple[float, str]]:
    """Errors of the slopes of each tensor, relative to the norm of its gradient."""
    for name, g in gradient.items():
        for d in directions(g):
            yield abs((g * d).sum() - slope(loss, w, name, d)) / np.linalg.norm(g), name


@pytest.mark.parametrize(("variant", "chain"), CASES.values(), ids=CASES)
def test_gradients_are_those_of_the_last_calls_alone(variant: Variant, chain: float) -> None:
    w, gradient = weights_of(variant.build()), our_gradient(variant, chain)
    if variant.family == "rsm":
        loss, other = (final_loss(variant, w, joined) for joined in (bool(chain), not chain))
    else:
        loss, other = (supervised_loss(variant, w, all_of_it) for all_of_it in (False, True))
    assert gradient.keys() == w.keys() - {"H_init", "L_init"}
    assert all(np.linalg.norm(g) > 0 for g in gradient.values())
    worst, name = max(differences(gradient, loss, w))
    assert worst < 1e-4, name
    # A gradient through more or fewer calls is another one, or the agreement would say nothing.
    assert any(error > 0.01 for error, _ in differences(gradient, other, w))


def calls_of(model: RecursiveModel) -> list[tuple[str, bool]]:
    """A list that grows with the calls: which core, and, after the backward pass, whether used."""
    calls: list[tuple[str, bool]] = []
    names = {id(module): name for name, module in model.named_modules()}

    def watch(module: torch.nn.Module, args: Any, output: Tensor) -> None:
        number, name = len(calls), names[id(module)]
        calls.append((name, False))

        def reached(gradient: Tensor) -> None:
            calls[number] = name, bool(gradient.any())

        if output.requires_grad:
            output.register_hook(reached)

    for core in model.cores:
        core.register_forward_hook(watch)
    return calls


def spelled(*runs: tuple[str, int, bool]) -> list[tuple[str, bool]]:
    return [(name, used) for name, count, used in runs for _ in range(count)]


@pytest.mark.parametrize(("variant", "chain"), CASES.values(), ids=CASES)
def test_which_calls_receive_gradient(variant: Variant, chain: float) -> None:
    model, batch, s = variant.build().train(), sudoku_batch(), variant.settings
    contract = contract_of(variant, [batch, batch], **settings_of(variant, chain))
    if variant.family != "rsm":
        update(contract, model, batch)
    calls = calls_of(model)
    update(contract, model, batch).backward()
    if variant.family == "hrm":
        L, H = "L_level", "H_level"
        constant = (L, s.L_cycles, False), (H, 1, False), (L, s.L_cycles - 1, False)
        learning = spelled(*constant, (L, 1, True), (H, 1, True))
        looking_ahead = [(name, False) for name, _ in learning]
        assert calls == learning + looking_ahead
    elif variant.family == "trm":
        cycle = s.L_cycles + 1
        expected = ("L_level", (s.H_cycles - 1) * cycle, False), ("L_level", cycle, True)
        assert calls == spelled(*expected)
    else:
        cycle, joined = s.L_cycles + 1, int(chain)
        expected = ("core", WARMUP * cycle - joined, False), ("core", cycle + joined, True)
        assert calls == spelled(*expected)
