"""Optimizers, the learning-rate schedule, and the average of the weights.

In: a model and a config. Out: optimizers whose state goes through checkpoints as plain tensors.

    >>> optimizers = build_optimizers(model, config.optimizer, config.embedding)
    >>> set_learning_rate(optimizers, rate_scale(config.optimizer, config.steps, 1, progress=0.0))
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import nn
from torch.optim import AdamW, Muon, Optimizer

from puzzlesolver.models.layers import PuzzleEmbedding
from puzzlesolver.train.distributed import ALONE, Ranks
from puzzlesolver.train.optimizers import AdamATan2, RowSignSGD
from puzzlesolver.train.settings import Settings, within

EMBEDDING = "embed_tokens.embedding_weight"
"""Of tokens, in published models."""


@dataclass(frozen=True)
class Optimization(Settings):
    """Settings of AdamW, and of all optimizers.

    Attributes:
        learning_rate: peak rate.
        beta1: decay of the first moment.
        beta2: decay of the second moment.
        weight_decay: decoupled, on every parameter.
        clip: largest gradient norm; None = any.
        warmup_updates: updates of linear warm-up of the rate.
        floor: share of the peak rate at which the cosine ends.
        ema: decay of the averaged weights; 0 = the weights themselves.
        ema_ramp: updates at which the decay has risen to a half; 0 = it is the same from the start.
    """

    name: ClassVar[str] = "adamw"

    learning_rate: float = within(2e-3, 0, 10)
    beta1: float = within(0.9, 0, 1)
    beta2: float = within(0.95, 0, 1)
    weight_decay: float = within(0.1, 0, 10)
    clip: float | None = within(1.0, 1e-9)
    warmup_updates: int = within(200, 0)
    floor: float = within(0.02, 0, 1)
    ema: float = within(0.999, 0, 1)
    ema_ramp: float = within(50.0, 0)

    @property
    def betas(self) -> tuple[float, float]:
        """Both decays."""
        return self.beta1, self.beta2


@dataclass(frozen=True)
class ATan2Optimization(Optimization):
    """Settings of AdamATan2, the optimizer of the published models."""

    name: ClassVar[str] = "adam-atan2"


@dataclass(frozen=True)
class MuonOptimization(Optimization):
    """Settings of Muon for the hidden matrices, with AdamW for the rest.

    Attributes:
        muon_learning_rate: peak rate of Muon.
    """

    name: ClassVar[str] = "muon"

    muon_learning_rate: float = within(0.02, 0, 10)


OPTIMIZERS: dict[str, type[Optimization]] = {
    each.name: each for each in (Optimization, ATan2Optimization, MuonOptimization)
}
"""Their settings by the value of `--set optimizer`."""


@dataclass(frozen=True)
class NoEmbedding(Settings):
    """A model without embeddings of tokens and puzzles has no settings for them."""

    what: ClassVar[str] = "a model without embeddings"


@dataclass(frozen=True)
class TokenEmbedding(Settings):
    """Settings of the embeddings of published models.

    Attributes:
        puzzle_learning_rate: peak rate of the rows of a puzzle embedding.
        puzzle_weight_decay: decoupled, on those rows.
        freeze_embedding: progress from which the embedding of tokens, also RSM's head, rests;
            None = never.
    """

    what: ClassVar[str] = "a model with embeddings"

    puzzle_learning_rate: float = within(1e-4, 0, 10)
    puzzle_weight_decay: float = within(1.0, 0, 10)
    freeze_embedding: float | None = within(None, 0, 1)


def build_optimizers(
    model: nn.Module,
    settings: Optimization,
    embedding: Settings,
    ranks: Ranks = ALONE,
    others: Iterable[Optimizer] = (),
) -> list[Optimizer]:
    """One for all parameters, or Muon for the hidden matrices and AdamW for the rest.

    A model with a puzzle embedding has one more, for its rows. The `others` follow.
    """
    muon = settings.muon_learning_rate if isinstance(settings, MuonOptimization) else None
    hidden = [] if muon is None else _hidden_matrices(model)
    chosen = {id(parameter) for parameter in hidden}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in chosen]
    dense = AdamATan2 if isinstance(settings, ATan2Optimization) else AdamW
    rate, decay, betas = settings.learning_rate, settings.weight_decay, settings.betas
    optimizers: list[Optimizer] = [dense(rest, lr=rate, betas=betas, weight_decay=decay)]
    if muon is not None and hidden:
        optimizers.append(Muon(hidden, lr=muon, weight_decay=decay))
    if isinstance(embedding, TokenEmbedding):
        rows = embedding.puzzle_learning_rate, embedding.puzzle_weight_decay
        tables = (module for module in model.modules() if isinstance(module, PuzzleEmbedding))
        optimizers += (RowSignSGD(table, *rows, ranks) for table in tables)
    optimizers += others
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["initial_lr"] = group["lr"]
    return optimizers


def _hidden_matrices(model: nn.Module) -> list[nn.Parameter]:
    """Weights of linear layers except output heads: what Muon is meant for."""
    return [
        module.get_parameter("weight")
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and "head" not in name
    ]


def resting(model: nn.Module, settings: Settings, progress: float) -> nn.Parameter | None:
    """The embedding of tokens, when it rests."""
    start = settings.freeze_embedding if isinstance(settings, TokenEmbedding) else None
    return None if start is None or progress < start else model.get_parameter(EMBEDDING)


def rate_scale(settings: Optimization, steps: int | None, update: int, progress: float) -> float:
    """Share of the peak rate: linear warm-up over updates, then a cosine down to `floor`.

    Updates count from 1, so that the last one of `steps` is made at the floor.
    """
    warmup = min(1.0, update / max(1, settings.warmup_updates))
    if steps is not None:  # otherwise nobody knows where on the clock the warm-up ends
        after = steps - settings.warmup_updates
        progress = max(0, update - settings.warmup_updates) / max(1, after)
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    return warmup * (settings.floor + (1 - settings.floor) * cosine)


def set_learning_rate(optimizers: list[Optimizer], scale: float) -> None:
    """Set every group to `scale` times its peak rate."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] * scale


def optimizer_state(optimizers: list[Optimizer]) -> dict[str, Any]:
    """The moments of all optimizers as nested dicts of tensors; rates follow from the config."""
    return {
        str(number): {
            str(parameter): dict(moments)
            for parameter, moments in optimizer.state_dict()["state"].items()
        }
        for number, optimizer in enumerate(optimizers)
    }


def load_optimizer_state(optimizers: list[Optimizer], saved: dict[str, Any]) -> None:
    """The inverse of `optimizer_state`."""
    for number, optimizer in enumerate(optimizers):
        moments = {int(parameter): values for parameter, values in saved[str(number)].items()}
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": moments, "param_groups": groups})


@torch.no_grad()
def update_average(
    average: nn.Module, model: nn.Module, settings: Optimization, update: int
) -> None:
    """Move `average` towards `model`; early updates count more, so the first weights fade soon.

    With an `ema_ramp` of 0 every update counts alike.
    """
    ramp = settings.ema_ramp
    share = 1 - min(settings.ema, update / (update + ramp) if ramp else 1.0)
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), share)
