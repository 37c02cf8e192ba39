"""Model folders on a real disk: saved, found, loaded, and damaged in every way."""

from __future__ import annotations

import contextlib
import json
import math
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch.nn.modules.module import register_module_parameter_registration_hook

from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.hub.cached import cache_folder, parse_name
from puzzlesolver.hub.catalog import Entry, PublishedEntry, read_catalog
from puzzlesolver.hub.folder import save_model
from puzzlesolver.hub.store import load_model, resolve, ship_model, verify_model
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.models.registry import MODELS, build_model

TRAINING = {"command": "puzzlesolver train sudoku", "seed": 3}


@pytest.fixture
def folder(tmp_path: Path, tiny_model: RecursiveModel) -> Path:
    """A whole model folder."""
    path = tmp_path / "model"
    save_model(tiny_model, path, TRAINING, "# A tiny model\n")
    return path


@pytest.fixture
def shipped(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """An installation whose catalog holds one model, called `tiny`."""
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "catalog.json").write_text('{"schema": 1, "models": {}, "defaults": {}}')
    monkeypatch.setattr("puzzlesolver.hub.catalog.weights_folder", lambda: weights)
    return ship_model(folder, "tiny", "sudoku", default_steps=64, summary="for tests")


def edit_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def edit_tensors(folder: Path, **changes: torch.Tensor | None) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path) | changes
    save_file({key: tensor for key, tensor in tensors.items() if tensor is not None}, path)


@contextlib.contextmanager
def counting(made: list[torch.nn.Module]) -> Iterator[None]:
    """Note every module that gets a parameter."""
    handle = register_module_parameter_registration_hook(lambda *each: made.append(each[0]))
    try:
        yield
    finally:
        handle.remove()


def failure(name: str | Path | None, domain: str | None = None) -> ModelError:
    with pytest.raises(ModelError) as caught:
        load_model(name, domain)
    return caught.value


class TestSaveAndLoad:
    def test_comes_back_equal_and_ready_to_use(
        self, tiny_model: RecursiveModel, folder: Path
    ) -> None:
        loaded = load_model(folder)
        assert loaded.config == tiny_model.config
        assert not loaded.training
        assert all(parameter.requires_grad for parameter in loaded.parameters())
        torch.testing.assert_close(loaded.state_dict(), tiny_model.state_dict(), rtol=0, atol=0)

    def test_draws_no_random_numbers(self, folder: Path) -> None:
        before = torch.get_rng_state()
        load_model(folder)
        assert torch.equal(torch.get_rng_state(), before)

    def test_saving_over_an_older_model_replaces_it_and_keeps_other_files(
        self, tiny_model: RecursiveModel, folder: Path
    ) -> None:
        (folder / "metrics.jsonl").write_text("{}\n")
        with torch.no_grad():
            for parameter in tiny_model.parameters():
                parameter.fill_(0.5)
        save_model(tiny_model, folder, {"seed": 4}, "# Another\n")
        report = verify_model(folder)
        assert report.stored.training == {"seed": 4}
        assert all((p == 0.5).all() for p in load_model(folder).parameters())
        names = {"model.safetensors", "config.json", "README.md", "metrics.jsonl"}
        assert {path.name for path in folder.iterdir()} == names

    @pytest.mark.parametrize("blocked", ["README.md", "model.safetensors", "config.json"])
    def test_an_interrupted_save_is_never_taken_for_a_model(
        self, tiny_model: RecursiveModel, folder: Path, blocked: str
    ) -> None:
        # A folder where the file should go makes its rename fail, as a full disk would.
        (folder / blocked).unlink()
        (folder / blocked).mkdir()
        with pytest.raises((OSError, UsageError)):
            save_model(tiny_model, folder, TRAINING, "# Again\n")
        assert "finished" in failure(folder).what


