"""What HRM, TRM, RSM and SE-RRM have in common: their settings, and the boards that they serve.

A cell holds one id of a vocabulary that begins with padding: token t of a `Batch` is id t + 1, and
the last S ids are the symbols that an answer can hold.

Shape legend: B puzzles, C cells, S symbols, V vocabulary.

    >>> SERRM(SERRMConfig()).vocabulary(sudoku.layout(16))
    18
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from puzzlesolver.errors import ModelError
from puzzlesolver.models.interface import Batch, ModelConfig, RecursiveModel
from puzzlesolver.models.layers import NORM_EPSILON, ROPE_BASE, truncated_normal_
from puzzlesolver.models.relations import Layout

INIT_DTYPES = ("bfloat16", "float16", "float32")


@dataclass(frozen=True)
class PublishedConfig(ModelConfig):
    """Settings of a published architecture, under the names of its own configuration files.

    Attributes:
        vocab_size: V: padding, then what a cell can hold (Sudoku 11, maze 6, ARC 12).
        seq_len: C; Sudoku 81, maze and ARC 900.
        num_puzzle_identifiers: rows of the puzzle embedding; Sudoku and maze 1.
        puzzle_emb_ndim: numbers a row; 0 = no puzzle embedding.
        hidden_size: D.
        num_heads: of the attention over positions.
        expansion: of SwiGLU.
        H_cycles: outer cycles; see each model.
        L_cycles: inner cycles; see each model.
        pos_encodings: one of the model's `POSITIONS`.
        rope_theta: base of the rotary frequencies.
        rms_norm_eps: ε of the norms.
        init_dtype: number format in which the fixed vectors are stored, one of `INIT_DTYPES`: the
            published trainers take that in which they compute.
    """

    vocab_size: int = 11
    seq_len: int = 81
    num_puzzle_identifiers: int = 1
    puzzle_emb_ndim: int = 512
    hidden_size: int = 512
    num_heads: int = 8
    expansion: float = 4.0
    H_cycles: int = 3
    L_cycles: int = 6
    pos_encodings: str = "rope"
    rope_theta: float = ROPE_BASE
    rms_norm_eps: float = NORM_EPSILON
    init_dtype: str = "bfloat16"

    RANGES: ClassVar = {
        "vocab_size": (3, 4_096), "seq_len": (1, 65_536), "num_puzzle_identifiers": (1, 10_000_000),
        "puzzle_emb_ndim": (0, 65_536), "puzzle_emb_len": (0, 1_024), "hidden_size": (2, 16_384),
        "num_heads": (1, 1_024), "num_heads_t": (1, 1_024), "head_dim": (2, 1_024),
        "head_dim_t": (1, 1_024), "expansion": (0.01, 64),
        **dict.fromkeys(("H_cycles", "L_cycles", "H_layers", "L_layers"), (1, 256)),
        "add_tokens": (0, 1_024), "dropout": (0, 0.99), "rope_theta": (1e-3, 1e12),
        "rms_norm_eps": (0, 1),
    }  # fmt: skip
    POSITIONS: ClassVar = ("rope", "learned", "none")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, known in {"pos_encodings": self.POSITIONS, "init_dtype": INIT_DTYPES}.items():
            if (said := getattr(self, name)) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, not {said!r}")


class PublishedModel(RecursiveModel):
    """A network whose answers are one symbol a cell, and whose start is fixed."""

    config: PublishedConfig
    CORES: ClassVar[tuple[str, ...]]
    """Names of its `cores`."""

    halts: ClassVar[bool] = True
    """Whether its readout has a halting logit."""

    @property
    def cores(self) -> tuple[nn.Module, ...]:
        return tuple(map(self.get_submodule, self.CORES))

    @property
    def fixed_start(self) -> bool:
        return True

    def vocabulary(self, layout: Layout) -> int:
        """V on these boards; raises `ModelError` where the model was made for others."""
        if layout.rules:
            raise ModelError(
                f"this model cannot be told the rules {layout.rules}",
                where="--model",
                hint="a relational stem can; published models learn the rules of plain boards",
            )
        (cells, vocabulary), symbols = self._sizes(layout), self._symbols(layout)
        if layout.cells == cells and symbols < vocabulary:
            return vocabulary
        raise ModelError(
            f"this model reads boards of {cells} cells with a vocabulary of {vocabulary}, not "
            f"{layout.cells} with {symbols} symbols",
            where="--model",
            hint="most published models serve one size of board; the relational stem serves any",
        )

    def _drawn(self, *shape: int) -> Tensor:
        """Random vectors, `[*shape, D]`, in the number format of the fixed ones."""
        drawn = truncated_normal_(torch.empty(*shape, self.config.hidden_size), std=1.0)
        return drawn.to(getattr(torch, self.config.init_dtype))

    def _sizes(self, layout: Layout) -> tuple[int, int]:
        """C and V that it reads of such boards."""
        return self.config.seq_len, self.config.vocab_size

    def _symbols(self, layout: Layout) -> int:
        """Symbols that an answer can hold: the last ones of the vocabulary."""
        return layout.symbols if layout.symbols > 1 else self.config.vocab_size - 1


def identifiers_of(batch: Batch) -> Tensor:
    """Rows of the puzzle embedding, `int64[B]`; the blank one where none are given."""
    return torch.zeros_like(batch.tokens[:, 0]) if batch.identifiers is None else batch.identifiers
