"""The five published variants at a small size, filled with random numbers, and their puzzles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from puzzlesolver.domains.maze import codec as maze
from puzzlesolver.domains.sudoku import codec as sudoku
from puzzlesolver.models.interface import Batch, RecursiveModel, State
from puzzlesolver.models.registry import build_model
from puzzlesolver.models.relations import Layout
from puzzlesolver.train.contracts.base import Contract
from puzzlesolver.train.contracts.registry import CONTRACTS
from puzzlesolver.train.distributed import ALONE
from puzzlesolver.train.presets import from_json
from tests.parity.reference import Array, Ids, Settings, Weights, embed

CELLS, VOCABULARY, BOARDS, IDENTIFIERS = 16, 6, 4, 5

FRESH, CALM = 1.0, 0.4
"""Scales of random weights: that of a fresh model, at which mixers amplify rounding from call to
call up to nearly a millionfold, and one at which they hardly do."""

# A puzzle row of two and a half vectors in a prefix of three: the last one is half padding.
SMALL: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "seq_len": CELLS,
    "num_puzzle_identifiers": IDENTIFIERS,
    "puzzle_emb_ndim": 80,
    "puzzle_emb_len": 3,
    "hidden_size": 32,
    "num_heads": 4,
}
HRM_SMALL = SMALL | {"H_layers": 2, "L_layers": 3, "H_cycles": 2, "L_cycles": 3}
TRM_SMALL = SMALL | {"L_layers": 2, "H_cycles": 3, "L_cycles": 4}
RSM_SMALL = SMALL | {"L_layers": 2, "H_cycles": 2, "L_cycles": 4}
ROPE = {"pos_encodings": "rope"}
ATTENTION = {"mlp_t": False, "pos_encodings": "rope"}
MIXER = {"mlp_t": True, "pos_encodings": "none"}


@dataclass(frozen=True)
class Variant:
    """A model's family and its configuration."""

    family: str
    config: dict[str, Any] = field(repr=False)

    @property
    def settings(self) -> Settings:
        c = self.config
        rope = c["pos_encodings"] == "rope"
        cycles = c["H_cycles"], c["L_cycles"]
        names = {"theta": "rope_theta", "epsilon": "rms_norm_eps"}
        told = {ours: c[name] for ours, name in names.items() if name in c}
        return Settings(c["num_heads"], c["puzzle_emb_len"], *cycles, rope, **told)

    def but(self, **changes: Any) -> Variant:
        return Variant(self.family, self.config | changes)

    def build(self, gain: float = CALM) -> RecursiveModel:
        """The model with every parameter and stored buffer random, none of them zero."""
        model = build_model(self.family, self.config)
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for tensor in model.state_dict().values():
                scale = gain * tensor.shape[-1] ** -0.5 if tensor.dim() == 2 else 1.0
                tensor.copy_(scale * torch.randn(tensor.shape, generator=generator))
        return model


VARIANTS = {
    "hrm": Variant("hrm", HRM_SMALL | ROPE),
    "trm-mlp": Variant("trm", TRM_SMALL | MIXER),
    "trm-att": Variant("trm", TRM_SMALL | ATTENTION),
    "rsm-mlp": Variant("rsm", RSM_SMALL | MIXER),
    "rsm-att": Variant("rsm", RSM_SMALL | ATTENTION),
}


def weights_of(model: RecursiveModel) -> Weights:
    return {name: array(tensor) for name, tensor in model.state_dict().items()}


def array(tensor: Tensor) -> Any:
    """As float64, or int64 where it holds integers."""
    tensor = tensor.detach().cpu()
    return tensor.double().numpy() if tensor.is_floating_point() else tensor.numpy()


def sudoku_batch(seed: int = 0) -> Batch:
    """4×4 boards: tokens 0..4 are ids 1..5, targets are digits; identifiers repeat one."""
    return _batch(sudoku.layout(4), 5, seed)


def maze_batch(seed: int = 0) -> Batch:
    """4×4 mazes: tokens 0..4 are ids 1..5, targets those ids."""
    return _batch(maze.layout(4, 4), 6, seed)


def _batch(layout: Layout, targets_below: int, seed: int) -> Batch:
    rng = np.random.default_rng(seed)
    return Batch(
        torch.from_numpy(rng.integers(0, 5, (BOARDS, CELLS))),
        layout,
        torch.from_numpy(rng.integers(1, targets_below, (BOARDS, CELLS))),
        identifiers=torch.tensor([0, 3, 3, 4]).roll(seed),
    )


def labels_of(batch: Batch) -> Ids:
    """Targets as published ids."""
    targets = array(batch.targets)
    symbols = VOCABULARY - 1 if batch.layout.symbols == 1 else batch.layout.symbols
    labels: Ids = np.where(targets > 0, targets + VOCABULARY - symbols - 1, 0)
    return labels


def embedded(w: Weights, s: Settings, batch: Batch) -> Array:
    """The reference's x."""
    return embed(w, s, array(batch.tokens) + 1, array(batch.identifiers))


def start(model: RecursiveModel, batch: Batch) -> State:
    """The state before the first step."""
    return model.init_state(batch, lambda shape: torch.zeros(shape))


class GivenBatches:
    """A source of puzzles that are known beforehand."""

    def __init__(self, batches: Iterable[Batch]) -> None:
        self.batches = list(batches)
        self.layout = self.batches[0].layout

    def draw(self, count: int) -> Batch:
        assert count == BOARDS
        return self.batches.pop(0)

    def observe(self, solved: float | None) -> None:
        """The batches do not depend on what was learned."""


def contract_of(variant: Variant, batches: Iterable[Batch], **settings: Any) -> Contract[Any]:
    """The published contract of a variant; nobody halts after the first step, unless told."""
    published = {
        "hrm": {"contract": "supervised", "q_learning": True, "halt_exploration": 1.0},
        "trm": {"contract": "supervised", "q_learning": False, "halt_exploration": 1.0},
        "rsm": {"contract": "final", "warmup_drawn": False, "chain": 0.0},
        "se-rrm": {"contract": "supervised", "halt_randomly": True},
    }
    general = {"steps": 1, "family": variant.family, "model": variant.config, "batch_size": BOARDS}
    once = {"grad_steps": 1, "noise": 0}
    config = from_json(general | once | published[variant.family] | settings)
    generator = torch.Generator().manual_seed(0)
    return CONTRACTS[config.contract.name](config, GivenBatches(batches), generator, ALONE)


def update(
    contract: Contract[Any], model: RecursiveModel, batch: Batch, progress: float = 0.0
) -> Tensor:
    """The loss of the contract's next update."""

    def step(state: State, inputs: Tensor) -> State:
        return model.step(state, inputs, batch.layout)

    return contract.loss(model, step, progress).loss
