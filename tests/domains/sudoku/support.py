"""Boards for the Sudoku tests, and every way to write one down."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from hypothesis import strategies as st

from puzzlesolver.domains.base import Grid, Puzzle, get_domain
from puzzlesolver.domains.detect import parse_text
from puzzlesolver.domains.sudoku.render import format_grid, format_line
from puzzlesolver.domains.sudoku.rules import contradiction

BOX_SHAPES = {
    4: (2, 2), 6: (2, 3), 8: (2, 4), 9: (3, 3), 10: (2, 5), 12: (3, 4), 16: (4, 4), 25: (5, 5)
}  # fmt: skip
SIZES = sorted(BOX_SHAPES)
SOLVED = "123456789456789123789123456234567891567891234891234567345678912678912345912345678"
HARD = "....21....9.7...4....4..5.28..2....3..18.5..........2.758.9.1..9.....7...6......."

Form = Callable[[Grid, str], str]


def read(text: str, source: str = "puzzle.txt") -> list[Puzzle]:
    return list(parse_text(text.splitlines(), source, [get_domain("sudoku")]))


def board(text: str) -> Grid:
    """The one board that `text` holds."""
    (puzzle,) = read(text)
    return puzzle.grid


def puzzle(text: str) -> Puzzle:
    return read(text)[0]


def solved_board(size: int, rng: np.random.Generator) -> Grid:
    """A full board that keeps the rules: a shifted pattern, relabelled and with lines permuted."""
    height, width = BOX_SHAPES[size]
    rows, columns = np.arange(size)[:, None], np.arange(size)
    pattern = (width * (rows % height) + rows // height + columns) % size
    pattern = pattern[_line_order(size, height, rng)][:, _line_order(size, width, rng)]
    return (rng.permutation(size) + 1).astype(np.uint8)[pattern]


def pigeonhole(side: int, columns: int) -> Grid:
    """No solution, and no short proof of it: in row 1 so many cells share one digit too few.

    Each of the first columns is given all but the same `columns - 1` digits further down.
    """
    height, width = BOX_SHAPES[side]
    rows, places = np.arange(side)[:, None], np.arange(side)
    full = (width * (rows % height) + rows // height + places) % side + 1
    clues = np.where(np.isin(full, full[0, : columns - 1]) | (places >= columns), 0, full)
    clues[0] = 0
    grid: Grid = clues.astype(np.uint8)
    last = columns - 1
    for row in np.flatnonzero(grid[1:, last] == 0) + 1:
        grid[row, last] = full[0, last]  # its digit of row 1, too, stands further down
        if contradiction(Puzzle("sudoku", "", grid, "")) is None:
            return grid
        grid[row, last] = 0
    raise AssertionError("no place for the last clue")


def _line_order(size: int, group: int, rng: np.random.Generator) -> np.ndarray:
    groups = rng.permutation(size // group)
    return np.concatenate([group * k + rng.permutation(group) for k in groups])


@st.composite
def boards(draw: st.DrawFn, sizes: list[int] = SIZES) -> Grid:
    """Any cells at all, but the first row begins with the largest digit and a blank."""
    size = draw(st.sampled_from(sizes))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    grid = rng.integers(1, size + 1, (size, size), dtype=np.uint8)
    grid[rng.random((size, size)) < draw(st.floats(0, 1))] = 0
    grid[0, :2] = size, 0
    return grid


def _rows(grid: Grid, blank: str) -> list[str]:
    line = format_line(grid).replace(".", blank)
    return [line[start : start + len(grid)] for start in range(0, len(line), len(grid))]


def _split(grid: Grid, blank: str) -> Iterator[list[list[str]]]:
    """Bands of rows, each row in the words of its boxes."""
    height, width = BOX_SHAPES[len(grid)]
    words = [
        [row[start : start + width] for start in range(0, len(row), width)]
        for row in _rows(grid, blank)
    ]
    return (words[start : start + height] for start in range(0, len(words), height))


def _star_frame(grid: Grid, blank: str) -> str:
    """As the `.ss` files of Simple Sudoku."""
    width = BOX_SHAPES[len(grid)][1]
    boxes = len(grid) // width
    edge = "*" + "-" * (boxes * (width + 1) - 1) + "*"
    middle = "|" + "+".join(["-" * width] * boxes) + "|"
    bands = ("\n".join(f"|{'|'.join(row)}|" for row in band) for band in _split(grid, blank))
    return f"{edge}\n" + f"\n{middle}\n".join(bands) + f"\n{edge}"


def _dash_frame(grid: Grid, blank: str) -> str:
    """As `.ss` files of SudoCue and the like."""
    bands = list("\n".join("!".join(row) for row in band) for band in _split(grid, blank))
    rule = "-" * len(bands[0].split("\n")[0])
    return f"\n{rule}\n".join(bands)


def _decimals(grid: Grid, blank: str) -> str:
    return "\n".join(" ".join(f"{digit or blank:>2}" for digit in row) for row in grid.tolist())


FORMS: dict[str, Form] = {
    "line": lambda grid, blank: format_line(grid).replace(".", blank),
    "lower case": lambda grid, blank: format_line(grid).lower().replace(".", blank),
    "grid": lambda grid, blank: format_grid(grid).replace(".", blank),
    "rows": lambda grid, blank: "\n".join(_rows(grid, blank)),
    "spaces": lambda grid, blank: "\n".join(map(" ".join, _rows(grid, blank))),
    "commas": lambda grid, blank: "\n".join(map(",".join, _rows(grid, blank))),
    "tabs": lambda grid, blank: "\n".join(map("\t".join, _rows(grid, blank))),
    "empty fields": lambda grid, blank: "\n".join(map(",".join, _rows(grid, "."))).replace(".", ""),
    "decimals": _decimals,
    "bands": lambda grid, blank: "\n\n".join(
        "\n".join(map("".join, band)) for band in _split(grid, blank)
    ),
    "stars": _star_frame,
    "dashes": _dash_frame,
    "sdk": lambda grid, blank: "#A me\n#D today\n[Puzzle]\n" + "\n".join(_rows(grid, blank)),
    "one spaced line": lambda grid, blank: " ".join(format_line(grid).replace(".", blank)),
}
"""Ways to write one board; each takes the character for a blank."""
