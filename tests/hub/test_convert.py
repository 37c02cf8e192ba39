"""Published checkpoints, made here from random tensors under published keys, and hostile files."""

from __future__ import annotations

import hashlib
import io
import json
import math
import pickle
import struct
import tarfile
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor

from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.hub.folder import StoredConfig, save_model
from puzzlesolver.hub.foreign.convert import convert_checkpoint, export_checkpoint
from puzzlesolver.hub.store import load_model, verify_model
from puzzlesolver.limits import MAX_CHECKPOINT_HEADER_BYTES, MAX_YAML_BYTES
from puzzlesolver.models.registry import build_model

WIDTH, INNER = 8, 256
"""A tiny width, and what SwiGLU makes of it."""

PUBLISHED = "_orig_mod.model.inner."
Tensors = dict[str, Tensor]


def tensors_of(
    family: str,
    *,
    mixer: str = "self_attn",
    vocab: int = 11,
    positions: int = 97,
    layers: int = 2,
    rows: int = 1,
    width: int = WIDTH,
    learned: bool = False,
) -> Tensors:
    """Random tensors under the keys of section 2 of the specification, without prefixes."""
    draw = torch.Generator().manual_seed(7)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draw)

    tensors = {
        "H_init": random(width).bfloat16(),
        "L_init": random(width).bfloat16(),
        "embed_tokens.embedding_weight": random(vocab, width),
    }
    if rows:
        tensors["puzzle_emb.weights"] = random(rows, width)
    if learned:
        tensors["embed_pos.embedding_weight"] = random(positions, width)
    if family == "rsm":
        tensors["lm_head.weight"] = tensors["embed_tokens.embedding_weight"]
    else:
        tensors["lm_head.weight"] = random(vocab, width)
        tensors["q_head.weight"], tensors["q_head.bias"] = random(2, width), random(2)
    modules = {"hrm": ("H_level", "L_level"), "trm": ("L_level",), "rsm": ("core",)}[family]
    for block in (f"{module}.layers.{n}" for module in modules for n in range(layers)):
        if mixer == "mlp_t":
            inner = math.ceil(round(positions * 8 / 3) / 256) * 256
            tensors[f"{block}.mlp_t.gate_up_proj.weight"] = random(2 * inner, positions)
            tensors[f"{block}.mlp_t.down_proj.weight"] = random(positions, inner)
        else:
            tensors[f"{block}.self_attn.qkv_proj.weight"] = random(3 * width, width)
            tensors[f"{block}.self_attn.o_proj.weight"] = random(width, width)
        tensors[f"{block}.mlp.gate_up_proj.weight"] = random(2 * INNER, width)
        tensors[f"{block}.mlp.down_proj.weight"] = random(width, INNER)
    return tensors


def prefixed(tensors: Tensors, prefix: str = PUBLISHED) -> Tensors:
    return {prefix + key: tensor for key, tensor in tensors.items()}


def rsm_file(tensors: Tensors, **changes: Any) -> dict[str, Any]:
    """What RSM's trainer saves."""
    return {
        "model_state": OrderedDict(prefixed(tensors, "model.")),
        "optimizer_states": [{"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": []}],
        "step": 14_968,
        "total_steps": 14_968,
        "active_H": 7,
        "prev_H": 6,
        "active_L": 5,
        "prev_L": 4,
        "last_transition_step": 100,
        "config": {
            "arch": {"H_cycles": 2, "L_cycles": 2, "num_heads": 2, "expansion": 4},
            "data_paths": ["data/sudoku-extreme-1k-aug-all"],
            "lr": 1e-3,
        },
    } | changes


def convert(document: Any, tmp_path: Path, **options: Any) -> StoredConfig:
    file = tmp_path / "step_100"
    torch.save(document, file)
    options.setdefault("known", {"num_heads": 2})
    return convert_checkpoint(file, tmp_path / "model", **options)


def failure(file: Path, **options: Any) -> ModelError:
    """The error that a conversion ends in; nothing may be left of it."""
    before = set(file.parent.iterdir())
    with pytest.raises(ModelError) as caught:
        convert_checkpoint(file, file.parent / "model", **options)
    assert set(file.parent.iterdir()) == before
    return caught.value


def failure_of(document: Any, tmp_path: Path, **options: Any) -> ModelError:
    file = tmp_path / "step_100"
    torch.save(document, file)
    options.setdefault("known", {"num_heads": 2})
    return failure(file, **options)


def write_yaml(tmp_path: Path, document: Any, name: str = "all_config.yaml") -> Path:
    path = tmp_path / name
    path.write_text(yaml.safe_dump(document))
    return path


def equal(found: Tensors, expected: Tensors) -> bool:
    """Bitwise, names and number formats included."""
    return found.keys() == expected.keys() and all(
        found[key].dtype == tensor.dtype and torch.equal(found[key], tensor)
        for key, tensor in expected.items()
    )


def stored_tensors(tmp_path: Path) -> Tensors:
    return load_file(tmp_path / "model" / "model.safetensors")


class TestFamilies:
    @pytest.mark.parametrize("prefix", ["", "inner.", "model.inner.", "model.", PUBLISHED])
    def test_prefixes(self, tmp_path: Path, prefix: str) -> None:
        tensors = tensors_of("trm", mixer="mlp_t")
        assert convert(prefixed(tensors, prefix), tmp_path).family == "trm"
        assert equal(stored_tensors(tmp_path), tensors)

    @pytest.mark.parametrize(
        ("family", "shape", "expected"),
        [
            ("hrm", {"layers": 3}, {"H_layers": 3, "L_layers": 3, "H_cycles": 2, "L_cycles": 2}),
            ("hrm", {"learned": True, "positions": 82}, {"seq_len": 81}),
            ("trm", {"rows": 5}, {"L_layers": 2, "mlp_t": False, "num_puzzle_identifiers": 5}),
            ("trm", {"mixer": "mlp_t"}, {"mlp_t": True, "H_cycles": 3, "L_cycles": 6}),
            ("trm", {"learned": True}, {"pos_encodings": "learned", "puzzle_emb_len": 16}),
            ("trm", {"mixer": "mlp_t", "rows": 0, "positions": 81}, {"puzzle_emb_ndim": 0}),
            ("rsm", {"mixer": "mlp_t", "layers": 1}, {"L_layers": 1, "pos_encodings": "none"}),
            ("rsm", {}, {"L_layers": 2, "mlp_t": False, "pos_encodings": "rope"}),
        ],
    )
    def test_every_variant(
        self, tmp_path: Path, family: str, shape: dict[str, Any], expected: dict[str, Any]
    ) -> None:
        tensors = tensors_of(family, **shape)
        stored = convert(prefixed(tensors), tmp_path)
        assert stored.family == family
        assert stored.training["domain"] == "sudoku"
        expected |= {"vocab_size": 11, "seq_len": 81, "hidden_size": WIDTH}
        assert stored.config.items() >= expected.items()
        if family == "rsm":
            del tensors["lm_head.weight"]  # the embedding itself
        assert equal(stored_tensors(tmp_path), tensors)
        assert not load_model(tmp_path / "model").training
        verify_model(tmp_path / "model")

    @pytest.mark.parametrize("wrapper", ["model_state", "model_state_dict", "state_dict", "model"])
    def test_wrappers(self, tmp_path: Path, wrapper: str) -> None:
        tensors = tensors_of("hrm")
        stored = convert({wrapper: prefixed(tensors), "step": 12, "note": "x"}, tmp_path)
        assert equal(stored_tensors(tmp_path), tensors)
        assert stored.training["provenance"]["weights"] == wrapper
        assert stored.training["provenance"]["record"] == {"step": 12}

    @pytest.mark.parametrize("family", ["trm", "rsm"])
    def test_averages_are_preferred_and_buffers_come_from_the_model(
        self, tmp_path: Path, family: str
    ) -> None:
        raw = tensors_of(family, mixer="mlp_t")
        buffers = ("H_init", "L_init", "puzzle_emb.weights")
        tied = ("lm_head.weight",) if family == "rsm" else ()
        shadow = {key: raw[key] + 1 for key in raw if key not in buffers + tied}
        document = {"model": prefixed(raw), "ema": {"shadow": prefixed(shadow), "decay": 0.999}}
        stored = convert(document, tmp_path)
        expected = {key: raw[key] for key in buffers} | shadow
        assert equal(stored_tensors(tmp_path), expected)
        assert stored.training["provenance"]["weights"] == "ema.shadow, else model"

    def test_safetensors(self, tmp_path: Path) -> None:
        tensors = tensors_of("trm")
        save_file(prefixed(tensors, "model.inner."), tmp_path / "weights.safetensors")
        convert_checkpoint(
            tmp_path / "weights.safetensors", tmp_path / "model", known={"num_heads": 2}
        )
        assert equal(stored_tensors(tmp_path), tensors)

    def test_parameters_are_tensors_too(self, tmp_path: Path) -> None:
        tensors = tensors_of("trm", mixer="mlp_t")
        wrapped = {key: torch.nn.Parameter(tensor) for key, tensor in tensors.items()}
        convert(wrapped, tmp_path)
        assert equal(stored_tensors(tmp_path), tensors)