class TestVerify:
    def test_reports_what_it_found(self, tiny_model: RecursiveModel, folder: Path) -> None:
        report = verify_model(folder)
        assert report.stored.family == "stem"
        assert report.stored.training == TRAINING
        assert report.tensors == len(tiny_model.state_dict())
        assert report.parameters == sum(p.numel() for p in tiny_model.parameters())
        assert report.files.entry is None

    def test_wants_a_model_card(self, folder: Path) -> None:
        (folder / "README.md").unlink()
        with pytest.raises(ModelError, match="card"):
            verify_model(folder)


# torch says so while the model of a damaged config is built; the error that follows says more.
zero_sizes = pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")


@zero_sizes
class TestDamage:
    """Every fault is a `ModelError` that names the file at fault."""

    @pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
    def test_missing_file(self, folder: Path, name: str) -> None:
        (folder / name).unlink()
        error = failure(folder)
        assert name in str(error)

    @pytest.mark.parametrize("keep", [0, 4, 8, 200, -1])
    def test_truncated_weights(self, folder: Path, keep: int) -> None:
        path = folder / "model.safetensors"
        path.write_bytes(path.read_bytes()[:keep])
        error = failure(folder)
        assert "safetensors" in error.what
        assert error.where == str(path)
        assert error.hint

    def test_a_pickle_is_not_opened(self, folder: Path, tmp_path: Path) -> None:
        proof = tmp_path / "executed"

        class Payload:
            def __reduce__(self) -> Any:
                return (Path.touch, (proof,))

        (folder / "model.safetensors").write_bytes(pickle.dumps(Payload()))
        assert "safetensors" in failure(folder).what
        assert not proof.exists()

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_values_that_are_not_finite(self, folder: Path, value: float) -> None:
        edit_tensors(folder, **{"head.weight": torch.full((1, 4), value)})
        error = failure(folder)
        assert "'head.weight'" in error.what
        assert "finite" in error.what

    @pytest.mark.parametrize(
        ("tensor", "what"),
        [
            (None, "tensor 'head.weight' is missing"),
            (torch.zeros(1, 5), "tensor 'head.weight' is float32[1, 5], expected float32[1, 4]"),
            (torch.zeros(1, 4).half(), "'head.weight' is float16[1, 4], expected float32[1, 4]"),
        ],
    )
    def test_a_tensor_that_does_not_fit(
        self, folder: Path, tensor: torch.Tensor | None, what: str
    ) -> None:
        edit_tensors(folder, **{"head.weight": tensor})
        error = failure(folder)
        assert what in error.what
        assert error.where == str(folder / "model.safetensors")

    def test_a_tensor_too_many(self, folder: Path) -> None:
        edit_tensors(folder, surplus=torch.zeros(1))
        assert "'surplus' does not belong" in failure(folder).what

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            "null",
            '"stem"',
            "[" * 100_000,
            '{"schema": 2}',
            '{"schema": 1}',
            "\udcff",
        ],
    )
    def test_config_that_is_no_config(self, folder: Path, text: str) -> None:
        (folder / "config.json").write_text(text, errors="surrogateescape")
        assert failure(folder).where == str(folder / "config.json")

    @pytest.mark.parametrize(
        "changes",
        [
            {"family": "stemm"},
            {"family": 1},
            {"config": []},
            {"config": {"depth": 3}},
            {"config": {"width": "wide"}},
            {"config": {"width": -1}},
            {"config": {"width": 0}},
            {"config": {"width": 1 << 40}},
            {"config": {"width": 1 << 80}},
            {"config": {"relations": 5}},
            {"config": {"relations": [5]}},
            {"config": {"relations": [""]}},
            {"config": {"layers": 0.5}},
            {"training": "long"},
            {"training": {"domain": {"a": 1}}},
            {"training": {"provenance": 7}},
            {"training": {"settings": [1]}},
            {"training": {"core_minutes": "x"}},
            {"training": {"curve": 7}},
        ],
    )
    def test_config_that_cannot_be_built(self, folder: Path, changes: dict[str, Any]) -> None:
        edit_config(folder, **changes)
        assert Path(failure(folder).where).parent == folder

    @pytest.mark.parametrize("family", MODELS)
    def test_every_setting_has_a_type_and_a_range(self, folder: Path, family: str) -> None:
        for name, default in asdict(MODELS[family][1]()).items():
            wrong = [None, "x", [], {}, math.nan, math.inf, -math.inf, -1, -0.5, 10**13, 10**400]
            if not isinstance(default, bool):
                wrong.append(True)
            if isinstance(default, tuple):
                wrong += [["a"] * 1_000, ["a.b"], [""], ["a" * 1_000], [["a"]]]
                wrong.remove([])
            for value in wrong:
                edit_config(folder, family=family, config={name: value})
                error = failure(folder)
                assert name in error.what or "relation" in error.what, (name, value)
                assert error.where == str(folder / "config.json")
                assert len(error.what) < 300

    @pytest.mark.parametrize(
        ("family", "config"),
        [
            ("stem", {"layers": 64, "relations": [f"r{'x' * n}" for n in range(32)]}),
            ("hrm", {"H_layers": 256, "L_layers": 256, "hidden_size": 16_384}),
            ("trm", {"L_layers": 256}),
            ("rsm", {"L_layers": 256}),
            ("se-rrm", {"L_layers": 256}),
        ],
    )
    def test_a_network_is_not_built_for_a_file_with_far_fewer_tensors(
        self, folder: Path, family: str, config: dict[str, Any]
    ) -> None:
        made: list[torch.nn.Module] = []
        with counting(made):
            edit_config(folder, family=family, config=config)
            error = failure(folder)
        assert "far more tensors than the 13 there" in error.what
        assert error.where == str(folder / "config.json")
        assert len(made) < 100

    def test_numbers_are_read_only_where_all_shapes_fit(self, folder: Path) -> None:
        weights = folder / "model.safetensors"
        with weights.open("r+b") as file:  # sparse: eight gigabytes that take no disk
            file.truncate(2**33 + 1)
        assert "8,589,934,592" in failure(folder).what
        with weights.open("r+b") as file:
            file.truncate(2**33 - 1)
        assert "safetensors" in failure(folder).what

    def test_a_header_or_configuration_without_end(self, folder: Path) -> None:
        weights = folder / "model.safetensors"
        weights.write_bytes((2**20).to_bytes(8, "little") + b" " * 2**20)
        assert "header of 1,048,576 bytes" in failure(folder).what
        (folder / "config.json").write_bytes(b" " * (2**23 + 1))
        assert "8,388,608 bytes" in failure(folder).what

    def test_config_of_another_model(self, folder: Path) -> None:
        edit_config(folder, config={"width": 8})
        assert "expected" in failure(folder).what


