"""Optimizers, the learning-rate schedule, and the average of the weights.

In: a model and a config. Out: optimizers whose state goes through checkpoints as plain tensors.

    >>> optimizers = build_optimizers(model, config)
    >>> set_learning_rate(optimizers, rate_scale(config, update=0, progress=0.0))
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.optim import AdamW, Muon, Optimizer

from puzzlesolver.train.presets import TrainConfig


def build_optimizers(model: nn.Module, config: TrainConfig) -> list[Optimizer]:
    """AdamW for everything, or Muon for the hidden matrices and AdamW for the rest."""
    hidden = _hidden_matrices(model) if config.optimizer == "muon" else []
    chosen = {id(parameter) for parameter in hidden}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in chosen]
    optimizers: list[Optimizer] = [
        AdamW(
            rest,
            lr=config.learning_rate,
            betas=(config.beta1, config.beta2),
            weight_decay=config.weight_decay,
        )
    ]
    if hidden:
        optimizers.append(
            Muon(hidden, lr=config.muon_learning_rate, weight_decay=config.weight_decay)
        )
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


def rate_scale(config: TrainConfig, update: int, progress: float) -> float:
    """Share of the peak rate: linear warm-up over updates, times a cosine down to `floor`."""
    warmup = min(1.0, (update + 1) / max(1, config.warmup_updates))
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    return warmup * (config.floor + (1 - config.floor) * cosine)


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
def update_average(average: nn.Module, model: nn.Module, decay: float, update: int) -> None:
    """Move `average` towards `model`; early updates count more, so the first weights fade soon."""
    share = 1 - min(decay, update / (update + 50))
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), share)
