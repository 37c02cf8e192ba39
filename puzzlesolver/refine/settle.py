"""When has a trajectory stopped moving? When answer and state have held still for some steps.

Settled is a fact about the trajectory, never about the answer: a settled state can be wrong
(arXiv 2601.10679). States are compared from reading to reading, some steps apart: slow drift counts
as motion, and a state that swings between two values which decode alike counts as still.

    >>> quiet = quiet_steps(quiet, steps=4, changed=False, residual=0.003, tolerance=0.02)
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


def quiet_steps(quiet: int, steps: int, changed: bool, residual: float, tolerance: float) -> int:
    """Steps for which a trajectory has now held still, `steps` after it was `quiet`.

    Args:
        quiet: the same at the last reading.
        steps: since the last reading.
        changed: whether the decoded answer differs from that of the last reading.
        residual: since the last reading.
        tolerance: residual from which a state counts as moving.
    """
    return quiet + steps if not changed and residual < tolerance else 0
