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
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from puzzlesolver.errors import ModelError
from puzzlesolver.models.interface import Batch, ModelConfig, Noise, Readout, RecursiveModel, State
from puzzlesolver.models.layers import (
    NORM_EPSILON,
    ROPE_BASE,
    Block,
    Embedding,
    Linear,
    PuzzleEmbedding,
    ReasoningModule,
    Rotary,
    rotary_table,
    truncated_normal_,
)
from puzzlesolver.models.relations import Layout

POSITIONS = ("rope", "learned", "none")
INIT_DTYPES = ("bfloat16", "float16", "float32")
Q_BIAS = -5.0
"""The halting head starts sure that no answer is right."""

_RANGES: dict[str, tuple[float, float]] = {
    "vocab_size": (3, 4_096), "seq_len": (1, 65_536), "num_puzzle_identifiers": (1, 10_000_000),
    "puzzle_emb_ndim": (0, 65_536), "puzzle_emb_len": (0, 1_024), "hidden_size": (2, 16_384),
    "num_heads": (1, 1_024), "expansion": (0.01, 64), "H_cycles": (1, 100_000),
    "L_cycles": (1, 100_000), "H_layers": (1, 256), "L_layers": (1, 256),
    "rope_theta": (1e-3, 1e12), "rms_norm_eps": (0, 1),
}  # fmt: skip
"""A hostile configuration must be refused before memory is used."""


@dataclass(frozen=True)
class TokenConfig(ModelConfig):
    """Settings of a published architecture, under the names of its own configuration files.

    Attributes:
        vocab_size: V: padding, then what a cell can hold (Sudoku 11, maze 6, ARC 12).
        seq_len: C; Sudoku 81, maze and ARC 900.
        num_puzzle_identifiers: rows of the puzzle embedding; Sudoku and maze 1.
        puzzle_emb_ndim: numbers a row; 0 = no puzzle embedding and no prefix.
        puzzle_emb_len: positions of the prefix, which the row fills up from the left.
        hidden_size: D.
        num_heads: of the attention.
        expansion: of SwiGLU.
        H_cycles: outer cycles; see each model.
        L_cycles: inner cycles; see each model.
        pos_encodings: `rope`, `learned` or `none`.
        rope_theta: base of the rotary frequencies.
        rms_norm_eps: ε of the norms.
        init_dtype: number format in which the two fixed vectors are stored, one of `INIT_DTYPES`:
            the published trainers take that in which they compute.
    """

    vocab_size: int = 11
    seq_len: int = 81
    num_puzzle_identifiers: int = 1
    puzzle_emb_ndim: int = 512
    puzzle_emb_len: int = 16
    hidden_size: int = 512
    num_heads: int = 8
    expansion: float = 4.0
    H_cycles: int = 3
    L_cycles: int = 6
    pos_encodings: str = "rope"
    rope_theta: float = ROPE_BASE
    rms_norm_eps: float = NORM_EPSILON
    init_dtype: str = "bfloat16"

    def __post_init__(self) -> None:
        for name, (lowest, highest) in _RANGES.items():
            if not lowest <= (value := getattr(self, name, lowest)) <= highest:
                raise ValueError(f"{name} must lie in {lowest}..{highest}, not {value!r}")
        for name, known in {"pos_encodings": POSITIONS, "init_dtype": INIT_DTYPES}.items():
            if (said := getattr(self, name)) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, not {said!r}")
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


class TokenModel(RecursiveModel):
    """A network over one token a cell, with states `(z_H, z_L)`, `float[B, P, D]` each.

    Attributes:
        q_head: halting head (HRM and TRM), or None (RSM).
        lm_head: token head (HRM and TRM), or None where it is the embedding's own matrix (RSM).
    """

    config: TokenConfig
    halts: ClassVar[bool] = True
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
        for name in ("H_init", "L_init"):
            fixed = truncated_normal_(torch.empty(width), std=1.0)
            self.register_buffer(name, fixed.to(getattr(torch, config.init_dtype)))

    @property
    def fixed_start(self) -> bool:
        return True

    def embed(self, batch: Batch) -> Tensor:
        """The prefix and then the token vectors, times √D, `float[B, P, D]`.

        Raises:
            ModelError: the board has another number of cells or symbols than the model was made
                for.
        """
        self._check_fits(batch.layout)
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
        identifiers = batch.identifiers
        if identifiers is None:
            identifiers = torch.zeros_like(batch.tokens[:, 0])
        rows = self.puzzle_emb(identifiers)
        prefix, width = self.config.prefix, self.config.hidden_size
        return F.pad(rows, (0, prefix * width - rows.shape[-1])).view(-1, prefix, width)

    def _symbols(self, layout: Layout) -> int:
        """Symbols that an answer can hold: the last ones of the vocabulary."""
        return layout.symbols if layout.symbols > 1 else self.config.vocab_size - 1

    def _check_fits(self, layout: Layout) -> None:
        config = self.config
        if layout.cells != config.seq_len or self._symbols(layout) >= config.vocab_size:
            raise ModelError(
                f"this model reads boards of {config.seq_len} cells with a vocabulary of "
                f"{config.vocab_size}, not {layout.cells} with {self._symbols(layout)} symbols",
                where="--model",
                hint="published models serve one size of board; the relational stem serves any",
            )
