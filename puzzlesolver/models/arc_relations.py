"""How the tokens of ARC hear each other: along lines, in components, over cells and colours.

In: sheets of any sizes, laid one after the other without padding. Out: index tables, and the four
relations as differentiable functions whose backward pass is written out, because on a CPU that is
where the time goes.

Shape legend: T tokens, ordered by sheet, colour, cell; V = 4 directions; c channels; G groups.
Channels come before tokens, so that every slice of channels is contiguous.

    >>> relations = relate(sheets)
    >>> arrives = scan(gate, said, relations.lines)      # all [8, c, T]
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from puzzlesolver.models.arc_features import DIRECTIONS, Sheet

TIE = 1e-5
"""Maxima so close share the gradient: tokens that are alike have equal states but for rounding, and
turned grids must have turned gradients."""


@dataclass(frozen=True, eq=False)
class Lines:
    """The rows, columns and diagonals of all sheets, in both directions, packed by position.

    All first tokens come first, then all second ones; longer lines before shorter ones, so that
    those that go on are a prefix.

    Attributes:
        packed: `int64[8T]`, the (direction, token) that stands at each place.
        place: `int64[8T]`, the inverse.
        counts: how many lines have a first token, a second one, and so on.
    """

    packed: Tensor
    place: Tensor
    counts: list[int]


@dataclass(frozen=True, eq=False)
class Groups:
    """A partition of all (direction, token) pairs.

    Attributes:
        member: `int64[4T]`, the group of each.
        order: `int64[4T]`, them all, group by group.
        starts: `int64[G]`, where each group starts in `order`.
        share: `float32[G, 1]`, one over the size.
    """

    member: Tensor
    order: Tensor
    starts: Tensor
    share: Tensor


@dataclass(frozen=True)
class Block:
    """Sheets of equal sizes that follow one another.

    Attributes:
        sheets: how many.
        colours: of each.
        cells: of each.
    """

    sheets: int
    colours: int
    cells: int

    @property
    def tokens(self) -> int:
        """Of all its sheets."""
        return self.sheets * self.colours * self.cells


@dataclass(frozen=True, eq=False)
class Relations:
    """All relations among the tokens of some sheets.

    Attributes:
        lines: that news travel along.
        components: of each colour's tokens on each component.
        blocks: of tokens, for pools over cells and over colours.
        average: `float32[colours of all sheets, same]`, the mean over the colours of a sheet.
        source: `float32[colours of all sheets, same]`, from those of its source; zero for others.
    """

    lines: Lines
    components: Groups
    blocks: list[Block]
    average: Tensor
    source: Tensor


def relate(sheets: Sequence[Sheet]) -> Relations:
    """The relations of sheets in this order; equal sizes should be neighbours."""
    sizes = [(len(sheet.colours), sheet.cells) for sheet in sheets]
    blocks = [Block(len(list(same)), *size) for size, same in itertools.groupby(sizes)]
    sheet = np.repeat(np.arange(len(sheets)), [len(sheet.colours) for sheet in sheets])
    together = (sheet[:, None] == sheet).astype(np.float32)
    average = torch.from_numpy(together / together.sum(0))
    numbers = {id(each): number for number, each in enumerate(sheets)}
    sources = np.array([numbers.get(id(each.source), -1) for each in sheets])
    slot = np.concatenate([np.arange(len(each.colours)) for each in sheets])
    source = (sheet[:, None] == sources[sheet]) & (slot[:, None] == slot)
    return Relations(
        _lines(sheets), _components(sheets), blocks, average, torch.from_numpy(source).float()
    )


def _lines(sheets: Sequence[Sheet]) -> Lines:
    lines: list[npt.NDArray[np.int64]] = []
    positions: list[npt.NDArray[np.int64]] = []
    lengths = [np.empty(0, np.int64)]
    before = 0
    for direction in range(2 * DIRECTIONS):
        for sheet in sheets:
            line, position = _ways(*sheet.shape)[direction // DIRECTIONS][direction % 2]
            own = np.bincount(line)
            if direction % DIRECTIONS >= DIRECTIONS // 2:
                position = own[line] - 1 - position
            for _ in sheet.colours:
                lines.append(before + line)
                positions.append(position)
                lengths.append(own)
                before += len(own)
    length_of = np.concatenate(lengths)
    rank = np.argsort(np.argsort(-length_of, kind="stable"))
    counts = np.array([(length_of > step).sum() for step in range(length_of.max())])
    starts = np.cumsum(counts) - counts
    place = starts[np.concatenate(positions)] + rank[np.concatenate(lines)]
    return Lines(_tensor(np.argsort(place)), _tensor(place), counts.tolist())


Way = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""The line of every cell, and its place on it."""


def _ways(height: int, width: int) -> tuple[tuple[Way, Way], tuple[Way, Way]]:
    """Right and down, then right-down and left-down."""
    row, column = np.indices((height, width)).reshape(2, -1)
    mirrored = width - 1 - column
    return ((row, column), (column, row)), (
        (column - row + height - 1, np.minimum(row, column)),
        (mirrored - row + height - 1, np.minimum(row, mirrored)),
    )


def _components(sheets: Sequence[Sheet]) -> Groups:
    member: list[npt.NDArray[np.int64]] = []
    count = 0
    for _, sheet in itertools.product(range(DIRECTIONS), sheets):
        for _ in sheet.colours:
            member.append(count + sheet.component)
            count += int(sheet.component.max()) + 1
    group = np.concatenate(member)
    sizes = np.bincount(group, minlength=count)
    return Groups(
        _tensor(group),
        _tensor(np.argsort(group, kind="stable")),
        _tensor(np.cumsum(sizes) - sizes),
        torch.from_numpy((1 / sizes).astype(np.float32))[:, None],
    )


def _tensor(numbers: npt.NDArray[np.int64]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(numbers, np.int64))


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