@zero_sizes
@given(data=st.data())
def test_any_damage_ends_in_a_model_or_a_model_error(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_model(build_model("stem", {"width": 4, "hidden": 4}), folder, TRAINING, "")
        path = folder / data.draw(st.sampled_from(["model.safetensors", "config.json"]))
        whole = path.read_bytes()
        # The header of a safetensors file is where damage has structure; it comes first.
        start = data.draw(st.integers(0, min(len(whole), 2_000)))
        cut = data.draw(st.integers(0, 8))
        patch = data.draw(st.binary(max_size=8))
        path.write_bytes(whole[:start] + patch + whole[start + cut :])
        try:
            loaded = load_model(folder)
        except ModelError as error:
            assert name in error.where
        else:
            assert all(parameter.isfinite().all() for parameter in loaded.parameters())


class TestCatalog:
    def test_name_default_and_path_lead_to_the_same_weights(
        self, shipped: Entry, folder: Path
    ) -> None:
        assert resolve("tiny").entry == shipped
        assert resolve("tiny", "sudoku") == resolve(None, "sudoku") == resolve()
        assert verify_model("tiny").sha256 == verify_model(folder).sha256 == shipped.sha256
        assert shipped.parameters == sum(p.numel() for p in load_model("tiny").parameters())

    def test_a_path_reaches_a_folder_that_shares_a_name(
        self, shipped: Entry, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder.rename(folder.with_name("tiny"))
        monkeypatch.chdir(folder.parent)
        assert resolve("tiny").entry == shipped
        assert resolve("./tiny").entry is None
        assert resolve(Path("tiny")).entry is None
        load_model("./tiny")

    def test_other_bytes_than_shipped_are_refused(self, shipped: Entry) -> None:
        edit_tensors(read_catalog().root / shipped.path, **{"head.weight": torch.ones(1, 4)})
        error = failure("tiny")
        assert "SHA-256" in error.what
        assert shipped.sha256 in error.hint

    def test_unknown_name_suggests_a_close_one(self, shipped: Entry) -> None:
        assert failure("tinny").hint == "did you mean 'tiny'?"
        assert "tiny" in failure("something-else").hint
        assert failure("no/such/folder").exit_code == 4

    def test_other_domain_is_refused(self, shipped: Entry) -> None:
        assert "trained for sudoku, not maze" in failure("tiny", "maze").what
        assert "no model is shipped for maze" in failure(None, "maze").what

    def test_a_damaged_model_cannot_be_shipped(self, shipped: Entry, folder: Path) -> None:
        edit_tensors(folder, **{"head.weight": torch.full((1, 4), float("nan"))})
        with pytest.raises(ModelError):
            ship_model(folder, "bad", "maze", default_steps=1, summary="")
        assert set(read_catalog().models) == {"tiny"}

    def test_shipping_keeps_the_published_models(self, shipped: Entry, folder: Path) -> None:
        path = read_catalog().root / "catalog.json"
        known = asdict(
            PublishedEntry("step_1", None, "trm", "maze", "5 %", None, {"H_cycles": 3}, "")
        )
        path.write_text(json.dumps(json.loads(path.read_text()) | {"published": {"a/b": [known]}}))
        ship_model(folder, "second", "maze", default_steps=1, summary="")
        assert [asdict(entry) for entry in read_catalog().published["a/b"]] == [known]

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            '{"schema": 1}',
            '{"schema": 1, "models": [], "defaults": {}}',
            '{"schema": 1, "models": {"a": {"path": "a"}}, "defaults": {}}',
            '{"schema": 1, "models": {}, "defaults": {}, "published": {"a/b": [{"file": "c"}]}}',
        ],
    )
    def test_damaged_catalog(self, shipped: Entry, text: str) -> None:
        path = read_catalog().root / "catalog.json"
        path.write_text(text)
        assert failure("tiny").where == str(path)


