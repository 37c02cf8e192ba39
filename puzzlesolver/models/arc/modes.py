"""Directions and the modes of their symmetry group.

A map that commutes with turning has three blocks: to the same direction, to the opposite one, to
the two across. Sums and differences of directions (all four; along minus across; right minus left;
down minus up) turn that 4 × 4 arrangement of blocks into four blocks, a quarter of the
multiplications. Linear maps work on modes, gates and lines on directions.

    >>> torch.allclose(from_modes(to_modes(x)), x)
    True
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

ROOT = math.sqrt(0.5)
MODES = torch.tensor(
    [[0.5, 0.5, 0.5, 0.5], [0.5, -0.5, 0.5, -0.5], [ROOT, 0, -ROOT, 0], [0, ROOT, 0, -ROOT]],
    dtype=torch.float64,
)
"""Rows: all four; along minus across; right minus left; down minus up. Orthonormal."""


def to_modes(x: Tensor) -> Tensor:
    """Directions `[4, …]` (right, down, left, up) to modes; keeps lengths."""
    return (MODES.to(x) @ x.reshape(len(MODES), -1)).view(x.shape)


def from_modes(modes: Tensor) -> Tensor:
    """The inverse of `to_modes`."""
    return (MODES.T.to(modes) @ modes.reshape(len(MODES), -1)).view(modes.shape)
