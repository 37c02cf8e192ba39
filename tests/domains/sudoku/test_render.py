"""The picture says with and without colours what is given, unsure, changed and assumed."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console
from rich.style import Style
from rich.text import Text

from puzzlesolver.domains.sudoku.board import make_board
from puzzlesolver.domains.sudoku.render import format_grid, render
from tests.domains.sudoku.support import BOX_SHAPES, HARD, SIZES, board, solved_board

GIVENS = board("1234........4321")
GRID = board("1234341243214321")


def style_of(text: Text, row: int, column: int) -> Style:
    """The style of a cell of a 4×4 board."""
    line = row + row // 2
    offset = line * len("1 2 | 3 4\n") + 2 * column + 2 * (column // 2)
    return text.get_style_at_offset(Console(), offset)


def ansi(text: Text, **options: object) -> str:
    file = io.StringIO()
    Console(file=file, force_terminal=True, width=80, **options).print(text)
    return file.getvalue()


@pytest.mark.parametrize("size", SIZES)
def test_text_is_that_of_format_grid_and_fits(size: int) -> None:
    grid = solved_board(size, np.random.default_rng(0))
    text = render(grid, grid)
    assert text.plain == format_grid(grid)
    lines = text.plain.split("\n")
    height, width = BOX_SHAPES[size]
    assert len(lines) == size + size // height - 1
    assert {len(line) for line in lines} == {2 * size - 1 + 2 * (size // width - 1)}
    assert max(map(len, lines)) <= 80 and (size > 9 or len(lines) <= 24)


def test_frame_of_a_9x9_board() -> None:
    lines = format_grid(board(HARD)).split("\n")
    assert lines[0] == ". . . | . 2 1 | . . ."
    assert lines[3] == "------+-------+------"


def test_givens_are_bold_and_without_colour() -> None:
    text = render(GRID, GIVENS, np.full((4, 4), 0.9, np.float32))
    assert style_of(text, 0, 0).bold and style_of(text, 0, 0).color is None
    assert not style_of(text, 1, 0).bold and style_of(text, 1, 0).color is not None


def test_confidence_goes_from_red_over_yellow_to_green() -> None:
    confidence = np.zeros((4, 4), np.float32)
    confidence[1] = 0, 0.5, 0.75, 1
    text = render(GRID, GIVENS, confidence)
    colours = [style_of(text, 1, column).color.triplet for column in range(4)]
    assert [(red > 0, green > 0) for red, green, _ in colours] == [
        (True, False),
        (True, True),
        (True, True),
        (False, True),
    ]
    assert [style_of(text, 1, column).dim for column in range(4)] == [True, False, False, False]


def test_changes_and_hypotheses_show_without_colours() -> None:
    mask = np.zeros((4, 4), bool)
    mask[1, 1] = True
    plain = ansi(render(GRID, GIVENS), no_color=True)
    assert ansi(render(GRID, GIVENS, changed=mask), no_color=True) != plain
    assert ansi(render(GRID, GIVENS, clamped=mask), no_color=True) != plain
    assert style_of(render(GRID, GIVENS, changed=mask), 1, 1).reverse
    assert style_of(render(GRID, GIVENS, clamped=mask), 1, 1).underline
    assert not style_of(render(GRID, GIVENS, changed=mask, clamped=mask), 1, 2).reverse


def test_no_colours_where_none_are_wanted() -> None:
    confidence = np.full((4, 4), 0.3, np.float32)
    text = render(GRID, GIVENS, confidence)
    assert "38;2;" in ansi(text, color_system="truecolor")
    assert "38;" not in ansi(text, color_system="truecolor", no_color=True)


def test_regions_are_drawn_as_they_are() -> None:
    blank = np.zeros((4, 4), np.uint8)
    jigsaw = make_board(4, regions="AAABABBBCCCDCDDD")
    assert format_grid(blank, jigsaw).split("\n") == [
        ". . .|.",
        " +---+",
        ".|. . .",
        "-+---+-",
        ". . .|.",
        " +---+",
        ".|. . .",
    ]
    assert format_grid(blank, make_board(4, "latin")) == "\n".join([". . . ."] * 4)


def test_holes_are_spaces_and_further_regions_are_shaded() -> None:
    twin = make_board(9, "twin")
    rows = format_grid(twin.grid(np.zeros(twin.cells, np.uint8)), twin).split("\n")
    assert rows[0] == ". . . | . . . | . . . |" and max(map(len, rows)) <= 80
    assert rows[-1] == "              | . . . | . . . | . . ."
    board = make_board(9, "x")
    text = render(np.zeros((9, 9), np.uint8), np.zeros((9, 9), np.uint8), board=board)
    shades = [span for span in text.spans if getattr(span.style, "bgcolor", None) is not None]
    assert len(shades) == 17


def test_rules_of_pairs_stand_below_the_board() -> None:
    blank = np.zeros((9, 9), np.uint8)
    told = {rules: render(blank, blank, board=make_board(9, rules)) for rules in ("x", "king,x")}
    assert told["king,x"].plain == told["x"].plain + "\nanti-king"


def test_compact_boards_have_a_line_for_every_row() -> None:
    for each in (make_board(9, "samurai"), make_board(4, regions="AAABABBBCCCDCDDD")):
        grid = each.grid(np.ones(each.cells, np.uint8))
        rows = render(grid, grid, compact=True, board=each).plain.split("\n")
        assert len(rows) == each.shape[0] and max(map(len, rows)) == 2 * each.shape[1] - 1
    assert rows[0] == "1 1 1|1"
