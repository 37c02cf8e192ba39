"""When has a trajectory stopped moving? When answer and state have held still for some steps.

Settled is a fact about the trajectory, never about the answer: a settled state can be wrong
(arXiv 2601.10679). States are compared from reading to reading, some steps apart: slow drift counts
as motion, and a state that swings between two values which decode alike counts as still.

    >>> quiet = quiet + 4 if relative_residual(before, state) < policy.tolerance else 0
    >>> settled = quiet >= policy.settle_window
"""

from __future__ import annotations

import torch
from torch import Tensor

from puzzlesolver.models.interface import State


def relative_residual(previous: State, now: State) -> Tensor:
    """‖z' - z‖ / ‖z‖ over all parts of the state, `float32[B]`."""
    moved = [(b - a).flatten(1).float() for a, b in zip(previous, now, strict=True)]
    before = [a.flatten(1).float() for a in previous]
    residual: Tensor = torch.cat(moved, 1).norm(dim=1) / torch.cat(before, 1).norm(dim=1)
    return residual
