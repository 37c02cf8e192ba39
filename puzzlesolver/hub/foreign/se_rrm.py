"""What a checkpoint of SE-RRM tells: most sizes by the shapes of its tensors, others by settings.

A model whose symbols share their vectors tells neither how many there are nor how many cells a
board has, for it serves any; then the data, or else the published Sudoku model, are taken.

    >>> config, domain = infer_se_rrm(checkpoint, settings, "['data/sudoku-extreme-1k-aug-1000']")
    >>> config["vocab_size"], config["seq_len"], domain
    (11, 81, 'sudoku')
"""

from __future__ import annotations

import re
from typing import Any

from puzzlesolver.errors import ModelError
from puzzlesolver.hub.foreign.layout import (
    CYCLES,
    FIXED,
    TABLE,
    Checkpoint,
    assume_cells,
    choose_domain,
    count_layers,
    published_cells,
)
from puzzlesolver.hub.foreign.settings import Settings

CORE = "L_level"
USUAL_TOKENS = {"sudoku": 11, "maze": 6, "arc": 12}
"""Vocabularies of the published models."""


def infer_se_rrm(
    checkpoint: Checkpoint, settings: Settings, named: str = ""
) -> tuple[dict[str, Any], str | None]:
    """The configuration and the puzzle kind; see `layout.infer_config`."""
    told, cells = _read_shapes(checkpoint, settings)
    if "vocab_size" not in told:
        kind = next((kind for kind in USUAL_TOKENS if re.search(rf"(?<![a-z]){kind}", named)), "")
        usual = USUAL_TOKENS.get(kind, USUAL_TOKENS["sudoku"])
        told["vocab_size"] = settings.get("vocab_size", usual)
    vocab = told["vocab_size"]
    domain = settings.find("domain", str) or choose_domain(vocab, cells, settings, named)
    if cells is None:
        usual_cells = settings.find("seq_len", int) or published_cells(domain, vocab)
        cells = assume_cells(usual_cells, vocab, settings, checkpoint.where)
    told["seq_len"] = cells
    settings.check(told, checkpoint.where)
    outer, inner = CYCLES["se-rrm"]
    untold: dict[str, Any] = {
        "expansion": settings.get("expansion", 4.0),
        "H_cycles": settings.get("H_cycles", outer),
        "L_cycles": settings.get("L_cycles", inner),
        "pos_encodings": told.get("pos_encodings") or settings.get("pos_encodings", "rope2d"),
        "puzzle_emb_ndim": settings.find("puzzle_emb_ndim", int) or 1,
        "dropout": settings.find("dropout", float) or 0.0,
    }
    for name in ("rope_theta", "rms_norm_eps"):
        if (value := settings.find(name, float)) is not None:
            untold[name] = value
    return untold | told, domain


def _read_shapes(checkpoint: Checkpoint, settings: Settings) -> tuple[dict[str, Any], int | None]:
    """Settings that the tensors tell, and the cells where they do."""
    tensors = checkpoint.tensors

    def side(key: str, axis: int, axes: int) -> int:
        if key not in tensors:
            raise ModelError(f"tensor {key!r} is missing", where=checkpoint.where)
        shape = list(tensors[key].shape)
        if len(shape) != axes:
            fault = f"tensor {key!r} has shape {shape}, expected {axes} axes"
            raise ModelError(fault, where=checkpoint.where)
        return shape[axis]

    told: dict[str, Any] = {
        "hidden_size": side(FIXED, 0, 1),
        "init_dtype": str(tensors[FIXED].dtype).removeprefix("torch."),
        "L_layers": count_layers(tensors, CORE),
        "equivariant_symbols": "embed_symbols" not in tensors,
        "add_tokens": side("add_tokens", 2, 4) if "add_tokens" in tensors else 0,
    }
    for mixer, suffix in (("attn", ""), ("attn_t", "_t")):
        width = settings.get(f"head_dim{suffix}", 64)
        told[f"head_dim{suffix}"] = width
        rows = side(f"{CORE}.layers.0.{mixer}.qkv_proj.weight", 0, 2)
        told[f"num_heads{suffix}"] = rows // (3 * max(1, width))
    if TABLE in tensors:
        told["num_puzzle_identifiers"] = side(TABLE, 0, 2)
        told["vocab_size"] = side(TABLE, 1, 2) - told["hidden_size"]
    else:
        told["puzzle_emb_ndim"] = 0
    if not told["equivariant_symbols"]:
        told["vocab_size"] = side("embed_symbols", 1, 4)
    if "pos_embedding" in tensors:
        return told | {"pos_encodings": "learned"}, side("pos_embedding", 2, 4)
    return told, None
