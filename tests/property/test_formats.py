"""A board is read from whatever form it is written in; any bytes end in puzzles or typed errors."""

from __future__ import annotations

import string
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from puzzlesolver.domains.base import Grid, Puzzle
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.domains.sudoku.render import format_grid, format_line
from puzzlesolver.errors import ParseError
from tests.domains.formats.forms import FILES, PAGES, TEXTS
from tests.domains.sudoku.support import BOX_SHAPES, boards, solved_board

CASES = sorted((Path(__file__).parents[1] / "cases").glob("*/*"))


def read(data: bytes) -> list[Puzzle]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "puzzle"
        path.write_bytes(data)
        return list(read_puzzles([path]))


@st.composite
def clued(draw: st.DrawFn) -> Grid:
    """Boards with enough clues that nobody takes them for anything else."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    grid = solved_board(9, rng)
    grid[rng.random((9, 9)) < draw(st.floats(0.2, 0.7))] = 0
    grid[0, :2] = 9, 0
    return grid


@pytest.mark.parametrize("form", [*TEXTS, *PAGES])
@settings(max_examples=15)
@given(grid=clued())
def test_texts(form: str, grid: Grid) -> None:
    (puzzle,) = read((TEXTS | PAGES)[form](grid).encode())
    assert puzzle.domain == "sudoku" and np.array_equal(puzzle.grid, grid)


@pytest.mark.parametrize("form", FILES)
@settings(max_examples=10)
@given(grid=clued())
def test_files(form: str, grid: Grid) -> None:
    (puzzle,) = read(FILES[form](grid))
    assert puzzle.domain == "sudoku" and np.array_equal(puzzle.grid, grid)


@settings(max_examples=30)
@given(grids=st.lists(clued(), min_size=2, max_size=4), data=st.data())
def test_many_in_one_text(grids: list[Grid], data: st.DataObject) -> None:
    names = [name for name in TEXTS if not name.startswith(("JSON", "header", "f-p", "index"))]
    alone = {"quoted fields", "fields of many lines", "SudokuPad", "Python", "print of numpy"}
    forms = [data.draw(st.sampled_from([n for n in names if n not in alone])) for _ in grids]
    text = "\n\n".join(TEXTS[form](grid) for form, grid in zip(forms, grids, strict=True))
    assert [puzzle.grid.tolist() for puzzle in read(text.encode())] == [g.tolist() for g in grids]


@pytest.mark.parametrize("side", [9, 16, 25])
@pytest.mark.parametrize("signs", [string.digits + string.ascii_uppercase, string.ascii_uppercase])
@given(data=st.data())
@settings(max_examples=10)
def test_alphabets_are_kept(side: int, signs: str, data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    grid = solved_board(side, rng)
    text = "".join(signs[value - 1] for value in grid.ravel())
    for blanks in (0, 20):
        cells = list(text)
        for cell in rng.choice(len(cells), blanks, replace=False):
            cells[cell] = "."
        (puzzle,) = read("".join(cells).encode())
        assert puzzle.spell(format_line(puzzle.grid)) == "".join(cells)
        assert puzzle.spell(format_grid(grid)).replace("\n", "")[0] == text[0]


@pytest.mark.parametrize("side", BOX_SHAPES)
@given(data=st.data())
@settings(max_examples=10)
def test_frames_of_every_size(side: int, data: st.DataObject) -> None:
    grid = data.draw(boards([side]))
    grid[:, 0] = np.arange(side) + 1  # so that every row has a clue
    grid[0, :2] = side, 0
    for form in ("table", "ruled", "JSON", "commas") if side > 4 else ("JSON", "commas"):
        (puzzle,) = read(TEXTS[form](grid).encode())
        assert np.array_equal(puzzle.grid, grid)


def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Some bytes changed, a piece cut off, doubled or moved."""
    data = bytearray(data[: 1 << 14])
    for _ in range(draw(st.integers(0, 8))):
        if data:
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
    return bytes(draw(st.sampled_from([data, data[:end], data[:start] + data[end:], data * 2])))


@settings(max_examples=400)
@given(data=st.composite(lambda draw: damaged(draw, draw(st.sampled_from(CASES)).read_bytes()))())
def test_damaged_files_are_puzzles_or_a_parse_error(data: bytes) -> None:
    try:
        for puzzle in read(data):
            assert puzzle.grid.ndim == 2
    except ParseError as error:
        assert error.where and error.what
