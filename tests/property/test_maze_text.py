"""Whatever is written is read back; whatever is read is a maze or a typed error."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.domains.maze.image import parse_image
from puzzlesolver.domains.maze.parse import parse, recognise
from puzzlesolver.domains.maze.render import format_grid, format_line, render
from puzzlesolver.domains.maze.rules import GOAL, OPEN, PATH, START, WALL
from puzzlesolver.errors import ParseError
from tests.domains.maze.support import FORMS, mazes, puzzle, read, to_png, without_path
from tests.domains.sudoku import support as sudoku


def same(label: Grid | None, cells: Grid) -> bool:
    """Whether a label is the path in `cells`, or missing because there is none."""
    return np.array_equal(label, cells) if (cells == PATH).any() else label is None


@pytest.mark.parametrize("form", FORMS)
@given(cells=mazes(path=True), end=st.sampled_from(["\n", "\r\n"]), bom=st.booleans())
def test_what_is_written_is_read(form: str, cells: Grid, end: str, bom: bool) -> None:
    text = FORMS[form](cells).replace("\n", end) + 2 * end
    assume(form != "ragged" or "#" in text or WALL not in cells)  # else any sign may be wall
    assume(form != "ragged" or OPEN in cells)  # signs may be two columns wide where walls are all
    assume(not (cells[:, -1] == OPEN).all() or (cells[:, -2] == OPEN).any())  # spaces that pad
    only = puzzle("\ufeff" * bom + text)
    assert (only.domain, only.name) == ("maze", "maze.txt") and only.grid.dtype == np.uint8
    assert np.array_equal(only.grid, without_path(cells))
    if form == "csv":
        assert np.array_equal(only.label, cells) and only.rating == 7
    else:
        assert same(only.label, cells)


@given(cells=mazes(path=True))
def test_dots_are_the_path_where_spaces_are_the_floor(cells: Grid) -> None:
    assume(OPEN in cells and not (cells[0] == OPEN).all())
    only = puzzle(format_grid(cells).replace("o", "."))
    assert np.array_equal(only.grid, without_path(cells)) and same(only.label, cells)


@given(
    written=st.lists(
        st.tuples(mazes(path=True), st.sampled_from(sorted(FORMS.keys() - {"csv"}))),
        min_size=2,
        max_size=4,
    ),
    gap=st.sampled_from(["\n\n", "\n\n\n", "\n\n \n"]),
)
def test_many_in_one_text(written: list[tuple[Grid, str]], gap: str) -> None:
    puzzles = read(gap.join(FORMS[form](cells) for cells, form in written))
    assert len(puzzles) == len(written)
    for one, (cells, _) in zip(puzzles, written, strict=True):
        assert np.array_equal(one.grid, without_path(cells)) and same(one.label, cells)
        assert one.name == one.source != "maze.txt"


@given(written=st.lists(mazes(path=True), min_size=2, max_size=12))
def test_lists_of_lines_of_any_size(written: list[Grid]) -> None:
    lines = [format_line(cells) for cells in written]
    puzzles = read("\n".join(lines))
    assert [one.name for one in puzzles] == [f"maze.txt:{n + 1}" for n in range(len(lines))]
    for one, cells in zip(puzzles, written, strict=True):
        assert np.array_equal(one.grid, without_path(cells)) and same(one.label, cells)


@given(cells=mazes(path=True))
def test_what_is_written_is_recognised(cells: Grid) -> None:
    assert recognise(format_line(cells)) and recognise(format_grid(cells))


def sparse(side: int, **givens: int) -> Grid:
    """A nearly empty board, with givens by their places."""
    board = np.zeros((side, side), np.uint8)
    for place, digit in givens.items():
        row, column = map(int, place[1:].split("c"))
        board[row - 1, column - 1] = digit
    return board


@pytest.mark.parametrize("form", sudoku.FORMS)
@example(board=sparse(25, r1c1=25, r4c14=25, r11c18=20, r18c9=7, r25c20=4), blank="0")
@example(board=sparse(16, r1c1=16, r2c9=10, r9c4=11, r16c16=12), blank="0")
@example(board=sparse(16, r1c1=16, r6c9=16, r9c4=11, r13c5=11), blank="X")
@example(board=sparse(12, r1c1=12, r3c11=12, r5c9=3, r5c10=7, r6c7=8, r7c4=1, r11c5=1), blank=".")
@example(board=sparse(16, r1c1=16, r3c2=15, r4c7=15, r5c15=1, r6c1=5, r9c9=3), blank="*")
@given(board=sudoku.boards(), blank=st.sampled_from(".0-*_Xx"))
def test_no_sudoku_is_recognised(form: str, board: Grid, blank: str) -> None:
    assume(len(np.unique(board)) > 3)
    # A nearly empty one whose digits repeat in a line may be either.
    lines = [line[line > 0] for line in (*board, *board.T)]
    assume((board > 0).mean() > 0.1 or all(len({*line}) == len(line) for line in lines))
    assume(form != "empty fields" or (board > 0).mean() > 0.05)  # so may a table of spaces
    assert not recognise(sudoku.FORMS[form](board, blank))


def with_floor(cells: Grid) -> Grid:
    """The maze, and its path where it is no more than wall and floor: it would be one of them."""
    wall, floor, path = ((cells == value).sum() for value in (WALL, OPEN, PATH))
    return cells if min(wall, floor) >= path else without_path(cells)


@given(cells=mazes(path=True), scale=st.integers(1, 9))
def test_pictures_of_any_scale(cells: Grid, scale: int) -> None:
    cells = with_floor(cells)
    (only,) = parse_image(to_png(cells, scale), "maze.png")
    assert np.array_equal(only.grid, without_path(cells)) and same(only.label, cells)
    assert (only.name, only.source) == ("maze.png", "maze.png")


@given(
    cells=mazes(path=True),
    shades=st.fixed_dictionaries(
        {
            0: st.integers(0, 90).map(lambda grey: (grey, grey, grey)),
            1: st.integers(160, 255).map(lambda grey: (grey, grey, grey)),
            2: st.tuples(st.integers(0, 75), st.integers(190, 255), st.integers(0, 75)),
            3: st.tuples(st.integers(190, 255), st.integers(0, 75), st.integers(0, 75)),
            4: st.sampled_from([(0, 0, 200), (255, 220, 0), (0, 200, 255), (200, 0, 200)]),
        }
    ),
)
def test_pictures_in_other_colours(cells: Grid, shades: dict[int, tuple[int, int, int]]) -> None:
    cells = with_floor(cells)
    (only,) = parse_image(to_png(cells, 2, shades), "maze.png")
    assert np.array_equal(only.grid, without_path(cells)) and same(only.label, cells)


LIKELY = "##   ..SGsgEe/o*Xx█\n\n\r\t9,q\"'é\ufeff\0"
CSV = "source,question,answer,rating\n"


@given(
    content=st.one_of(
        st.binary(),
        st.text().map(str.encode),
        st.text(LIKELY, max_size=400).map(str.encode),
        st.text("# SG/\n", max_size=40).map(str.encode),
        st.text("# \n").map(lambda text: f"S{text}G{text}".encode()),
        st.text(LIKELY).map(lambda text: (CSV + text).encode()),
        st.text("# SGo,").map(lambda text: f"{CSV}a,{text}".encode()),
        st.binary().map(b"\x89PNG\r\n\x1a\n".__add__),
    ),
    domain=st.sampled_from(["auto", "maze"]),
)
def test_any_bytes_are_puzzles_or_a_parse_error(content: bytes, domain: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        path.write_bytes(content)
        try:
            for one in read_puzzles([path], domain):
                if one.domain == "maze":
                    check(one.grid)
        except ParseError as error:
            assert error.where.startswith(str(path)) and error.what


@given(cells=mazes(), data=st.data())
def test_damaged_pictures_are_mazes_or_a_parse_error(cells: Grid, data: st.DataObject) -> None:
    image = bytearray(to_png(cells, 3))
    for _ in range(data.draw(st.integers(1, 4))):
        image[data.draw(st.integers(0, len(image) - 1))] = data.draw(st.integers(0, 255))
    image = image[: data.draw(st.integers(0, len(image)))] if data.draw(st.booleans()) else image
    try:
        (only,) = parse_image(bytes(image), "maze.png")
        check(only.grid)
    except ParseError as error:
        assert error.where.startswith("maze.png") and error.what


def check(maze: Grid) -> None:
    """It has one start and one goal, no path, and can be written and read again."""
    assert maze.max() <= GOAL and (maze == START).sum() == (maze == GOAL).sum() == 1
    (again,) = parse([format_line(maze)], "again")
    assert np.array_equal(again.grid, maze)
    assert len(render(maze, maze).plain.split("\n")) == len(maze)
