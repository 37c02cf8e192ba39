"""RSM, the Recursive Stem Model (arXiv 2603.15641): TRM's network without intermediate losses.

In: a `Batch` of one-token cells. Out: states `(z_H, z_L)`; one step is one outer step. There is no
halting head, and the token head is the embedding's own matrix.

    >>> model = RSM(RSMConfig())
    >>> sum(parameter.numel() for parameter in model.parameters())
    2513920
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from puzzlesolver.models.interface import State
from puzzlesolver.models.relations import Layout
from puzzlesolver.models.tokens import TokenConfig, TokenModel


@dataclass(frozen=True)
class RSMConfig(TokenConfig):
    """Settings of RSM; the defaults are the Sudoku model at the end of its training.

    Attributes:
        H_cycles: outer steps that it was trained to; more may be made when solving.
        L_cycles: updates of `z_L` in one outer step; grows while training.
        L_layers: blocks of the network.
        mlp_t: whether positions are mixed by a SwiGLU along the sequence instead of attention.
    """

    H_cycles: int = 8
    L_cycles: int = 12
    pos_encodings: str = "none"
    L_layers: int = 1
    mlp_t: bool = True


class RSM(TokenModel):
    """An outer step updates `z_L` L times and then `z_H` once, all with gradient.

    Its SwiGLU along the sequence is followed by a norm over the width, where TRM's is over the
    sequence: TRM's weights have the same shapes and mean something else.
    """

    config: RSMConfig
    CORES = ("core",)
    halts = False

    def __init__(self, config: RSMConfig) -> None:
        super().__init__(config)
        self.core = self._reasoning_module(config.L_layers, config.mlp_t)

    def step(self, state: State, inputs: Tensor, layout: Layout) -> State:
        return self._outer(self._inner(state, inputs))

    def transition(self, state: State, inputs: Tensor) -> State:
        """The step with gradient through its last call alone: the stochastic outer transition."""
        with torch.no_grad():
            state = self._inner(state, inputs)
        return self._outer(state)

    def grow(self, outer_steps: int, inner_steps: int) -> None:
        """The depth from here on: steps that training goes to, and inner cycles of each."""
        self.config = replace(self.config, H_cycles=outer_steps, L_cycles=inner_steps)

    def _inner(self, state: State, inputs: Tensor) -> State:
        z_H, z_L = state
        rotary = self._rotary(inputs.device)
        for _ in range(self.config.L_cycles):
            z_L = self.core(z_L, z_H + inputs, rotary)
        return z_H, z_L

    def _outer(self, state: State) -> State:
        z_H, z_L = state
        return self.core(z_H, z_L, self._rotary(z_H.device)), z_L
