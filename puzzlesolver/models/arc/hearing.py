"""How the tokens of ARC hear each other: the relations as differentiable functions.

Their backward passes are written out, because on a CPU that is where the time goes.

Shape legend: T tokens, ordered by sheet, colour, cell; V directions; c channels. Channels come
before tokens, so that every slice of channels is contiguous.

    >>> arrives = scan(gate, said, relations.lines)      # all [8, c, T]
"""

from __future__ import annotations

import itertools
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from puzzlesolver.models.arc.relations import Block, Groups, Lines

TIE = 1e-5
"""Maxima so close share the gradient: tokens that are alike have equal states but for rounding, and
turned grids must have turned gradients."""


def scan(gate: Tensor, said: Tensor, lines: Lines) -> Tensor:
    """What arrives at every token from behind: s_t = gate_{t-1} s_{t-1} + said_{t-1}, s_0 = 0.

    Args:
        gate: `[8, c, T]`, the share that each token lets through; right, down, left, up, then
            right-down, left-down, left-up, right-up.
        said: `[8, c, T]`, what it adds.
        lines: along which.
    """
    heard: Tensor = _Scan.apply(_rows(gate), _rows(said), lines)  # type: ignore[no-untyped-call]
    return _channels(heard, len(gate))


def component_mean(said: Tensor, groups: Groups) -> Tensor:
    """The mean over the component of each token, `[4, c, T]`."""
    mean: Tensor = _Mean.apply(_rows(said), groups)  # type: ignore[no-untyped-call]
    return _channels(mean, len(said))


def pool(said: Tensor, blocks: list[Block]) -> tuple[Tensor, Tensor]:
    """Mean and maximum over cells and over colours.

    Args:
        said: `[4, c, T]`.
        blocks: of tokens.

    Returns:
        `[4, 2c, colours of all sheets]` and `[4, 2c, cells of all sheets]`.
    """
    pooled: tuple[Tensor, Tensor] = _Pool.apply(said, blocks)  # type: ignore[no-untyped-call]
    return pooled


def spread_(x: Tensor, by_colour: Tensor, by_cell: Tensor, blocks: list[Block]) -> Tensor:
    """Add to each token what its colour and its cell were told; changes `x[4, c, T]`."""
    added: Tensor = _Spread.apply(x, by_colour, by_cell, blocks)  # type: ignore[no-untyped-call]
    return added


def _rows(x: Tensor) -> Tensor:
    """`[V, c, T]` as `[V · T, c]`."""
    return x.transpose(1, 2).flatten(0, 1)


def _channels(rows: Tensor, directions: int) -> Tensor:
    """The inverse of `_rows`."""
    return rows.view(directions, -1, rows.shape[-1]).transpose(1, 2)


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gate: Tensor, said: Tensor, lines: Lines) -> Tensor:
        gates, adds = (
            torch.split(x.index_select(0, lines.packed), lines.counts) for x in (gate, said)
        )
        heard = torch.empty_like(said)
        steps = torch.split(heard, lines.counts)
        steps[0].zero_()
        for before, after in itertools.pairwise(range(len(lines.counts))):
            on = lines.counts[after]
            torch.addcmul(
                adds[before][:on], gates[before][:on], steps[before][:on], out=steps[after]
            )
        ctx.lines = lines
        ctx.save_for_backward(gate, heard)
        return heard.index_select(0, lines.place)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        gate, heard = ctx.saved_tensors
        lines = ctx.lines
        gates = torch.split(gate.index_select(0, lines.packed), lines.counts)
        arrived = gradients[0].index_select(0, lines.packed)  # by what arrives, at first directly
        total = torch.split(arrived, lines.counts)
        left = torch.zeros_like(arrived)  # by what leaves: none where a line ends
        leaving = torch.split(left, lines.counts)
        for before, after in reversed(list(itertools.pairwise(range(len(lines.counts))))):
            on = lines.counts[after]
            leaving[before][:on].copy_(total[after])
            total[before][:on].addcmul_(gates[before][:on], total[after])
        by_gate = (left * heard).index_select(0, lines.place)
        return by_gate, left.index_select(0, lines.place), None


class _Mean(torch.autograd.Function):
    """Averaging over groups is a symmetric projection: it is its own gradient."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, groups: Groups) -> Tensor:
        ctx.groups = groups
        total = F.embedding_bag(groups.order, rows, groups.starts, mode="sum")
        return total.mul_(groups.share.to(total.dtype)).index_select(0, groups.member)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return _Mean.forward(ctx, gradients[0].contiguous(), ctx.groups), None


class _Pool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, said: Tensor, blocks: list[Block]) -> tuple[Tensor, Tensor]:
        by_colour, by_cell = [], []
        for part in _parts(said, blocks):
            by_colour.append(torch.cat((part.mean(-1), part.amax(-1)), 1).flatten(2))
            by_cell.append(torch.cat((part.mean(-2), part.amax(-2)), 1).flatten(2))
        ctx.blocks = blocks
        pooled = torch.cat(by_colour, -1), torch.cat(by_cell, -1)
        ctx.save_for_backward(said, *pooled)
        return pooled

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        said, *pooled = ctx.saved_tensors
        blocks = ctx.blocks
        result = torch.empty_like(said)
        axes = (-1, -2)
        largest, given = (
            [_pooled_parts(x, blocks, axis) for x, axis in zip(both, axes, strict=True)]
            for both in (pooled, gradients)
        )
        for number, (part, out) in enumerate(
            zip(_parts(said, blocks), _parts(result, blocks), strict=True)
        ):
            out.zero_()
            for axis, most, gradient in zip(axes, largest, given, strict=True):
                by_mean, by_most = gradient[number].chunk(2, 1)
                out.add_(by_mean, alpha=1 / part.shape[axis])
                attained = (part >= most[number].chunk(2, 1)[1] - TIE).to(part.dtype)
                out.addcmul_(attained, by_most / attained.sum(axis, keepdim=True))
        return result, None


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, by_colour: Tensor, by_cell: Tensor, blocks: list[Block]
    ) -> Tensor:
        ctx.blocks = blocks
        ctx.mark_dirty(x)
        told = _pooled_parts(by_colour, blocks, -1), _pooled_parts(by_cell, blocks, -2)
        for part, colour, cell in zip(_parts(x, blocks), *told, strict=True):
            part.add_(colour).add_(cell)
        return x

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        parts = _parts(gradients[0], ctx.blocks)
        by_colour = torch.cat([part.sum(-1).flatten(2) for part in parts], -1)
        by_cell = torch.cat([part.sum(-2).flatten(2) for part in parts], -1)
        return gradients[0], by_colour, by_cell, None


def _parts(x: Tensor, blocks: list[Block]) -> list[Tensor]:
    """Views `[4, c, sheets, colours, cells]` of `[4, c, T]`, one a block."""
    return [
        part.view(*x.shape[:2], block.sheets, block.colours, block.cells)
        for part, block in zip(
            torch.split(x, [block.tokens for block in blocks], -1), blocks, strict=True
        )
    ]


def _pooled_parts(x: Tensor, blocks: list[Block], axis: int) -> list[Tensor]:
    """Views of a pooled tensor that broadcast over `_parts`; `axis` was pooled."""
    kept = [block.colours if axis == -1 else block.cells for block in blocks]
    counts = [block.sheets * each for block, each in zip(blocks, kept, strict=True)]
    return [
        part.reshape(*x.shape[:2], -1, each).unsqueeze(axis)
        for part, each in zip(torch.split(x, counts, -1), kept, strict=True)
    ]
