"""How the tokens of ARC hear each other: the two halves of a step as differentiable functions.

Between them only colours and cells remain, which are few. The work is done in `kernels.py`.

Shape legend: as in `kernels.py`.

    >>> x, arrived, shared, by_colour, by_cell = hear(state, told, say, decay, relations)
    >>> state = renew(x, arrived, shared, by_colour, by_cell, up, rule, down, gain, relations)
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from puzzlesolver.models.arc import kernels
from puzzlesolver.models.arc.modes import MODES
from puzzlesolver.models.arc.relations import Relations
from puzzlesolver.models.matrices import Reals

Heard = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


def hear(state: Tensor, told: Tensor, say: Tensor, decay: Tensor, relations: Relations) -> Heard:
    """What reaches the tokens when all speak.

    Args:
        state: `[4, D, T]`, in modes.
        told: likewise; what they recall at every step.
        say: `[4, 4S + P, D]`, a map of modes: gate and news along rows and columns, the same along
            diagonals, and a message.
        decay: `[S]`, added to the gates.
        relations: who hears whom.

    Returns:
        `state + told`; what arrived along lines, `[8, T, S]`: right, down, left, up, then
        right-down, left-down, left-up, right-up; the mean of the component, `[4, P, T]`; mean and
        maximum of each colour of a sheet, `[4, 2P, R]`, and of each cell, `[4, 2P, C]`.
    """
    heard: Heard = _Hear.apply(state, told, say, decay, relations)  # type: ignore[no-untyped-call]
    return heard


def renew(
    x: Tensor,
    arrived: Tensor,
    shared: Tensor,
    by_colour: Tensor,
    by_cell: Tensor,
    up: Tensor,
    rule: Tensor,
    down: Tensor,
    gain: Tensor,
    relations: Relations,
) -> Tensor:
    """The next state of tokens that heard this, `[4, D, T]`; arguments as in `kernels.renew`."""
    inputs = x, arrived, shared, by_colour, by_cell, up, rule, down, gain
    state: Tensor = _Renew.apply(*inputs, relations)  # type: ignore[no-untyped-call]
    return state


class _Hear(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, state: Tensor, told: Tensor, say: Tensor, decay: Tensor, relations: Relations
    ) -> Heard:
        tokens, scanned = state.shape[2], len(decay)
        pooled = say.shape[1] - 4 * scanned
        x = torch.empty_like(state)
        gate, news, arrived = (state.new_empty(8, tokens, scanned) for _ in range(3))
        message, shared = (state.new_empty(4, pooled, tokens) for _ in range(2))
        by_colour = state.new_empty(4, 2 * pooled, len(relations.runs))
        by_cell = state.new_empty(4, 2 * pooled, relations.cells)
        kernels.speak(
            *_arrays(state, told, say, decay), _modes(state), *_arrays(x, gate, news, message)
        )
        kernels.travel(*_arrays(gate, news), relations.lines, *_arrays(arrived))
        kernels.average(
            *_arrays(message), relations.component, relations.component_sizes, *_arrays(shared)
        )
        kernels.pool(
            *_arrays(message), relations.runs, relations.sheets, *_arrays(by_colour, by_cell)
        )
        ctx.relations = relations
        ctx.save_for_backward(x, say, decay, gate, arrived, message, by_colour, by_cell)
        return x, arrived, shared, by_colour, by_cell

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, say, decay, gate, arrived, message, by_colour, by_cell = ctx.saved_tensors
        relations = ctx.relations
        from_x, from_arrived, from_shared, from_colour, from_cell = gradients
        by_gate, by_news = (torch.empty_like(gate) for _ in range(2))
        by_message = torch.empty_like(message)
        by_x, by_say, by_decay = from_x.clone(), torch.zeros_like(say), torch.zeros_like(decay)
        kernels.travel_backward(
            *_arrays(from_arrived, gate, arrived), relations.lines, *_arrays(by_gate, by_news)
        )
        kernels.average(
            *_arrays(from_shared),
            relations.component,
            relations.component_sizes,
            *_arrays(by_message),
        )
        kernels.pool_backward(
            *_arrays(message),
            relations.runs,
            relations.sheets,
            *_arrays(by_colour, by_cell, from_colour, from_cell, by_message),
        )
        kernels.speak_backward(
            *_arrays(by_gate, by_news, by_message, x, say, decay),
            _modes(x),
            *_arrays(by_x, by_say, by_decay),
        )
        return by_x, by_x, by_say, by_decay, None


class _Renew(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        *tensors, relations = inputs
        x, arrived, shared, by_colour, by_cell, *weights = tensors
        state = torch.empty_like(x)
        heard = _arrays(x, arrived, shared, by_colour, by_cell)
        kernels.renew(*heard, relations.runs, *_arrays(*weights), _modes(x), *_arrays(state))
        ctx.relations = relations
        ctx.save_for_backward(*tensors)
        return state

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, arrived, shared, *others = ctx.saved_tensors
        by_colour, by_cell, *weights = others
        own = [torch.empty_like(each) for each in (x, arrived, shared)]
        summed = [torch.zeros_like(each) for each in others]
        kernels.renew_backward(
            *_arrays(gradients[0], x, arrived, shared, by_colour, by_cell),
            ctx.relations.runs,
            *_arrays(*weights),
            _modes(x),
            *_arrays(*own, *summed),
        )
        return *own, *summed, None


def _arrays(*tensors: Tensor) -> list[Reals]:
    """The same memory, where it is contiguous."""
    return [tensor.detach().contiguous().numpy() for tensor in tensors]


def _modes(like: Tensor) -> Reals:
    modes: Reals = MODES.to(like).numpy()
    return modes
