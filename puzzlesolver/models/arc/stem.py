"""The ARC stem: some twenty thousand weights, fitted to the demonstrations of one task.

One latent vector lives on every (cell, colour, direction) of a grid. A step lets it hear what
arrives along the four directions (gated scans), its component, all components of that shape, its
colour, its cell and the whole grid, then updates it with a gated unit, as in `models/stem.py`.
Exact symmetry comes from tied weights: no weight belongs to one colour or one direction, so
recoloured or turned grids give recoloured or turned logits. Only the `TaskVectors`, zero at the
start, can break the symmetry, and where cells choose what they copy (`pointing.py`) that choice.

In: `Sheet`s of any sizes as one `Canvases`. Out: logits for the colours of every cell.

Shape legend: T tokens (sheet, colour, cell), C cells of all sheets but sources, D width, S scanned
channels, P pooled channels, H hidden width; 4 = directions, or the modes of their symmetry group.

Linear maps work on modes (see `modes.py`), which takes a quarter of the multiplications.

    >>> canvases = lay(sheets)
    >>> told = stem.embed(canvases, task)
    >>> state = stem.init_state(canvases)
    >>> for _ in range(12):
    ...     state = stem.step(state, told, canvases)
    >>> stem.readout(state, canvases).argmax(-1)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from puzzlesolver.models.arc.features import (
    DIRECTED,
    DIRECTIONS,
    GROUPS,
    MAX_PLANES,
    PLAIN,
    Sheet,
)
from puzzlesolver.models.arc.hearing import hear
from puzzlesolver.models.arc.modes import to_modes
from puzzlesolver.models.arc.pointing import Pointer
from puzzlesolver.models.arc.relations import Relations, relate
from puzzlesolver.models.interface import ModelConfig, Network

COLOURS = 10
BLOCKS = torch.tensor([[1.0, 1, 2], [1, 1, -2], [1, -1, 0], [1, -1, 0]])
"""What a map to the same direction, to the opposite one and to those across does to each mode."""

COPY = 2.0
"""Logit that a cell keeps the colour of the first plane, before any fitting."""


@dataclass(frozen=True)
class ArcConfig(ModelConfig):
    """Sizes of an ARC stem.

    Attributes:
        width: latent channels per direction of a token (D).
        scanned: channels that travel along rows and columns, and again along diagonals (S).
        pooled: channels that groups, colours, cells and the grid average (P).
        hidden: channels of the gated update, per direction (H).
        rule: length of the vector that says which rule to apply.
    """

    width: int = 16
    scanned: int = 8
    pooled: int = 8
    hidden: int = 32
    rule: int = 32

    RANGES: ClassVar = dict.fromkeys(("width", "scanned", "pooled", "hidden", "rule"), (1, 4_096))


@dataclass(frozen=True, eq=False)
class Canvases:
    """Sheets laid one after the other as tensors.

    Attributes:
        plain: `float32[PLAIN, T]`.
        directed: `float32[4, DIRECTED, T]`, in modes.
        slanted: `float32[T]`, as in `Sheet`.
        colour: `int64[T]`, which of the ten.
        slots: `int64[C, most colours of a sheet]`, the tokens of each cell; T = there is none.
        views: `int64[C, VIEWS]`, the slot of what a cell may copy, as in `Sheet`; the number of
            slots = there is nothing.
        target: `int64[C]`, the slot of the right colour, or None.
        changed: `bool[C]`, whether the right colour differs from the first plane, or None.
        relations: who hears whom.
        sheets: what was laid, without the sources.
    """

    plain: Tensor
    directed: Tensor
    slanted: Tensor
    colour: Tensor
    slots: Tensor
    views: Tensor
    target: Tensor | None
    changed: Tensor | None
    relations: Relations
    sheets: tuple[Sheet, ...]


def lay(sheets: Sequence[Sheet]) -> Canvases:
    """Sheets as one batch, in their order, then their sources; targets only if all have them."""
    sources = [sheet.source for sheet in sheets if sheet.source is not None]
    everything = [*sheets, *sources]
    most = max(len(sheet.colours) for sheet in sheets)
    colour = np.concatenate([np.repeat(each.colours, each.cells) for each in everything])
    slots, start = [], 0
    for sheet in sheets:
        numbers = start + np.arange(len(sheet.colours) * sheet.cells).reshape(-1, sheet.cells).T
        missing = ((0, 0), (0, most - len(sheet.colours)))
        slots.append(np.pad(numbers, missing, constant_values=len(colour)))
        start += numbers.size
    targets = [sheet.target for sheet in sheets if sheet.target is not None]
    views = np.concatenate([sheet.views for sheet in sheets], 1).T
    told = len(targets) == len(sheets)
    changed = [sheet.answer.ravel() != sheet.expected for sheet in sheets] if told else []
    return Canvases(
        torch.from_numpy(np.concatenate([each.plain for each in everything], 1)),
        to_modes(torch.from_numpy(np.concatenate([each.directed for each in everything], 2))),
        torch.from_numpy(np.concatenate([each.slanted for each in everything])),
        torch.from_numpy(colour),
        torch.from_numpy(np.concatenate(slots)),
        torch.from_numpy(np.where(views < 0, most, views)),
        torch.from_numpy(np.concatenate(targets)) if told else None,
        torch.from_numpy(np.concatenate(changed)) if told else None,
        relate(everything),
        tuple(sheets),
    )


class TurnedLinear(nn.Module):
    """The linear maps that commute with every turn and reflection of the directions; on modes.

    Args:
        inputs: channels per direction.
        outputs: channels per direction.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        weight = torch.randn(3, outputs, inputs) / math.sqrt(DIRECTIONS * inputs)
        self.weight = nn.Parameter(weight)

    def of_modes(self) -> Tensor:
        """The map of each mode, `[4, outputs, inputs]`."""
        maps = BLOCKS.to(self.weight) @ self.weight.flatten(1)
        return maps.view(DIRECTIONS, *self.weight.shape[1:])

    def forward(self, x: Tensor) -> Tensor:
        return self.of_modes() @ x


