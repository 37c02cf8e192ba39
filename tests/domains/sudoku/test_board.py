"""Boards: units by the names of rules, checked by their counts and their symmetries."""

from __future__ import annotations

import pickle
from collections import Counter

import numpy as np
import pytest

from puzzlesolver.domains.sudoku.board import (
    FREE_SIZES,
    SIZES,
    Board,
    boxes,
    make_board,
)
from puzzlesolver.domains.sudoku.making.regions import is_connected, random_regions
from puzzlesolver.domains.sudoku.variants import EXTRA, OVERLAPS, RULES, rule_names
from puzzlesolver.errors import UsageError

ONE_GRID = [rule for rule in RULES if rule not in OVERLAPS and rule != "jigsaw"]


def extra_cells(board: Board) -> set[frozenset[tuple[int, int]]]:
    """The units of a rule as sets of places."""
    units = [unit for unit in board.units if unit.kind in ("extra", "pair")]
    return {frozenset(board.places[cell] for cell in unit.cells) for unit in units}


@pytest.mark.parametrize("size", SIZES)
def test_a_plain_board_is_rows_columns_and_boxes(size: int) -> None:
    board = make_board(size)
    assert board.is_standard and board.cells == size * size
    assert Counter(unit.kind for unit in board.units) == {"line": 2 * size, "region": size}
    assert len(board.full) == 3 * size
    rows, columns = len({board.places[c][0] for c in board.units[-1].cells}), 0
    columns = len({board.places[c][1] for c in board.units[-1].cells})
    assert rows * columns == size and rows <= columns
    # Every cell lies in three units, and sees as many cells as that says.
    assert (board.peers.sum(0) == 2 * (size - 1) + size - rows - columns + 1).all()


@pytest.mark.parametrize(
    ("rule", "counts"),
    [
        ("diagonal", {9: 2}),
        ("main-diagonal", {9: 1}),
        ("anti-diagonal", {9: 1}),
        ("windoku", {9: 4}),
        ("disjoint-groups", {9: 9}),
        ("center-dot", {9: 1}),
        ("asterisk", {9: 1}),
        ("girandola", {9: 1}),
        ("argyle", {8: 4, 5: 4}),
        ("anti-knight", {2: 4 * 7 * 8}),
        ("anti-king", {2: 2 * 8 * 8}),
    ],
)
def test_units_of_rules_on_9x9(rule: str, counts: dict[int, int]) -> None:
    found = extra_cells(make_board(9, rule))
    assert Counter(map(len, found)) == counts
    half_turn = {frozenset((8 - r, 8 - c) for r, c in cells) for cells in found}
    transposed = {frozenset((c, r) for r, c in cells) for cells in found}
    assert found == half_turn == transposed
    if "diagonal" not in rule or rule == "diagonal":
        assert found == {frozenset((c, 8 - r) for r, c in cells) for cells in found}


