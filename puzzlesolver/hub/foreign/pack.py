"""Models of ours in the published layout: the inverse of `layout.unpack`.

In: a `state_dict` and a `config.json`. Out: what `torch.save` writes, and the settings beside it.

    >>> settings = published_settings(stored)
    >>> sorted(pack(stored, model.state_dict(), settings))[0]
    '_orig_mod.model.inner.H_init'
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from puzzlesolver.errors import ModelError
from puzzlesolver.hub.folder import StoredConfig
from puzzlesolver.hub.foreign.arch import OWN, OWN_OF_SE_RRM
from puzzlesolver.hub.foreign.layout import EMBEDDING, HEAD
from puzzlesolver.hub.foreign.settings import Settings, section

if TYPE_CHECKING:
    from torch import Tensor

Growth = list[tuple[float, int]]
"""Pairs (progress, number): from that share of training on, so many."""

OURS = "puzzlesolver"
"""Under this name the settings keep what the published layout has no place for."""

_PREFIX = "_orig_mod.model.inner."
"""Of the keys that the trainers of all but RSM write."""

_ARCH: dict[str, dict[str, Any]] = {
    "hrm": {"name": "hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1"},
    "trm": {"name": "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1", "H_layers": 0},
    "rsm": {"name": "recursive_reasoning.rsm@RSM"},
    "se-rrm": {"name": "recursive_reasoning.trm_equi@SERRM", "H_layers": 0},
}

_DEFAULTS: dict[str, Any] = {
    "data": "", "steps": 0, "train_puzzles": 0, "batch_size": 768, "learning_rate": 1e-4,
    "floor": 1.0, "warmup_updates": 2_000, "weight_decay": 0.1, "beta1": 0.9, "beta2": 0.95,
    "puzzle_learning_rate": 1e-2, "puzzle_weight_decay": 0.1, "seed": 0, "ema": 0.0,
    "precision": "bf16", "cross_entropy": "stablemax", "halt_max_steps": 16,
    "halt_exploration": 0.1, "clip": 0.0, "eval_every": 0, "growth_ramp": 0, "chain": 0.5,
    "freeze_embedding": 0.0, "q_learning": False, "grad_steps": 1, "updates": 0,
    "epoch": 0,
}  # fmt: skip
"""What the published trainers do unless they are told otherwise, by our names; 0 = none."""

_RSM_DEFAULTS = {"floor": 0.02, "beta1": 0.8, "beta2": 0.9, "clip": 1.0}

_TOP = {
    "global_batch_size": "batch_size", "lr": "learning_rate", "lr_min_ratio": "floor",
    "lr_warmup_steps": "warmup_updates", "weight_decay": "weight_decay", "beta1": "beta1",
    "beta2": "beta2", "puzzle_emb_lr": "puzzle_learning_rate",
    "puzzle_emb_weight_decay": "puzzle_weight_decay", "seed": "seed",
}  # fmt: skip
"""Settings of the published trainers by what our training calls them."""

_PRECISIONS = {"bf16": "bfloat16", "fp32": "float32"}


def published_settings(stored: StoredConfig) -> dict[str, Any]:
    """What `all_config.yaml`, or the `config` of RSM's dict, says of a model.

    Where the model was converted from a checkpoint with settings, those come back; else they are
    those of the run that trained it, or the trainers' defaults.

    Raises:
        ModelError: a setting of that run is of a wrong type.
    """
    before = section(section(stored.training, "provenance"), "settings")
    run = _run_of(stored)
    arch = _ARCH[stored.family] | _trained_arch(stored, run) | section(before, "arch")
    own = {name: stored.config[name] for name in OWN + OWN_OF_SE_RRM if name in stored.config}
    if stored.family == "hrm":
        del own["puzzle_emb_len"]  # it follows from the row
    if stored.family == "se-rrm":
        own["forward_dtype"] = stored.config["init_dtype"]  # its input vectors are kept in it
    if stored.family == "rsm":
        # The depth that training began with; what it came to is `active_H` and `active_L`.
        own |= {name: arch[name] for name in ("H_cycles", "L_cycles") if name in arch}
    domain = stored.training.get("domain")
    data = run["data"] or domain or "unknown"
    named = {"data_path": data} if stored.family == "hrm" else {"data_paths": [data]}
    ours = stored.config | ({"domain": domain} if domain else {})
    return named | _trained(stored, run) | before | {"arch": arch | own, OURS: ours}


def _run_of(stored: StoredConfig) -> dict[str, Any]:
    """Settings of the run that trained a model, and defaults where they are not known."""
    told = section(stored.training, "settings")
    known = {name: value for name, value in told.items() if value is not None}
    defaults = _DEFAULTS | (_RSM_DEFAULTS if stored.family == "rsm" and not told else {})
    record = {name: n for name in ("updates", "epoch") if (n := stored.training.get(name))}
    settings = Settings({"the settings of its training": known | record, "": defaults})
    return {name: settings.find(name, type(usual)) for name, usual in defaults.items()}


def _trained(stored: StoredConfig, run: Mapping[str, Any]) -> dict[str, Any]:
    """What the trainers' configuration says of a run, besides the model and the data."""
    drawn = (run["steps"] or run["updates"]) * run["batch_size"]
    epoch = run["epoch"] or run["train_puzzles"] or drawn
    told = {name: run[ours] for name, ours in _TOP.items()}
    # The trainers round the updates of all epochs down: these make as many, or the next more.
    told["epochs"] = math.ceil(drawn / epoch) if drawn else 1
    if stored.family != "hrm":
        told |= {"ema": run["ema"] > 0, "ema_rate": run["ema"] or 0.999}
    if stored.family == "rsm":
        (H_starts, H_added), (L_starts, L_added) = map(_milestones, _growths(stored))
        told |= {
            "grad_clip_norm": run["clip"],
            "eval_interval": run["eval_every"],
            "transition_lr_warmup_steps": run["growth_ramp"],
            "optimizer_reset_scale": 1.0,
            "curriculum_milestones": H_starts,
            "curriculum_heads_to_add": H_added,
            "curriculum_L_milestones": L_starts,
            "curriculum_L_to_add": L_added,
        }
    return told


