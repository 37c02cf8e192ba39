"""SE-TRM: the symbol-equivariant blocks of SE-RRM in the two-state loop of TRM.

In: a `Batch` of one-token cells. Out: states `(z_H, z_L)`, of which the first is read out; one step
is one supervision step. Width 128 is called SA128 where it was measured on Sudoku-Extreme.

    >>> model = SETRM(SERRMConfig(hidden_size=128, num_heads=2, dropout=0.0))
    >>> sum(parameter.numel() for parameter in model.parameters())
    657408
"""

from __future__ import annotations

from torch import Tensor

from puzzlesolver.models.interface import Batch, Noise, State
from puzzlesolver.models.relations import Layout
from puzzlesolver.models.se_rrm import SERRM, SERRMConfig
from puzzlesolver.models.trm import recursions


class SETRM(SERRM):
    """The inputs, blocks and answers of `SERRM`, the states and recursions of `TRM`."""

    L_init: Tensor

    def __init__(self, config: SERRMConfig) -> None:
        super().__init__(config)
        self.register_buffer("L_init", self._drawn())

    def init_state(self, batch: Batch, noise: Noise) -> State:
        (z_H,) = super().init_state(batch, noise)
        return z_H, self.L_init.float().expand(z_H.shape).clone()

    def step(self, state: State, inputs: Tensor, layout: Layout) -> State:
        return recursions(
            self.L_level, self.config, state, inputs, self._rotary(layout, inputs.device)
        )