class TestSizes:
    @pytest.mark.parametrize(
        ("shape", "known", "domain", "cells", "prefix"),
        [
            ({}, {}, "sudoku", 81, 16),
            ({"vocab": 6}, {}, "maze", 900, 16),
            ({"vocab": 12}, {}, "arc", 900, 16),
            ({"vocab": 6}, {"domain": "sudoku"}, "sudoku", 16, 16),
            ({"vocab": 6}, {"seq_len": 144}, "maze", 144, 16),
            ({"vocab": 5}, {"seq_len": 7}, None, 7, 16),
            ({"mixer": "mlp_t", "positions": 82}, {}, "sudoku", 81, 1),
            ({"mixer": "mlp_t", "vocab": 6, "positions": 32}, {}, "sudoku", 16, 16),
            ({"mixer": "mlp_t", "vocab": 6, "positions": 916}, {}, "maze", 900, 16),
            ({"mixer": "mlp_t", "vocab": 5, "positions": 26}, {}, None, 10, 16),
            ({"mixer": "mlp_t", "positions": 20}, {"puzzle_emb_len": 4}, "sudoku", 16, 4),
            ({"mixer": "mlp_t", "positions": 20}, {"puzzle_emb_len": 0}, "sudoku", 19, 1),
        ],
    )
    def test_cells_prefix_and_domain(
        self,
        tmp_path: Path,
        shape: dict[str, Any],
        known: dict[str, Any],
        domain: str | None,
        cells: int,
        prefix: int,
    ) -> None:
        stored = convert(tensors_of("trm", **shape), tmp_path, known={"num_heads": 2, **known})
        assert stored.training.get("domain") == domain
        assert stored.config["seq_len"] == cells
        assert stored.config["puzzle_emb_len"] == prefix

    def test_data_path_decides_between_equal_vocabularies(self, tmp_path: Path) -> None:
        config = write_yaml(tmp_path, {"arch": {}, "data_paths": ["data/sudoku-4x4"]})
        stored = convert(tensors_of("trm", vocab=6), tmp_path, config=config)
        assert stored.training["domain"] == "sudoku"
        assert stored.config["seq_len"] == 16
        assert "domain" not in stored.training["provenance"]["assumed"]

    def test_nothing_tells_the_cells(self, tmp_path: Path) -> None:
        assert "cells" in failure_of(tensors_of("trm", vocab=5), tmp_path).what


ARCH = {"H_cycles": 4, "L_cycles": 5, "num_heads": 4, "expansion": 4, "pos_encodings": "none"}


