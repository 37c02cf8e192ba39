"""Ends of mazes that lines beside the drawing tell by their places."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.domains.maze.rules import GOAL, START
from puzzlesolver.errors import ParseError

MAZE = "#######\n#     #\n# ### #\n#   # #\n#######"
DIGITS = MAZE.replace("#", "1").replace(" ", "0")
SQUARE = "#####\n#   #\n#   #\n#   #\n#####"


def _ends(text: str, folder: Path) -> list[list[list[int]]]:
    (folder / "maze").write_text(text)
    (puzzle,) = read_puzzles([folder / "maze"])
    assert puzzle.domain == "maze"
    return [
        [list(map(int, place)) for place in zip(*(puzzle.grid == end).nonzero(), strict=True)]
        for end in (START, GOAL)
    ]


@pytest.mark.parametrize("maze", [MAZE, DIGITS, "\n".join(map(" ".join, DIGITS.split("\n")))])
@pytest.mark.parametrize(
    "told",
    [
        "start: (1, 1)\nend: (3, 5)\n{}",
        "{}\nstart = (1,1)\nend = (3,5)\n",
        "{}\n\nEntrance: [1, 1], exit: [5, 3]\n",
        "Start 1 1\nGoal 3 5\n\n{}",
        "start: row 1, col 1\ngoal: row 3, col 5\n{}",
        "S=(x=1, y=1) and G=(x=5, y=3)\n{}",
        "start position: (2, 2)\nend position: (4, 6)\n{}",  # counted from 1
        "5 7\n1 1\n3 5\n{}",  # as in programming contests
        "{}\n1 1\n5 3\n",
    ],
)
def test_ends_beside_a_drawing(told: str, maze: str, tmp_path: Path) -> None:
    assert _ends(told.format(maze), tmp_path) == [[[1, 1]], [[3, 5]]]


def test_ends_where_1_is_open_and_0_is_wall(tmp_path: Path) -> None:
    maze = DIGITS.translate(str.maketrans("01", "10"))
    assert _ends(f"start: (1, 1)\nend: (3, 5)\n{maze}", tmp_path) == [[[1, 1]], [[3, 5]]]
    rows = [[*map(int, row)] for row in maze.split("\n")]
    text = json.dumps({"maze": rows, "start": [1, 1], "end": [3, 5]})
    assert _ends(text, tmp_path) == [[[1, 1]], [[3, 5]]]


def test_walls_of_minus_one(tmp_path: Path) -> None:
    rows = [[-int(cell) for cell in row] for row in DIGITS.split("\n")]
    text = json.dumps({"maze": rows, "start": [1, 1], "end": [3, 5]})
    assert _ends(text, tmp_path) == [[[1, 1]], [[3, 5]]]


def test_ends_in_a_program(tmp_path: Path) -> None:
    rows = ",\n".join(f"[{', '.join(row)}]" for row in DIGITS.split("\n"))
    text = f"maze = [{rows}]\nstart = (1, 1)\nend = (3, 5)\n"
    assert _ends(text, tmp_path) == [[[1, 1]], [[3, 5]]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"start: (1, 2)\nend: (3, 1)\n{SQUARE}", "several ways"),
        (f"start: (2, 2)\nend: (3, 3)\n{SQUARE}", "several ways"),  # from 0 or from 1
        (f"start: (0, 0)\nend: (2, 4)\n{MAZE}", "are walls"),
        (f"start: (1, 1)\nend: (9, 9)\n{MAZE}", "no start"),
        (f"start: (1, 1)\n{MAZE}", "no start"),
        ("start: (0, 0)\nend: (1, 1)\n+--+--+\n|     |\n+--+  +\n|     |\n+--+--+", "no start"),
        (f"start: (1, 1)\nend: (3, 5)\n{MAZE}\n\n{MAZE}", "no start"),
    ],
)
def test_ends_that_fit_in_no_way_or_several_are_refused(
    text: str, told: str, tmp_path: Path
) -> None:
    with pytest.raises(ParseError, match=told):
        _ends(text, tmp_path)


@pytest.mark.parametrize("rows", [[], [[]], [""], [[], [0]], "", None, [[{}, []], [[], {}]]])
def test_ends_of_no_maze_are_refused(rows: object, tmp_path: Path) -> None:
    with pytest.raises(ParseError):
        _ends(json.dumps({"maze": rows, "start": [0, 0], "end": [1, 1]}), tmp_path)


def test_ends_that_are_drawn_are_not_moved(tmp_path: Path) -> None:
    drawn = MAZE.replace("#     #", "#S   G#")
    assert _ends(f"start: (1, 1)\nend: (3, 5)\n{drawn}", tmp_path) == [[[1, 1]], [[1, 5]]]
