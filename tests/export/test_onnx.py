"""Export: the graph does what the model does, or there is no file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from puzzlesolver import __version__
from puzzlesolver.domains.sudoku.board import make_board
from puzzlesolver.domains.sudoku.codec import layout_of
from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.export import check
from puzzlesolver.export.graphs import OPSET
from puzzlesolver.export.onnx import export_graph, export_model
from puzzlesolver.export.web import RUNTIME_FILES, add_to_page
from puzzlesolver.hub.folder import save_model
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.models.registry import build_model
from puzzlesolver.refine.engines.facts import GraphFacts
from puzzlesolver.refine.engines.graph import GraphFile, StepGraph

pytestmark = pytest.mark.usefixtures("quick_exports")

SMALL = {"hidden_size": 16, "num_heads": 2, "puzzle_emb_ndim": 16, "H_cycles": 1, "L_cycles": 1}
MLP = {"mlp_t": True, "pos_encodings": "none"}
SE_RRM = {
    "hidden_size": 16, "num_heads": 2, "head_dim": 8, "num_heads_t": 1, "head_dim_t": 8,
    "H_cycles": 1, "L_cycles": 1, "L_layers": 1, "init_dtype": "bfloat16",
}  # fmt: skip
SE_RRM_MAZE = {
    "vocab_size": 6, "seq_len": 25, "equivariant_symbols": False, "puzzle_emb_ndim": 1,
    "num_puzzle_identifiers": 3, "add_tokens": 0,
}  # fmt: skip
TINY_STEM = {"width": 4, "messages": 4, "hidden": 4}
MAZE_STEM = TINY_STEM | {
    "relations": ("below", "left", "right", "above"),
    "none_class": False,
    "clues": 4,
    "outputs": 4,
    "learned_start": True,
    "start_noise": 0.1,
}
MODELS: dict[str, tuple[str, str, tuple[int, int], dict[str, Any]]] = {
    "stem": ("stem", "sudoku", (9, 9), TINY_STEM),
    "maze-stem": ("stem", "maze", (7, 9), MAZE_STEM),
    "hrm": ("hrm", "sudoku", (9, 9), SMALL | {"H_layers": 1, "L_layers": 1}),
    "trm": ("trm", "sudoku", (9, 9), SMALL | {"L_layers": 1, "num_puzzle_identifiers": 3}),
    "se-rrm": ("se-rrm", "sudoku", (4, 4), SE_RRM),  # of 9×9 boards
    "se-rrm-maze": ("se-rrm", "maze", (5, 5), SE_RRM | SE_RRM_MAZE),
    "rsm": ("rsm", "maze", (5, 5), SMALL | MLP | {"vocab_size": 6, "seq_len": 25}),
}


def build(name: str) -> RecursiveModel:
    family, _, _, settings = MODELS[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_model(family, settings).eval()
        for parameter in model.parameters():  # also of heads that start at zero
            if not parameter.any():
                torch.nn.init.normal_(parameter, std=0.1)
    return model


def export(name: str, out: Path, **options: Any) -> GraphFacts:
    _, domain, size, _ = MODELS[name]
    return export_graph(build(name), domain, size, out, sha256="0" * 64, **options)


@pytest.fixture(scope="module")
def stem_graph(quick_exports: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The untrained stem for mazes, checked over one step."""
    out = tmp_path_factory.mktemp("stem") / "step.onnx"
    export("maze-stem", out, default_steps=77, longest=1)
    return out


