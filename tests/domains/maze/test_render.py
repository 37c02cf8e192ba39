"""The picture says with and without colours what is wall, path, sure, changed and wrong."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console
from rich.style import Style
from rich.text import Text

from puzzlesolver.domains.maze.render import format_grid, format_line, render
from tests.domains.maze.support import SMALL, SOLVED, grid

MAZE, ANSWER = grid(SMALL), grid(SOLVED)
PAIRS = grid("S########\n########G\n###   ooo\n# o# o# o")


def style_of(text: Text, row: int, column: int) -> Style:
    """The style of a character."""
    lines = text.plain.split("\n")
    return text.get_style_at_offset(Console(), sum(len(line) + 1 for line in lines[:row]) + column)


def light(style: Style) -> int:
    assert style.bgcolor is not None and style.bgcolor.triplet is not None
    return sum(style.bgcolor.triplet)


def ansi(text: Text, **options: object) -> str:
    file = io.StringIO()
    Console(file=file, force_terminal=True, width=80, **options).print(text)
    return file.getvalue()


def test_formats() -> None:
    assert format_grid(ANSWER) == SOLVED and format_line(ANSWER) == SOLVED.replace("\n", "/")
    assert format_line(grid("S  G/")) == format_grid(grid("S  G/")) == "S  G/"
    square = np.zeros((10, 10), np.uint8)
    square[0, :3] = 2, 4, 3
    assert format_line(square) == "SoG" + 97 * "#"


def test_full_picture_has_two_columns_a_cell() -> None:
    assert render(ANSWER, MAZE).plain.split("\n") == ["S   ██", "••••██", "██••G "]


def test_compact_picture_has_two_cells_a_character() -> None:
    lines = ["S███████G", "█▀▜▄ ▖▟▘▌"]
    assert render(PAIRS, PAIRS, compact=True).plain.split("\n") == lines
    large = np.zeros((31, 30), np.uint8)
    lines = render(large, large, compact=True).plain.split("\n")
    assert len(lines) == 16 and {len(line) for line in lines} == {30}
    assert set(lines[0]) == {"█"} and set(lines[-1]) == {"▀"}


@pytest.mark.parametrize("compact", [False, True])
def test_confidence_is_the_brightness_of_open_cells(compact: bool) -> None:
    room = np.ones((2, 4), np.uint8)
    confidence = np.array([[0, 0.3, 0.7, 1]] * 2, np.float32)
    text = render(room, room, confidence, compact=compact)
    shades = [light(style_of(text, 0, column if compact else 2 * column)) for column in range(4)]
    assert shades == sorted(set(shades))
    assert style_of(render(room, room, compact=compact), 0, 0).bgcolor is None


@pytest.mark.parametrize("compact", [False, True])
def test_changes_show_without_colours(compact: bool) -> None:
    plain = ansi(render(ANSWER, MAZE, compact=compact), no_color=True)
    for cell in ((0, 1), (1, 1)):  # an open cell above the path, and the path
        changed = np.zeros(MAZE.shape, bool)
        changed[cell] = True
        assert ansi(render(ANSWER, MAZE, None, changed, compact=compact), no_color=True) != plain
    nothing = np.zeros(MAZE.shape, bool)
    assert ansi(render(ANSWER, MAZE, None, nothing, compact=compact), no_color=True) == plain


def test_a_changed_open_cell_is_a_dot() -> None:
    room, everywhere = np.ones((2, 1), np.uint8), np.ones((2, 1), bool)
    assert render(room, room, None, everywhere).plain == "··\n··"
    assert render(room, room, None, everywhere, compact=True).plain == "·"


def test_what_contradicts_the_maze_is_red() -> None:
    wrong = ANSWER.copy()
    wrong[0, 2] = 4
    text = render(wrong, MAZE)
    red, green, blue = style_of(text, 0, 4).bgcolor.triplet
    assert red > 2 * max(green, blue)
    assert style_of(text, 0, 4).bgcolor != style_of(text, 1, 0).bgcolor


@pytest.mark.parametrize("compact", [False, True])
def test_no_colours_where_none_are_wanted(compact: bool) -> None:
    text = render(ANSWER, MAZE, np.full(MAZE.shape, 0.3, np.float32), compact=compact)
    assert "48;2;" in ansi(text, color_system="truecolor")
    bare = ansi(text, color_system="truecolor", no_color=True)
    assert "38;" not in bare and "48;" not in bare
