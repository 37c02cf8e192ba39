"""Models of ours in the published layout: the inverse of `layout.unpack`.

In: a `state_dict` and a `config.json`. Out: what `torch.save` writes, and the settings beside it.

    >>> settings = published_settings(stored)
    >>> sorted(pack(stored, model.state_dict(), settings))[0]
    '_orig_mod.model.inner.H_init'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from puzzlesolver.hub.folder import StoredConfig
from puzzlesolver.hub.foreign.layout import EMBEDDING, HEAD
from puzzlesolver.hub.foreign.settings import section

if TYPE_CHECKING:
    from torch import Tensor

OURS = "puzzlesolver"
"""Under this name the settings keep what the published layout has no place for."""

_LOSS = {"name": "losses@ACTLossHead", "loss_type": "stablemax_cross_entropy"}
_HALTING = {"halt_exploration_prob": 0.1, "halt_max_steps": 16, "forward_dtype": "bfloat16"}
_ARCH: dict[str, dict[str, Any]] = {
    "hrm": {
        "name": "hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1",
        "loss": _LOSS,
        **_HALTING,
    },
    "trm": {
        "name": "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1",
        "loss": _LOSS,
        **_HALTING,
        "H_layers": 0,
        "no_ACT_continue": True,
    },
    "rsm": {"name": "recursive_reasoning.rsm@RSM", "forward_dtype": "bfloat16"},
}
"""What the published trainers want to be told beyond a model's own settings: their defaults."""

_OWN = (
    *("H_cycles", "L_cycles", "H_layers", "L_layers", "hidden_size", "num_heads", "expansion"),
    *("puzzle_emb_ndim", "puzzle_emb_len", "pos_encodings", "mlp_t"),
)
"""Settings that have the same name under `arch` as in our configurations."""


def published_settings(stored: StoredConfig) -> dict[str, Any]:
    """What `all_config.yaml`, or the `config` of RSM's dict, says of a model.

    Where the model was converted from a checkpoint with settings, those come back.
    """
    before = section(section(stored.training, "provenance"), "settings")
    arch_before = section(before, "arch")
    own = {name: stored.config[name] for name in _OWN if name in stored.config}
    if stored.family == "hrm":
        del own["puzzle_emb_len"]  # it follows from the row
    if stored.family == "rsm" and arch_before:
        # The depth that training began with; what it came to is `active_H` and `active_L`.
        del own["H_cycles"], own["L_cycles"]
    settings = before | {"arch": _ARCH[stored.family] | arch_before | own, OURS: stored.config}
    if domain := stored.training.get("domain"):
        settings[OURS] = stored.config | {"domain": domain}
        named = {"data_path": domain} if stored.family == "hrm" else {"data_paths": [domain]}
        settings = named | settings
    return settings


def pack(
    stored: StoredConfig, tensors: Mapping[str, Tensor], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """What the published trainer of the model's family would have given to `torch.save`."""
    if stored.family != "rsm":
        return {f"_orig_mod.model.inner.{key}": tensor for key, tensor in tensors.items()}
    state = {f"model.{key}": tensor for key, tensor in tensors.items()}
    state[f"model.{HEAD}"] = tensors[EMBEDDING]
    outer, inner = stored.config["H_cycles"], stored.config["L_cycles"]
    training = {"step": stored.training.get("updates", 0), "total_steps": 0}
    depths = {"active_H": outer, "prev_H": outer, "active_L": inner, "prev_L": inner}
    before = section(section(stored.training, "provenance"), "record")
    return {
        "model_state": state,
        "optimizer_states": [],
        **training,
        "last_transition_step": 0,
        **before,
        **depths,
        "config": dict(settings),
    }
