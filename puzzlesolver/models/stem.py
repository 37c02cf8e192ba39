"""The relational stem, our own backbone: some ten thousand shared weights for any board size.

One latent vector lives on every (cell, symbol) node. A step lets every node hear the mean message
of each relation it takes part in (row, column, box, …), then updates it with a gated unit. Symbols
share all weights, so the step is equivariant to relabelling digits; relations are given as data
(`models/relations.py`), never learned.

In: a `Batch`. Out: logits per cell and symbol, after as many steps as the caller likes.

Shape legend: B puzzles, N nodes, D width, M message width, H hidden width.

    >>> stem = RelationalStem(StemConfig())
    >>> inputs = stem.embed(batch)
    >>> state = stem.step(stem.init_state(batch, noise), inputs)
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from puzzlesolver.models.interface import Batch, ModelConfig, Noise, Readout, RecursiveModel, State
from puzzlesolver.models.relations import Layout

UNKNOWN, GIVEN, EXCLUDED = 0, 1, 2

MAX_SIZE = 4_096
"""Largest accepted size in a configuration, so that a hostile file is refused before memory is."""


@dataclass(frozen=True)
class StemConfig(ModelConfig):
    """Sizes of a relational stem.

    Attributes:
        width: latent channels per node (D).
        messages: channels that are pooled over each relation (M).
        hidden: channels of the gated update (H).
        layers: gated updates in one step, each with weights of its own.
        none_class: whether the softmax of a cell has a further class "none fits" with a fixed logit
            of 0, trained on contradictory boards; the readout then tells the probability of a
            contradiction.
        relations: weight names of the relations it was built for; they must match the layouts it is
            given.
    """

    width: int = 32
    messages: int = 32
    hidden: int = 64
    layers: int = 1
    none_class: bool = True
    relations: tuple[str, ...] = ("cell", "line", "box", "segment")

    def __post_init__(self) -> None:
        object.__setattr__(self, "relations", tuple(self.relations))
        for name in ("width", "messages", "hidden", "layers"):
            if not 1 <= getattr(self, name) <= MAX_SIZE:
                raise ValueError(f"{name} must lie in 1..{MAX_SIZE}, not {getattr(self, name)!r}")


class RelationalUpdate(nn.Module):
    """z ← RMSNorm(z + W_down(silu(a) ⊙ b)), a gated update of what a node hears.

    With x = z + e: (a, b) = W_up(x + Σ_r broadcast(W_r mean_r(silu(W_msg x)))).
    Pooled messages are mixed while they are small and added at width D, before `W_up` widens them:
    the same function class as adding them at width 2H, for half the time on a CPU.
    """

    def __init__(self, config: StemConfig) -> None:
        super().__init__()
        self.message = nn.Linear(config.width, config.messages)
        self.relation = nn.ModuleDict(
            {
                name: nn.Linear(config.messages, config.width, bias=False)
                for name in config.relations
            }
        )
        self.relation_bias = nn.Parameter(torch.zeros(config.width))
        self.up = nn.Linear(config.width, 2 * config.hidden, bias=False)
        self.down = nn.Linear(config.hidden, config.width, bias=False)
        self.gain = nn.Parameter(torch.ones(config.width))
        nn.init.normal_(self.down.weight, std=0.1 / config.hidden**0.5)

    def forward(self, z_BND: Tensor, e_BND: Tensor, layout: Layout) -> Tensor:
        lattice_shape = (z_BND.shape[0], *layout.lattice, -1)
        x_BND = z_BND + e_BND
        message = F.silu(self.message(x_BND)).view(lattice_shape)
        heard = x_BND.view(lattice_shape) + self.relation_bias
        for relation, mean in zip(layout.relations, _pooled(message, layout), strict=True):
            heard = heard + self.relation[relation.weights](mean)
        gate, value = self.up(heard.view(z_BND.shape)).chunk(2, dim=-1)
        z_BND = z_BND + self.down(F.silu(gate) * value)
        return F.rms_norm(z_BND, z_BND.shape[-1:]) * self.gain


def _pooled(message: Tensor, layout: Layout) -> list[Tensor]:
    """The mean of `message` over each relation, broadcastable over the lattice.

    A relation that pools over more axes than an earlier one starts from the earlier one's small
    result: a row is the mean of its three box segments.
    """
    done: dict[tuple[int, ...], Tensor] = {(): message}
    for over in sorted((relation.over for relation in layout.relations), key=len):
        inner = sorted((axes for axes in done if set(axes) <= set(over)), key=len)[-1]
        rest = tuple(axis + 1 for axis in over if axis not in inner)
        done[over] = done[inner].mean(rest, keepdim=True)
    return [done[relation.over] for relation in layout.relations]


class RelationalStem(RecursiveModel):
    """The stem as a `RecursiveModel`; the state is one tensor `z[B, N, D]`."""

    config: StemConfig

    def __init__(self, config: StemConfig) -> None:
        super().__init__()
        self.config = config
        self.clue = nn.Embedding(3, config.width)
        self.layers = nn.ModuleList(RelationalUpdate(config) for _ in range(config.layers))
        self.head = nn.Linear(config.width, 1)
        nn.init.zeros_(self.head.weight)

    def embed(self, batch: Batch) -> Tensor:
        symbols = batch.layout.symbols
        given = F.one_hot(batch.tokens, symbols + 1)[..., 1:]
        clue = torch.where(
            given == 1, GIVEN, torch.where(batch.tokens[..., None] > 0, EXCLUDED, UNKNOWN)
        )
        embedded: Tensor = self.clue(clue.flatten(1))
        return embedded

    def init_state(self, batch: Batch, noise: Noise) -> State:
        return (noise((len(batch.tokens), batch.layout.nodes, self.config.width)),)

    def step(self, state: State, inputs: Tensor, layout: Layout) -> State:
        (z_BND,) = state
        for layer in self.layers:
            z_BND = layer(z_BND, inputs, layout)
        return (z_BND,)

    def readout(self, state: State, layout: Layout) -> Readout:
        (z_BND,) = state
        logits = self.head(z_BND).float().view(len(z_BND), layout.cells, layout.symbols)
        if not self.config.none_class:
            return Readout(logits)
        return Readout(logits, contradiction=F.pad(logits, (1, 0)).softmax(-1)[..., 0].mean(1))
