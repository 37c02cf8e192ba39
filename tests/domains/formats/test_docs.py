"""`docs/formats.md` shows inputs that are read, and all the names of columns."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.domains.records import ROLES

PAGE = (Path(__file__).parents[3] / "docs/formats.md").read_text()
PARTS = re.split(r"^## (\w+)\n", PAGE, flags=re.MULTILINE)
BLOCKS = [
    (kind, block)
    for kind, part in zip(PARTS[1::2], PARTS[2::2], strict=True)
    for block in re.findall(r"```\w+\n(.*?)```", part, re.DOTALL)
]
KINDS = {"Sudoku": "sudoku", "Mazes": "maze", "Lists": "sudoku", "ARC": "arc"}


@pytest.mark.parametrize(("kind", "block"), BLOCKS)
def test_every_block_is_read(kind: str, block: str, tmp_path: Path) -> None:
    (tmp_path / "puzzle").write_text(block)
    puzzles = list(read_puzzles([tmp_path / "puzzle"]))
    assert {puzzle.domain for puzzle in puzzles} == {KINDS[kind]}


@pytest.mark.parametrize("role", ["question", "answer", "rating"])
def test_every_name_of_a_column_is_told(role: str) -> None:
    assert all(f"`{name}`" in PAGE for name in ROLES[role].split())
