"""Accuracy on held-out puzzles while training: plain trajectories at fixed numbers of steps.

In: a model and puzzles with targets. Out: shares of solved puzzles by step count.

    >>> plain_accuracy(model, step, batch, marks=(16, 64), seed=0)
    {'right': {'16': 0.31, '64': 0.55}, 'ever': {'16': 0.33, '64': 0.6}}
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from puzzlesolver.models.interface import Batch, RecursiveModel, StepFunction
from puzzlesolver.train.contracts.losses import all_right

CHUNK = 64
LOOK_EVERY = 4
"""Steps between looks at the answer; a puzzle right at any look counts as `ever`."""


@torch.no_grad()
def plain_accuracy(
    model: RecursiveModel, step: StepFunction, batch: Batch, marks: Sequence[int], seed: int
) -> dict[str, dict[str, float]]:
    """Share of puzzles whose decoded answer is the right one.

    Args:
        model: in evaluation mode, on the device of `batch`.
        step: its step, perhaps compiled.
        batch: puzzles with targets.
        marks: step counts.
        seed: of the initial states.

    Returns:
        `right`: right at that step; `ever`: right at some look up to it, what a checker would have
        accepted.
    """
    assert batch.targets is not None
    generator = torch.Generator(batch.tokens.device).manual_seed(seed)

    def noise(shape: tuple[int, ...]) -> Tensor:
        return torch.randn(shape, generator=generator, device=generator.device)

    right_at, ever = dict.fromkeys(marks, 0), dict.fromkeys(marks, 0)
    for start in range(0, len(batch.tokens), CHUNK):
        part = slice(start, start + CHUNK)
        tokens, targets = batch.tokens[part], batch.targets[part]
        chunk = Batch(tokens, batch.layout, targets)
        inputs, state = model.embed(chunk), model.init_state(chunk, noise)
        seen = torch.zeros(len(tokens), dtype=torch.bool, device=tokens.device)
        for number in range(1, max(marks) + 1):
            state = step(state, inputs)
            if number % LOOK_EVERY and number not in right_at:
                continue
            right = all_right(model.readout(state, batch.layout), targets)
            seen |= right
            if number in right_at:
                right_at[number] += int(right.sum())
                ever[number] += int(seen.sum())
    count = len(batch.tokens)
    return {
        "right": {str(mark): solved / count for mark, solved in right_at.items()},
        "ever": {str(mark): solved / count for mark, solved in ever.items()},
    }
