"""The building blocks that HRM, TRM and RSM share: linear maps, norm, SwiGLU, attention, blocks.

In: `float[B, P, D]`. Out: the same shape. Module and parameter names are those of the published
checkpoints (HRM, arXiv 2506.21734; TRM, arXiv 2510.04871; RSM, arXiv 2603.15641), whose three
repositories store the same pieces under the same keys.

Shape legend: B puzzles, P positions (prefix and cells), D hidden width, h heads, d head width.

    >>> f = ReasoningModule(layers=2, block=lambda: Block(512, SwiGLU(512), Attention(512, 8)))
    >>> z_L = f(z_L, z_H + x, rotary_table(97, 64, x.device))
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NORM_EPSILON = 1e-5
ROPE_BASE = 10_000.0
SWIGLU_MULTIPLE = 256
"""Inner widths of SwiGLU are rounded up to a multiple of this."""

TRUNCATED_STD = 0.87962566
"""Standard deviation of a standard normal cut off at ±2."""

Rotary = tuple[Tensor, Tensor]
"""Cosines and sines, `float32[P, d]` each."""


def truncated_normal_(tensor: Tensor, std: float) -> Tensor:
    """Fill with a normal cut off at ±2 whose standard deviation *after* the cut is `std`.

    The initialiser of JAX and Flax; `torch.nn.init.trunc_normal_` does not correct the variance.
    """
    if tensor.is_meta:  # there it would draw nothing, but import torch's compiler for it
        return tensor
    with torch.no_grad():
        bound, scale = math.erf(math.sqrt(2)), std / TRUNCATED_STD
        tensor.uniform_(-bound, bound).erfinv_().mul_(math.sqrt(2) * scale)
        return tensor.clamp_(-2 * scale, 2 * scale)


class Linear(nn.Linear):
    """A linear map with weights of variance 1/in; a bias, where asked for, starts at zero."""

    def __init__(self, inputs: int, outputs: int, bias: bool = False) -> None:
        super().__init__(inputs, outputs, bias)

    def reset_parameters(self) -> None:
        truncated_normal_(self.weight, self.in_features**-0.5)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


class Embedding(nn.Module):
    """Vectors by index; also the tied head of RSM."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.embedding_weight = nn.Parameter(
            truncated_normal_(torch.empty(count, width), width**-0.5)
        )

    def forward(self, ids: Tensor) -> Tensor:
        return F.embedding(ids, self.embedding_weight)


class PuzzleEmbedding(nn.Module):
    """One vector for every puzzle identifier, zero at first; trained by signs, not by gradients.

    The table is a buffer: it has up to a million rows, of which a batch touches few. While
    training, `drawn` holds the identifiers and rows of the last call; the rows are a leaf whose
    gradient `train.optim.RowSignSGD` turns into a change of the table.
    """

    weights: Tensor

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self.register_buffer("weights", torch.zeros(count, width))
        self.drawn: tuple[Tensor, Tensor] | None = None

    def forward(self, identifiers: Tensor) -> Tensor:
        rows = self.weights[identifiers]
        if self.training and torch.is_grad_enabled():
            rows = rows.detach().requires_grad_()
            self.drawn = identifiers, rows
        return rows


def rms_norm(x: Tensor, epsilon: float = NORM_EPSILON) -> Tensor:
    """Divide by √(mean(x²) + ε) over the last axis, without gain; in float32 at least."""
    return F.rms_norm(precise(x), x.shape[-1:], eps=epsilon).to(x.dtype)


