"""Whatever a Python program has for a puzzle is the same puzzle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from puzzlesolver.domains.values import read_values
from puzzlesolver.errors import ParseError

LINE = "..2.537.....6..2...59..1...34.......9..84.5......2............68..1...7.5.7.6..4."
BOARD = np.array([0 if symbol == "." else int(symbol) for symbol in LINE]).reshape(9, 9)
ROWS = [LINE[start : start + 9] for start in range(0, 81, 9)]
MAZE = ["#######", "#S # G#", "#     #", "#######"]
HALF = np.zeros((12, 12), int)
HALF[0, :] = range(1, 13)


@pytest.mark.parametrize(
    "value",
    [
        LINE,
        BOARD,
        BOARD.astype(float),
        BOARD.ravel(),
        BOARD.tolist(),
        tuple(map(tuple, BOARD.tolist())),
        [[digit or None for digit in row] for row in BOARD.tolist()],
        [list(row.replace(".", "0")) for row in ROWS],
        [["" if symbol == "." else symbol for symbol in row] for row in ROWS],
        np.array([list(row) for row in ROWS]),
        ROWS,
        list(LINE),
        [LINE],
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_board_in_any_form(value: Any) -> None:
    (puzzle,) = read_values([value])
    assert puzzle.domain == "sudoku" and np.array_equal(puzzle.grid, BOARD)


@pytest.mark.parametrize("value", [MAZE, list(map(list, MAZE)), "\n".join(MAZE)])
def test_a_maze_in_any_form(value: Any) -> None:
    (puzzle,) = read_values([value])
    assert puzzle.domain == "maze" and puzzle.grid.shape == (4, 7)


def test_digits_above_nine() -> None:
    (puzzle,) = read_values([HALF])
    assert np.array_equal(puzzle.grid, HALF)


def test_many_at_once_are_read_in_order_and_as_late_as_possible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "b.txt"):
        Path(name).write_text(LINE)
    read: list[int] = []

    def some() -> Any:
        for number in range(3):
            read.append(number)
            yield BOARD

    (puzzle,) = read_values([LINE])
    values = read_values([["a.txt", "b.txt"], Path("a.txt"), [LINE, LINE], puzzle, some()])
    named = [next(values).name for _ in range(6)]
    assert named[:3] == ["a.txt", "b.txt", "a.txt"] and named[5] == puzzle.name
    assert not read
    assert len(list(values)) == 3
    assert len(list(read_values([np.stack([BOARD, BOARD])]))) == 2


@pytest.mark.parametrize("value", [np.zeros((7, 3), int), [[1, 2], [3]], "nothing", [["?!"]]])
def test_what_is_no_puzzle_is_refused(value: Any) -> None:
    with pytest.raises(ParseError):
        list(read_values([value]))


@pytest.mark.parametrize("value", [7, None, object()])
def test_what_holds_no_cells_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError):
        list(read_values([value]))
