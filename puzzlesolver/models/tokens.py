"""What HRM, TRM and RSM have in common: how cells become vectors, and states become answers.

Each cell is one token. A position's input is its token's vector; a prefix of positions before the
cells carries the puzzle embedding and serves as scratch space. Two latent states `z_H` and `z_L`
start from fixed random vectors that are stored but never trained.

Shape legend: B puzzles, C cells, S symbols, V vocabulary, P positions (prefix and cells), D width.

    >>> z_H, z_L = model.init_state(batch, noise)
    >>> model.readout((z_H, z_L), batch.layout).vocabulary.shape
    torch.Size([1, 81, 11])
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from puzzlesolver.models.interface import Batch, Noise, Readout, State
from puzzlesolver.models.layers import (
    Block,
    Embedding,
    Linear,
    PuzzleEmbedding,
    ReasoningModule,
    Rotary,
    rotary_table,
)
from puzzlesolver.models.published import PublishedConfig, PublishedModel, identifiers_of
from puzzlesolver.models.relations import Layout

Q_BIAS = -5.0
"""The halting head starts sure that no answer is right."""


@dataclass(frozen=True)
class TokenConfig(PublishedConfig):
    """Settings of HRM, TRM and RSM.

    Attributes:
        puzzle_emb_len: positions of the prefix, which the row fills up from the left; without a row
            there is no prefix.
    """

    puzzle_emb_len: int = 16

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.hidden_size % (2 * self.num_heads):
            raise ValueError("hidden_size must be a multiple of twice num_heads")
        if self.puzzle_emb_ndim > self.prefix * self.hidden_size:
            raise ValueError("puzzle_emb_ndim does not fit into puzzle_emb_len × hidden_size")

    @property
    def prefix(self) -> int:
        """Positions before the cells."""
        return self.puzzle_emb_len if self.puzzle_emb_ndim else 0

    @property
    def positions(self) -> int:
        """P."""
        return self.prefix + self.seq_len


class TokenModel(PublishedModel):
    """A network over one token a cell, with states `(z_H, z_L)`, `float[B, P, D]` each.

    Attributes:
        q_head: halting head (HRM and TRM), or None (RSM).
        lm_head: token head (HRM and TRM), or None where it is the embedding's own matrix (RSM).
    """

    config: TokenConfig
    H_init: Tensor
    L_init: Tensor

    def __init__(self, config: TokenConfig) -> None:
        super().__init__()
        self.config = config
        width = config.hidden_size
        self.embed_tokens = Embedding(config.vocab_size, width)
        self.lm_head = Linear(width, config.vocab_size) if self.halts else None
        self.q_head = Linear(width, 2, bias=True) if self.halts else None
        if self.q_head is not None:
            nn.init.zeros_(self.q_head.weight)
            nn.init.constant_(self.q_head.bias, Q_BIAS)
        if config.puzzle_emb_ndim:
            self.puzzle_emb = PuzzleEmbedding(config.num_puzzle_identifiers, config.puzzle_emb_ndim)
        if config.pos_encodings == "learned":
            self.embed_pos = Embedding(config.positions, width)
        self.register_buffer("H_init", self._drawn())
        self.register_buffer("L_init", self._drawn())

    def embed(self, batch: Batch) -> Tensor:
        """The prefix and then the token vectors, times √D, `float[B, P, D]`.

        Raises:
            ModelError: the board has another number of cells or symbols than the model was made
                for.
        """
        self.vocabulary(batch.layout)
        x_BPD: Tensor = self.embed_tokens(batch.tokens + 1)
        if self.config.prefix:
            x_BPD = torch.cat((self._prefix(batch), x_BPD), dim=1)
        if self.config.pos_encodings == "learned":
            x_BPD = math.sqrt(0.5) * (x_BPD + self.embed_pos.embedding_weight)
        return math.sqrt(self.config.hidden_size) * x_BPD

    def init_state(self, batch: Batch, noise: Noise) -> State:
        shape = len(batch.tokens), self.config.positions, self.config.hidden_size
        return tuple(start.float().expand(shape).clone() for start in (self.H_init, self.L_init))

    def readout(self, state: State, layout: Layout) -> Readout:
        z_H, _ = state
        head = self.embed_tokens.embedding_weight if self.lm_head is None else self.lm_head.weight
        vocabulary = F.linear(z_H[:, self.config.prefix :], head).float()
        logits = vocabulary[..., -self._symbols(layout) :]
        if self.q_head is None:
            return Readout(logits, vocabulary=vocabulary)
        halt, proceed = self.q_head(z_H[:, 0]).float().unbind(-1)
        return Readout(logits, halt, vocabulary=vocabulary, proceed=proceed)

    def _reasoning_module(
        self, layers: int, mlp_t: bool = False, norm_over_sequence: bool = False
    ) -> ReasoningModule:
        config = self.config
        sizes = config.hidden_size, config.expansion, None if mlp_t else config.num_heads
        return ReasoningModule(
            layers,
            lambda: Block(*sizes, config.positions, norm_over_sequence, config.rms_norm_eps),
        )

    def _rotary(self, device: torch.device) -> Rotary | None:
        """Angles of all positions, those of the prefix included."""
        if self.config.pos_encodings != "rope":
            return None
        config = self.config
        width = config.hidden_size // config.num_heads
        return rotary_table(config.positions, width, device, config.rope_theta)

    def _prefix(self, batch: Batch) -> Tensor:
        """The puzzle's row, cut into positions and filled up with zeros, `float[B, prefix, D]`."""
        rows = self.puzzle_emb(identifiers_of(batch))
        prefix, width = self.config.prefix, self.config.hidden_size
        return F.pad(rows, (0, prefix * width - rows.shape[-1])).view(-1, prefix, width)