@pytest.mark.parametrize("longest", [16, pytest.param(1_000, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", MODELS)
def test_every_family_agrees_with_torch(name: str, longest: int, tmp_path: Path) -> None:
    out = tmp_path / "step.onnx"
    facts = export(name, out, longest=longest)
    assert out.is_file() and [*tmp_path.iterdir()] == [out]
    marks = [1, 16, 64, 256, 1_000]
    marks = marks[: marks.index(longest) + 1]
    assert [*facts.checked["steps"]] == [str(mark) for mark in marks]
    assert facts.checked["steps"]["1"]["states"] < 1e-5
    answers = facts.checked["answers"]
    assert answers["compared"] == len(marks) * facts.checked["puzzles"]
    assert answers["different"] == 0 and answers["sensitive"] < answers["compared"] / 2
    onnx.checker.check_model(onnx.load(out), full_check=True)
    model = onnx.load(out)
    assert [entry.version for entry in model.opset_import if not entry.domain] == [OPSET]
    rows = {value.name: value.type.tensor_type.shape.dim[0] for value in model.graph.input}
    assert "tokens" in rows and all(row.dim_param for row in rows.values()), "dynamic batch"
    assert ("identifiers" in rows) == (name in ("trm", "se-rrm-maze"))


def test_a_file_says_what_it_is_and_not_where_it_was_made(stem_graph: Path) -> None:
    metadata = onnxruntime.InferenceSession(stem_graph).get_modelmeta().custom_metadata_map
    assert metadata["family"] == "stem" and metadata["domain"] == "maze"
    assert metadata["puzzlesolver"] == __version__ and metadata["opset"] == str(OPSET)
    assert json.loads(metadata["config"])["start_noise"] == 0.1
    assert json.loads(metadata["layout"])["lattice"] == [7, 9, 1]
    assert metadata["weights_sha256"] == "0" * 64 and metadata["default_steps"] == "77"
    facts = StepGraph(stem_graph).facts
    assert facts == GraphFacts.from_metadata(metadata)
    assert facts.starts[0]["noise"] == float(np.float32(0.1))
    assert str(Path(torch.__file__).parents[1]).encode() not in stem_graph.read_bytes()


def test_rules_of_the_puzzles_to_check_are_those_of_the_graph(tmp_path: Path) -> None:
    relations = ["cell", "line", "box", "extra", "pair"]
    model = build_model("stem", TINY_STEM | {"relations": relations, "balanced": True}).eval()
    record = {"domain": "sudoku", "curve": [], "settings": {}}
    save_model(model, tmp_path / "model", record, "a model")
    text = 4 * "." + "12" + 10 * "."
    puzzles, out = tmp_path / "puzzles.json", tmp_path / "step.onnx"
    puzzles.write_text(json.dumps({"grid": text, "rules": "diagonal"}))
    made = {"checked": str(puzzles), "longest": 1}
    facts = export_model(str(tmp_path / "model"), out, **made)  # type: ignore[arg-type]
    assert facts.layout["rules"] == "diagonal"
    graph = GraphFile(out)
    board = make_board(4, "diagonal")
    assert graph.open(layout_of(board)).layout == layout_of(board)
    with pytest.raises(ModelError, match=r"exported for .* \(diagonal\), not .* \(latin\)"):
        graph.open(layout_of(make_board(4, "latin")))
    for name in RUNTIME_FILES:
        (tmp_path / name).touch()
    for _ in range(2):
        add_to_page(out, tmp_path / "page", tmp_path, "tiny")
    (entry,) = json.loads((tmp_path / "page" / "models.json").read_text())["models"]
    assert entry["rules"] == "diagonal" and len(entry["units"]) == len(board.units)
    assert entry["units"][-2]["name"] == "the main diagonal"
    export_model(str(tmp_path / "model"), out, rules="twin", longest=1)
    with pytest.raises(ModelError, match="the page draws one grid"):
        add_to_page(out, tmp_path / "page", tmp_path, "tiny")


def test_the_residual_is_that_of_the_step(stem_graph: Path) -> None:
    state = np.random.default_rng(0).normal(size=(3, 63, 4)).astype(np.float32)
    names = ["next_state_0", "residual"]
    feed = {"tokens": np.zeros((3, 63), np.int64), "state_0": state}
    now, residual = onnxruntime.InferenceSession(stem_graph).run(names, feed)
    moved = np.linalg.norm((now - state).reshape(3, -1), axis=1)
    np.testing.assert_allclose(
        residual, moved / np.linalg.norm(state.reshape(3, -1), axis=1), rtol=1e-5
    )


def test_a_graph_of_other_weights_is_refused_with_the_numbers(stem_graph: Path) -> None:
    other = build("maze-stem")
    with torch.no_grad():
        other.layers[0].gain.mul_(1.01)
    with pytest.raises(ModelError, match=r"after 1 step states are 0\.\d+ apart"):
        check.check_graph(stem_graph, other, check.check_set("maze", (7, 9)), longest=1)


def test_what_fails_its_check_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "ONE_STEP", -1.0)
    with pytest.raises(ModelError, match="does not do what the model does"):
        export("stem", tmp_path / "step.onnx", longest=1)
    assert not [*tmp_path.iterdir()]


def test_int8_passes_where_no_answer_changes(tmp_path: Path) -> None:
    out = tmp_path / "rounded.onnx"
    facts = export_model("maze", out, size=(9, 9), longest=16, int8=True)
    assert facts.int8 and facts.checked["answers"]["changed_at_the_end"] == 0
    assert facts.checked["steps"]["1"]["states"] > 1e-3, "these are other numbers"
    weights = onnx.load(out).graph.initializer
    assert sum(each.ByteSize() for each in weights) < 4 * facts.parameters, "those of exact ones"


def test_int8_is_refused_where_answers_change(tmp_path: Path) -> None:
    out = tmp_path / "step.onnx"
    with pytest.raises(ModelError, match=r"with 8-bit weights .* answers are not those of torch"):
        export_model("sudoku-1k", out, longest=64, int8=True)
    assert not out.exists()


def test_a_model_for_nothing_known_is_refused(tmp_path: Path) -> None:
    save_model(build("stem"), tmp_path / "model", training={}, card="# Untrained\n")
    with pytest.raises(ModelError, match="cannot be exported"):
        export_model(str(tmp_path / "model"), tmp_path / "step.onnx")


def test_boards_that_the_model_cannot_take_are_told_as_the_model_does(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no weights for extra units"):
        export_model("sudoku", tmp_path / "step.onnx", size=(4, 4), rules="diagonal")
    assert not [*tmp_path.iterdir()]


def test_a_size_that_no_board_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        export_graph(build("stem"), "sudoku", (7, 7), tmp_path / "step.onnx", sha256="")
