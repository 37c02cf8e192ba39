"""SE-RRM, the Symbol-Equivariant Recurrent Reasoning Model (arXiv 2603.02193, figure 1).

A cell has a vector for each symbol; blocks attend over positions, then over symbols. As symbols
share their weights, relabelling a board relabels its answer, and one model serves 4×4 to 25×25.

In: a `Batch` of one-token cells. Out: states `(z,)`, a single latent; one step is one supervision
step. There is no halting head: the probabilities of the answer tell how sure it is.

Shape legend: B puzzles, V vocabulary, C cells, P positions (cells and appended tokens), D width.

    >>> model = SERRM(SERRMConfig())
    >>> sum(parameter.numel() for parameter in model.parameters())
    1970176
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from puzzlesolver.models.interface import Batch, Noise, Readout, State
from puzzlesolver.models.layers import (
    Attention,
    Linear,
    PuzzleEmbedding,
    ReasoningModule,
    Rotary,
    SwiGLU,
    precise,
    rms_norm,
    rotary_table,
)
from puzzlesolver.models.published import PublishedConfig, PublishedModel, identifiers_of
from puzzlesolver.models.relations import Layout

SPECIAL = 2  # ids that are no symbols: padding, and blank cells or, in ARC, the ends of grids


@dataclass(frozen=True)
class SERRMConfig(PublishedConfig):
    """Settings of SE-RRM; the defaults are the published Sudoku model.

    Attributes:
        puzzle_emb_ndim: anything but 0 = there is a puzzle embedding, of V + D numbers a row.
        L_layers: blocks of the network.
        num_heads_t: of the attention over symbols.
        head_dim: width of a head over positions; head_dim_t: over symbols.
        equivariant_symbols: whether symbols share their vectors; the maze model has one for each.
        add_tokens: learned tokens appended to the cells, as scratch space.
        dropout: share of attention weights dropped while training.
        init_dtype: also of the input vectors; published files have bfloat16, too coarse to train.
    """

    puzzle_emb_ndim: int = 0
    hidden_size: int = 256
    num_heads: int = 4
    pos_encodings: str = "rope2d"
    L_layers: int = 2
    num_heads_t: int = 2
    head_dim: int = 64
    head_dim_t: int = 64
    equivariant_symbols: bool = True
    add_tokens: int = 4
    dropout: float = 0.2
    init_dtype: str = "float32"
    POSITIONS: ClassVar = ("rope2d", "rope", "learned")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.head_dim % 4 and self.pos_encodings != "learned":
            raise ValueError("head_dim must be a multiple of 4")


class SERRMBlock(nn.Module):
    """Post-norm: x ← rms(x + mix(x)) for positions, for symbols, and for SwiGLU."""

    def __init__(self, config: SERRMConfig) -> None:
        super().__init__()
        width, dropout, self.epsilon = config.hidden_size, config.dropout, config.rms_norm_eps
        self.attn = Attention(width, config.num_heads, config.head_dim, dropout)
        self.attn_t = Attention(width, config.num_heads_t, config.head_dim_t, dropout)
        self.mlp = SwiGLU(width, config.expansion)

    def forward(self, x_BVPD: Tensor, rotary: Rotary | None) -> Tensor:
        x_BVPD = rms_norm(x_BVPD + self.attn(x_BVPD, rotary), self.epsilon)
        x_BPVD = x_BVPD.transpose(1, 2)
        x_BVPD = rms_norm(x_BPVD + self.attn_t(x_BPVD, None), self.epsilon).transpose(1, 2)
        return rms_norm(x_BVPD + self.mlp(x_BVPD), self.epsilon)


class SERRM(PublishedModel):
    """A step makes H · L calls z ← f(z, x), of which the last L pass gradient."""

    config: SERRMConfig
    CORES = ("L_level",)
    Z_init: Tensor

    def __init__(self, config: SERRMConfig) -> None:
        super().__init__()
        self.config = config
        shared, width = config.equivariant_symbols, config.hidden_size
        symbols = 1 if shared else config.vocab_size
        if shared:
            self.embed_special_tokens = nn.Parameter(self._drawn(1, SPECIAL, 1))
            self.embed_symbol_tokens = nn.Parameter(self._drawn(1, symbols, 1))
        else:
            self.embed_symbols = nn.Parameter(self._drawn(1, symbols, 1))
        if config.add_tokens:
            self.add_tokens = nn.Parameter(self._drawn(1, symbols, config.add_tokens))
            if shared:
                self.add_tokens_special = nn.Parameter(self._drawn(1, SPECIAL, config.add_tokens))
        if config.pos_encodings == "learned":
            self.pos_embedding = nn.Parameter(self._drawn(1, 1, config.seq_len))
        if config.puzzle_emb_ndim:
            row = width + config.vocab_size
            self.puzzle_emb = PuzzleEmbedding(config.num_puzzle_identifiers, row)
        self.L_level = ReasoningModule(config.L_layers, lambda: SERRMBlock(config))
        self.lm_head = Linear(symbols * width, symbols)
        self.register_buffer("Z_init", self._drawn())

    def embed(self, batch: Batch) -> Tensor:
        """A vector where a cell holds the symbol, `float[B, V, P, D]`; errors of `vocabulary`."""
        config, count = self.config, self.vocabulary(batch.layout)
        if config.equivariant_symbols:
            vectors: Tensor = _of_all(self.embed_special_tokens, self.embed_symbol_tokens, count)
        else:
            vectors = self.embed_symbols
        # √V is rounded to the number format of the vectors, as in the published code.
        scale = precise(torch.tensor(count**0.5, dtype=self.Z_init.dtype))
        held_BVC = F.one_hot(batch.tokens + 1, count).mT * scale
        x_BVPD: Tensor = held_BVC[..., None] * vectors
        if config.pos_encodings == "learned":
            x_BVPD = x_BVPD + self.pos_embedding
        if config.puzzle_emb_ndim:
            row = self.puzzle_emb(identifiers_of(batch))
            everywhere, by_symbol = row.split((config.hidden_size, config.vocab_size), dim=1)
            x_BVPD = x_BVPD + by_symbol[..., None, None] + everywhere[:, None, None]
        if config.add_tokens:
            added: Tensor = self.add_tokens
            if config.equivariant_symbols:
                added = _of_all(self.add_tokens_special, added, count)
            x_BVPD = torch.cat((x_BVPD, precise(added).expand(x_BVPD.shape[0], -1, -1, -1)), dim=2)
        return x_BVPD

    def init_state(self, batch: Batch, noise: Noise) -> State:
        positions = batch.layout.cells + self.config.add_tokens
        shape = len(batch.tokens), self.vocabulary(batch.layout), positions, len(self.Z_init)
        return (self.Z_init.float().expand(shape).clone(),)

    def step(self, state: State, inputs: Tensor, layout: Layout) -> State:
        (z,) = state
        rotary = self._rotary(layout, z.device)
        with torch.no_grad():
            for _ in range((self.config.H_cycles - 1) * self.config.L_cycles):
                z = self.L_level(z, inputs, rotary)
        for _ in range(self.config.L_cycles):
            z = self.L_level(z, inputs, rotary)
        return (z,)

    def readout(self, state: State, layout: Layout) -> Readout:
        """Logits, and as `halt` the log-odds of the cell that is least sure, without gradient."""
        z_BVCD = state[0][:, :, : layout.cells]
        if self.config.equivariant_symbols:
            said = self.lm_head(z_BVCD).squeeze(-1).mT
        else:
            said = self.lm_head(z_BVCD.transpose(1, 2).flatten(2))
        vocabulary = said.float()
        best, which = vocabulary.detach().max(-1, keepdim=True)
        others = vocabulary.detach().scatter(-1, which, -torch.inf).logsumexp(-1)
        halt = (best.squeeze(-1) - others).amin(1)
        return Readout(vocabulary[..., -self._symbols(layout) :], halt, vocabulary=vocabulary)

    def _sizes(self, layout: Layout) -> tuple[int, int]:
        """Angles and shared vectors serve any board; learned positions and puzzle rows do not."""
        if self.config.pos_encodings == "learned":
            return super()._sizes(layout)
        config, symbols = self.config, layout.symbols
        free = config.equivariant_symbols and not config.puzzle_emb_ndim and symbols > 1
        return layout.cells, symbols + SPECIAL if free else config.vocab_size

    def _rotary(self, layout: Layout, device: torch.device) -> Rotary | None:
        """Angles of the cells; appended tokens are not turned."""
        if self.config.pos_encodings == "learned":
            return None
        columns = layout.columns if self.config.pos_encodings == "rope2d" else None
        theta, width = self.config.rope_theta, self.config.head_dim
        cos, sin = rotary_table(layout.cells, width, device, theta, columns)
        added = (0, 0, 0, self.config.add_tokens)
        return F.pad(cos, added, value=1.0), F.pad(sin, added)


def _of_all(special: Tensor, symbol: Tensor, vocabulary: int) -> Tensor:
    """The vectors of all ids when symbols share theirs, `float[1, V, positions, D]`."""
    symbols = precise(symbol).expand(-1, vocabulary - SPECIAL, -1, -1)
    return torch.cat((precise(special), symbols), dim=1)
