"""Checkpoints: what goes in comes out, damage is noticed, unfinished ones are ignored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from puzzlesolver.errors import ModelError
from puzzlesolver.train.checkpoint import load_checkpoint, peek_checkpoint, save_checkpoint

STATE = {
    "weights": {"a.b": torch.arange(6.0).view(2, 3), "scalar": torch.tensor(3)},
    "boards": np.arange(4, dtype=np.uint8),
    "rng": {"state": {"state": 2**127 + 5, "inc": 3}, "name": "PCG64"},
    "losses": [0.1, 1 / 3],
    "empty": {},
    "nothing": None,
}


def test_round_trip(tmp_path: Path) -> None:
    save_checkpoint(tmp_path, 5, STATE)
    loaded = load_checkpoint(tmp_path)
    assert loaded is not None
    assert loaded.keys() == STATE.keys()
    assert torch.equal(loaded["weights"]["a.b"], STATE["weights"]["a.b"])
    assert loaded["weights"]["scalar"] == 3
    assert loaded["boards"].dtype == torch.uint8
    for name in ("rng", "losses", "empty", "nothing"):
        assert loaded[name] == STATE[name]


def test_no_checkpoint(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "missing") is None
    assert peek_checkpoint(tmp_path) is None


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    for update in (9, 10, 200):
        save_checkpoint(tmp_path, update, {"update": update})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-000000010", "step-000000200"]
    assert load_checkpoint(tmp_path) == {"update": 200}


def test_an_unfinished_checkpoint_is_no_checkpoint(tmp_path: Path) -> None:
    for update in (1, 2):
        save_checkpoint(tmp_path, update, {"update": update})
    (tmp_path / "step-000000002" / "COMPLETE").unlink()
    (tmp_path / "step-000000003.partial").mkdir()
    assert load_checkpoint(tmp_path) == {"update": 1}
    save_checkpoint(tmp_path, 2, {"update": "again"})
    assert load_checkpoint(tmp_path) == {"update": "again"}


@pytest.mark.parametrize("name", ["tensors.safetensors", "state.json", "COMPLETE"])
@pytest.mark.parametrize("damage", ["truncated", "flipped"])
def test_damage_is_a_typed_error(tmp_path: Path, name: str, damage: str) -> None:
    save_checkpoint(tmp_path, 5, STATE)
    path = tmp_path / "step-000000005" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x40
    path.write_bytes(data if damage == "flipped" else data[: len(data) // 2])
    with pytest.raises(ModelError) as caught:
        load_checkpoint(tmp_path)
    assert str(tmp_path) in caught.value.where


@pytest.mark.parametrize("name", ["tensors.safetensors", "state.json"])
def test_a_missing_file_is_a_typed_error(tmp_path: Path, name: str) -> None:
    save_checkpoint(tmp_path, 5, STATE)
    (tmp_path / "step-000000005" / name).unlink()
    with pytest.raises(ModelError, match="damaged") as caught:
        load_checkpoint(tmp_path)
    assert str(tmp_path / "step-000000005") in caught.value.hint
