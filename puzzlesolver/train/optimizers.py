"""The optimizers of the published models: AdamATan2, and sign descent for puzzle embeddings."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from puzzlesolver.models.layers import PuzzleEmbedding
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