class TestSettings:
    @pytest.mark.parametrize("explicit", [True, False], ids=["named", "beside"])
    def test_yaml(self, tmp_path: Path, explicit: bool) -> None:
        document = {"arch": ARCH, "data_paths": ["data/x"], "lr": 1e-4}
        name = "config.yaml" if explicit else "all_config.yaml"
        config = write_yaml(tmp_path, document, name)
        stored = convert(tensors_of("trm"), tmp_path, config=config if explicit else None)
        assert stored.config.items() >= ARCH.items()
        provenance = stored.training["provenance"]
        assert provenance["settings"] == document
        assert provenance["settings_from"] == name
        assert provenance["sha256"][name] == hashlib.sha256(config.read_bytes()).hexdigest()
        assert set(provenance["assumed"]) == {"puzzle_emb_len", "seq_len"}

    def test_settings_inside_the_file(self, tmp_path: Path) -> None:
        write_yaml(tmp_path, {"arch": {"H_cycles": 9}})
        document = {"model": tensors_of("trm"), "config": {"arch": ARCH}}
        assert convert(document, tmp_path).config.items() >= ARCH.items()

    def test_flat_settings(self, tmp_path: Path) -> None:
        stored = convert(tensors_of("trm"), tmp_path, config=write_yaml(tmp_path, ARCH))
        assert stored.config.items() >= ARCH.items()

    def test_known_fills_the_gaps_and_the_rest_is_assumed(self, tmp_path: Path) -> None:
        config = write_yaml(tmp_path, {"arch": {"H_cycles": 4}})
        known = {"H_cycles": 9, "L_cycles": 5, "num_heads": 2}
        stored = convert(tensors_of("trm"), tmp_path, config=config, known=known)
        assert (stored.config["H_cycles"], stored.config["L_cycles"]) == (4, 5)
        assumed = {"expansion": 4.0, "pos_encodings": "rope", "puzzle_emb_len": 16, "seq_len": 81}
        assert stored.training["provenance"]["assumed"] == assumed

    def test_depth_of_rsm_is_the_active_one(self, tmp_path: Path) -> None:
        stored = convert(rsm_file(tensors_of("rsm", mixer="mlp_t")), tmp_path)
        assert (stored.config["H_cycles"], stored.config["L_cycles"]) == (7, 5)
        assert stored.training["provenance"]["record"]["step"] == 14_968

    def test_depth_of_bare_rsm_tensors_is_not_that_of_the_settings(self, tmp_path: Path) -> None:
        config = write_yaml(tmp_path, {"arch": {"H_cycles": 2, "L_cycles": 2}})
        stored = convert(tensors_of("rsm"), tmp_path, config=config)
        assert (stored.config["H_cycles"], stored.config["L_cycles"]) == (8, 12)
        assert stored.training["provenance"]["assumed"].items() >= {"H_cycles": 8}.items()

    @pytest.mark.parametrize(
        "arch",
        [
            {"hidden_size": 16},
            {"L_layers": 1},
            {"mlp_t": True},
            {"puzzle_emb_ndim": 0},
            {"pos_encodings": "learned"},
        ],
    )
    def test_settings_of_another_checkpoint(self, tmp_path: Path, arch: dict[str, Any]) -> None:
        config = write_yaml(tmp_path, {"arch": arch})
        error = failure_of(tensors_of("trm"), tmp_path, config=config)
        assert "step_100" in error.where
        assert next(iter(arch)) in error.what or "embed_pos" in error.what

    @pytest.mark.parametrize(
        "arch",
        [
            {"H_cycles": -1},
            {"H_cycles": 0},
            {"L_cycles": 10**9},
            {"L_cycles": 10**400},
            {"L_cycles": 2.5},
            {"L_cycles": True},
            {"L_cycles": "6"},
            {"L_cycles": [6]},
            {"num_heads": 3},
            {"num_heads": 10**9},
            {"expansion": 1e300},
            {"expansion": float("nan")},
            {"expansion": -4},
            {"puzzle_emb_len": -1},
            {"puzzle_emb_len": 10**9},
            {"pos_encodings": "sine"},
            {"pos_encodings": 1},
            {"seq_len": 10**12},
            {"H_cycles": 257},
            {"L_cycles": 100_000},
        ],
    )
    def test_absurd_settings(self, tmp_path: Path, arch: dict[str, Any]) -> None:
        config = write_yaml(tmp_path, {"arch": {"num_heads": 2} | arch})
        error = failure_of(tensors_of("trm"), tmp_path, config=config, known={})
        assert next(iter(arch)) in f"{error.what}"

    @pytest.mark.parametrize("family", ["hrm", "trm", "rsm"])
    @pytest.mark.parametrize("text", ["50000", "5e4", "50000.0"])
    def test_settings_of_the_function(self, tmp_path: Path, family: str, text: str) -> None:
        config = tmp_path / "some.yaml"
        config.write_text(f"arch:\n  num_heads: 2\n  rope_theta: {text}\n  rms_norm_eps: 1e-3\n")
        stored = convert(tensors_of(family), tmp_path, config=config)
        assert stored.config.items() >= {"rope_theta": 50_000.0, "rms_norm_eps": 1e-3}.items()
        export_checkpoint(tmp_path / "model", tmp_path / "out" / "step_1", family)
        again = convert_checkpoint(tmp_path / "out" / "step_1", tmp_path / "again")
        assert again.config == stored.config

    def test_settings_of_nobody_are_the_defaults(self, tmp_path: Path) -> None:
        stored = convert(tensors_of("trm"), tmp_path)
        assert stored.config.items() >= {"rope_theta": 10_000.0, "rms_norm_eps": 1e-5}.items()

    @pytest.mark.parametrize(
        ("setting", "value"),
        [("dropout", 0.1), ("lambda_", 0.95), ("causal", True), ("qk_norm", True), ("rope", "2d")],
    )
    def test_settings_that_may_change_the_function(
        self, tmp_path: Path, setting: str, value: Any
    ) -> None:
        config = write_yaml(tmp_path, {"arch": {"num_heads": 2, setting: value}})
        error = failure_of(tensors_of("trm"), tmp_path, config=config)
        assert f"sets {setting} to '{value}'" in error.what and "--config" in error.hint
        inside = {"model": tensors_of("trm"), "config": {"arch": {setting: value}}}
        assert setting in failure_of(inside, tmp_path).what

    def test_idle_settings(self, tmp_path: Path) -> None:
        idle = {
            "loss": {"name": "losses@ACTLossHead", "loss_type": "stablemax_cross_entropy"},
            "halt_max_steps": 16, "halt_exploration_prob": 0.1, "no_ACT_continue": True,
            "forward_dtype": "bfloat16", "causal": False, "H_layers": 0, "mlp_t": False,
        }  # fmt: skip
        config = write_yaml(tmp_path, {"arch": {"num_heads": 2} | idle, "project_name": None})
        assert convert(tensors_of("trm"), tmp_path, config=config).family == "trm"

    @pytest.mark.parametrize("depth", [-1, 0, 10**9, 2.5, "8", None, True])
    def test_absurd_depth_of_rsm(self, tmp_path: Path, depth: Any) -> None:
        document = rsm_file(tensors_of("rsm"), active_L=depth)
        assert "L_cycles" in failure_of(document, tmp_path).what


class TestYaml:
    @pytest.mark.parametrize(
        "text",
        [
            "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
            "arch: !!python/object/apply:os.system [true]",
            "- arch",
            "arch: {",
            "",
            "[" * 60_000,
            "{a: " * 15_000,
            "? [a, b]\n: c",
            "arch: 2024-99-99",
            "arch: 0x" + "f" * 60_000,
            "arch: " + "9" * 60_000,
            "\x00",
            "x" * (MAX_YAML_BYTES + 1),
            "a: " + "[[],[]," * 15_000 + "]" * 15_000,
            "a: [" + "1," * 20_000 + "]",
        ],
        ids=str.__len__,
    )
    def test_hostile(self, tmp_path: Path, text: str) -> None:
        config = tmp_path / "all_config.yaml"
        config.write_text(text)
        assert failure_of(tensors_of("trm"), tmp_path).where == str(config)

    def test_missing(self, tmp_path: Path) -> None:
        config = tmp_path / "none.yaml"
        error = failure_of(tensors_of("trm"), tmp_path, config=config)
        assert error.where == str(config)

    def test_settings_that_contain_themselves(self, tmp_path: Path) -> None:
        loop: dict[str, Any] = {"arch": {}}
        loop["arch"]["again"] = loop
        error = failure_of({"model": tensors_of("trm"), "config": loop}, tmp_path)
        assert "nested" in error.what

    def test_settings_that_stand_for_billions(self, tmp_path: Path) -> None:
        bomb: list[Any] = []
        for _ in range(31):
            bomb = [bomb, bomb]
        document = {"model": tensors_of("trm"), "config": {"arch": {}, "bomb": bomb}}
        assert "too many" in failure_of(document, tmp_path).what

    def test_foreign_values_become_text(self, tmp_path: Path) -> None:
        config = tmp_path / "all_config.yaml"
        config.write_text("arch: {}\nday: 2025-10-08\nrate: .nan\n3: x\nlong: " + "y" * 9_000)
        said = convert(tensors_of("trm"), tmp_path).training["provenance"]["settings"]
        assert said["day"] == "2025-10-08" and said["rate"] == "nan" and said["3"] == "x"
        assert len(said["long"]) < 9_000


