"""The built wheel: what is in it, and that it works installed, far from the source tree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SLOW_IMPORTS = {"torch", "numba", "pysat", "matplotlib", "PIL", "onnxruntime", "huggingface_hub"}
MAZE = "S #/ # /  G"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = ["pip", "--quiet", "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([sys.executable, "-m", *words], check=True, stdin=subprocess.DEVNULL)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the unpacked wheel; dependencies come from this Python."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    # And machine code, made here: numba takes it for files of the same date and size.
    for source in (ROOT / "puzzlesolver").rglob("*.py"):
        shutil.copystat(source, folder / source.relative_to(ROOT))
    for code in (ROOT / "puzzlesolver").rglob("*.nb[ic]"):
        (folder / code.relative_to(ROOT)).parent.mkdir(exist_ok=True)
        shutil.copy(code, folder / code.relative_to(ROOT))
    return folder


def run_python(site: Path, cwd: Path, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(site), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_package_the_weights_and_the_page_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {Path(name) for name in archive.namelist()}
        (metadata,) = (name for name in archive.namelist() if name.endswith("dist-info/METADATA"))
        entry_points = archive.read(metadata.replace("METADATA", "entry_points.txt")).decode()
        metadata_text = archive.read(metadata).decode()
    package = {
        name.relative_to("puzzlesolver") for name in names if name.parts[0] == "puzzlesolver"
    }
    source = {
        path.relative_to(ROOT / "puzzlesolver")
        for path in (ROOT / "puzzlesolver").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    weights = {path.relative_to(ROOT) for path in (ROOT / "weights").rglob("*") if path.is_file()}
    page = {Path("page", path.name) for path in (ROOT / "examples" / "web" / "page").iterdir()}
    assert package == source | weights | page
    assert {name.parts[0] for name in names} == {"puzzlesolver", Path(metadata).parent.name}
    assert "puzzlesolver = puzzlesolver.__main__:run" in entry_points
    assert "License-Expression: Apache-2.0" in metadata_text
    assert "Project-URL: Paper (TRM), https:" in metadata_text


def test_an_installed_copy_works_from_any_folder(installed: Path, tmp_path: Path) -> None:
    """It solves with its own weights, all of which are intact, and says what its page lacks."""
    program = f"""
import contextlib, io, json
from puzzlesolver.cli.app import main
from puzzlesolver.hub.catalog import read_catalog
from puzzlesolver.hub.store import verify_model
catalog, told = read_catalog(), io.StringIO()
hashes = {{name: verify_model(name).sha256 for name in catalog.models}}
solved = main(["solve", {MAZE!r}, "-f", "line", "-o", "answer.txt"])
with contextlib.redirect_stderr(told):
    lacking = main(["export", "maze", "--web", "site"])
print(json.dumps([str(catalog.root), hashes, solved, lacking, told.getvalue()]))
"""
    root, hashes, solved, lacking, told = json.loads(run_python(installed, tmp_path, "-c", program))
    assert Path(root) == installed / "puzzlesolver" / "weights"
    document = json.loads((ROOT / "weights" / "catalog.json").read_text())
    assert hashes == {name: entry["sha256"] for name, entry in document["models"].items()}
    assert (solved, (tmp_path / "answer.txt").read_text()) == (0, "S #/o# /ooG\n")
    assert lacking == 2 and "the npm package onnxruntime-web is missing" in told
    assert "npm install onnxruntime-web" in told
    assert [path.name for path in tmp_path.iterdir()] == ["answer.txt"]


def test_importing_the_package_imports_nothing_slow(tmp_path: Path) -> None:
    program = "import sys, puzzlesolver; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = set(run_python(ROOT, tmp_path, "-c", program).split())
    assert "puzzlesolver" in loaded
    assert not loaded & (SLOW_IMPORTS | {"numpy", "typer"})


def test_the_public_names_are_real_and_the_only_ones() -> None:
    import puzzlesolver

    for name in puzzlesolver.__all__:
        assert getattr(puzzlesolver, name)
        assert name in dir(puzzlesolver)
    with pytest.raises(AttributeError, match="no attribute 'slove'"):
        _ = puzzlesolver.slove
