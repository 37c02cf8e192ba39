"""The built wheel: what is in it, and that it works installed, far from the source tree."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SLOW_IMPORTS = {"torch", "numba", "pysat", "matplotlib", "PIL", "onnxruntime", "huggingface_hub"}
PUZZLE = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the unpacked wheel alone; dependencies come from this Python."""
    folder = tmp_path_factory.mktemp("site")
    pip("install", "--no-deps", "--target", str(folder), str(wheel))
    return folder


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


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


def test_an_installed_copy_finds_and_verifies_its_own_weights(
    installed: Path, tmp_path: Path
) -> None:
    program = (
        "import json; from puzzlesolver.hub.catalog import read_catalog;"
        "from puzzlesolver.hub.store import verify_model; catalog = read_catalog();"
        "hashes = {name: verify_model(name).sha256 for name in catalog.models};"
        "print(json.dumps([str(catalog.root), hashes]))"
    )
    root, found = json.loads(run_python(installed, tmp_path, "-c", program))
    assert Path(root) == installed / "puzzlesolver" / "weights"
    document = json.loads((ROOT / "weights" / "catalog.json").read_text())
    assert found == {name: entry["sha256"] for name, entry in document["models"].items()}


def test_an_installed_copy_solves_from_any_folder(installed: Path, tmp_path: Path) -> None:
    arguments = ("-m", "puzzlesolver", "solve", "--format", "json", PUZZLE)
    result = json.loads(run_python(installed, tmp_path, *arguments))
    assert result["verdict"] == "verified"


def test_an_installed_copy_says_what_its_page_lacks(installed: Path, tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "puzzlesolver", "export", "sudoku", "--web", "site"]
    environment = os.environ | {"PYTHONPATH": str(installed)}
    done = subprocess.run(
        arguments, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "the npm package onnxruntime-web is missing" in done.stderr
    assert "npm install onnxruntime-web" in done.stderr
    assert not [*tmp_path.iterdir()]


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