class TestMixUps:
    """TRM and RSM with an MLP mixer have tensors of equal shapes, and other meanings."""

    def test_asked_for_another_family(self, tmp_path: Path) -> None:
        tensors = prefixed(tensors_of("trm", mixer="mlp_t"))
        error = failure_of(tensors, tmp_path, family="rsm")
        assert "TRM, not RSM" in error.what and "L_level" in error.what
        assert "sequence axis" in error.hint
        error = failure_of(tensors, tmp_path, family="hrm")
        assert "axis" not in error.hint

    def test_asked_for_the_right_one(self, tmp_path: Path) -> None:
        assert convert(tensors_of("trm"), tmp_path, family="trm").family == "trm"

    def test_asked_for_no_family(self, tmp_path: Path) -> None:
        assert "stem" in failure_of(tensors_of("trm"), tmp_path, family="stem").what

    def test_trm_under_keys_of_rsm(self, tmp_path: Path) -> None:
        tensors = tensors_of("trm", mixer="mlp_t")
        renamed = {key.replace("L_level", "core"): tensor for key, tensor in tensors.items()}
        assert "one matrix for both" in failure_of(renamed, tmp_path).what
        renamed["lm_head.weight"] = renamed["embed_tokens.embedding_weight"]
        assert "'q_head.bias' does not belong to RSM" in failure_of(renamed, tmp_path).what

    def test_rsm_under_keys_of_trm(self, tmp_path: Path) -> None:
        tensors = tensors_of("rsm", mixer="mlp_t")
        renamed = {key.replace("core", "L_level"): tensor for key, tensor in tensors.items()}
        assert "'q_head.bias' is missing" in failure_of(renamed, tmp_path).what

    def test_keys_of_one_family_and_settings_of_another(self, tmp_path: Path) -> None:
        name = "recursive_reasoning.rsm@RSM"
        config = write_yaml(tmp_path, {"arch": {"name": name}})
        error = failure_of(tensors_of("trm", mixer="mlp_t"), tmp_path, config=config)
        assert name in error.what and "axis" in error.hint

    @pytest.mark.parametrize(
        ("family", "name"),
        [
            ("trm", "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1"),
            ("hrm", "hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1"),
            ("hrm", "recursive_reasoning.hrm@HierarchicalReasoningModel_ACTV1"),
            ("trm", "trm@TRMModel"),
            ("trm", "recursive_reasoning.trm_cgar@TinyRecursiveReasoningModel_ACTV1_CGAR"),
        ],
    )
    def test_settings_of_the_same_family(self, tmp_path: Path, family: str, name: str) -> None:
        config = write_yaml(tmp_path, {"arch": {"name": name}})
        assert convert(tensors_of(family), tmp_path, config=config).family == family

    @pytest.mark.parametrize(
        "name",
        [
            "recursive_reasoning.transformers_baseline@Model_ACTV2",
            "recursive_reasoning.trm_singlez@TinyRecursiveReasoningModel_ACTV1",
            "recursive_reasoning.trm_hier6@TinyRecursiveReasoningModel_ACTV1",
            "eqr@EqRModel",
            "something.new@Model",
        ],
    )
    def test_other_models_by_their_name(self, tmp_path: Path, name: str) -> None:
        config = write_yaml(tmp_path, {"arch": {"name": name}})
        error = failure_of(tensors_of("trm"), tmp_path, config=config)
        assert f"{name!r}, which is not supported" in error.what and "trm" in error.hint

    def test_the_transformers_baseline_without_settings(self, tmp_path: Path) -> None:
        tensors = {k: t for k, t in tensors_of("hrm").items() if not k.startswith("L_")}
        error = failure_of(prefixed(tensors), tmp_path)
        assert "transformers_baseline: not supported" in error.what

    @pytest.mark.parametrize(
        "key",
        [
            "model.embed_tokens.weight",
            "L_level.layers.0.self_attn.q_proj.weight",
            "model.layers.0.mlp.gate_proj.weight",
            "model.inner.core.layers.0.attn.to_v.weight",
        ],
    )
    def test_other_implementations(self, tmp_path: Path, key: str) -> None:
        tensors = tensors_of("trm")
        del tensors["embed_tokens.embedding_weight"]
        error = failure_of(prefixed(tensors, "") | {key: torch.zeros(3, 3)}, tmp_path)
        assert "another implementation's checkpoint" in error.what
        assert key.rpartition("layers")[2].removeprefix("model.") in error.what

    def test_eqr_without_settings(self, tmp_path: Path) -> None:
        tensors = tensors_of("trm", mixer="mlp_t", positions=81, rows=0)
        del tensors["H_init"], tensors["L_init"]
        document = {"model": prefixed(tensors), "ema": {"mu": 0.999, "shadow": prefixed(tensors)}}
        assert "EqR, which is not supported" in failure_of(document, tmp_path).what

    @pytest.mark.parametrize("document", [{}, {"fc.weight": torch.ones(2)}, {"model": {}}])
    def test_other_models(self, tmp_path: Path, document: dict[str, Any]) -> None:
        assert "no tensors of a known family" in failure_of(document, tmp_path).what


class TestTensors:
    KEY = "L_level.layers.1.mlp.down_proj.weight"

    @pytest.mark.parametrize(
        ("tensor", "what"),
        [
            (None, f"tensor '{KEY}' is missing"),
            (
                torch.zeros(WIDTH, 7),
                f"tensor '{KEY}' is float32[8, 7], expected float32[8, 256]",
            ),
            (torch.zeros(WIDTH, INNER, dtype=torch.int64), f"tensor '{KEY}' is int64[8, 256]"),
            (torch.full((WIDTH, INNER), float("nan")), f"tensor '{KEY}' holds values"),
            (torch.full((WIDTH, INNER), float("inf")).half(), f"tensor '{KEY}' holds values"),
            (torch.full((WIDTH, INNER), 1e300, dtype=torch.float64), "cannot hold it"),
            (torch.full((WIDTH, INNER), 0.1, dtype=torch.float64), "cannot hold it"),
            (torch.zeros(1).expand(WIDTH, INNER), f"tensor '{KEY}' claims shape [8, 256]"),
            (torch.zeros(1).expand(10**9, 10**9), "claims shape"),
            ("text", f"'{KEY}' is of type str, not a tensor"),
            ({}, f"'{KEY}' is of type dict"),
        ],
    )
    def test_one_at_fault(self, tmp_path: Path, tensor: Any, what: str) -> None:
        tensors = tensors_of("trm", mixer="mlp_t") | {self.KEY: tensor}
        if tensor is None:
            del tensors[self.KEY]
        error = failure_of(prefixed(tensors), tmp_path)
        assert what in error.what
        assert error.where == str(tmp_path / "step_100")

    @pytest.mark.parametrize("extra", ["surplus", "L_level.layers.1000000000.mlp.up", "core.x"])
    def test_one_too_many(self, tmp_path: Path, extra: str) -> None:
        tensors = tensors_of("trm") | {extra: torch.zeros(1)}
        error = failure_of(tensors, tmp_path)
        assert "missing" in error.what or f"{extra!r} does not belong" in error.what

    @pytest.mark.parametrize(
        "key", ["embed_tokens.embedding_weight", "H_init", "lm_head.weight", "q_head.bias"]
    )
    def test_missing(self, tmp_path: Path, key: str) -> None:
        tensors = tensors_of("hrm")
        del tensors[key]
        assert f"{key!r} is missing" in failure_of(tensors, tmp_path).what

    @pytest.mark.parametrize(
        "key", ["embed_tokens.embedding_weight", "puzzle_emb.weights", "embed_pos.embedding_weight"]
    )
    @pytest.mark.parametrize("shape", [(), (3,), (0, 0), (0, 8), (8, 0), (2, 3, 4)])
    def test_shapes_that_tell_sizes(self, tmp_path: Path, key: str, shape: tuple[int, ...]) -> None:
        tensors = tensors_of("trm", learned=True) | {key: torch.zeros(shape)}
        failure_of(tensors, tmp_path)

    def test_same_name_twice(self, tmp_path: Path) -> None:
        tensors = tensors_of("trm")
        assert "two tensors" in failure_of(prefixed(tensors) | tensors, tmp_path).what

    def test_views_of_one_memory(self, tmp_path: Path) -> None:
        tensors = tensors_of("trm")
        one = tensors["L_level.layers.0.mlp.down_proj.weight"]
        shared = tensors | {self.KEY: one}
        assert "shares its memory" in failure_of(shared, tmp_path).what

    def test_parts_of_one_memory_are_fine(self, tmp_path: Path) -> None:
        tensors = tensors_of("trm")
        both = torch.stack([tensors["q_head.weight"], tensors["q_head.weight"] + 1])
        tensors |= {"q_head.weight": both[0], self.KEY: tensors[self.KEY].T.contiguous().T}
        convert(tensors, tmp_path)
        assert equal(stored_tensors(tmp_path), tensors)

    def test_other_formats_that_keep_every_number(self, tmp_path: Path) -> None:
        tensors = tensors_of("trm") | {self.KEY: torch.ones(WIDTH, INNER, dtype=torch.float16)}
        changed = convert(tensors, tmp_path).training["provenance"]["changed"]
        assert changed == {self.KEY: "float16[8, 256] to float32[8, 256]"}
        assert stored_tensors(tmp_path)[self.KEY].dtype == torch.float32

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
    @pytest.mark.parametrize("family", ["hrm", "trm", "rsm"])
    def test_fixed_vectors_keep_the_format_that_the_run_computed_in(
        self, tmp_path: Path, family: str, dtype: torch.dtype
    ) -> None:
        tensors = tensors_of(family)
        draw = torch.Generator().manual_seed(3)
        for key in ("H_init", "L_init"):
            tensors[key] = torch.randn(WIDTH, generator=draw).to(dtype)  # no other format has them
        arch = {"forward_dtype": str(dtype).removeprefix("torch."), "num_heads": 2}
        write_yaml(tmp_path, {"arch": arch})
        stored = convert(prefixed(tensors), tmp_path)
        assert "changed" not in stored.training["provenance"]
        model, file = load_model(tmp_path / "model"), tmp_path / "out" / "again"
        assert torch.equal(model.state_dict()["H_init"], tensors["H_init"])
        export_checkpoint(tmp_path / "model", file, family)
        again = torch.load(file, weights_only=True)
        state = again["model_state"] if family == "rsm" else again
        start = "model." if family == "rsm" else PUBLISHED
        assert equal({k: state[start + k] for k in ("H_init", "L_init")},
                     {k: tensors[k] for k in ("H_init", "L_init")})  # fmt: skip


