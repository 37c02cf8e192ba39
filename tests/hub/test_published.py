"""Checkpoints of others: which file it is, what is known of it, and that it arrives converted."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
import torch

from puzzlesolver.errors import ModelError
from puzzlesolver.hub.cached import cached_models, parse_name, remove_cached
from puzzlesolver.hub.catalog import read_catalog
from puzzlesolver.hub.folder import read_config
from puzzlesolver.hub.published import choose_checkpoint, config_beside, find_entry
from puzzlesolver.hub.pull import pull
from puzzlesolver.hub.store import load_model, resolve, verify_model
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.models.registry import build_model
from tests.hub.server import Hub
from tests.hub.support import NAME, REPO, failure, left_in_cache, provenance, pull_text

TWO = "alphaXiv/trm-model-sudoku"
MLP, ATTENTION = "step_32550_sudoku_epoch50k", "step_32550_sudoku_50k_epoch_attn_type"


@pytest.mark.parametrize(
    "file",
    [
        "checkpoint",
        "step_16275",
        "maze_hard_step_32550",
        "deep/step_259320_arc_ag1_attn_type_h3l4",
        "ckpt_pct_95.pth",
        "pytorch_model.bin",
        "model.safetensors",
    ],
)
def test_the_only_candidate_is_it(file: str) -> None:
    others = ["README.md", "all_config.yaml", "losses.py", "trm.py", ".gitattributes", "step.txt"]
    assert choose_checkpoint(parse_name("hub:a/b"), [*others, file]) == file


def test_the_catalog_decides_among_several() -> None:
    name = parse_name("hub:sapientinc/HRM-checkpoint-sudoku-extreme")
    assert choose_checkpoint(name, ["checkpoint", "step_1", "optimizer.pt"]) == "checkpoint"


def test_several_are_listed_as_names_to_choose_from() -> None:
    name = parse_name(f"hub:{TWO}@main")
    with pytest.raises(ModelError) as caught:
        choose_checkpoint(name, [MLP, ATTENTION])
    for file in (MLP, ATTENTION):
        assert f"hub:{TWO}:{file}@main" in caught.value.hint
        assert choose_checkpoint(parse_name(f"hub:{TWO}:{file}"), [MLP, ATTENTION]) == file


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(ModelError, match="no file 'step_2'") as caught:
        choose_checkpoint(parse_name("hub:a/b:step_2"), ["step_1"])
    assert "hub:a/b:step_1" in caught.value.hint


def test_the_config_beside_it_or_none() -> None:
    files = ["all_config.yaml", "one/step_1", "one/config.yaml", "two/step_2"]
    assert config_beside("one/step_1", None, files) == "one/config.yaml"
    assert config_beside("two/step_2", None, files) is None
    assert config_beside("step_3", None, files) == "all_config.yaml"


def test_what_the_catalog_knows_of_a_file() -> None:
    known = find_entry(TWO, MLP)
    assert known is not None and known.file == MLP and known.settings["L_cycles"] == 6
    assert find_entry(TWO, "step_1") is None
    unnamed = find_entry("bnsh/HRM-checkpoint-sudoku-full", "any")
    assert unnamed == read_catalog().published["bnsh/HRM-checkpoint-sudoku-full"][0]
    assert find_entry("a/b", "checkpoint") is None


CONFIG = {
    "hidden_size": 16,
    "num_heads": 2,
    "puzzle_emb_ndim": 16,
    "puzzle_emb_len": 2,
    "H_cycles": 3,
    "L_cycles": 4,
}


class TestPublishedLayout:
    """Checkpoints as the trainers of the papers write them."""

    @pytest.fixture
    def model(self) -> RecursiveModel:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return build_model("trm", CONFIG)

    @pytest.fixture
    def checkpoint(self, model: RecursiveModel) -> bytes:
        state = {f"_orig_mod.model.inner.{key}": value for key, value in model.state_dict().items()}
        torch.save(state, buffer := io.BytesIO())
        return buffer.getvalue()

    @pytest.fixture
    def yaml(self) -> bytes:
        settings = "".join(f"  {key}: {value}\n" for key, value in CONFIG.items())
        return f"arch:\n  name: recursive_reasoning.trm@TRM\n{settings}ema: true\n".encode()

    def test_it_is_converted_once_and_knows_its_origin(
        self, hub: Hub, model: RecursiveModel, checkpoint: bytes, yaml: bytes
    ) -> None:
        card = b"---\nlicense: mit\n---\n"
        files = {"step_99": checkpoint, "all_config.yaml": yaml, "README.md": card}
        commit = hub.commit(REPO, files)
        folder = pull_text(NAME)
        loaded = load_model(NAME)
        assert loaded.config == model.config
        torch.testing.assert_close(loaded.state_dict(), model.state_dict(), rtol=0, atol=0)
        verify_model(folder)
        source = provenance(folder)
        assert (source["repo"], source["commit"], source["licence"]) == (REPO, commit, "mit")
        assert source["sha256"]["step_99"] == hashlib.sha256(checkpoint).hexdigest()
        assert source["sha256"]["all_config.yaml"] == hashlib.sha256(yaml).hexdigest()
        assert not any("step_99" in file for file in left_in_cache())

    def test_what_the_catalog_knows_goes_with_it(self, hub: Hub, checkpoint: bytes) -> None:
        repo = "Sanjin2024/TinyRecursiveModels-Sudoku-Extreme-att"
        hub.commit(repo, {"step_21700": checkpoint, "step_1": b"another"})
        folder = pull_text(f"hub:{repo}")
        stored = read_config(folder)
        assert (stored.config["H_cycles"], stored.config["L_cycles"]) == (3, 6)
        assert stored.training["domain"] == "sudoku"
        assert "77.7" in provenance(folder)["score"]
        assert resolve(f"hub:{repo}", "sudoku").folder == folder

    def test_one_of_several_is_named_and_each_has_its_folder(
        self, hub: Hub, checkpoint: bytes, yaml: bytes
    ) -> None:
        files = {"a/step_1": checkpoint, "a/all_config.yaml": yaml, "b/step_2": checkpoint[:500]}
        commit = hub.commit(REPO, files)
        error = failure(pull_text, NAME)
        assert f"{NAME}:a/step_1" in error.hint and f"{NAME}:b/step_2" in error.hint
        pinned = pull(parse_name(f"{NAME}:a/step_1"))
        assert str(pinned) == f"{NAME}:a/step_1@{commit}"
        assert cached_models() == [pinned]
        assert failure(pull_text, f"{NAME}:b/step_2").where.startswith(f"{NAME}:b/step_2@{commit}")
        assert cached_models() == [pinned]
        assert remove_cached(parse_name(f"{NAME}@{commit}")) == [pinned]

    def test_a_pickle_that_would_run_code_leaves_nothing(self, hub: Hub, tmp_path: Path) -> None:
        class Payload:
            def __reduce__(self) -> Any:
                return (Path.touch, (tmp_path / "executed",))

        torch.save({"H_init": Payload()}, buffer := io.BytesIO())
        hub.commit(REPO, {"checkpoint": buffer.getvalue()})
        failure(pull_text, NAME)
        assert not (tmp_path / "executed").exists()
        assert left_in_cache() == set()
