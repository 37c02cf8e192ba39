"""What stands under `arch` in the settings of the published trainers: what is read, what is idle.

In: a checkpoint and its settings. Out: nothing, or a `ModelError` where they mean another function
than ours: no setting that changes answers is ignored in silence.

    >>> check_arch(checkpoint, "all_config.yaml", {"name": "eqr@EqRModel"}, {})
    Traceback (most recent call last):
    ModelError: all_config.yaml says 'eqr@EqRModel', which is not supported
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from puzzlesolver.errors import ModelError
from puzzlesolver.hub.foreign.layout import Checkpoint, check_family

MODULES = {
    "hrm_act_v1": "hrm",
    "hrm": "hrm",
    "trm": "trm",
    "trm_cgar": "trm",
    "rsm": "rsm",
    "trm_equi": "se-rrm",
}
"""Families by the name of the module in their repositories, as in `path.module@Class`.

CGAR is TRM with other depths while it trains.
"""

OWN = (
    *("H_cycles", "L_cycles", "H_layers", "L_layers", "hidden_size", "num_heads", "expansion"),
    *("puzzle_emb_ndim", "puzzle_emb_len", "pos_encodings", "mlp_t", "rope_theta", "rms_norm_eps"),
)
"""Settings that have the same name under `arch` as in our configurations …"""

OWN_OF_SE_RRM = (
    *("num_heads_t", "head_dim", "head_dim_t", "equivariant_symbols", "add_tokens", "dropout"),
)
"""… and more of them, which no other family has."""

_OTHERS = {"name", "domain", "vocab_size", "seq_len", "num_puzzle_identifiers"}
"""Settings that are read and that trainers know from elsewhere."""

_IDLE = {
    *("loss", "halt_max_steps", "halt_exploration_prob", "no_ACT_continue", "batch_size"),
    *("forward_dtype", "short_name", "puzzle_emb_dropout", "grid_token_dropout"),
    *("prob_detach_prev_H", "freeze_emb_prc", "freeze_lm_head_prc", "alpha_blend"),
    *("enable_alpha_blend", "alpha_blend_mode", "transition_lr_zero", "transition_lr_ramp_steps"),
}
"""Settings that only training knows, or nothing at all."""


def check_arch(
    checkpoint: Checkpoint, source: str, said: Mapping[str, Any], arch: Mapping[str, Any]
) -> None:
    """Refuse other models by their name, and settings that may change what the model computes.

    Args:
        checkpoint: whose settings these are.
        source: what to call them.
        said: settings of the model.
        arch: those that stand in a section of their own.

    Raises:
        ModelError: the model is not supported or of another family, or a setting is unknown.
    """
    where, name = checkpoint.where, str(said.get("name", ""))
    module = name.partition("@")[0].rpartition(".")[2]
    if name and module not in MODULES:
        raise ModelError(
            f"{source} says {name!r}, which is not supported",
            where=where,
            hint=f"supported modules: {', '.join(MODULES)}",
        )
    if name:
        check_family(checkpoint.family, MODULES[module], where, f"{source} says {name!r}")
    read = {*_IDLE, *_OTHERS, *OWN, *(OWN_OF_SE_RRM if checkpoint.family == "se-rrm" else ())}
    for setting, value in arch.items():
        if setting in read:
            continue
        if setting != "causal" or value:
            raise ModelError(
                f"{source} sets {setting} to {str(value)[:40]!r}, which is not supported",
                where=where,
                hint="if it changes nothing after training, give a copy of the settings without it "
                "by --config",
            )
