"""Pictures say with and without colours what a task is, and what is wrong with an attempt."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

from puzzlesolver.domains.arc.render import (
    INKS,
    format_grid,
    format_line,
    picture,
    render,
    render_task,
)
from puzzlesolver.domains.arc.task import Pair, Task
from puzzlesolver.domains.base import Grid
from tests.domains.arc.support import grid

SMALL = grid("012/345")
ALL = grid("0123456789")
TASK = Task(
    "t",
    (Pair(grid("01/23"), grid("4")), Pair(grid("5/6/7"), grid("89"))),
    (Pair(grid("12/34"), grid("12/30")),),
)
TEST = (grid("12/30"), grid("10/34"))


def style_at(text: Text, row: int, column: int) -> Style:
    """The style of a character."""
    lines = text.plain.split("\n")
    return text.get_style_at_offset(Console(), sum(len(line) + 1 for line in lines[:row]) + column)


def rows(text: Text) -> list[str]:
    return [line.rstrip() for line in text.plain.split("\n")]


def big(side: int) -> Grid:
    return np.full((side, side), 7, np.uint8)


def test_formats() -> None:
    assert format_line(SMALL) == "012/345" and format_grid(SMALL) == "012\n345"


def test_every_cell_has_its_digit_and_its_colour() -> None:
    shown = picture(ALL)
    assert shown.plain == "0 1 2 3 4 5 6 7 8 9 "
    for colour, ink in enumerate(INKS):
        for column in (2 * colour, 2 * colour + 1):
            assert style_at(shown, 0, column).bgcolor == Color.parse(ink)
    assert picture(ALL, "narrow").plain == "0123456789"


def test_marks_need_no_colour() -> None:
    marks = SMALL == 4
    assert picture(SMALL, marks=marks).plain == "0 1 2 \n3 4×5 "
    assert style_at(picture(SMALL, "narrow", marks), 1, 1).underline
    file = io.StringIO()
    Console(file=file, force_terminal=True, no_color=True).print(picture(SMALL, marks=marks))
    assert "4×" in file.getvalue() and "48;" not in file.getvalue()


def test_halves() -> None:
    shown = picture(grid("12/34/56"), "half")
    assert shown.plain == "▀▀\n▀▀"
    upper, last = style_at(shown, 0, 1), style_at(shown, 1, 0)
    assert (upper.color, upper.bgcolor) == (Color.parse(INKS[2]), Color.parse(INKS[4]))
    assert (last.color, last.bgcolor) == (Color.parse(INKS[5]), None)


def test_marks_in_halves() -> None:
    cells = grid("1234/5678/9012")
    marks = np.isin(np.arange(12).reshape(3, 4), [0, 5, 2, 6, 11])
    shown = picture(cells, "half", marks)
    assert shown.plain == "ˣₓ×▀\n▀▀▀ˣ"
    assert style_at(shown, 0, 1).bgcolor == Color.parse(INKS[6])


def test_as_every_kind_renders() -> None:
    sure = np.array([[1, 1, 0.2], [1, 1, 1]], np.float32)
    shown = render(SMALL, SMALL, sure, SMALL == 3)
    assert shown.plain == "0 1 2 \n3×4 5 "
    assert style_at(shown, 0, 4).dim and not style_at(shown, 0, 2).dim
    assert render(SMALL, SMALL, compact=True).plain == "▀▀▀"


def test_a_task_side_by_side() -> None:
    hidden = TASK.without_answers()
    first = [
        "demo 1         demo 2",
        "0 1    → 4     5      → 8 9",
        "2 3            6",
        "               7",
    ]
    assert rows(render_task(hidden, width=37)) == [*first, "", "test 1", "1 2", "3 4"]
    tests = ["test 1", "1 2", "3 4", ""]
    beside = [line.ljust(32) + test for line, test in zip(first, tests, strict=True)]
    assert rows(render_task(hidden, width=38)) == [line.rstrip() for line in beside]


def test_attempts_beside_the_known_output() -> None:
    assert rows(render_task(TASK, [TEST]))[-3:] == [
        "test 1   attempt 1: right  attempt 2: 2 wrong  output",
        "1 2    → 1 2               1 0×                1 2",
        "3 4      3 0               3 4×                3 0",
    ]


def test_attempts_at_a_hidden_output_are_not_judged() -> None:
    shown = render_task(TASK.without_answers(), [TEST]).plain
    assert "attempt 1 " in shown and "×" not in shown and "right" not in shown


def test_attempts_of_another_size() -> None:
    shown = render_task(TASK, [(grid("111"), TEST[0])]).plain
    assert "attempt 1: 1×3, not 2×2" in shown


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("side", [3, 12, 20, 30])
def test_it_fits(side: int, colour: bool) -> None:
    pair = Pair(big(side), big(side))
    task = Task("t", (pair,) * 3, (pair,) * 2)
    shown = render_task(task, [(big(side), big(side))] * 2, colour=colour)
    assert max(map(len, rows(shown))) <= 80
    digits = "7" in shown.plain
    assert digits == (not colour or side <= 12)
