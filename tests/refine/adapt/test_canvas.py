from __future__ import annotations

import numpy as np
import pytest

from puzzlesolver.domains.arc.task import Pair
from puzzlesolver.domains.base import Grid
from puzzlesolver.models.arc.features import NOTHING
from puzzlesolver.refine.adapt.canvas.rule import RULES
from puzzlesolver.refine.adapt.canvas.sizes import choose_rule, overlaps


def grid(text: str) -> Grid:
    return np.array([[int(cell) for cell in row] for row in text.split()], np.uint8)


def demos(*texts: tuple[str, str]) -> list[Pair]:
    return [Pair(grid(before), grid(after)) for before, after in texts]


CASES = {
    "same size": [("10 02", "20 02"), ("300", "301")],
    "transposed": [("123 456", "14 25 36"), ("12", "1 2"), ("12 30", "13 20")],
    "panels, 1 × 2": [("1020 0304", "11 03"), ("5005", "55")],
    "separated panels, 2 × 1": [("12 20 55 02 11", "12 21"), ("304 555 111", "104")],
    "half, across the longer side": [("1122", "11"), ("11 22 33 44", "11 22")],
    "box of all but black": [("000 012 030", "12 30"), ("0000 0110", "11")],
    "box of all but black, less its frame": [
        ("0000 0222 0212 0222", "1"),
        ("4444 4564 4444", "56"),
    ],
    "box of the object with most cells": [("10000 00022 00020", "22 20"), ("33300 00001", "333")],
    "a cell for each block between lines": [
        ("11511 15511 55555 11511", "11 11"),
        ("21541 12514", "11"),
    ],
    "2 × 2 times as small": [("1100 2100", "10"), ("3344 3344 5566 5660", "34 56")],
    "repeated rows and columns once": [("1122 1122 3300", "12 30"), ("555 555", "5")],
    "without the lines": [("070 777 070", "00 00"), ("0707 1717", "00 11")],
    "1 × 2 times as large": [("12 30", "1212 3030"), ("45", "4545")],
    "as many times as large as there are colours": [("12", "1122 1122"), ("300", "300")],
    "as many times as large as it has rows and columns": [
        ("12 30", "1212 3030 1212 3030"),
        ("7", "7"),
    ],
    "box of all but black, 1 × 2 times as large": [("000 120", "1212"), ("30 00", "33")],
    "2 rows and 2 columns more": [("1", "222 212 222"), ("34", "2222 2342 2222")],
    "as many columns as there are coloured cells": [("101 100", "111"), ("002", "2")],
    "always 2 × 1": [("12345", "6 7"), ("1 1 1", "6 7")],
}
"""Demonstrations whose sizes have the named rule only, or which it explains better than others."""


@pytest.mark.parametrize("name", CASES)
def test_the_rule_is_chosen_that_the_demonstrations_like_best(name: str) -> None:
    rule = choose_rule(demos(*CASES[name]))
    assert rule is not None
    assert rule.name == name


def test_no_rule_fits_sizes_without_reason() -> None:
    assert choose_rule(demos(("111", "1 1"), ("111", "111 111"), ("11", "1"))) is None


def test_names_tell_rules_apart() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)


def test_a_rule_that_is_exact_is_preferred_to_the_same_size() -> None:
    rule = choose_rule(demos(("12 34", "13 24"), ("01 00", "00 10")))
    assert rule is not None
    assert rule.name == "transposed"


def test_the_plane_most_like_the_outputs_is_laid_first() -> None:
    shown = demos(("12 30", "1212 3030"), ("45", "4545"))
    rule = choose_rule(shown)
    assert rule is not None
    planes = rule.lay(grid("67"))
    assert planes is not None
    assert planes[0].tolist() == [[6, 7, 6, 7]]
    assert planes[1].tolist() == [[6, 6, 7, 7]]
    assert overlaps(rule, shown) == [1.0, pytest.approx(0.5)]


def test_a_constant_canvas_is_blank() -> None:
    (rule,) = (rule for rule in RULES if rule.name == "always 2 × 3")
    planes = rule.lay(grid("12 34 56"))
    assert planes is not None
    assert planes.tolist() == [[[NOTHING] * 3] * 2]


def test_halves_that_are_combined_are_both_laid_however_unlike_the_output() -> None:
    rule = choose_rule(
        demos(("1011 0110", "33 33"), ("1100 0011", "33 33"), ("1001 0000", "30 03"))
    )
    assert rule is not None
    assert rule.name == "panels, 1 × 2"
    planes = rule.lay(grid("1001 0000"))
    assert planes is not None
    assert sorted(plane.tolist() for plane in planes[:2]) == [[[0, 1], [0, 0]], [[1, 0], [0, 0]]]


def test_beside_a_cut_lies_what_the_rest_of_the_pattern_says_of_there() -> None:
    (rule,) = (rule for rule in RULES if rule.name == "box of colour 8, as the pattern goes on")
    planes = rule.lay(grid("123321 456654 123381 456684 123321"))
    assert planes is not None
    assert [plane.tolist() for plane in (planes[0], planes[1])] == [[[2], [5]]] * 2
    planes = rule.lay(grid("121212 343434 121282 343484"))
    assert planes is not None
    assert [plane.tolist() for plane in (planes[0], planes[3])] == [[[1], [3]]] * 2


def test_blots_are_taken_out_where_that_gives_the_outputs() -> None:
    rule = choose_rule(demos(("123321 850054 123321", "123321 450054 123321")))
    assert rule is not None
    assert rule.name == "same size, without the blots of colour 8"
    planes = rule.lay(grid("2882 8432 6776 1221"))
    assert planes is not None
    unknown = [[2, NOTHING, NOTHING, 2], [NOTHING, 4, 3, 2], [6, 7, 7, 6], [1, 2, 2, 1]]
    assert planes[0].tolist() == unknown  # both halves are hidden, or they differ
    assert np.array_equal(planes[1], grid("2882 8432 6776 1221"))


def test_no_rule_fails_on_any_input_or_lays_a_canvas_that_is_too_large() -> None:
    rng = np.random.default_rng(0)
    shapes = [(1, 1), (1, 30), (30, 1), (30, 30), (7, 13)]
    grids = [rng.integers(0, 10, shape).astype(np.uint8) for shape in shapes]
    grids += [np.full(shape, colour, np.uint8) for shape in shapes for colour in (0, 4)]
    for rule in RULES:
        for each in grids:
            planes = rule.lay(each)
            if planes is not None:
                assert planes.dtype == np.int8
                assert 1 <= planes.shape[0] <= 4
                assert max(planes.shape[1:]) <= 30
                assert planes.size
