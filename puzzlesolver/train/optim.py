"""Optimizers, the learning-rate schedule, and the average of the weights.

In: a model and a config. Out: optimizers whose state goes through checkpoints as plain tensors.

    >>> optimizers = build_optimizers(model, config)
    >>> set_learning_rate(optimizers, rate_scale(config, update=1, progress=0.0))
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.optim import AdamW, Muon, Optimizer

from puzzlesolver.models.layers import PuzzleEmbedding
from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.distributed import ALONE, Ranks


class AdamATan2(Optimizer):
    """Adam without ε: the update is atan2(m̂, √v̂), at most π/2 whatever the gradient.

    Decoupled weight decay as in AdamW; no scaling constants (a = b = 1), as HRM, TRM and RSM use it
    (arXiv 2407.05872, section 3.4).
    """

    def __init__(
        self,
        parameters: list[nn.Parameter],
        lr: float,
        betas: tuple[float, float],
        weight_decay: float,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            rate, (beta1, beta2) = group["lr"], group["betas"]
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["step"] = torch.zeros(())
                    state["exp_avg"] = torch.zeros_like(parameter)
                    state["exp_avg_sq"] = torch.zeros_like(parameter)
                state["step"] += 1
                first, second, count = state["exp_avg"], state["exp_avg_sq"], state["step"].item()
                first.lerp_(parameter.grad, 1 - beta1)
                second.lerp_(parameter.grad.square(), 1 - beta2)
                direction = torch.atan2(first, second.sqrt() / math.sqrt(1 - beta2**count))
                parameter.mul_(1 - rate * group["weight_decay"])
                parameter.add_(direction, alpha=-rate / (1 - beta1**count))


class RowSignSGD(Optimizer):
    """Moves the rows of a puzzle embedding that a batch has drawn by the signs of their gradients.

    Gradients of the same row are summed, over all ranks; the other rows stay as they are.
    """

    def __init__(
        self, table: PuzzleEmbedding, lr: float, weight_decay: float, ranks: Ranks = ALONE
    ) -> None:
        super().__init__([table.weights], {"lr": lr, "weight_decay": weight_decay})
        self.table = table
        self.ranks = ranks

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        if self.table.drawn is None:
            return
        (group,) = self.param_groups
        identifiers, rows = self.table.drawn
        assert rows.grad is not None
        identifiers, gradient = self.ranks.gather(identifiers), self.ranks.gather(rows.grad)
        touched, place = torch.unique(identifiers, return_inverse=True)
        total = torch.zeros_like(gradient[: len(touched)]).index_add_(0, place, gradient)
        moved = self.table.weights[touched] * (1 - group["lr"] * group["weight_decay"])
        self.table.weights[touched] = moved - group["lr"] * total.sign()
        self.table.drawn = None


def build_optimizers(
    model: nn.Module, config: TrainConfig, ranks: Ranks = ALONE, others: Iterable[Optimizer] = ()
) -> list[Optimizer]:
    """One for all parameters, or Muon for the hidden matrices and AdamW for the rest.

    A model with a puzzle embedding has one more, for its rows. The `others` follow.
    """
    hidden = _hidden_matrices(model) if config.optimizer == "muon" else []
    chosen = {id(parameter) for parameter in hidden}
    rest = [parameter for parameter in model.parameters() if id(parameter) not in chosen]
    dense = AdamATan2 if config.optimizer == "adam-atan2" else AdamW
    decay = config.weight_decay
    betas = config.beta1, config.beta2
    optimizers: list[Optimizer] = [
        dense(rest, lr=config.learning_rate, betas=betas, weight_decay=decay)
    ]
    if hidden:
        optimizers.append(Muon(hidden, lr=config.muon_learning_rate, weight_decay=decay))
    for table in (module for module in model.modules() if isinstance(module, PuzzleEmbedding)):
        rate, puzzle_decay = config.puzzle_learning_rate, config.puzzle_weight_decay
        optimizers.append(RowSignSGD(table, rate, puzzle_decay, ranks))
    optimizers.extend(others)
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
    """Share of the peak rate: linear warm-up over updates, then a cosine down to `floor`.

    Updates count from 1, so that the last one is made at the floor.
    """
    warmup = min(1.0, update / max(1, config.warmup_updates))
    if config.steps is not None:  # otherwise nobody knows where on the clock the warm-up ends
        after = config.steps - config.warmup_updates
        progress = max(0, update - config.warmup_updates) / max(1, after)
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
def update_average(
    average: nn.Module, model: nn.Module, decay: float, update: int, ramp: float
) -> None:
    """Move `average` towards `model`; early updates count more, so the first weights fade soon.

    With a `ramp` of 0 every update counts alike.
    """
    share = 1 - min(decay, update / (update + ramp) if ramp else 1.0)
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), share)
