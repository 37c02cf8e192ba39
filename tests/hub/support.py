"""What tests of the Hub share: our Sudoku model as files, and the cache as they see it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from puzzlesolver.errors import ModelError
from puzzlesolver.hub.cached import cache_folder, parse_name
from puzzlesolver.hub.folder import read_config
from puzzlesolver.hub.pull import pull

SUDOKU = Path(__file__).parents[2] / "weights" / "sudoku"
REPO = "someone/model"
NAME = f"hub:{REPO}"
FILES = ("README.md", "config.json", "model.safetensors")


def files_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def pull_text(text: str) -> Path:
    return pull(parse_name(text)).folder


def failure(act: Callable[..., Any], *arguments: Any) -> ModelError:
    with pytest.raises(ModelError) as caught:
        act(*arguments)
    return caught.value


def left_in_cache() -> set[str]:
    """Every file below the cache but locks."""
    root = cache_folder()
    files = (path for path in root.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(root)) for path in files}


def provenance(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = read_config(folder).training["provenance"]
    return found
