"""The configuration of a published checkpoint: sizes by the shapes of its tensors, and settings.

What neither tells is assumed to be as published, and listed. A SE-RRM whose symbols share their
vectors tells neither how many there are nor how many cells a board has, for it serves any; then the
data, or else the published Sudoku model, are taken.

    >>> config, domain = infer_config(checkpoint, Settings({"all_config.yaml": {"H_cycles": 3}}))
    >>> config["vocab_size"], config["seq_len"], domain
    (11, 81, 'sudoku')
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from puzzlesolver.errors import ModelError
from puzzlesolver.hub.foreign.layout import EMBEDDING, FIXED, Checkpoint
from puzzlesolver.hub.foreign.settings import Settings

CYCLES = {"hrm": (2, 2), "trm": (3, 6), "rsm": (8, 12), "se-rrm": (3, 6)}
"""Published outer and inner cycles by family."""

TABLE, POSITIONS = "puzzle_emb.weights", "embed_pos.embedding_weight"

PREFIX_POSITIONS = 16
"""Positions before the cells in every published TRM and RSM."""

GRID_CELLS = 900
"""Cells of every published maze and ARC model, 30 × 30."""

TOKENS = {"sudoku": 11, "maze": 6, "arc": 12}
"""Vocabularies of the published models: padding, and what a cell can hold."""

VOCABULARIES: dict[str, Callable[[int], bool]] = {
    "maze": lambda tokens: tokens == TOKENS["maze"],
    "arc": lambda tokens: tokens == TOKENS["arc"],
    "sudoku": lambda tokens: tokens > 3 and math.isqrt(tokens - 2) ** 2 == tokens - 2,
}
"""Whether a puzzle kind, of any size, has so many tokens."""

Told = dict[str, Any]


def infer_config(
    checkpoint: Checkpoint, settings: Settings, named: str = ""
) -> tuple[Told, str | None]:
    """The configuration that the tensors and the settings tell, and the puzzle kind.

    Args:
        checkpoint: whose tensors tell sizes by their shapes.
        settings: what shapes cannot tell; they must not contradict shapes.
        named: text that may name the puzzle kind, such as the folder of the data.

    Raises:
        ModelError: a tensor that tells a size is missing or contradicts the settings, or a setting
            is missing or of a wrong type.
    """
    infer = _infer_se_rrm if checkpoint.family == "se-rrm" else _infer_tokens
    return infer(checkpoint, settings, named)


def _infer_tokens(
    checkpoint: Checkpoint, settings: Settings, named: str
) -> tuple[Told, str | None]:
    """HRM, TRM and RSM: positions of a prefix stand before those of the cells."""
    told, positions = _shapes_of_tokens(checkpoint)
    filled = -(-told["puzzle_emb_ndim"] // max(1, told["hidden_size"]))
    said = settings.find("puzzle_emb_len", int)
    # HRM's prefix is as long as the puzzle's row needs; so is TRM's when its settings say 0.
    follows = checkpoint.family == "hrm" or said == 0 or filled == 0
    prefix = filled if follows else said
    usual = PREFIX_POSITIONS if prefix is None else prefix
    left = None if positions is None else positions - usual
    domain, usual_cells = _kind(told["vocab_size"], left, settings, named)
    if positions is None:
        cells = _assume_cells(usual_cells, told["vocab_size"], settings, checkpoint.where)
    else:
        cells = positions - usual
        if prefix is None and usual_cells and usual_cells < positions:
            cells, prefix = usual_cells, positions - usual_cells
        told["seq_len"] = cells
    if prefix is None:
        prefix = settings.get("puzzle_emb_len", PREFIX_POSITIONS)
    settings.check(told, checkpoint.where)
    untold = {
        "seq_len": cells,
        "puzzle_emb_len": said or prefix or (PREFIX_POSITIONS if said is None else 0),
        "num_puzzle_identifiers": settings.find("num_puzzle_identifiers", int) or 1,
        "num_heads": settings.get("num_heads", 8),
    }
    mixer = "none" if told.get("mlp_t") else "rope"
    return untold | _untold(checkpoint, settings, mixer, told) | told, domain


def _infer_se_rrm(
    checkpoint: Checkpoint, settings: Settings, named: str
) -> tuple[Told, str | None]:
    """SE-RRM: a vector for every symbol of a cell, and no prefix."""
    told, cells = _shapes_of_se_rrm(checkpoint, settings)
    if "vocab_size" not in told:
        kind = next((kind for kind in TOKENS if _names(named, kind)), "sudoku")
        told["vocab_size"] = settings.get("vocab_size", TOKENS[kind])
    domain, usual_cells = _kind(told["vocab_size"], cells, settings, named)
    if cells is None:
        cells = _assume_cells(usual_cells, told["vocab_size"], settings, checkpoint.where)
    told["seq_len"] = cells
    settings.check(told, checkpoint.where)
    untold = {
        "puzzle_emb_ndim": settings.find("puzzle_emb_ndim", int) or 1,
        "dropout": settings.find("dropout", float) or 0.0,
    }
    return untold | _untold(checkpoint, settings, "rope2d", told) | told, domain


def _untold(checkpoint: Checkpoint, settings: Settings, positions: str, told: Told) -> Told:
    """What no shape tells of any family."""
    outer, inner = CYCLES[checkpoint.family]
    untold = {
        "expansion": settings.get("expansion", 4.0),
        "H_cycles": settings.get("H_cycles", outer),
        "L_cycles": settings.get("L_cycles", inner),
        "pos_encodings": told.get("pos_encodings") or settings.get("pos_encodings", positions),
    }
    for name in ("rope_theta", "rms_norm_eps"):  # files that leave them out mean our defaults
        if (value := settings.find(name, float)) is not None:
            untold[name] = value
    return untold


def _shapes_of_tokens(checkpoint: Checkpoint) -> tuple[Told, int | None]:
    """Settings that the tensors tell, and the positions of prefix and cells where they do."""
    from puzzlesolver.models.published import INIT_DTYPES

    tensors, core = checkpoint.tensors, "core" if checkpoint.family == "rsm" else "L_level"
    mixer = f"{core}.layers.0.mlp_t.gate_up_proj.weight"
    told: Told = {"puzzle_emb_ndim": 0, "L_layers": _count_layers(tensors, core)}
    told["vocab_size"], told["hidden_size"] = _shape(checkpoint, EMBEDDING, 2)
    if TABLE in tensors:
        sides = _shape(checkpoint, TABLE, 2)
        told["num_puzzle_identifiers"], told["puzzle_emb_ndim"] = sides
    if checkpoint.family == "hrm":
        told["H_layers"] = _count_layers(tensors, "H_level")
    else:
        told["mlp_t"] = mixer in tensors
    stored = str(tensors["H_init"].dtype).removeprefix("torch.") if "H_init" in tensors else ""
    if stored in INIT_DTYPES:
        told["init_dtype"] = stored
    positions = None
    if POSITIONS in tensors:
        told["pos_encodings"] = "learned"
        positions, _ = _shape(checkpoint, POSITIONS, 2)
    if mixer in tensors:
        _, positions = _shape(checkpoint, mixer, 2)
    return told, positions


def _shapes_of_se_rrm(checkpoint: Checkpoint, settings: Settings) -> tuple[Told, int | None]:
    """Settings that the tensors tell, and the cells where they do."""
    tensors, core = checkpoint.tensors, "L_level"
    told: Told = {
        "hidden_size": _shape(checkpoint, FIXED, 1)[0],
        "init_dtype": str(tensors[FIXED].dtype).removeprefix("torch."),
        "L_layers": _count_layers(tensors, core),
        "equivariant_symbols": "embed_symbols" not in tensors,
        "add_tokens": _shape(checkpoint, "add_tokens", 4)[2] if "add_tokens" in tensors else 0,
    }
    for mixer, suffix in (("attn", ""), ("attn_t", "_t")):
        width = told[f"head_dim{suffix}"] = settings.get(f"head_dim{suffix}", 64)
        rows, _ = _shape(checkpoint, f"{core}.layers.0.{mixer}.qkv_proj.weight", 2)
        told[f"num_heads{suffix}"] = rows // (3 * max(1, width))
    if TABLE in tensors:
        told["num_puzzle_identifiers"], columns = _shape(checkpoint, TABLE, 2)
        told["vocab_size"] = columns - told["hidden_size"]
    else:
        told["puzzle_emb_ndim"] = 0
    if not told["equivariant_symbols"]:
        told["vocab_size"] = _shape(checkpoint, "embed_symbols", 4)[1]
    if "pos_embedding" in tensors:
        told["pos_encodings"] = "learned"
        return told, _shape(checkpoint, "pos_embedding", 4)[2]
    return told, None


def _kind(
    vocab: int, cells: int | None, settings: Settings, named: str
) -> tuple[str | None, int | None]:
    """The puzzle kind, and how many cells its boards should have, as far as that is known."""
    domain = settings.find("domain", str) or _likeliest(vocab, cells, settings, named)
    return domain, settings.find("seq_len", int) or _published_cells(domain, vocab)


def _likeliest(vocab: int, cells: int | None, settings: Settings, named: str) -> str | None:
    """The puzzle kind that a vocabulary serves: the one that is named, or the likeliest."""
    possible = [kind for kind, speaks in VOCABULARIES.items() if speaks(vocab)]
    if found := [kind for kind in possible if _names(named, kind)]:
        return found[0]
    fitting = [kind for kind in possible if cells == _published_cells(kind, vocab)]
    likeliest = next(iter(fitting or possible), None)
    if len(possible) > 1 and not fitting:
        settings.assumed["domain"] = likeliest
    return likeliest


def _names(text: str, kind: str) -> bool:
    return re.search(rf"(?<![a-z]){kind}", text) is not None


def _published_cells(kind: str | None, vocab: int) -> int | None:
    """Cells of a published model of a puzzle kind."""
    if kind == "sudoku":
        return (vocab - 2) ** 2
    return GRID_CELLS if kind in ("maze", "arc") else None


def _assume_cells(usual: int | None, vocab: int, settings: Settings, where: str) -> int:
    """Cells that no tensor tells; raises `ModelError` where nothing else does."""
    if usual is None:
        raise ModelError(
            f"nothing tells how many cells a board has (vocabulary: {vocab})",
            where=where,
            hint="a configuration can: a YAML file with `seq_len: 81` under `arch:`",
        )
    return settings.get("seq_len", usual)


def _shape(checkpoint: Checkpoint, key: str, axes: int) -> list[int]:
    """The shape of a tensor that tells a size."""
    if key not in checkpoint.tensors:
        raise ModelError(f"tensor {key!r} is missing", where=checkpoint.where)
    shape = list(checkpoint.tensors[key].shape)
    if len(shape) != axes:
        fault = f"tensor {key!r} has shape {shape}, expected {axes} axes"
        raise ModelError(fault, where=checkpoint.where)
    return shape


def _count_layers(tensors: Iterable[str], module: str) -> int:
    """How many layers have tensors; a forged number of a layer counts once."""
    names = (key.split(".") for key in tensors if key.startswith(f"{module}.layers."))
    return len({name[2] for name in names})
