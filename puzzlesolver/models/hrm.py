"""HRM, the Hierarchical Reasoning Model (arXiv 2506.21734): a slow and a fast network in turn.

In: a `Batch` of one-token cells. Out: states `(z_H, z_L)`; one step is one pass of the adaptive
computation, after which the published training takes a loss.

    >>> model = HRM(HRMConfig())
    >>> sum(parameter.numel() for parameter in model.parameters())
    27275266
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from puzzlesolver.models.interface import State
from puzzlesolver.models.relations import Layout
from puzzlesolver.models.tokens import TokenConfig, TokenModel


@dataclass(frozen=True)
class HRMConfig(TokenConfig):
    """Settings of HRM; the defaults are the published Sudoku model.

    Attributes:
        puzzle_emb_len: follows from `puzzle_emb_ndim` in HRM: as many positions as its row fills.
        H_layers: blocks of the slow network.
        L_layers: blocks of the fast network.
        H_cycles: N of the paper, updates of `z_H` in one step.
        L_cycles: T of the paper, updates of `z_L` before each of them.
    """

    puzzle_emb_len: int = 1
    H_cycles: int = 2
    L_cycles: int = 2
    H_layers: int = 4
    L_layers: int = 4

    @property
    def prefix(self) -> int:
        return -(-self.puzzle_emb_ndim // self.hidden_size)


class HRM(TokenModel):
    """`z_L` is updated T times, then `z_H` once, and this N times.

    Only the last update of each state passes gradient on, the one-step approximation of the
    gradient at a fixed point (section 2.2 of the paper).
    """

    config: HRMConfig
    CORES = ("H_level", "L_level")

    def __init__(self, config: HRMConfig) -> None:
        super().__init__(config)
        self.H_level = self._reasoning_module(config.H_layers)
        self.L_level = self._reasoning_module(config.L_layers)

    def step(self, state: State, inputs: Tensor, layout: Layout) -> State:
        z_H, z_L = state
        rotary = self._rotary(inputs.device)
        with torch.no_grad():
            for number in range(1, self.config.H_cycles * self.config.L_cycles):
                z_L = self.L_level(z_L, z_H + inputs, rotary)
                if number % self.config.L_cycles == 0:
                    z_H = self.H_level(z_H, z_L, rotary)
        z_L = self.L_level(z_L, z_H + inputs, rotary)
        z_H = self.H_level(z_H, z_L, rotary)
        return z_H, z_L