def saved(document: Any) -> bytes:
    file = io.BytesIO()
    torch.save(document, file)
    return file.getvalue()


Members = dict[str, bytes]


def rezipped(change: Callable[[Members], Members], data: bytes, method: int = 0) -> bytes:
    """A torch file with other members."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", method) as new:
        for name, content in change({name: old.read(name) for name in old.namelist()}).items():
            new.writestr(name, content)
    return out.getvalue()


def with_pickle(pickled: bytes) -> bytes:
    """A torch file that holds one tensor, described by this pickle."""
    pickled_member = {"archive/data.pkl": pickled}
    return rezipped(lambda members: members | pickled_member, saved({"w": torch.ones(4)}))


def cut_short(members: Members) -> Members:
    return {name: data[:4] if "/data/" in name else data for name, data in members.items()}


class Payload:
    """Runs code when a pickle of it is opened."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> Any:
        return (Path.touch, (self.proof,))


GOOD = saved(tensors_of("trm"))
LIE = b'{"w":{"dtype":"F32","shape":[99999999,9999],"data_offsets":[0,4]}}'


class TestHostileFiles:
    """Each ends in a `ModelError` that names the file; nothing is executed or left behind."""

    @pytest.mark.parametrize(
        ("data", "what"),
        [
            (b"", "something else"),
            (b"PK\x03\x04", "not a whole checkpoint"),
            (GOOD[:-1], "not a whole checkpoint"),
            (GOOD[: len(GOOD) // 2], "not a whole checkpoint"),
            (GOOD[:100], "not a whole checkpoint"),
            (GOOD + b"\0", "not a whole checkpoint"),
            (GOOD[:50] + b"\0" * 9 + GOOD[50:], "not a whole checkpoint"),
            (pickle.dumps({"w": 1}), "a bare pickle"),
            (pickle.dumps({"w": 1}, protocol=0), "something else"),
            (saved([torch.ones(2)]), "a list"),
            (saved(torch.ones(2)), "a Tensor"),
            (saved({"a": {1, 2}}), "more than tensors"),
            (saved({"a": torch.ones(2).to_sparse()}), "more than tensors"),
            (saved({"a": torch.device("cpu")}), "names 'torch.device'"),
            (saved({(1, 2): torch.ones(1)}), "tuple as a key"),
            (saved({"a": 2**70}), "of type int, not a tensor"),
            (rezipped(dict, GOOD, zipfile.ZIP_DEFLATED), "compressed"),
            (rezipped(lambda old: old | {"ARCHIVE/data/0": b""}, GOOD), "one name"),
            (rezipped(lambda old: old | {"other/x": b""}, GOOD), "not one of torch's"),
            (rezipped(lambda old: {"archive/version": b"3"}, GOOD), "not one of torch's"),
            (rezipped(cut_short, GOOD), "not a whole checkpoint"),
            (rezipped(dict, GOOD) * 2, "a directory of"),
            (with_pickle(b"\x80\x02}q\x00."), "no tensors"),
            (with_pickle(b""), "not a whole checkpoint"),
            (with_pickle(b"\x80\x02"), "not a whole checkpoint"),
            (with_pickle(b"."), "not a whole checkpoint"),
            (with_pickle(b"\x80\x02}R."), "not a whole checkpoint"),
            (with_pickle(pickle.dumps({"w": 1}, protocol=4)), "instruction 0x95"),
            (
                with_pickle(b"\x80\x02cbuiltins\nbytearray\n\x8a\x06" + b"\xff" * 5 + b"\0\x85R."),
                "bytearray",
            ),
            (with_pickle(b"\x80\x02}r\xff\xff\xff\xff."), "no tensors"),
            (with_pickle(b"\x80\x02X\xff\xff\xff\x7fabc."), "not a whole checkpoint"),
            (with_pickle(b"\x80\x02}" + b"\x85" * 200_000 + b"Ns."), "not a whole checkpoint"),
            (with_pickle(b"\x80\x02})" + b"\x85" * 200_000 + b"Ns."), "tuple as a key"),
            (
                with_pickle(b"\x80\x02" + b"]" * MAX_CHECKPOINT_HEADER_BYTES + b"."),
                "besides tensors",
            ),
            (with_pickle(b"\x80\x02c__builtin__\neval\nX\x01\0\0\x001\x85R."), "eval"),
            (with_pickle(b"\x80\x02ctorch\nload\n."), "torch.load"),
            (with_pickle(b"\x80\x02ccollections\nOrderedDict\n)R}X\x01\0\0\0aNsb."), "attributes"),
            (with_pickle(b"\x80\x02ccollections\nOrderedDict\n]\x85R."), "mapping"),
            (struct.pack("<Q", 2**40) + b"{}", "header"),
            (struct.pack("<Q", 2**63) + b"{", "header"),
            (struct.pack("<Q", 4) + b"{}", "header"),
            (struct.pack("<Q", 2) + b"{}", "no tensors"),
            (struct.pack("<Q", len(LIE)) + LIE + b"\0" * 4, "not a whole checkpoint"),
        ],
        ids=lambda value: value if isinstance(value, str) else len(value),
    )
    def test_damaged_or_forged(self, tmp_path: Path, data: bytes, what: str) -> None:
        file = tmp_path / "step_1"
        file.write_bytes(data)
        error = failure(file)
        assert what in error.what
        assert error.where == str(file)

    def test_one_flipped_bit(self, tmp_path: Path) -> None:
        data = bytearray(GOOD)
        data[len(data) // 2] ^= 1
        file = tmp_path / "step_1"
        file.write_bytes(data)
        error = failure(file)
        assert "checksum" in error.what and "again" in error.hint

    @pytest.mark.parametrize("keep", [0, 4, 8, 200, -1])
    def test_truncated_safetensors(self, tmp_path: Path, keep: int) -> None:
        file = tmp_path / "weights.safetensors"
        save_file(tensors_of("trm"), file)
        file.write_bytes(file.read_bytes()[:keep])
        assert "not a whole " in failure(file).what

    def test_code_is_not_run(self, tmp_path: Path) -> None:
        proof = tmp_path / "proof"
        payload = Payload(proof)
        tensors: dict[str, Any] = tensors_of("trm")
        bare = tmp_path / "bare"
        bare.write_bytes(pickle.dumps(payload))
        zipped = tmp_path / "zipped"
        torch.save(tensors | {"x": payload}, zipped)
        legacy = tmp_path / "legacy"
        torch.save(tensors | {"x": payload}, legacy, _use_new_zipfile_serialization=False)
        disguised = tmp_path / "disguised.safetensors"
        disguised.write_bytes(bare.read_bytes())
        for file in (bare, zipped, legacy, disguised):
            error = failure(file)
            assert error.hint
        assert "more than tensors in it: it names" in failure(zipped).what
        assert not proof.exists()

    def test_no_environment_variable_opens_the_door(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
        self.test_code_is_not_run(tmp_path)

    def test_legacy_tar(self, tmp_path: Path) -> None:
        file = tmp_path / "old.pth"
        with tarfile.open(file, "w") as archive:
            for name in ("sys_info", "pickle", "tensors", "storages"):
                archive.addfile(tarfile.TarInfo(name))
        assert "expected a torch checkpoint" in failure(file).what

    def test_zip_bomb(self, tmp_path: Path) -> None:
        file = tmp_path / "bomb.pt"
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("bomb/data.pkl", b"\x80\x02}.", zipfile.ZIP_STORED)
            archive.writestr("bomb/data/0", bytes(50_000_000))
        error = failure(file)
        assert "is compressed: 50,000,000 bytes" in error.what and "bomb" in error.hint

    def test_zip_that_claims_more_than_it_has(self, tmp_path: Path) -> None:
        # Every directory entry is stretched over the members behind it.
        data = bytearray(GOOD)
        entry = data.find(b"PK\x01\x02")
        while entry >= 0:
            struct.pack_into("<LL", data, entry + 20, 30_000, 30_000)
            entry = data.find(b"PK\x01\x02", entry + 1)
        file = tmp_path / "overlap.pt"
        file.write_bytes(data)
        error = failure(file)
        assert "claims to hold" in error.what and "bomb" in error.hint

    def test_zip_with_two_directories(self, tmp_path: Path) -> None:
        file = tmp_path / "two.pt"
        file.write_bytes(saved({"w": torch.ones(1)}) + GOOD)
        assert "not a whole " in failure(file).what

    def test_zip_with_endless_members(self, tmp_path: Path) -> None:
        file = tmp_path / "many.pt"
        with zipfile.ZipFile(file, "w") as archive:
            for number in range(20_000):
                archive.writestr(f"a/data/{number}", b"")
        assert "20,000 members" in failure(file).what

    def test_keys_that_take_forever_to_hash(self, tmp_path: Path) -> None:
        key: Any = ()
        for _ in range(60):
            key = (key, key)
        file = tmp_path / "slow.pt"
        described = pickle.dumps(key, protocol=2)[:-1]
        file.write_bytes(with_pickle(b"\x80\x02}" + described[2:] + b"Ns."))
        assert "tuple as a key" in failure(file).what

    def test_pointer_of_git_lfs(self, tmp_path: Path) -> None:
        pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 109100000\n"
        for name in ("checkpoint", "model.safetensors"):
            (tmp_path / name).write_text(pointer)
            error = failure(tmp_path / name)
            assert "git-LFS pointer" in error.what and "git lfs pull" in error.hint

    def test_not_a_file(self, tmp_path: Path) -> None:
        assert "no such file" in failure(tmp_path / "none").what
        (tmp_path / "folder").mkdir()
        assert "no such file" in failure(tmp_path / "folder").what


@settings(max_examples=60)
@given(data=st.binary(max_size=400), start=st.sampled_from([b"", b"PK\x03\x04", b"\x80\x02", b"?"]))
@example(b"{}", struct.pack("<Q", 2))
def test_any_bytes_end_in_an_error(data: bytes, start: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "step_1"
        file.write_bytes(start + data)
        assert failure(file).where == str(file)


TINY = saved({"core.layers.0.x": torch.ones(2), "step": 3})


@settings(max_examples=60)
@given(data=st.data())
def test_any_damage_ends_in_an_error(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(TINY)))
    cut = data.draw(st.integers(0, 8))
    patch = data.draw(st.binary(max_size=8))
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "step_1"
        file.write_bytes(TINY[:start] + patch + TINY[start + cut :])
        assert failure(file).where == str(file)


@settings(max_examples=60)
@given(data=st.data())
def test_any_pickle_ends_in_an_error(data: st.DataObject) -> None:
    with zipfile.ZipFile(io.BytesIO(TINY)) as archive:
        whole = archive.read("archive/data.pkl")
    start = data.draw(st.integers(0, len(whole)))
    cut = data.draw(st.integers(0, 8))
    patch = data.draw(st.binary(max_size=12))
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "step_1"
        file.write_bytes(with_pickle(whole[:start] + patch + whole[start + cut :]))
        assert failure(file).where == str(file)


class TestPlaces:
    def test_record_and_card(self, tmp_path: Path) -> None:
        passed = {"repo": "some|one/x", "commit": "abc", "licence": "mit", "note": "[a](b)\n# c"}
        passed["sha256"] = {"sub/step_100": "12"}
        stored = convert(tensors_of("trm"), tmp_path, provenance=passed)
        provenance = stored.training["provenance"]
        sha256 = hashlib.sha256((tmp_path / "step_100").read_bytes()).hexdigest()
        assert provenance["file"] == "step_100"
        assert provenance["sha256"] == {"step_100": sha256, "sub/step_100": "12"}
        assert provenance["repo"] == "some|one/x"
        assert "L_level" in provenance["evidence"]
        card = (tmp_path / "model" / "README.md").read_text()
        assert card.startswith("---\nlicense: mit\n")
        for fact in ("**converted**", "did\nnot train it", sha256, "TRM", "cycles = 3"):
            assert fact in card
        assert "\n# c" not in card and "some\\|one" in card

    @pytest.mark.parametrize(
        ("name", "ema", "said"),
        [
            ("ckpt_pct_99.pth", True, "raw weights"),
            ("ckpt_pct_99.pth", None, "raw weights"),
            ("ckpt_step_14968.pth", True, "averaged weights"),
            ("ckpt_step_14968.pth", False, "raw weights"),
            ("renamed.pth", True, "unknown"),
        ],
    )
    def test_files_of_rsm_are_raw_or_averaged(
        self, tmp_path: Path, name: str, ema: bool | None, said: str
    ) -> None:
        document = rsm_file(tensors_of("rsm"))
        document["config"] |= {} if ema is None else {"ema": ema}
        torch.save(document, tmp_path / name)
        convert_checkpoint(tmp_path / name, tmp_path / "model")
        card = (tmp_path / "model" / "README.md").read_text()
        assert f"| raw or averaged | {said}" in card

    def test_unknown_licence_is_said(self, tmp_path: Path) -> None:
        convert(tensors_of("trm"), tmp_path)
        card = (tmp_path / "model" / "README.md").read_text()
        assert "license: unknown" in card and "ask its author" in card

    def test_names_that_are_no_text(self, tmp_path: Path) -> None:
        file = tmp_path / "\udcff|`x"
        file.write_bytes(GOOD)
        convert_checkpoint(file, tmp_path / "model", known={"num_heads": 2})
        verify_model(tmp_path / "model")

    def test_only_an_empty_folder_is_filled(self, tmp_path: Path) -> None:
        (tmp_path / "model").mkdir()
        convert(tensors_of("trm"), tmp_path)
        before = stored_tensors(tmp_path)
        error = failure_of(tensors_of("hrm"), tmp_path)
        assert "not empty" in error.what and "--force" in error.hint
        assert equal(stored_tensors(tmp_path), before)

    def test_force_replaces_the_model_and_keeps_other_files(self, tmp_path: Path) -> None:
        convert(tensors_of("trm"), tmp_path)
        (tmp_path / "model" / "notes.txt").write_text("mine")
        assert convert(tensors_of("hrm"), tmp_path, force=True).family == "hrm"
        assert verify_model(tmp_path / "model").stored.family == "hrm"
        assert (tmp_path / "model" / "notes.txt").read_text() == "mine"
        assert {path.name for path in tmp_path.iterdir()} == {"model", "step_100"}

    def test_a_file_is_in_the_way(self, tmp_path: Path) -> None:
        (tmp_path / "model").write_text("mine")
        assert "it is a file" in failure_of(tensors_of("trm"), tmp_path, force=True).what

    def test_a_place_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "step_1").write_bytes(GOOD)
        with pytest.raises(UsageError, match="cannot write"):
            convert_checkpoint(
                tmp_path / "step_1", tmp_path / "step_1" / "model", known={"num_heads": 2}
            )

    def test_draws_no_random_numbers(self, tmp_path: Path) -> None:
        before = torch.get_rng_state()
        convert(tensors_of("trm"), tmp_path)
        assert torch.equal(torch.get_rng_state(), before)


CONFIGS: list[tuple[str, dict[str, Any]]] = [
    ("hrm", {"H_layers": 1, "L_layers": 2, "H_cycles": 3, "pos_encodings": "learned"}),
    ("hrm", {"puzzle_emb_ndim": 20, "num_puzzle_identifiers": 3}),
    ("trm", {"mlp_t": True, "pos_encodings": "none", "L_cycles": 4, "expansion": 2.5}),
    ("trm", {"vocab_size": 6, "seq_len": 16, "puzzle_emb_len": 2}),
    ("trm", {"puzzle_emb_ndim": 0, "num_puzzle_identifiers": 9, "seq_len": 50}),
    ("rsm", {"mlp_t": True, "H_cycles": 5, "L_cycles": 7}),
    ("rsm", {"mlp_t": False, "pos_encodings": "rope", "L_layers": 2, "seq_len": 900}),
]


class TestRoundTrips:
    @pytest.mark.parametrize(("family", "config"), CONFIGS)
    def test_ours_to_published_and_back(
        self, tmp_path: Path, family: str, config: dict[str, Any]
    ) -> None:
        sizes = {"hidden_size": WIDTH, "num_heads": 2, "puzzle_emb_ndim": WIDTH, "seq_len": 12}
        model = build_model(family, sizes | config)
        save_model(model, tmp_path / "ours", {"domain": "sudoku", "updates": 5}, "# Ours\n")
        file = tmp_path / "published" / "step_5"
        export_checkpoint(tmp_path / "ours", file, family)
        stored = convert_checkpoint(file, tmp_path / "model", family=family)
        assert stored.config == model.config.to_json()
        assert stored.training["domain"] == "sudoku"
        assert stored.training["provenance"]["assumed"] == {}
        assert equal(stored_tensors(tmp_path), model.state_dict())

    @pytest.mark.parametrize("family", ["hrm", "trm"])
    def test_published_to_ours_and_back(self, tmp_path: Path, family: str) -> None:
        tensors = prefixed(tensors_of(family))
        arch = {"num_heads": 2, "H_cycles": 4, "name": f"mine.{family}@Model", "halt_max_steps": 9}
        document = {"arch": arch, "data_path": "data/sudoku", "lr": 1e-4}
        write_yaml(tmp_path, document)
        convert(tensors, tmp_path)
        export_checkpoint(tmp_path / "model", tmp_path / "again" / "step_100", family)
        assert equal(torch.load(tmp_path / "again" / "step_100", weights_only=True), tensors)
        again = yaml.safe_load((tmp_path / "again" / "all_config.yaml").read_text())
        assert again.items() >= {"data_path": "data/sudoku", "lr": 1e-4}.items()
        assert again["arch"].items() >= arch.items()

    def test_published_rsm_to_ours_and_back(self, tmp_path: Path) -> None:
        document = rsm_file(tensors_of("rsm", mixer="mlp_t", layers=1))
        convert(document, tmp_path)
        export_checkpoint(tmp_path / "model", tmp_path / "again.pth", "rsm")
        assert {path.name for path in tmp_path.iterdir()} == {"model", "step_100", "again.pth"}
        again = torch.load(tmp_path / "again.pth", weights_only=True)
        state = again["model_state"]
        assert equal(state, document["model_state"])
        head, embedding = "model.lm_head.weight", "model.embed_tokens.embedding_weight"
        assert state[head].data_ptr() == state[embedding].data_ptr()
        for key in ("step", "total_steps", "active_H", "active_L", "last_transition_step"):
            assert again[key] == document[key]
        assert again["config"]["arch"].items() >= document["config"]["arch"].items()
        assert again["config"]["lr"] == 1e-3

    @pytest.mark.parametrize("prefix", ["", "model.inner.", PUBLISHED])
    def test_keys_go_back_as_they_came(self, tmp_path: Path, prefix: str) -> None:
        tensors = prefixed(tensors_of("trm"), prefix)
        convert(tensors, tmp_path)
        export_checkpoint(tmp_path / "model", tmp_path / "out" / "step_1", "trm")
        assert equal(torch.load(tmp_path / "out" / "step_1", weights_only=True), tensors)

    def test_layout_of_the_published_trainers(self, tmp_path: Path) -> None:
        convert(prefixed(tensors_of("trm")), tmp_path)
        export_checkpoint(tmp_path / "model", tmp_path / "out" / "step_1", "trm")
        keys = torch.load(tmp_path / "out" / "step_1", weights_only=True).keys()
        assert all(key.startswith(PUBLISHED) for key in keys)
        arch = yaml.safe_load((tmp_path / "out" / "all_config.yaml").read_text())["arch"]
        names = {"name", "loss", "halt_max_steps", "H_layers", "hidden_size", "forward_dtype"}
        assert names <= arch.keys()

    def test_no_domain_stays_none(self, tmp_path: Path) -> None:
        convert(tensors_of("trm", vocab=5), tmp_path, known={"num_heads": 2, "seq_len": 7})
        export_checkpoint(tmp_path / "model", tmp_path / "out" / "step_1", "trm")
        stored = convert_checkpoint(tmp_path / "out" / "step_1", tmp_path / "again")
        assert "domain" not in stored.training

    @pytest.mark.parametrize("asked", ["rsm", "hrm", "stem"])
    def test_only_its_own_layout(self, tmp_path: Path, asked: str) -> None:
        convert(tensors_of("trm", mixer="mlp_t"), tmp_path)
        with pytest.raises(ModelError) as caught:
            export_checkpoint(tmp_path / "model", tmp_path / "x", asked)
        assert ("axis" in caught.value.hint) == (asked == "rsm")
        assert not (tmp_path / "x").exists()

    def test_our_stem_has_no_published_layout(self, tmp_path: Path) -> None:
        save_model(build_model("stem", {"width": 4, "hidden": 4}), tmp_path / "stem", {}, "")
        with pytest.raises(ModelError, match="STEM, not TRM"):
            export_checkpoint(tmp_path / "stem", tmp_path / "x", "trm")

    @pytest.mark.parametrize("taken", ["step_1", "all_config.yaml"])
    def test_files_are_not_overwritten(self, tmp_path: Path, taken: str) -> None:
        convert(tensors_of("trm"), tmp_path)
        out = tmp_path / "out"
        out.mkdir()
        (out / taken).write_text("mine")
        with pytest.raises(ModelError, match="exists") as caught:
            export_checkpoint(tmp_path / "model", out / "step_1", "trm")
        assert caught.value.where == str(out / taken)
        assert [path.read_text() for path in out.iterdir()] == ["mine"]
        export_checkpoint(tmp_path / "model", out / "step_1", "trm", force=True)
        assert {path.name for path in out.iterdir()} == {"step_1", "all_config.yaml"}

    def test_hostile_record_of_a_folder(self, tmp_path: Path) -> None:
        convert(tensors_of("trm"), tmp_path)
        config = tmp_path / "model" / "config.json"
        document = json.loads(config.read_text())
        document["training"]["provenance"] = {"settings": {"arch": [1]}, "record": 3}
        config.write_text(json.dumps(document))
        export_checkpoint(tmp_path / "model", tmp_path / "out" / "step_1", "trm")


RUN = {
    "batch_size": 32, "train_puzzles": 100, "learning_rate": 3e-4, "floor": 0.5,
    "warmup_updates": 7, "weight_decay": 0.25, "beta1": 0.8, "beta2": 0.9, "seed": 3,
    "puzzle_learning_rate": 2e-3, "puzzle_weight_decay": 0.75, "ema": 0.99, "precision": "fp32",
    "cross_entropy": "softmax", "halt_max_steps": 8, "halt_exploration": 0.3,
    "eval_every": 20, "steps": 50, "clip": None, "growth_ramp": 9, "chain": 0.25,
    "freeze_embedding": 1.0, "warmup_growth": [[0.0, 1], [0.201, 2], [0.5, 4]],
    "inner_growth": [[0.0, 2], [0.301, 3]],
}  # fmt: skip
NEEDED = {
    "global_batch_size": 32, "epochs": 16, "lr": 3e-4, "lr_min_ratio": 0.5, "lr_warmup_steps": 7,
    "weight_decay": 0.25, "beta1": 0.8, "beta2": 0.9, "puzzle_emb_lr": 2e-3,
    "puzzle_emb_weight_decay": 0.75, "seed": 3,
}  # fmt: skip
"""What the trainers' configuration needs besides the model and the data; 16 epochs of 100 puzzles
are 50 updates of 32."""


class TestSettingsOfOurRuns:
    def exported(self, tmp_path: Path, family: str, training: dict[str, Any]) -> dict[str, Any]:
        config = {"hidden_size": WIDTH, "num_heads": 2, "puzzle_emb_ndim": WIDTH, "seq_len": 16}
        save_model(build_model(family, config), tmp_path / "ours", training, "# Ours\n")
        export_checkpoint(tmp_path / "ours", tmp_path / "out" / "step_50", family)
        if family == "rsm":
            file = torch.load(tmp_path / "out" / "step_50", weights_only=True)
            return file["config"] | {"total_steps": file["total_steps"], "step": file["step"]}
        document = yaml.safe_load((tmp_path / "out" / "all_config.yaml").read_text())
        assert isinstance(document, dict)
        return document

    @pytest.mark.parametrize("family", ["hrm", "trm", "rsm"])
    def test_all_that_a_trainer_needs_is_that_of_the_run(self, tmp_path: Path, family: str) -> None:
        run = RUN | {"family": family, "model": {"H_cycles": 9, "L_cycles": 9}}
        training = {"domain": "sudoku", "updates": 50, "settings": run}
        document = self.exported(tmp_path, family, training)
        assert document.items() >= NEEDED.items()
        assert "sudoku" in (document["data_path"] if family == "hrm" else document["data_paths"])
        loss = "losses@LossHead" if family == "rsm" else "losses@ACTLossHead"
        arch = document["arch"]
        assert arch["loss"] == {"name": loss, "loss_type": "softmax_cross_entropy"}
        assert arch["forward_dtype"] == "float32"
        if family != "hrm":
            assert document["ema"] is True and document["ema_rate"] == 0.99
        if family == "rsm":
            assert document.items() >= {
                "grad_clip_norm": 0.0, "eval_interval": 20, "transition_lr_warmup_steps": 9,
                "optimizer_reset_scale": 1.0, "curriculum_milestones": [20.1, 50.0],
                "curriculum_heads_to_add": [1, 2], "curriculum_L_milestones": [30.1],
                "curriculum_L_to_add": [1], "step": 50, "total_steps": 50,
            }.items()  # fmt: skip
            depth = {"H_cycles": 2, "L_cycles": 2}
            chances = {"prob_detach_prev_H": 0.75, "freeze_emb_prc": 100.0}
            assert arch.items() >= (depth | chances).items()
        else:
            assert arch["halt_max_steps"] == 8 and arch["halt_exploration_prob"] == 0.3

    @pytest.mark.parametrize("family", ["hrm", "trm", "rsm"])
    def test_a_model_of_unknown_training_has_all_names_too(
        self, tmp_path: Path, family: str
    ) -> None:
        document = self.exported(tmp_path, family, {})
        assert document.keys() >= NEEDED.keys()
        assert document["data_path" if family == "hrm" else "data_paths"]
        assert document["arch"].keys() >= {"name", "loss", "H_cycles", "L_cycles", "L_layers"}

    def test_the_length_of_an_epoch_decides_its_number(self, tmp_path: Path) -> None:
        training = {"updates": 50, "epoch": 800, "settings": RUN | {"family": "trm"}}
        assert self.exported(tmp_path, "trm", training)["epochs"] == 2

    @pytest.mark.parametrize("damage", [{"batch_size": "32"}, {"warmup_growth": 3}])
    def test_a_damaged_record(self, tmp_path: Path, damage: dict[str, Any]) -> None:
        training = {"updates": 50, "settings": RUN | {"family": "rsm"} | damage}
        with pytest.raises(ModelError, match=r"settings of its training|batch_size"):
            self.exported(tmp_path, "rsm", training)