def precise(x: Tensor) -> Tensor:
    """In float32 at least."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


class SwiGLU(nn.Module):
    """Computes W_down(silu(gate) ⊙ up), where (gate, up) = W x, along the last axis."""

    def __init__(self, width: int, expansion: float = 4.0) -> None:
        super().__init__()
        inner = math.ceil(round(expansion * width * 2 / 3) / SWIGLU_MULTIPLE) * SWIGLU_MULTIPLE
        self.gate_up_proj = Linear(width, 2 * inner)
        self.down_proj = Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.gate_up_proj(x).chunk(2, dim=-1)
        mixed: Tensor = self.down_proj(F.silu(gate) * up)
        return mixed


def rotary_table(
    positions: int,
    width: int,
    device: torch.device,
    base: float = ROPE_BASE,
    columns: int | None = None,
) -> Rotary:
    """Angles of rotary position embedding in half-rotation form, for positions from 0 up.

    With `columns` the positions are a grid's, row by row: in each half of the width the first
    angles are those of the row and the others those of the column.
    """
    if columns is not None:
        cell = torch.arange(positions, device=device)
        row, column, quarter = cell // columns, cell % columns, width // 4
        cos, sin = (
            torch.cat((line[row, :quarter], line[column, :quarter]), dim=1).repeat(1, 2)
            for line in rotary_table(positions, width // 2, device, base)
        )
        return cos, sin
    # A negative exponent rounds otherwise, which deep recursion amplifies to other answers.
    frequency = 1.0 / base ** (torch.arange(0, width, 2, device=device).float() / width)
    angle = torch.outer(torch.arange(positions, device=device).float(), frequency).repeat(1, 2)
    return angle.cos(), angle.sin()


def _rotated(x_BhPd: Tensor, rotary: Rotary) -> Tensor:
    """Turn every position by its angles, in float32 at least."""
    cos, sin = rotary
    x = precise(x_BhPd)
    first, second = x.chunk(2, dim=-1)
    return (x * cos + torch.cat((-second, first), dim=-1) * sin).to(x_BhPd.dtype)


class Attention(nn.Module):
    """Multi-head attention of every position to every other one, rotary where angles are given.

    Args:
        width: D.
        heads: h.
        head_width: d; None = D / h.
        dropout: share of the attention weights that is dropped while training.
    """

    def __init__(
        self, width: int, heads: int, head_width: int | None = None, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        inner = width if head_width is None else heads * head_width
        self.qkv_proj = Linear(width, 3 * inner)
        self.o_proj = Linear(inner, width)

    def forward(self, x_BPD: Tensor, rotary: Rotary | None) -> Tensor:
        """B may stand for several axes; the kernels know one."""
        qkv = (
            self.qkv_proj(x_BPD.flatten(0, -3)).unflatten(-1, (3 * self.heads, -1)).transpose(1, 2)
        )
        query, key, value = qkv.chunk(3, dim=1)
        if rotary is not None:
            query, key = _rotated(query, rotary), _rotated(key, rotary)
        dropout = self.dropout if self.training else 0.0
        heard = F.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        mixed: Tensor = self.o_proj(heard.transpose(1, 2).flatten(-2))
        return mixed.view_as(x_BPD)


class Block(nn.Module):
    """Post-norm: x ← rms(x + mix(x)), then x ← rms(x + SwiGLU(x)).

    Positions are mixed by attention, or by a SwiGLU along the sequence. After the latter TRM
    normalises over the sequence and RSM over the width: the same tensors, other functions.

    Args:
        width: D.
        expansion: of both SwiGLUs.
        heads: of the attention; None = mix by SwiGLU.
        positions: P, for the SwiGLU along the sequence.
        norm_over_sequence: as TRM does.
        epsilon: of the norms.
    """

    def __init__(
        self,
        width: int,
        expansion: float,
        heads: int | None,
        positions: int,
        norm_over_sequence: bool = False,
        epsilon: float = NORM_EPSILON,
    ) -> None:
        super().__init__()
        self.norm_over_sequence = norm_over_sequence
        self.epsilon = epsilon
        if heads is None:
            self.mlp_t = SwiGLU(positions, expansion)
        else:
            self.self_attn = Attention(width, heads)
        self.mlp = SwiGLU(width, expansion)

    def forward(self, x_BPD: Tensor, rotary: Rotary | None) -> Tensor:
        x_BPD = self._mixed(x_BPD, rotary)
        return rms_norm(x_BPD + self.mlp(x_BPD), self.epsilon)

    def _mixed(self, x_BPD: Tensor, rotary: Rotary | None) -> Tensor:
        if hasattr(self, "self_attn"):
            return rms_norm(x_BPD + self.self_attn(x_BPD, rotary), self.epsilon)
        x_BDP = x_BPD.transpose(1, 2)
        if self.norm_over_sequence:
            mixed = rms_norm(x_BDP + self.mlp_t(x_BDP), self.epsilon).transpose(1, 2)
            # In another order in memory the next norm adds up otherwise than the published one.
            return mixed.contiguous()
        return rms_norm(x_BPD + self.mlp_t(x_BDP).transpose(1, 2), self.epsilon)


class ReasoningModule(nn.Module):
    """The function f(h, u) of the papers: the blocks applied to h + u."""

    def __init__(self, layers: int, block: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(block() for _ in range(layers))

    def forward(self, hidden: Tensor, injected: Tensor, rotary: Rotary | None) -> Tensor:
        hidden = hidden + injected
        for layer in self.layers:
            hidden = layer(hidden, rotary)
        return hidden
