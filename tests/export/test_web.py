"""The files of a page; how it behaves is seen in tests/web."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from puzzlesolver.domains.base import get_domain
from puzzlesolver.errors import ModelError
from puzzlesolver.export.onnx import export_graph
from puzzlesolver.export.web import RUNTIME_FILES, add_to_page
from puzzlesolver.models.registry import build_model


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """Files with the names of those from npm, which nothing here runs."""
    folder = tmp_path / "dist"
    folder.mkdir()
    for name in RUNTIME_FILES:
        (folder / name).write_text(name)
    return folder


@pytest.fixture(scope="module")
def graph(quick_exports: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "tiny.onnx"
    model = build_model("stem", {"width": 4, "messages": 4, "hidden": 4}).eval()
    export_graph(model, "sudoku", (4, 4), path, sha256="0" * 64, default_steps=77, longest=1)
    return path


def test_a_page_has_all_that_it_asks_for(graph: Path, runtime: Path, tmp_path: Path) -> None:
    page = tmp_path / "site"
    add_to_page(graph, page, runtime, "hub/tiny model")
    (entry,) = json.loads((page / "models.json").read_text())["models"]
    assert entry["title"] == "hub/tiny model" and (entry["rows"], entry["columns"]) == (4, 4)
    assert entry["file"] == "models/hub-tiny-model-4x4.onnx"
    assert (page / entry["file"]).read_bytes() == graph.read_bytes()
    assert entry["policy"]["max_steps"] == 77
    for example in entry["examples"]:
        (puzzle,) = get_domain("sudoku").parse([example], "example")
        assert puzzle.grid.shape == (4, 4)
    for name in RUNTIME_FILES:
        assert (page / "ort" / name).read_text() == name
    asked = re.compile(r"""(?:from|src=|href=|Worker\() ?"([\w./-]+)\"""")
    texts = [path.read_text() for path in page.iterdir() if path.suffix in (".html", ".js")]
    named = {name for text in texts for name in asked.findall(text)}
    assert {"./refine.js", "worker.js", "style.css"} <= named
    assert all((page / name).is_file() for name in named)


def test_a_page_takes_several_models_and_each_once(
    graph: Path, runtime: Path, tmp_path: Path
) -> None:
    page = tmp_path / "site"
    for title in ("one", "two", "one"):
        add_to_page(graph, page, runtime, title)
    models = json.loads((page / "models.json").read_text())["models"]
    assert [model["title"] for model in models] == ["two", "one"]


def test_a_page_of_another_version_is_left_as_it_is(
    graph: Path, runtime: Path, tmp_path: Path
) -> None:
    (tmp_path / "models.json").write_text('{"schema": 0}')
    before = {path.name for path in tmp_path.iterdir()}
    with pytest.raises(ModelError, match="schema"):
        add_to_page(graph, tmp_path, runtime, "tiny")
    assert {path.name for path in tmp_path.iterdir()} == before
