"""How the tokens of ARC hear each other: a step of the recurrence as one differentiable function.

Tokens speak; what they say travels along lines and is pooled by groups, colours and cells; with
what arrives each finds its next state. What is done with tokens is machine code (`chunks.py`).
Colours and cells are few, so torch maps what they are told. All of it is one node for torch's
gradients, where dozens of small ones took 4 to 5 % more of a fit.

Shape legend: as in `chunks.py`.

    >>> maps = rule, say, by_colour, by_cell, up, down
    >>> state = hear(state, tokens, *maps, decay, gain, signs, relations)
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import torch
from torch import Tensor

from puzzlesolver.models.arc.modes import MODES, from_modes, to_modes
from puzzlesolver.models.arc.pooling import average, pool, pool_backward, travel, travel_backward
from puzzlesolver.models.arc.relations import Relations
from puzzlesolver.models.arc.renewing import Heard, Maps, renew, renew_backward
from puzzlesolver.models.arc.speaking import speak, speak_backward
from puzzlesolver.models.code.matrices import Places, Reals


def hear(
    state: Tensor,
    tokens: Tensor,
    rule: Tensor,
    say: Tensor,
    by_colour: Tensor,
    by_cell: Tensor,
    up: Tensor,
    down: Tensor,
    decay: Tensor,
    gain: Tensor,
    signs: Tensor,
    relations: Relations,
) -> Tensor:
    """The next state of tokens that all speak and hear.

    Args:
        state: `[4, D, T]`, in modes.
        tokens: likewise; what they recall at every step.
        rule: `[2H]`, added to what `up` gives.
        say: `[4, 4S + P, D]`, a map of modes as all maps here: gate and news along rows and
            columns, the same along diagonals, and a message.
        by_colour: `[4, N, 5P]`, of mean and maximum of a colour of a sheet, the mean over all its
            colours, and mean and maximum of that colour of its source.
        by_cell: `[4, N, 2P]`, of mean and maximum of a cell.
        up: `[4, 2H, N]`, of what is heard.
        down: `[4, D, H]`, of what the gated unit makes of that.
        decay: `[S]`, added to the gates.
        gain: `[D]`, of the normalised state.
        signs: `[S]`, 1, or -1 for channels whose sign alternates from cell to cell.
        relations: who hears whom.

    Returns:
        `[4, D, T]`.
    """
    weights = rule, say, by_colour, by_cell, up, down, decay, gain
    fresh: Tensor = _Step.apply(relations, signs, state, tokens, *weights)  # type: ignore[no-untyped-call]
    return fresh


class _Said(NamedTuple):
    """What crossed tokens in a step, kept for its gradients."""

    heard: tuple[Tensor, ...]  # as `Heard`
    gate: Tensor  # [8, T, S]
    message: Tensor  # [4, P, T]
    colours: Tensor  # [4, 2P, R], mean and maximum
    cells: Tensor  # [4, 2P, C]
    of_colours: Tensor  # [4, 5P, R], in modes, what `by_colour` maps
    of_cells: Tensor  # [4, 2P, C], in modes, what `by_cell` maps


class _Step(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, relations: Relations, signs: Tensor, *inputs: Tensor) -> Tensor:
        state, tokens, rule, say, by_colour, by_cell, up, down, decay, gain = inputs
        count, scanned = state.shape[2], len(decay)
        pooled = say.shape[1] - 4 * scanned
        x = torch.empty_like(state)
        gate, news, arrived = (state.new_empty(8, count, scanned) for _ in range(3))
        message = state.new_empty(4, pooled, count)
        colours = state.new_empty(4, 2 * pooled, len(relations.runs))
        cells = state.new_empty(4, 2 * pooled, relations.cells)
        modes = _modes(state.dtype)
        spoken = _arrays(x, gate, news, message)
        speak(*_arrays(state, tokens, say, decay, signs), modes, *spoken)
        travel(*spoken[1:3], relations.lines, *_arrays(arrived))
        shared = torch.cat([_averaged(message, *group) for group in relations.groups], 1)
        pool(spoken[3], relations.runs, relations.sheets, *_arrays(colours, cells))
        own, of_cells = to_modes(colours), to_modes(cells)
        whole, source = own[:, :pooled] @ relations.average, own @ relations.source
        of_colours = torch.cat((own, whole, source), 1)
        heard = x, arrived, shared, by_colour @ of_colours, by_cell @ of_cells
        maps, fresh = (up, rule, down, gain), torch.empty_like(state)
        renew(
            Heard(*_arrays(*heard)), relations.runs, Maps(*_arrays(*maps)), modes, *_arrays(fresh)
        )
        ctx.relations, ctx.signs = relations, signs
        ctx.said = _Said(heard, gate, message, colours, cells, of_colours, of_cells)
        ctx.save_for_backward(*inputs[2:])
        return fresh

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        rule, say, by_colour, by_cell, up, down, decay, gain = ctx.saved_tensors
        relations, said, maps = ctx.relations, ctx.said, (up, rule, down, gain)
        pooled, modes = said.message.shape[1], _modes(decay.dtype)
        x, arrived, shared = (torch.empty_like(each) for each in said.heard[:3])
        to_colours, to_cells = (torch.zeros_like(each) for each in said.heard[3:])
        in_maps, (in_say, in_decay) = (
            tuple(torch.zeros_like(each) for each in weights) for weights in (maps, (say, decay))
        )
        heard = x, arrived, shared, to_colours, to_cells
        state = (
            _arrays(*gradients)[0],
            Heard(*_arrays(*said.heard)),
            relations.runs,
            Maps(*_arrays(*maps)),
            modes,
        )
        renew_backward(*state, Heard(*_arrays(*heard)), Maps(*_arrays(*in_maps)))

        in_colours, in_cells = to_colours @ said.of_colours.mT, to_cells @ said.of_cells.mT
        of_colours = by_colour.mT @ to_colours
        own, whole, source = of_colours.split((2 * pooled, pooled, 2 * pooled), 1)
        own = own + source @ relations.source.T
        own[:, :pooled] += whole @ relations.average.T
        colours, cells = from_modes(own), from_modes(by_cell.mT @ to_cells)

        gate, news = (torch.empty_like(said.gate) for _ in range(2))
        travelled = _arrays(arrived, said.gate, said.heard[1])
        travel_backward(*travelled, relations.lines, *_arrays(gate, news))
        message = torch.zeros_like(said.message)
        for part, group in zip(torch.split(shared, pooled, 1), relations.groups, strict=True):
            message += _averaged(part, *group)
        pooling = _arrays(said.colours, said.cells, colours, cells, message)
        pool_backward(*_arrays(said.message), relations.runs, relations.sheets, *pooling)
        spoken = _arrays(gate, news, message, said.heard[0], say, decay, ctx.signs)
        speak_backward(*spoken, modes, *_arrays(x, in_say, in_decay))
        in_up, in_rule, in_down, in_gain = in_maps
        in_maps = in_say, in_colours, in_cells, in_up, in_down
        return None, None, x, x, in_rule, *in_maps, in_decay, in_gain


def _averaged(rows: Tensor, members: Places, sizes: Places) -> Tensor:
    """The mean over its group, for every token; its own transpose, so the gradient of that, too."""
    means = torch.empty_like(rows, memory_format=torch.contiguous_format)
    average(*_arrays(rows), members, sizes, *_arrays(means))
    return means


def _arrays(*tensors: Tensor) -> list[Reals]:
    """The same memory, where it is contiguous."""
    return [tensor.detach().contiguous().numpy() for tensor in tensors]


@functools.cache
def _modes(kind: torch.dtype) -> Reals:
    modes: Reals = MODES.to(kind).numpy()
    return modes
