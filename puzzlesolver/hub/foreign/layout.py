"""The layout of published checkpoints: what their keys tell.

In: what a file holds. Out: the family, and tensors under the names of our models.

    >>> unpack(document, "step_16275").family
    'trm'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from puzzlesolver.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

FAMILIES = ("hrm", "trm", "rsm", "se-rrm")

PREFIXES = ("_orig_mod.", "model.", "inner.")
"""What compilation, the loss head and the halting wrapper put before a key, in this order."""

WRAPPERS = ("model_state", "model_state_dict", "state_dict", "model")
"""Under which of its entries a file may keep its tensors."""

_OTHERS = re.compile(
    r"(?:^|\.)(?:embed_tokens|[qkv]_proj|to_[qkv]|w[qkv]|gate_proj|up_proj)\.weight$"
)
"""Keys of transformers of other libraries, which do not fuse what the published code does."""

EMBEDDING, HEAD = "embed_tokens.embedding_weight", "lm_head.weight"
FIXED = "Z_init"
"""The start of SE-RRM, which no other family has."""


@dataclass(frozen=True)
class Checkpoint:
    """A published checkpoint, unpacked.

    Attributes:
        family: key of `FAMILIES`.
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
    if asked not in FAMILIES:
        hint = f"published families: {', '.join(FAMILIES)}"
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
            hint=f"supported families: {', '.join(FAMILIES)}",
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
