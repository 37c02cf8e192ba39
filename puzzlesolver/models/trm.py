"""TRM, the Tiny Recursive Model (arXiv 2510.04871): one small network in both roles of HRM.

In: a `Batch` of one-token cells. Out: states `(z_H, z_L)`, the answer and the latent reasoning of
the paper (y and z); one step is one supervision step.

    >>> model = TRM(TRMConfig(mlp_t=True, pos_encodings="none"))
    >>> sum(parameter.numel() for parameter in model.parameters())
    5028866
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from puzzlesolver.models.interface import State
from puzzlesolver.models.layers import ReasoningModule, Rotary
from puzzlesolver.models.published import PublishedConfig
from puzzlesolver.models.relations import Layout
from puzzlesolver.models.tokens import TokenConfig, TokenModel


@dataclass(frozen=True)
class TRMConfig(TokenConfig):
    """Settings of TRM; the defaults are the published attention model for Sudoku.

    Attributes:
        H_cycles: T of the paper, recursions in one supervision step.
        L_cycles: n of the paper, updates of the latent before the answer is updated.
        L_layers: blocks of the network.
        mlp_t: whether positions are mixed by a SwiGLU along the sequence instead of attention.
    """

    L_layers: int = 2
    mlp_t: bool = False


class TRM(TokenModel):
    """A recursion updates `z_L` n times and then `z_H` once; a step makes T recursions.

    The last recursion passes gradient through all its n + 1 calls; those before it pass none
    (section 4.1 of the paper).
    """

    config: TRMConfig
    CORES = ("L_level",)

    def __init__(self, config: TRMConfig) -> None:
        super().__init__(config)
        self.L_level = self._reasoning_module(config.L_layers, config.mlp_t, True)

    def step(self, state: State, inputs: Tensor, layout: Layout) -> State:
        return recursions(self.L_level, self.config, state, inputs, self._rotary(inputs.device))


def recursions(
    level: ReasoningModule, config: PublishedConfig, state: State, x: Tensor, rotary: Rotary | None
) -> State:
    """T recursions of n + 1 calls of the network, of which the last one passes gradient."""
    with torch.no_grad():
        for _ in range(config.H_cycles - 1):
            state = _recursion(level, config.L_cycles, state, x, rotary)
    return _recursion(level, config.L_cycles, state, x, rotary)


def _recursion(
    level: ReasoningModule, cycles: int, state: State, x: Tensor, rotary: Rotary | None
) -> State:
    z_H, z_L = state
    for _ in range(cycles):
        z_L = level(z_L, z_H + x, rotary)
    return level(z_H, z_L, rotary), z_L