class TestShippedModels:
    """The weights in this repository."""

    def test_every_domain_has_a_default_that_passes_every_check(self) -> None:
        catalog = read_catalog()
        assert "sudoku" in catalog.defaults
        for domain, name in catalog.defaults.items():
            assert catalog.models[name].domain == domain

    def test_published_ids_can_be_pulled_as_they_are_written(self) -> None:
        for repo, entries in read_catalog().published.items():
            for entry in entries:
                parse_name(f"hub:{repo}:{entry.file}" if entry.file else f"hub:{repo}")
                assert entry.family in (None, "hrm", "trm", "rsm")
                assert entry.domain in (None, "sudoku", "maze", "arc")
                assert entry.score or entry.note

    def test_every_model_is_what_the_catalog_says(self) -> None:
        catalog = read_catalog()
        folders = {path.name for path in catalog.root.iterdir() if path.is_dir()}
        assert folders == {entry.path for entry in catalog.models.values()}
        for name, entry in catalog.models.items():
            report = verify_model(name)
            assert report.stored.family == entry.family
            assert report.parameters == entry.parameters
            assert entry.default_steps > 0
            assert report.stored.training, "how the weights came to be is part of them"


def test_loading_waits_for_no_initialiser() -> None:
    """Drawing on the meta device makes torch load its compiler, as only fits of tasks need it."""
    code = """
import sys
from puzzlesolver.hub.store import load_model
from puzzlesolver.models.registry import MODELS, build_empty
load_model("sudoku")
for family in MODELS.keys() - {"arc-stem"}:
    build_empty(family, {})
print({"torch", "sympy", "torch._dynamo"} & {*sys.modules})"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "{'torch'}\n"


def test_cache_folder_is_not_made_by_asking() -> None:
    assert cache_folder().name == "puzzlesolver"
