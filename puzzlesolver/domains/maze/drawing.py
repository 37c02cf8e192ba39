"""Mazes drawn in lines → the rows of the same maze with a cell for every wall.

In: rows of `+---+`, of box-drawing characters or of `_|`, with rooms of any size. Out: rows of `#`,
spaces and the signs that stand in rooms, two rows and columns for each room and one more.

    >>> as_walls(["+---+---+", "| S   E |", "+---+---+"])
    ['#####', '#S E#', '#####']
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

from puzzlesolver.limits import MAX_GRID_SIDE

LEVEL, UPRIGHT = frozenset("-_=─━═╴╶╸╺╌┄┈╍┅┉╼╾"), frozenset("|│┃║╵╷╹╻╎┆┊╏┇┋╽╿")
LINES = LEVEL | UPRIGHT | {"+"} | frozenset(map(chr, range(0x2500, 0x2580)))
ENDS = frozenset("╴╶╸╺╵╷╹╻")
"""Lines that end within their sign, as they do where others could meet them."""

WALL, OPEN, HIDDEN = "#", " ", "\ufffd"


def is_drawn(rows: Iterable[str]) -> bool:
    """Whether the walls of these rows are lines: some stand upright, and none is a block."""
    signs = set().union(*rows)
    return bool(signs & (UPRIGHT | (LINES - LEVEL - {"+"}))) and not signs & set("#█")


def corners(rows: Sequence[str]) -> set[str]:
    """Signs that stand at the corners of a drawing, and so where lines meet."""
    return {row.strip()[:1] for row in (rows[0], rows[-1])} & {*".'`,*o"}


def as_walls(rows: Sequence[str]) -> list[str]:
    """The drawing as rows of cells; raises `ValueError` with what does not fit."""
    rows = _squared(rows)
    high = _spacing(rows, LINES - UPRIGHT | ENDS)
    wide = _spacing([*zip(*rows, strict=True)], LINES - LEVEL | ENDS)
    if min(high, wide) <= 1:  # a sign a cell
        return ["".join(WALL if sign in LINES else sign for sign in row) for row in rows]
    if (len(rows) - 1) % high or (len(rows[0]) - 1) % wide:
        raise ValueError(
            f"lines stand every {wide} columns and {high} rows, but the drawing has "
            f"{len(rows[0])} columns and {len(rows)} rows"
        )
    if max(len(rows) // high, len(rows[0]) // wide) > MAX_GRID_SIDE // 2:
        raise ValueError(f"the maze has more than {MAX_GRID_SIDE // 2} rooms on a side")
    cells = []
    for top, below in pairwise([*range(0, len(rows), high), None]):
        cells.append(_cells([rows[top]], wide))
        if below is not None:
            cells.append(_cells(rows[top + 1 : below], wide))
    _raise_posts(cells)
    if any(HIDDEN in row for row in cells[:-1]) and wide == 2:
        raise ValueError("a sign in a room of _ and | hides whether a wall is below it")
    cells[-1] = [WALL if cell == HIDDEN else cell for cell in cells[-1]]
    cells = [[OPEN if cell == HIDDEN else cell for cell in row] for row in cells]
    return ["".join(row) for row in cells]


def _squared(rows: Sequence[str]) -> list[str]:
    """Rows of one length without a common margin; `_` on a line of its own."""
    width = max(map(len, rows))
    posts = str.maketrans(dict.fromkeys(corners(rows), "+"))
    rows = [row.translate(posts).ljust(width) for row in rows]
    left = min(len(row) - len(row.lstrip()) for row in rows)
    right = max(len(row.rstrip()) for row in rows)
    rows = [row[left:right] for row in rows]
    signs = set().union(*rows)
    if "_" not in signs or signs & (LEVEL - {"_"}):
        return rows
    above, *others = rows
    if signs_of_top := set(above) - set("_ "):
        raise ValueError(f"above a drawing of _ and | stands {min(signs_of_top)!r}")
    split = [above]
    for row in others:
        split.append("".join(" " if sign == "_" else sign for sign in row))
        split.append("".join(sign if sign in "_| " else HIDDEN for sign in row))
    return split


def _spacing(parts: Sequence[Sequence[str]], signs: frozenset[str]) -> int:
    """How many rows, or columns, it is from one with such signs to the next."""
    lines = [number for number, part in enumerate(parts) if not signs.isdisjoint(part)]
    return math.gcd(len(parts) - 1, *(at - lines[0] for at in lines)) if lines else 1


def _cells(rows: Sequence[str], wide: int) -> list[str]:
    """One row of cells: posts or walls at the lines, walls or rooms between them."""
    cells = []
    for start in range(0, len(rows[0]), wide):
        cells.append(_cell("".join(row[start] for row in rows)))
        if start + 1 < len(rows[0]):
            cells.append(_cell("".join(row[start + 1 : start + wide] for row in rows)))
    return cells


def _cell(signs: str) -> str:
    """Wall where half of the signs are lines, else the first other sign, or open."""
    lines = sum(sign in LINES for sign in signs)
    if 2 * lines >= len(signs):
        return WALL
    return next((sign for sign in signs if sign not in LINES and sign != OPEN), OPEN)


def _raise_posts(cells: list[list[str]]) -> None:
    """Where walls meet there is a post, drawn or not."""
    height, width = len(cells), len(cells[0])
    for row in range(0, height, 2):
        for column in range(0, width, 2):
            beside = [cells[row][c] for c in (column - 1, column + 1) if 0 <= c < width]
            beside += [cells[r][column] for r in (row - 1, row + 1) if 0 <= r < height]
            if WALL in beside:
                cells[row][column] = WALL