def test_full_extra_units_hold_one_cell_of_every_box_or_are_windows() -> None:
    for rule in ("disjoint-groups", "center-dot", "asterisk", "girandola"):
        for cells in extra_cells(make_board(9, rule)):
            assert len({(row // 3, column // 3) for row, column in cells}) == 9, rule
    for cells in extra_cells(make_board(9, "windoku")):
        assert len({(row // 3, column // 3) for row, column in cells}) == 4
    for size, windows in ((4, 1), (16, 9), (25, 16)):
        assert len(extra_cells(make_board(size, "windoku"))) == windows


def test_argyle_is_no_long_diagonal() -> None:
    argyle = extra_cells(make_board(9, "argyle"))
    assert not argyle & extra_cells(make_board(9, "diagonal"))
    assert {(0, 4), (4, 0), (4, 8), (8, 4)} <= frozenset().union(*argyle)


@pytest.mark.parametrize(
    ("rule", "cells", "grids"),
    [
        ("samurai", 369, 5), ("twin", 153, 2), ("triple", 171, 3), ("butterfly", 144, 4),
        ("flower", 189, 5), ("cross", 297, 5), ("sohei", 288, 4), ("windmill", 333, 5),
    ],
)  # fmt: skip
def test_overlapping_grids_are_one_board(rule: str, cells: int, grids: int) -> None:
    board = make_board(9, rule)
    assert board.cells == cells and board.symbols == 9
    shared = {"butterfly": 24, "flower": 24, "cross": 12}.get(rule, 0)  # lines of two grids
    assert sum(unit.kind == "line" for unit in board.units) == 18 * grids - shared
    assert {len(unit.cells) for unit in board.units} == {9}
    assert len({unit.name for unit in board.units}) == len(board.units)
    covered = {cell for unit in board.units if unit.kind == "region" for cell in unit.cells}
    assert covered == set(range(cells))


def test_rules_apply_in_each_of_several_grids() -> None:
    board = make_board(9, "samurai,x,antiking")
    assert sum(unit.kind == "extra" for unit in board.units) == 10
    assert "the main diagonal of the centre grid" in {unit.name for unit in board.units}


@pytest.mark.parametrize("size", FREE_SIZES)
def test_latin_squares_of_every_size(size: int) -> None:
    board = make_board(size, "latin")
    assert len(board.units) == 2 * size and (board.peers.sum(0) == 2 * (size - 1)).all()


def test_a_map_of_regions() -> None:
    tall = make_board(6, regions=boxes(6, 3, 2))
    assert tall.rules == ("jigsaw",) and len(tall.full) == 18
    assert {unit.name for unit in tall.units if unit.kind == "region"} >= {"region 1", "region 6"}
    assert make_board(9, regions=boxes(9, 3, 3)) is make_board(9)
    stripes = make_board(9, "jigsaw", "".join(9 * c for c in "ABCDEFGHI"))
    assert len(stripes.units) == 18  # regions that are rows are told once


def test_equal_boards_are_one_object_even_from_another_process() -> None:
    board = make_board(9, ["hyper", "Anti Knight"], extra=[[(0, 0), (2, 2), (1, 1)]])
    assert make_board(9, "anti-knight,windoku", "", [[(0, 0), (1, 1), (2, 2)]]) is board
    assert board.told == "windoku,anti-knight,extra=r1c1r2c2r3c3"
    assert make_board(9, board.told) is board
    assert pickle.loads(pickle.dumps(board)) is board
    assert hash(board) == hash(pickle.loads(pickle.dumps(board)))


def test_values_and_grids_there_and_back() -> None:
    board = make_board(9, "twin")
    values = np.arange(board.cells, dtype=np.uint8)
    grid = board.grid(values)
    assert grid.shape == (15, 15) and (grid == 255).sum() == 72
    assert (board.values(grid) == values).all()


def test_names_of_rules_and_their_synonyms() -> None:
    assert rule_names("X") == rule_names("Sudoku X") == rule_names("diagonals") == ("diagonal",)
    assert rule_names("diagonal+,diagonal-") == ("diagonal",)
    assert rule_names("diagonal-") == ("main-diagonal",)
    assert rule_names("Hyper Sudoku, centre dot ,ANTIKNIGHT") == (
        "windoku",
        "center-dot",
        "anti-knight",
    )
    assert rule_names("gattai-5") == ("samurai",) and rule_names("classic") == ()
    assert all(rule_names(rule) == (rule,) for rule in RULES)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((9, "killer"), "more than different digits"),
        ((9, "anti-knigt"), "unknown rule 'anti-knigt'"),
        ((6, "windoku"), "windoku does not fit 6×6"),
        ((7, ""), "no Sudoku has 7 rows"),
        ((16, "samurai"), "no samurai has 16 rows"),
        ((7, "latin,disjoint-groups"), "disjoint-groups does not fit"),
        ((9, "jigsaw"), "needs a map"),
        ((9, "latin,samurai"), "latin and samurai exclude"),
        ((9, "latin", boxes(9, 3, 3)), "latin and jigsaw exclude"),
        ((9, "", "A" + boxes(9, 3, 3)[1:].replace("9", "A")), "region A has 10 cells"),
        ((9, "", "ABC" * 27), "81 cells and 3 regions"),
        ((9, "", "", [[(0, 0), (0, 0), (1, 1)]]), "extra region 1 has 3 cells"),
    ],
)
def test_what_is_no_board_is_told(arguments: tuple[object, ...], told: str) -> None:
    with pytest.raises(UsageError, match=told.replace("(", "\\(")):
        make_board(*arguments)  # type: ignore[arg-type]


def test_every_extra_rule_fits_9x9() -> None:
    assert all(make_board(9, rule).units for rule in [*EXTRA, *ONE_GRID])


@pytest.mark.parametrize("side", [5, 6, 9, 16])
def test_random_maps_have_connected_regions(side: int) -> None:
    maps = {random_regions(side, np.random.default_rng(seed)) for seed in range(5)}
    assert len(maps) == 5
    for labels in maps:
        assert set(Counter(labels).values()) == {side}
        assert all(is_connected(labels, label, side) for label in set(labels))
