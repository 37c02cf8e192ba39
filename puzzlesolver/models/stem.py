"""The relational stem, our own backbone: some ten thousand shared weights for any board size.

One latent vector lives on every node: a (cell, symbol) pair of a Sudoku, a cell of a maze. A step
lets every node hear each relation it takes part in (the mean message of its row, column, box; the
message of a neighbour), then updates it with a gated unit. Symbols share all weights, so the step
is equivariant to relabelling digits; relations are given as data (`models/relations.py`), never
learned.

In: a `Batch`. Out: logits per cell and symbol, after as many steps as the caller likes.

Shape legend: B puzzles, N nodes, D width, M message width, H hidden width.

    >>> stem = RelationalStem(StemConfig())
    >>> inputs = stem.embed(batch)
    >>> state = stem.step(stem.init_state(batch, noise), inputs)
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from puzzlesolver.models.interface import (
    Batch,
    Habits,
    ModelConfig,
    Network,
    Noise,
    Readout,
    RecursiveModel,
    State,
    StepFunction,
    short,
)
from puzzlesolver.models.relations import Layout, Neighbour, Pool
from puzzlesolver.models.wiring import Parts, Wiring, heard_on
from puzzlesolver.models.wiring import wiring_of as wiring_of

UNKNOWN, GIVEN, EXCLUDED = 0, 1, 2

USUAL = 9
"""Nodes of a unit, and symbols of a board, that are as loud `balanced` as not."""

MAX_RELATIONS = 32
"""Most weight names; Sudoku has four, mazes have up to nine."""


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
        relations: weight names of the relations it was built for; it does not hear others.
        balanced: whether a mean over n nodes counts √(n / 9) times, so that what is heard is as
            loud on boards of any size, and nodes are told the number of symbols.
        overlaps: channels of what a node concludes from the part that its cell sees of a unit
            (`models/relations.py`); 0 = it does not hear parts of units.
        clues: kinds of clue a node can be given.
        outputs: logits per node.
        learned_start: whether states start from a learned vector, the same in every node, instead
            of zero.
        start_noise: standard deviation of the Gaussian noise added to the start.
        refuted: as in `Habits`, in training and in raw refinement.
        deepest: likewise.
    """

    width: int = 32
    messages: int = 32
    hidden: int = 64
    layers: int = 1
    none_class: bool = True
    relations: tuple[str, ...] = ("cell", "line", "box", "segment")
    balanced: bool = False
    overlaps: int = 0
    clues: int = 3
    outputs: int = 1
    learned_start: bool = False
    start_noise: float = 1.0
    refuted: float = Habits().refuted
    deepest: int = Habits().deepest

    RANGES: ClassVar = {
        **dict.fromkeys(("width", "messages", "hidden", "clues", "outputs"), (1, 4_096)),
        "overlaps": (0, 4_096),
        "layers": (1, 64),
        "start_noise": (0, 1_000),
        "refuted": (0, 1),
        "deepest": (1, 4_096),
    }
    GROWING: ClassVar = ("layers", "overlaps", "refuted", "deepest")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.relations, list | tuple) or len(self.relations) > MAX_RELATIONS:
            raise ValueError(f"relations must be a list of at most {MAX_RELATIONS} names")
        for name in self.relations:
            if not (isinstance(name, str) and re.fullmatch(r"[a-z_]{1,40}", name)):
                raise ValueError(f"{short(name)} is no name of a relation")
        object.__setattr__(self, "relations", tuple(self.relations))

    @property
    def habits(self) -> Habits:
        return Habits(max(1, self.layers // 2), self.refuted, self.deepest)

    def loudness(self, nodes: int) -> float:
        """What a mean over so many nodes counts."""
        return math.sqrt(nodes / USUAL) if self.balanced else 1.0


class RelationalUpdate(nn.Module):
    """z ← RMSNorm(z + W_down(silu(a) ⊙ b)), a gated update of what a node hears.

    With x = z + e: (a, b) = W_up(x + Σ_r broadcast(W_r hear_r(silu(W_msg x)))).
    Pooled messages are mixed while they are small and added at width D, before `W_up` widens them:
    the same function class as adding them at width 2H, for half the time on a CPU.

    With overlaps each part of a unit that a node's cell sees also adds
    W_locked silu(W_inside mean of the part + W_whole mean of the unit).
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
        if config.overlaps:
            self.inside = nn.Linear(config.messages, config.overlaps)
            self.whole = nn.Linear(config.messages, config.overlaps, bias=False)
            self.locked = nn.Linear(config.overlaps, config.width, bias=False)
            nn.init.zeros_(self.locked.weight)
        self.relation_bias = nn.Parameter(torch.zeros(config.width))
        self.up = nn.Linear(config.width, 2 * config.hidden, bias=False)
        self.down = nn.Linear(config.hidden, config.width, bias=False)
        self.gain = nn.Parameter(torch.ones(config.width))
        nn.init.normal_(self.down.weight, std=0.1 / config.hidden**0.5)

    def forward(self, z_BND: Tensor, e_BND: Tensor, wiring: Wiring) -> Tensor:
        lattice_shape = (z_BND.shape[0], *wiring.lattice, -1)
        x_BND = z_BND + e_BND
        message = F.silu(self.message(x_BND)).view(lattice_shape)
        heard = x_BND.view(lattice_shape) + self.relation_bias
        means = pooled(message, wiring)
        for relation in wiring.regular:
            weights = self.relation[relation.weights]
            if isinstance(relation, Neighbour):
                heard = heard + _moved(weights(message), relation)
            else:
                heard = heard + weights(means[relation.over])
        heard = heard.view(z_BND.shape)
        for name, to_units, to_cells in wiring.listed:
            said = self.relation[name](_across(to_units, message))
            heard = heard + (said if to_cells is None else _across(to_cells, said))
        if wiring.overlaps is not None:
            heard = heard + self.locked(self._concluded(message, wiring.overlaps))
        gate, value = self.up(heard).chunk(2, dim=-1)
        z_BND = z_BND + self.down(F.silu(gate) * value)
        return F.rms_norm(z_BND, z_BND.shape[-1:]) * self.gain

    def _concluded(self, message: Tensor, parts: Parts) -> Tensor:
        """The sum over the parts of units that a node's cell sees."""
        symbols = message.shape[-2]
        inside = _across(parts.inside, self.inside(message))
        units = _across(parts.units, self.whole(message))
        by_symbol = units.view(units.shape[0], -1, symbols, units.shape[-1])
        whole = by_symbol[:, parts.unit].flatten(1, 2)
        return _across(parts.seen, F.silu(inside + whole))


def _across(matrix: Tensor, nodes: Tensor) -> Tensor:
    """Sums over cells, symbol by symbol: `[B, …, D]` → `[B, rows * symbols, D]`."""
    batch, width = nodes.shape[0], nodes.shape[-1]
    return (matrix @ nodes.reshape(batch, matrix.shape[1], -1)).view(batch, -1, width)


def pooled(message: Tensor, wiring: Wiring) -> dict[tuple[int, ...], Tensor]:
    """The mean of `message` over each pool, broadcastable over the lattice, by averaged axes.

    A pool over more axes than an earlier one starts from the earlier one's small result: a row is
    the mean of its three box segments.
    """
    done: dict[tuple[int, ...], Tensor] = {(): message}
    pools = [relation for relation in wiring.regular if isinstance(relation, Pool)]
    for over in sorted((pool.over for pool in pools), key=len):
        inner = sorted((axes for axes in done if set(axes) <= set(over)), key=len)[-1]
        rest = tuple(axis + 1 for axis in over if axis not in inner)
        done[over] = done[inner].mean(rest, keepdim=True)
    for over, factor in wiring.loudness.items():
        done[over] = done[over] * factor
    return done


def _moved(said: Tensor, relation: Neighbour) -> Tensor:
    """What every node hears from its neighbour; zero at the edge."""
    axis = relation.axis + 1
    length = said.shape[axis]
    inner = said.narrow(axis, max(relation.step, 0), length - 1)
    before_and_after = (1, 0) if relation.step < 0 else (0, 1)
    return F.pad(inner, (0, 0) * (said.dim() - 1 - axis) + before_and_after)


class RelationalStem(RecursiveModel):
    """The stem as a `RecursiveModel`; the state is one tensor `z[B, N, D]`."""

    config: StemConfig

    def __init__(self, config: StemConfig) -> None:
        super().__init__()
        self.config = config
        self.clue = nn.Embedding(config.clues, config.width)
        if config.learned_start:
            self.start = nn.Parameter(torch.randn(config.width))
        if config.balanced:
            self.size = nn.Parameter(torch.zeros(config.width))
        self.layers = nn.ModuleList(RelationalUpdate(config) for _ in range(config.layers))
        self.head = nn.Linear(config.width, config.outputs)
        nn.init.zeros_(self.head.weight)

    @property
    def fixed_start(self) -> bool:
        return self.config.start_noise == 0

    def embed(self, batch: Batch) -> Tensor:
        """What each node is told.

        That of a symbol: whether its cell is unknown, holds it, or holds another one. One that is
        a whole cell: the token.
        """
        symbols = batch.layout.symbols
        if symbols == 1:
            told: Tensor = self.clue(batch.tokens)
            return told
        given = F.one_hot(batch.tokens, symbols + 1)[..., 1:]
        clue = torch.where(
            given == 1, GIVEN, torch.where(batch.tokens[..., None] > 0, EXCLUDED, UNKNOWN)
        )
        embedded: Tensor = self.clue(clue.flatten(1))
        if self.config.balanced:
            embedded = embedded + math.log(symbols / USUAL) * self.size
        return embedded

    def init_state(self, batch: Batch, noise: Noise) -> State:
        start = noise((len(batch.tokens), batch.layout.nodes, self.config.width))
        start = self.config.start_noise * start
        return (start + self.start if self.config.learned_start else start,)

    def step(self, state: State, inputs: Tensor, layout: Layout) -> State:
        (z_BND,) = state
        wiring = wiring_of(layout, self.config, z_BND.device)
        for layer in self.layers:
            z_BND = layer(z_BND, inputs, wiring)
        return (z_BND,)

    def fused_step(self, layout: Layout, dtype: torch.dtype = torch.float32) -> StepFunction:
        from puzzlesolver.models.code.fused import FusedStep  # numba takes a while to import

        return FusedStep(self, layout, heard_on(layout, self.config), dtype)

    def grow_from(self, smaller: Network) -> None:
        """Take the weights of a stem; raises `ValueError` where this is not the same one, grown.

        Channels of `overlaps` that it lacks start without effect. With twice its layers one step
        starts as two of its steps, with three times as three.
        """
        assert isinstance(smaller, RelationalStem)
        theirs, ours = smaller.config, self.config
        if ours.layers % theirs.layers or theirs.overlaps not in (0, ours.overlaps):
            raise ValueError("layers grow to a multiple, overlaps from 0")
        rest = {
            name: weight
            for name, weight in smaller.state_dict().items()
            if not name.startswith("layers.")
        }
        self.load_state_dict(rest, strict=False)
        for number, layer in enumerate(self.layers):
            taken = smaller.layers[number % theirs.layers].state_dict()
            layer.load_state_dict(taken, strict=theirs.overlaps == ours.overlaps)

    def readout(self, state: State, layout: Layout) -> Readout:
        (z_BND,) = state
        logits = self.head(z_BND).float().view(z_BND.shape[0], layout.cells, -1)
        if not self.config.none_class:
            return Readout(logits, exclusive=layout.symbols > 1)
        return Readout(logits, contradiction=F.pad(logits, (1, 0)).softmax(-1)[..., 0].mean(1))
