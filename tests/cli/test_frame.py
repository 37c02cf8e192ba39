"""The frame fits every terminal and says in words what the lamps show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from puzzlesolver.cli.frame import Moment, curve, draw, natural_size, shows_grid
from puzzlesolver.domains.base import Verdict
from tests.cli.support import MOMENT, NOWHERE


def lines(moment: Moment, width: int, height: int) -> list[str]:
    console = Console(width=width, height=height, no_color=True)
    with console.capture() as capture:
        console.print(draw(moment, width, height))
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


def test_hypothesis_is_named() -> None:
    clamped = NOWHERE.copy()
    clamped[2, 3] = clamped[4, 4] = True
    text = "\n".join(lines(replace(MOMENT, clamped=clamped), 80, 24))
    assert "trying row 3 column 4 and 1 more" in text


def test_a_later_report_does_not_change_an_earlier_moment() -> None:
    growing = [1.0, 0.5]
    moment = replace(MOMENT, residuals=growing, reports=2)
    before = lines(moment, 80, 24)
    growing.append(1e-6)
    assert lines(moment, 80, 24) == before


def test_grid_is_left_out_where_it_does_not_fit() -> None:
    assert shows_grid(MOMENT, 80, 24) and not shows_grid(MOMENT, 20, 24)
    assert "needs" in "\n".join(lines(MOMENT, 20, 24))
    assert shows_grid(MOMENT, *natural_size(MOMENT))


@given(st.lists(st.floats(0, 1e9), min_size=1), st.integers(1, 80), st.integers(1, 12))
def test_curve_has_the_size_asked_for(residuals: list[float], columns: int, rows: int) -> None:
    text = curve(residuals, columns, rows).plain.split("\n")
    assert len(text) == rows
    assert {len(line) for line in text} == {min(columns, len(residuals))}
    assert text[-1].strip(), "the lowest row is never empty"


def test_curve_falls_with_the_residual() -> None:
    heights = curve([1, 0.1, 0.01, 0.001], columns=4, rows=1).plain
    assert list(heights) == sorted(heights, reverse=True) and heights[0] != heights[-1]
