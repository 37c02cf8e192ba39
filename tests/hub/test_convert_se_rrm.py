"""Checkpoints of SE-RRM, made here from random tensors under published keys, both ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from torch import Tensor

from puzzlesolver.errors import ModelError
from puzzlesolver.hub.folder import save_model
from puzzlesolver.hub.foreign.convert import convert_checkpoint, export_checkpoint
from puzzlesolver.hub.store import load_model
from puzzlesolver.models.registry import build_model

WIDTH, INNER = 16, 256
KEY = "L_level.layers.0.attn.qkv_proj.weight"
Tensors = dict[str, Tensor]

ARCH = {
    "name": "recursive_reasoning.trm_equi@SERRM",
    "loss": {"name": "losses@ACTLossHead", "loss_type": "stablemax_cross_entropy"},
    "halt_exploration_prob": 0.05,
    "halt_max_steps": 16,
    "puzzle_emb_ndim": 0,
    "H_cycles": 3,
    "L_cycles": 6,
    "H_layers": 0,
    "L_layers": 2,
    "hidden_size": WIDTH,
    "num_heads": 2,
    "num_heads_t": 3,
    "head_dim": 8,
    "head_dim_t": 4,
    "expansion": 4,
    "pos_encodings": "rope2d",
    "forward_dtype": "bfloat16",
    "equivariant_symbols": True,
    "add_tokens": 4,
    "dropout": 0.2,
}
SUDOKU = {"data_paths": ["data/sudoku-extreme-1k-aug-1000"], "ema": True, "arch": ARCH}
MAZE = {
    "data_paths": ["data/maze-30x30-hard-1k"],
    "arch": ARCH | {"equivariant_symbols": False, "add_tokens": 0, "L_cycles": 4, "dropout": 0.0},
}


def tensors_of(
    symbols: int | None = None,
    added: int = 4,
    cells: int = 0,
    rows: int = 0,
    dtype: torch.dtype = torch.bfloat16,
) -> Tensors:
    """Under the keys of section 2.3 of the specification, without prefixes.

    Args:
        symbols: those that have vectors of their own; None = all share theirs.
        added: tokens.
        cells: with learned positions.
        rows: of a puzzle embedding of 11 symbols.
        dtype: that of the input vectors.
    """
    draw = torch.Generator().manual_seed(7)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=draw)

    vectors = {"Z_init": (WIDTH,)} | ({"pos_embedding": (1, 1, cells, WIDTH)} if cells else {})
    if symbols is None:
        vectors |= {"embed_special_tokens": (1, 2, 1, WIDTH)}
        vectors |= {"embed_symbol_tokens": (1, 1, 1, WIDTH)}
        vectors |= {"add_tokens_special": (1, 2, added, WIDTH)} if added else {}
    else:
        vectors |= {"embed_symbols": (1, symbols, 1, WIDTH)}
    vectors |= {"add_tokens": (1, symbols or 1, added, WIDTH)} if added else {}
    tensors = {name: random(*shape).to(dtype) for name, shape in vectors.items()}
    tensors["lm_head.weight"] = random(symbols or 1, (symbols or 1) * WIDTH)
    if rows:
        tensors["puzzle_emb.weights"] = random(rows, 11 + WIDTH)
    for block in ("L_level.layers.0", "L_level.layers.1"):
        for mixer, inner in (("attn", 2 * 8), ("attn_t", 3 * 4)):
            tensors[f"{block}.{mixer}.qkv_proj.weight"] = random(3 * inner, WIDTH)
            tensors[f"{block}.{mixer}.o_proj.weight"] = random(WIDTH, inner)
        tensors[f"{block}.mlp.gate_up_proj.weight"] = random(2 * INNER, WIDTH)
        tensors[f"{block}.mlp.down_proj.weight"] = random(WIDTH, INNER)
    return tensors


def written(tmp_path: Path, tensors: Tensors, document: Any, prefix: str = "model.inner.") -> Path:
    file = tmp_path / "step_36764"
    torch.save({prefix + key: tensor for key, tensor in tensors.items()}, file)
    if document is not None:
        (tmp_path / "all_config.yaml").write_text(yaml.safe_dump(document))
    return file


def with_arch(**changes: Any) -> dict[str, Any]:
    return SUDOKU | {"arch": ARCH | changes}


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "sudoku": ({}, SUDOKU, {"vocab_size": 11, "seq_len": 81, "add_tokens": 4}),
    "maze": (
        {"symbols": 6, "added": 0},
        MAZE,
        {"vocab_size": 6, "seq_len": 900, "equivariant_symbols": False},
    ),
    "learned": (
        {"cells": 81},
        with_arch(pos_encodings="learned"),
        {"seq_len": 81, "pos_encodings": "learned"},
    ),
    "rows": (
        {"rows": 3, "added": 0},
        with_arch(puzzle_emb_ndim=1, add_tokens=0),
        {"vocab_size": 11, "num_puzzle_identifiers": 3, "puzzle_emb_ndim": 1},
    ),
    "float32": (
        {"dtype": torch.float32},
        with_arch(forward_dtype="float32"),
        {"init_dtype": "float32"},
    ),
}


@pytest.mark.parametrize("prefix", ["_orig_mod.model.inner.", "model.inner."])
@pytest.mark.parametrize(("shapes", "document", "expected"), CASES.values(), ids=CASES)
def test_published_to_ours_and_back(
    tmp_path: Path,
    shapes: dict[str, Any],
    document: dict[str, Any],
    expected: dict[str, Any],
    prefix: str,
) -> None:
    tensors = tensors_of(**shapes)
    file = written(tmp_path, tensors, document, prefix)
    stored = convert_checkpoint(file, tmp_path / "model")
    heads = {"num_heads": 2, "num_heads_t": 3, "head_dim": 8, "head_dim_t": 4}
    assert stored.family == "se-rrm"
    assert stored.config.items() >= (heads | expected | {"hidden_size": WIDTH}).items()
    assert stored.config["dropout"] == document["arch"]["dropout"]
    assert stored.training["domain"] == ("maze" if "maze" in str(document) else "sudoku")
    again = tmp_path / "again" / "step_36764"
    export_checkpoint(tmp_path / "model", again, "se-rrm")
    before, after = (torch.load(path, weights_only=True) for path in (file, again))
    assert before.keys() == after.keys()
    assert all(
        torch.equal(after[key], before[key]) and after[key].dtype == before[key].dtype
        for key in before
    )
    settings = yaml.safe_load(again.with_name("all_config.yaml").read_text())
    assert settings["arch"] == document["arch"] | {"rms_norm_eps": 1e-5, "rope_theta": 10_000.0}


def test_without_settings_it_is_taken_for_the_sudoku_model(tmp_path: Path) -> None:
    model = build_model("se-rrm", {"init_dtype": "bfloat16", "dropout": 0.0})
    tensors = dict(model.state_dict())
    stored = convert_checkpoint(written(tmp_path, tensors, None), tmp_path / "model")
    assert stored.config == model.config.to_json()
    assumed = stored.training["provenance"]["assumed"]
    assert {"vocab_size", "seq_len", "head_dim", "H_cycles", "L_cycles"} <= assumed.keys()


def test_ours_to_published_and_back(tmp_path: Path) -> None:
    model = build_model("se-rrm", {"hidden_size": WIDTH, "head_dim": 8, "head_dim_t": 8})
    training = {"domain": "sudoku", "settings": {"halt_exploration": 0.05, "precision": "bf16"}}
    save_model(model, tmp_path / "ours", training, "# ours")
    file = tmp_path / "there" / "step_1"
    export_checkpoint(tmp_path / "ours", file, "se-rrm")
    arch = yaml.safe_load(file.with_name("all_config.yaml").read_text())["arch"]
    assert arch["halt_exploration_prob"] == 0.05
    assert arch["forward_dtype"] == "float32", "bfloat16 would round the input vectors"
    assert arch.keys() == ARCH.keys() | {"rms_norm_eps", "rope_theta"}
    convert_checkpoint(file, tmp_path / "back")
    back = load_model(str(tmp_path / "back"))
    assert back.config == model.config
    for key, tensor in model.state_dict().items():
        assert torch.equal(back.state_dict()[key], tensor)


@pytest.mark.parametrize(
    ("arch", "what"),
    [
        ({"num_heads": 4}, "num_heads is 4, the tensors say 2"),
        ({"head_dim": 5}, "num_heads"),
        ({"add_tokens": 2}, "add_tokens is 2, the tensors say 4"),
        ({"equivariant_symbols": False}, "equivariant_symbols is False, the tensors say True"),
        ({"pos_encodings": "none"}, "pos_encodings must be one of rope2d"),
        ({"causal": True}, "sets causal"),
        ({"name": "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1"}, "not TRM"),
    ],
)
def test_settings_of_another_model(tmp_path: Path, arch: dict[str, Any], what: str) -> None:
    file = written(tmp_path, tensors_of(), with_arch(**arch))
    with pytest.raises(ModelError) as caught:
        convert_checkpoint(file, tmp_path / "model")
    assert what in caught.value.what
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("key", ["Z_init", "add_tokens", "embed_special_tokens", KEY])
@pytest.mark.parametrize("shape", [(), (3,), (0, 0), (1, 2), (1, 2, 3, 4)])
def test_tensors_that_tell_sizes(tmp_path: Path, key: str, shape: tuple[int, ...]) -> None:
    file = written(tmp_path, tensors_of() | {key: torch.zeros(shape)}, SUDOKU)
    with pytest.raises(ModelError):
        convert_checkpoint(file, tmp_path / "model")
