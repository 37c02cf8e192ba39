"""What a fitted network predicts of a sheet: the likeliest output, and the next likeliest.

In: canvases of sheets. Out: a `Guess` of each.

    >>> for guess in predict(stem, task, canvases, 12, 0.9, rng):
    ...     print(guess.grid, guess.belief)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch

from puzzlesolver.domains.base import Grid
from puzzlesolver.models.arc.features import Sheet
from puzzlesolver.models.arc.stem import ArcStem, Canvases, TaskVectors, lay
from puzzlesolver.refine.adapt.lesson import denoised, recite


class Guess(NamedTuple):
    """What is predicted of a sheet.

    Attributes:
        grid: the likeliest output.
        belief: mean log probability of its cells.
        runner_up: the next likeliest, which differs in the least sure cell; None where there is no
            other colour.
    """

    grid: Grid
    belief: float
    runner_up: Grid | None


@torch.no_grad()
def predict(
    stem: ArcStem,
    task: TaskVectors,
    canvases: Canvases,
    steps: int,
    denoise: float,
    rng: np.random.Generator,
) -> Iterator[Guess]:
    """What is believed of each sheet.

    Args:
        stem: the network.
        task: its vectors.
        canvases: of the sheets.
        steps: of the recurrence.
        denoise: as in `Prior`.
        rng: of the noise.
    """
    hint = denoised(stem, canvases, denoise, rng, told=False) if denoise else None
    logits = recite(stem, task, canvases, steps, 0, hint)
    chances = logits.log_softmax(-1)
    cells = [sheet.cells for sheet in canvases.sheets]
    for sheet, of_cells in zip(canvases.sheets, torch.split(chances, cells), strict=True):
        beliefs, slots = of_cells[:, : len(sheet.colours)].sort(stable=True, descending=True)
        grids = np.array(sheet.colours, np.uint8)[slots.numpy()]
        best, runner_up = grids[:, 0], None
        if len(sheet.colours) > 1:
            least_sure = int((beliefs[:, 0] - beliefs[:, 1]).argmin())
            runner_up = best.copy()
            runner_up[least_sure] = grids[least_sure, 1]
            runner_up = runner_up.reshape(sheet.shape)
        yield Guess(best.reshape(sheet.shape), beliefs[:, 0].mean().item(), runner_up)


def laid(sheets: Sequence[Sheet], tokens: int) -> list[Canvases]:
    """Sheets in their order, as many to a batch as it holds."""
    batches: list[list[Sheet]] = []
    for sheet in sheets:
        if batches and sum(each.tokens for each in (*batches[-1], sheet)) <= tokens:
            batches[-1].append(sheet)
        else:
            batches.append([sheet])
    return [lay(batch) for batch in batches]