class TaskVectors(nn.Module):
    """What is learned anew for every task; all that can tell colours or directions apart.

    Attributes:
        direction: `[4, D]`.
        diagonal: `[D]`, what tells one diagonal from the other.
        colour: `[10, D]`.
        rule: `[rule]`.
    """

    def __init__(self, config: ArcConfig) -> None:
        super().__init__()
        self.direction = nn.Parameter(torch.zeros(DIRECTIONS, config.width))
        self.diagonal = nn.Parameter(torch.zeros(config.width))
        self.colour = nn.Parameter(torch.zeros(COLOURS, config.width))
        self.rule = nn.Parameter(torch.zeros(config.rule))

    def asymmetry(self) -> Tensor:
        """The squared length of what breaks the symmetry, a scalar."""
        vectors = self.direction, self.diagonal, self.colour
        return torch.stack([each.square().sum() for each in vectors]).sum()


class Told(NamedTuple):
    """What is the same at every step; the last ones are maps as of `TurnedLinear.of_modes`."""

    tokens: Tensor  # [4, D, T] in modes, recalled by every token
    rule: Tensor  # [2H], for all of them
    say: Tensor
    by_colour: Tensor
    by_cell: Tensor
    up: Tensor
    down: Tensor


class ArcStem(Network):
    """The recurrent network; the state is `z[4, D, T]` in modes, zero at the start.

    Args:
        config: its sizes.
        scale: of the weights at the start, relative to the usual ones.
        hinted: whether steps can be told what the output might be.
        alternating: whether every fourth scanned channel changes its sign from cell to cell, as no
            gate between 0 and 1 can, for patterns that alternate (arXiv 2411.12537).
        pointing: whether every cell chooses what it copies, as in `pointing.py`.
    """

    config: ArcConfig

    def __init__(
        self,
        config: ArcConfig,
        scale: float = 1.0,
        hinted: bool = False,
        alternating: bool = False,
        pointing: bool = False,
    ) -> None:
        super().__init__()
        self.config = config
        width, scanned, pooled, hidden = config.width, config.scanned, config.pooled, config.hidden
        heard = width + 2 * scanned + GROUPS * pooled
        self.plain = nn.Linear(PLAIN, width)
        self.directed = TurnedLinear(DIRECTED, width)
        self.say = TurnedLinear(width, 4 * scanned + pooled)
        self.decay = nn.Parameter(torch.linspace(-2, 2, scanned))
        self.signs = torch.ones(scanned)  # as it follows from the prior, no part of the weights
        self.signs[3::4] = -1 if alternating else 1
        self.by_colour = TurnedLinear(5 * pooled, heard)
        self.by_cell = TurnedLinear(2 * pooled, heard)
        self.up = TurnedLinear(heard, 2 * hidden)
        self.rule = nn.Linear(config.rule, 2 * hidden)
        self.down = TurnedLinear(hidden, width)
        self.gain = nn.Parameter(torch.ones(width))
        self.head = nn.Parameter(torch.randn(width) / math.sqrt(width))
        self.keep = nn.Parameter(COPY * F.one_hot(torch.tensor(0), MAX_PLANES).float())
        self.hint = nn.Parameter(torch.randn(width) / math.sqrt(width)) if hinted else None
        self.pointer = Pointer(width) if pointing else None
        with torch.no_grad():
            for name, weight in self.named_parameters():
                if name.endswith(".weight") and name != "rule.weight":
                    weight.mul_(scale)

    def embed(self, canvases: Canvases, task: TaskVectors) -> Told:
        """Features and task vectors as what every token is told."""
        tokens = self.directed(canvases.directed) + to_modes(task.direction)[..., None]
        # What does not depend on the direction is all in the first mode.
        alike = self.plain.weight @ canvases.plain + task.colour.T[:, canvases.colour]
        alike = alike + task.diagonal[:, None] * canvases.slanted
        tokens = torch.cat(((tokens[0] + 2 * (alike + self.plain.bias[:, None]))[None], tokens[1:]))
        maps = self.say, self.by_colour, self.by_cell, self.up, self.down
        return Told(tokens, self.rule(task.rule), *(each.of_modes() for each in maps))

    def hinted(self, told: Told, beliefs: Tensor, canvases: Canvases) -> Told:
        """The same with beliefs in the colours of every cell, `[C, most colours of a sheet]`."""
        assert self.hint is not None
        plane = told.tokens.new_zeros(told.tokens.shape[2] + 1)
        plane[canvases.slots] = beliefs
        first = told.tokens[0] + 2 * self.hint[:, None] * plane[:-1]
        return told._replace(tokens=torch.cat((first[None], told.tokens[1:])))

    def init_state(self, canvases: Canvases) -> Tensor:
        """The state before the first step."""
        return canvases.plain.new_zeros(DIRECTIONS, self.config.width, len(canvases.colour))

    def step(self, state: Tensor, told: Told, canvases: Canvases) -> Tensor:
        """One step of the recurrence."""
        signs = self.signs.to(self.decay)
        return hear(state, *told, self.decay, self.gain, signs, canvases.relations)

    def readout(self, state: Tensor, canvases: Canvases) -> Tensor:
        """Logits `float32[C, most colours of a sheet]`; -inf where a sheet has fewer."""
        logits: Tensor = self.head @ state[0] / 2
        if self.pointer is None:
            logits = logits + self.keep @ canvases.plain[:MAX_PLANES]
        cells = F.pad(logits, (0, 1), value=-math.inf)[canvases.slots]
        if self.pointer is None:
            return cells
        told: Tensor = self.pointer(state, cells, canvases.slots, canvases.views)
        return told
