"""The layout of published checkpoints: what their keys and shapes tell.

In: what a file holds, and settings from beside it. Out: the family, tensors under the names of our
models, and the configuration of the model that they seem to be.

    >>> checkpoint = unpack(document, "step_16275")
    >>> config, domain = infer_config(checkpoint, Settings({"all_config.yaml": {"H_cycles": 3}}))
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from puzzlesolver.errors import ModelError
from puzzlesolver.hub.foreign.settings import Settings

if TYPE_CHECKING:
    from torch import Tensor

CYCLES = {"hrm": (2, 2), "trm": (3, 6), "rsm": (8, 12), "se-rrm": (3, 6)}
"""Published outer and inner cycles by family."""

CORES = {"hrm": "L_level", "trm": "L_level", "rsm": "core", "se-rrm": "L_level"}
"""The module whose layers tell how positions are mixed."""

PREFIXES = ("_orig_mod.", "model.", "inner.")
"""What compilation, the loss head and the halting wrapper put before a key, in this order."""

WRAPPERS = ("model_state", "model_state_dict", "state_dict", "model")
"""Under which of its entries a file may keep its tensors."""

_OTHERS = re.compile(
    r"(?:^|\.)(?:embed_tokens|[qkv]_proj|to_[qkv]|w[qkv]|gate_proj|up_proj)\.weight$"
)
"""Keys of transformers of other libraries, which do not fuse what the published code does."""

EMBEDDING, HEAD, TABLE = "embed_tokens.embedding_weight", "lm_head.weight", "puzzle_emb.weights"
POSITIONS = "embed_pos.embedding_weight"
FIXED = "Z_init"
"""The start of SE-RRM, which no other family has."""

PREFIX_POSITIONS = 16
"""Positions before the cells in every published TRM and RSM."""

GRID_CELLS = 900
"""Cells of every published maze and ARC model, 30 × 30."""

VOCABULARIES: dict[str, Callable[[int], bool]] = {
    "maze": lambda tokens: tokens == 6,
    "arc": lambda tokens: tokens == 12,
    "sudoku": lambda tokens: tokens > 3 and math.isqrt(tokens - 2) ** 2 == tokens - 2,
}
"""Whether a puzzle kind has so many tokens: padding, and what a cell of it can hold."""


@dataclass(frozen=True)
class Checkpoint:
    """A published checkpoint, unpacked.

    Attributes:
        family: key of `CORES`.
        evidence: which keys told so.
        weights: which part of the file the tensors come from.
        prefix: of their keys in the file.
        tensors: by the names of our models; whether they fit one is not known yet.
        rest: what else the file holds, such as `step` and `config`.
        where: the file.
    """

    family: str
    evidence: str
    weights: str
    prefix: str
    tensors: dict[str, Tensor]
    rest: dict[str, Any]
    where: str


def unpack(document: Mapping[str, Any], where: str) -> Checkpoint:
    """Find the tensors and the family; raises `ModelError` where that fails."""
    wrapper = next((name for name in WRAPPERS if isinstance(document.get(name), dict)), None)
    ema = document.get("ema")
    shadow = ema.get("shadow") if isinstance(ema, dict) else None
    averages = _stripped(shadow, where) if isinstance(shadow, dict) else {}
    if wrapper is None and not averages:
        raw, rest, weights = _stripped(document, where), {}, "the file itself"
    else:
        raw = {} if wrapper is None else _stripped(document[wrapper], where)
        rest = {name: document[name] for name in document if name not in (wrapper, "ema")}
        weights = ", else ".join(filter(None, ("ema.shadow" if averages else "", wrapper)))
    family, evidence = _detect_family({*raw, *averages}, where)
    state: Iterable[Any] = document if wrapper is None else document[wrapper]
    keys = [*map(str, state), *(map(str, shadow) if isinstance(shadow, dict) else ())]
    mark = FIXED if family == "se-rrm" else EMBEDDING
    prefix = next((key.removesuffix(mark) for key in keys if key.endswith(mark)), "")
    if family == "rsm":
        raw, averages = _untied(raw, where), _untied(averages, where)
    # Averages cover what is trained; fixed vectors and the puzzle embedding are in the other part.
    return Checkpoint(family, evidence, weights, prefix, raw | averages, rest, where)


def check_family(found: str, asked: str, where: str, evidence: str) -> None:
    """Raises `ModelError` unless both are the same family of the published ones."""
    if asked not in CORES:
        hint = f"published families: {', '.join(CORES)}"
        raise ModelError(f"no published layout is called {asked!r}", hint=hint)
    if found == asked:
        return
    hint = "leave the family out to take the one of the file"
    if {found, asked} == {"trm", "rsm"}:
        hint = (
            "tensors of TRM and RSM can have equal shapes, but TRM's mixer normalises over the "
            "sequence axis and RSM's over the hidden axis: one run as the other is nonsense"
        )
    raise ModelError(
        f"this is {found.upper()}, not {asked.upper()}: {evidence}", where=where, hint=hint
    )


def infer_config(
    checkpoint: Checkpoint, settings: Settings, named: str = ""
) -> tuple[dict[str, Any], str | None]:
    """The configuration that the tensors and the settings tell, and the puzzle kind.

    Args:
        checkpoint: whose tensors tell sizes by their shapes.
        settings: what shapes cannot tell; they must not contradict shapes.
        named: text that may name the puzzle kind, such as the folder of the data.

    Raises:
        ModelError: a tensor that tells a size is missing or contradicts the settings, or a setting
            is missing or of a wrong type.
    """
    told, positions = _read_shapes(checkpoint)
    filled = -(-told["puzzle_emb_ndim"] // max(1, told["hidden_size"]))
    said = settings.find("puzzle_emb_len", int)
    # HRM's prefix is as long as the puzzle's row needs; so is TRM's when its settings say 0.
    follows = checkpoint.family == "hrm" or said == 0 or filled == 0
    prefix = filled if follows else said
    usual = PREFIX_POSITIONS if prefix is None else prefix
    left = None if positions is None else positions - usual
    vocab = told["vocab_size"]
    domain = settings.find("domain", str) or choose_domain(vocab, left, settings, named)
    usual_cells = settings.find("seq_len", int) or published_cells(domain, vocab)
    if positions is None:
        cells = assume_cells(usual_cells, vocab, settings, checkpoint.where)
    else:
        cells = positions - usual
        if prefix is None and usual_cells and usual_cells < positions:
            cells, prefix = usual_cells, positions - usual_cells
        told["seq_len"] = cells
    if prefix is None:
        prefix = settings.get("puzzle_emb_len", PREFIX_POSITIONS)
    settings.check(told, checkpoint.where)
    outer, inner = CYCLES[checkpoint.family]
    mixer = "none" if told.get("mlp_t") else "rope"
    untold = {
        "seq_len": cells,
        "puzzle_emb_len": said or prefix or (PREFIX_POSITIONS if said is None else 0),
        "num_puzzle_identifiers": settings.find("num_puzzle_identifiers", int) or 1,
        "num_heads": settings.get("num_heads", 8),
        "expansion": settings.get("expansion", 4.0),
        "H_cycles": settings.get("H_cycles", outer),
        "L_cycles": settings.get("L_cycles", inner),
        "pos_encodings": told.get("pos_encodings") or settings.get("pos_encodings", mixer),
    }
    for name in ("rope_theta", "rms_norm_eps"):  # files that leave them out mean our defaults
        if (value := settings.find(name, float)) is not None:
            untold[name] = value
    return untold | told, domain


def _read_shapes(checkpoint: Checkpoint) -> tuple[dict[str, Any], int | None]:
    """Settings that the tensors tell, and the positions of prefix and cells where they do."""
    from puzzlesolver.models.published import INIT_DTYPES

    tensors, where, core = checkpoint.tensors, checkpoint.where, CORES[checkpoint.family]
    mixer = f"{core}.layers.0.mlp_t.gate_up_proj.weight"
    told: dict[str, Any] = {"puzzle_emb_ndim": 0, "L_layers": count_layers(tensors, core)}
    told["vocab_size"], told["hidden_size"] = _sides(tensors, EMBEDDING, where)
    if TABLE in tensors:
        sides = _sides(tensors, TABLE, where)
        told["num_puzzle_identifiers"], told["puzzle_emb_ndim"] = sides
    if checkpoint.family == "hrm":
        told["H_layers"] = count_layers(tensors, "H_level")
    else:
        told["mlp_t"] = mixer in tensors
    stored = str(tensors["H_init"].dtype).removeprefix("torch.") if "H_init" in tensors else ""
    if stored in INIT_DTYPES:
        told["init_dtype"] = stored
    positions = None
    if POSITIONS in tensors:
        told["pos_encodings"] = "learned"
        positions, _ = _sides(tensors, POSITIONS, where)
    if mixer in tensors:
        _, positions = _sides(tensors, mixer, where)
    return told, positions


def assume_cells(usual: int | None, vocab: int, settings: Settings, where: str) -> int:
    """Cells that no tensor tells; raises `ModelError` where nothing else does."""
    if usual is None:
        raise ModelError(
            f"nothing tells how many cells a board has (vocabulary: {vocab})",
            where=where,
            hint="a configuration can: a YAML file with `seq_len: 81` under `arch:`",
        )
    return settings.get("seq_len", usual)


def choose_domain(vocab: int, cells: int | None, settings: Settings, named: str) -> str | None:
    """The puzzle kind that a vocabulary serves: the one that is named, or the likeliest."""
    possible = [kind for kind, speaks in VOCABULARIES.items() if speaks(vocab)]
    for kind in possible:
        if re.search(rf"(?<![a-z]){kind}", named):
            return kind
    fitting = [kind for kind in possible if cells == published_cells(kind, vocab)]
    likeliest = next(iter(fitting or possible), None)
    if len(possible) > 1 and not fitting:
        settings.assumed["domain"] = likeliest
    return likeliest


def published_cells(kind: str | None, vocab: int) -> int | None:
    """Cells of a published model of a puzzle kind."""
    if kind == "sudoku":
        return (vocab - 2) ** 2
    return GRID_CELLS if kind in ("maze", "arc") else None


def _detect_family(keys: Iterable[str], where: str) -> tuple[str, str]:
    if other := next((key for key in sorted(keys) if _OTHERS.search(key)), None):
        raise ModelError(
            f"another implementation's checkpoint: it has {other!r}",
            where=where,
            hint=f"published files have {EMBEDDING} and fused qkv_proj and gate_up_proj",
        )
    modules = {key.partition(".")[0] for key in keys}
    if FIXED in modules:
        return "se-rrm", f"it has {FIXED}"
    if "H_level" in modules and "L_level" not in modules:
        raise ModelError(
            "this has H_level and no L_level, as TRM's transformers_baseline: not supported",
            where=where,
            hint=f"supported families: {', '.join(CORES)}",
        )
    if "H_level" in modules:
        return "hrm", "it has H_level"
    if "L_level" in modules and not modules & {"H_init", "L_init"}:
        raise ModelError(
            "this is TRM without H_init and L_init, as EqR, which is not supported",
            where=where,
            hint="EqR draws its start and adds damping and noise at every call: another function",
        )
    if "L_level" in modules:
        return "trm", "it has L_level and no H_level"
    if "core" in modules:
        return "rsm", "it has core"
    found = ", ".join(sorted(module[:40] for module in modules)[:8]) or "none"
    raise ModelError(
        f"no tensors of a known family; found {found}",
        where=where,
        hint="HRM has H_level.*, TRM has L_level.*, RSM has core.*, SE-RRM has Z_init",
    )


def _stripped(state: Mapping[Any, Any], where: str) -> dict[str, Tensor]:
    """Tensors by key without prefixes."""
    import torch

    tensors: dict[str, Tensor] = {}
    for key, tensor in state.items():
        name = str(key)[:200]
        for prefix in PREFIXES:
            name = name.removeprefix(prefix)
        if not isinstance(tensor, torch.Tensor):
            kind = type(tensor).__name__
            raise ModelError(f"{name!r} is of type {kind}, not a tensor", where=where)
        if name in tensors:
            raise ModelError(f"two tensors are called {name!r}", where=where)
        if tensor.nbytes > tensor.untyped_storage().nbytes():
            raise ModelError(
                f"tensor {name!r} claims shape {list(tensor.shape)} and stores fewer numbers",
                where=where,
                hint="it was saved as an expanded view; save a contiguous copy",
            )
        tensors[name] = tensor.detach()
    return tensors


def _untied(tensors: dict[str, Tensor], where: str) -> dict[str, Tensor]:
    """RSM's tensors without the second copy of the embedding, its token head."""
    import torch

    if not {HEAD, EMBEDDING} <= tensors.keys():
        return tensors
    if not torch.equal(tensors[HEAD], tensors[EMBEDDING]):
        raise ModelError(
            f"{HEAD} differs from {EMBEDDING}, and RSM has one matrix for both",
            where=where,
            hint="it may be another model under RSM's names",
        )
    return {key: tensor for key, tensor in tensors.items() if key != HEAD}


def _sides(tensors: Mapping[str, Tensor], key: str, where: str) -> tuple[int, int]:
    """Rows and columns of a matrix that tells a size."""
    if key not in tensors:
        raise ModelError(f"tensor {key!r} is missing", where=where)
    shape = list(tensors[key].shape)
    if len(shape) != 2:
        raise ModelError(f"tensor {key!r} has shape {shape}, expected a matrix", where=where)
    return shape[0], shape[1]


def count_layers(tensors: Iterable[str], module: str) -> int:
    """How many layers have tensors; a forged number of a layer counts once."""
    names = (key.split(".") for key in tensors if key.startswith(f"{module}.layers."))
    return len({name[2] for name in names})
