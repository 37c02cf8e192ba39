"""The frame fits every terminal and says in words what the lamps show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from puzzlesolver.cli.view.frame import Moment, chart, spark
from puzzlesolver.domains.base import Answer, Puzzle, Verdict
from tests.cli.support import MOMENT, NOWHERE


def lines(moment: Moment, width: int, height: int) -> list[str]:
    console = Console(width=width, height=height, no_color=True)
    with console.capture() as capture:
        console.print(moment.draw(width, height))
    return [line.rstrip() for line in capture.get().splitlines()]


@given(st.integers(20, 250), st.integers(9, 60))
def test_frame_fits_any_terminal(width: int, height: int) -> None:
    frame = lines(MOMENT, width, height)
    assert len(frame) <= height
    assert max(map(len, frame)) <= width


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
def test_all_facts_are_on_it(width: int, height: int) -> None:
    text = "\n".join(lines(MOMENT, width, height))
    for fact in (
        "puzzle 2 of 5 puzzle.txt",
        "step 143 of 2,000",
        "1,234 steps/s",
        "restarts 2",
        "residual 0.02",
        "● settled",
        "● verified",
    ):
        assert fact in text
    assert "restarts" not in "\n".join(lines(replace(MOMENT, restarts=0), width, height))


def test_long_reasons_leave_the_grid_its_room() -> None:
    verdict = Verdict("wrong", "row 3 of the top left grid holds 5 twice: r3c8 and r3c9")
    width, height = (moment := replace(MOMENT, verdict=verdict)).natural_size()
    frame = "\n".join(lines(moment, width, height))
    grid = "\n".join(lines(replace(MOMENT, verdict=None), width, height)).split("residual")[0]
    assert frame.startswith(grid) and "row 3 of the top" in frame


def test_wide_terminals_get_a_wider_curve() -> None:
    narrow, wide = (max(map(len, lines(many_residuals(), w, 24))) for w in (80, 200))
    assert narrow <= 80 < 150 < wide


def many_residuals() -> Moment:
    residuals = np.logspace(0, -3, 1_000).tolist()
    return replace(MOMENT, residuals=residuals, reports=len(residuals))


@pytest.mark.parametrize(
    ("settled", "verdict", "lamps"),
    [
        (True, Verdict("verified"), "● settled   ● verified"),
        (False, Verdict("verified"), "○ not settled   ● verified"),
        (True, Verdict("wrong", "two 5s in row 3"), "● settled   ○ not verified"),
        (False, None, "○ not settled   ○ not verified"),
    ],
)
def test_lamps_are_independent_and_readable_without_colour(
    settled: bool, verdict: Verdict | None, lamps: str
) -> None:
    text = "\n".join(lines(replace(MOMENT, settled=settled, verdict=verdict), 80, 24))
    assert lamps in text
    assert (verdict is not None and verdict.reason in text) or verdict is None


@pytest.mark.parametrize("settled", [True, False])
def test_a_lit_lamp_is_bright_whatever_the_other_says(settled: bool) -> None:
    console = Console(width=80, height=24, force_terminal=True, color_system="standard")
    frame = replace(MOMENT, settled=settled).draw(80, 24)
    (style,) = {
        segment.style
        for line in console.render_lines(frame)
        for segment in line
        if "● verified" in segment.text
    }
    assert style is not None and style.bold and not style.dim


def test_hypothesis_is_named() -> None:
    clamped = NOWHERE.copy()
    clamped[2, 3] = clamped[4, 4] = True
    text = "\n".join(lines(replace(MOMENT, clamped=clamped), 80, 24))
    assert "trying r3c4 and 1 more" in text


def test_chart_of_an_earlier_moment_leaves_room_for_what_comes() -> None:
    residuals = np.logspace(0, -3, 1_000).tolist()
    whole = chart(residuals, 1_000, columns=47, rows=5).plain.split("\n")
    half = chart(residuals, 500, columns=47, rows=5).plain.split("\n")
    assert [line[:27] for line in half] == [line[:27] for line in whole]
    assert all(not line[27:].strip() for line in half)


def test_grid_is_left_out_where_it_does_not_fit() -> None:
    assert MOMENT.shows_grid(80, 24) and not MOMENT.shows_grid(16, 24)
    assert "needs" in "\n".join(lines(MOMENT, 16, 24))
    assert MOMENT.shows_grid(*MOMENT.natural_size())


def test_large_grids_are_compact_where_the_full_picture_does_not_fit() -> None:
    full, compact, none = (lines(maze(30), *room) for room in ((100, 40), (80, 24), (28, 24)))
    assert sum("██" * 30 in line for line in full) == 28, "two columns a cell"
    assert sum(line.startswith("█" * 30) for line in compact) == 14, "two cells a character"
    assert any("needs 30 x 16" in line for line in none)
    assert "step 143" in "\n".join(compact) and "step 143" in "\n".join(none)
    assert maze(30).shows_grid(80, 24) and not maze(30).shows_grid(28, 24)
    assert maze(30).shows_grid(*maze(30).natural_size())


def test_huge_grids_are_left_out() -> None:
    assert not maze(1024).shows_grid(200, 60)
    assert any("needs 1024 x 513" in line for line in lines(maze(1024), 200, 60))


def maze(side: int) -> Moment:
    """Walls all over, S and G in the first two rows."""
    grid = np.zeros((side, side), np.uint8)
    grid[:2, 0] = 2, 3
    nowhere = np.zeros(grid.shape, bool)
    answer = Answer(grid, np.ones(grid.shape, np.float32))
    puzzle = Puzzle("maze", "maze.txt", grid, "maze.txt:1")
    return replace(MOMENT, puzzle=puzzle, answer=answer, changed=nowhere, clamped=nowhere)


@given(st.lists(st.floats(0, 1e9), min_size=1), st.integers(9, 80), st.integers(2, 12))
def test_chart_has_the_size_asked_for(residuals: list[float], columns: int, rows: int) -> None:
    text = chart(residuals, len(residuals), columns, rows).plain.split("\n")
    assert len(text) == rows
    assert {len(line) for line in text} == {min(columns, 7 + len(residuals))}
    assert len(spark(residuals, columns)) == min(columns, len(residuals))


def test_chart_falls_with_the_residual_between_numbers_on_its_axis() -> None:
    text = chart([1, 0.1, 0.01, 0.001], 4, columns=11, rows=4).plain.split("\n")
    assert text == ["     1┤─╮  ", "      │ ╰╮ ", "      │  ╰╮", " 0.001┤   ╰"]
    bars = spark([1, 0.1, 0.01, 0.001], 4).plain
    assert list(bars) == sorted(bars, reverse=True) and bars[0] != bars[-1]


def test_a_long_path_keeps_its_end() -> None:
    puzzle = replace(MOMENT.puzzle, name="/home/somebody/folder/with/puzzles/hard.txt:17")
    heading = lines(replace(MOMENT, puzzle=puzzle), 40, 24)[0]
    assert heading == "puzzle 2 of 5 …/with/puzzles/hard.txt:17"