def _growths(stored: StoredConfig) -> list[Growth]:
    """How the outer and the inner depth of RSM grew, as far as that is known."""
    settings = section(stored.training, "settings")
    growths = [settings.get(name) or () for name in ("warmup_growth", "inner_growth")]
    try:
        return [[(float(start), int(number)) for start, number in each] for each in growths]
    except (TypeError, ValueError) as error:
        raise ModelError(f"the settings of its training are damaged: {error}") from error


def _milestones(growth: Growth) -> tuple[list[float], list[int]]:
    """Per cents of the training at which a depth grows, and by how much."""
    starts = [round(100 * start, 9) for start, _ in growth[1:]]
    return starts, [after - before for (_, before), (_, after) in itertools.pairwise(growth)]


def _trained_arch(stored: StoredConfig, run: Mapping[str, Any]) -> dict[str, Any]:
    """What the trainers keep under `arch` of a run, besides the model's own settings."""
    family = stored.family
    head = "LossHead" if family == "rsm" else "ACTLossHead"
    arch: dict[str, Any] = {
        "loss": {"name": f"losses@{head}", "loss_type": f"{run['cross_entropy']}_cross_entropy"},
        "forward_dtype": _PRECISIONS.get(run["precision"], "bfloat16"),
    }
    if family == "rsm":
        arch |= {"prob_detach_prev_H": 1 - run["chain"]}
        arch |= {"freeze_emb_prc": 100 * run["freeze_embedding"]}
        outer, inner = _growths(stored)
        arch |= {"H_cycles": outer[0][1] + run["grad_steps"]} if outer else {}
        return arch | ({"L_cycles": inner[0][1]} if inner else {})
    halting = {"halt_max_steps": "halt_max_steps", "halt_exploration_prob": "halt_exploration"}
    arch |= {name: run[ours] for name, ours in halting.items()}
    return arch | ({"no_ACT_continue": not run["q_learning"]} if family == "trm" else {})


def pack(
    stored: StoredConfig, tensors: Mapping[str, Tensor], settings: Mapping[str, Any]
) -> dict[str, Any]:
    """What the published trainer of the model's family would have given to `torch.save`."""
    if stored.family != "rsm":
        prefix = section(stored.training, "provenance").get("prefix", _PREFIX)
        return {f"{prefix}{key}": tensor for key, tensor in tensors.items()}
    state = {f"model.{key}": tensor for key, tensor in tensors.items()}
    state[f"model.{HEAD}"] = tensors[EMBEDDING]
    outer, inner = stored.config["H_cycles"], stored.config["L_cycles"]
    run = _run_of(stored)
    training = {"step": run["updates"], "total_steps": run["steps"] or run["updates"]}
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
