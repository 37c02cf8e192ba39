"""Pictures of mazes: dark walls and light floor or the reverse, the ends in two colours.

In: the bytes of a picture. Cells are squares of k × k pixels, or rooms between walls of another
width. Colours of one cell are ends: green the start and red the goal, of other colours the first in
reading order the start; openings in the border do, too. Colours of many cells are a path, which
becomes the label. Out: one puzzle.

    >>> [puzzle.grid.shape for puzzle in parse_image(open("maze.png", "rb").read(), "maze.png")]
    [(30, 30)]
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.formats.pictures import Pixels, read_pixels
from puzzlesolver.domains.maze.alphabet import MOST_CONNECTED, border_of
from puzzlesolver.domains.maze.cells import NAMES, as_puzzle
from puzzlesolver.domains.maze.colours import DARK, LIGHT, MARGIN, Colour, Kinds, classify, crop
from puzzlesolver.domains.maze.lattice import Edges, Mask, cell_edges, closed_boxes, shares
from puzzlesolver.domains.maze.rules import GOAL, OPEN, PATH, START, WALL, distances
from puzzlesolver.domains.puzzle import Puzzle, place_name
from puzzlesolver.domains.records import Place
from puzzlesolver.errors import NoKindError, ParseError
from puzzlesolver.limits import MAX_GRID_SIDE

HINT = "mark the start green and the goal red, one cell each, or leave two openings in the border"
NEEDED = (
    "a picture of a maze has walls in straight rows and columns, of one colour, and light between "
    "them; a screenshot or an export does, a photo or a turned scan does not"
)
MOST_COLOURS = 16
"""Colours of a picture that is neither blurred nor compressed with loss."""

MIDDLE, UNCLEAR = 0.5, 0.1
"""Share of wall in the middle of a cell above which it is one, and how near to it none may be."""

GAPS, LEAST_SIDE, LEAST_FLOOR = 2, 5, 0.35
"""Gaps in the border of a maze, at most; cells on a side and share of dark where light is wall."""

FIRST, LAST = -1, 1
LEAST_MARK, LARGEST_MARK = 0.08, 9
"""Least share of a cell that a mark fills, and most cells that it touches."""

Bounds = tuple[Edges, Edges]
Cell = tuple[int, int]
Ends = list[tuple[int, Cell]]


def parse_image(data: bytes, source: str) -> Iterator[Puzzle]:
    """The maze of a picture, which is given as its whole file.

    Raises:
        UsageError: Pillow is not installed.
        ParseError: the picture is damaged, too large, or no maze; columns and lines count pixels.
    """
    pixels = read_pixels(data, source)
    kinds, colours = classify(pixels)
    margin = None
    if (edges := _square_cells(pixels, kinds)) is None:
        pixels, page = crop(pixels)
        kinds, colours = classify(pixels)
        margin = None if page is None else _like(page, pixels, kinds)
        edges = _lattice(kinds == DARK, source)
    thinnest = min(int(np.diff(at).min()) for at in edges)
    if thinnest == 1 and not _is_exact(pixels):
        what = "its walls are one pixel wide and blurred"
        raise ParseError(what, where=source, hint="save it larger, or as PNG")
    ends, path, note = _marks(kinds, colours, edges, source)
    wall, cut = _wall(shares(kinds == DARK, edges, MIDDLE) > MIDDLE, margin, ends)
    share = shares(kinds == wall, edges, MIDDLE)
    if not (clear := np.abs(share - MIDDLE) > UNCLEAR).all():
        what = f"only {clear.sum():,} of {clear.size:,} cells are plainly wall or plainly open"
        raise NoKindError(what, where=source, hint=NEEDED)
    cells = np.where(share > MIDDLE, np.uint8(WALL), np.uint8(OPEN))
    cells[path & (cells == OPEN)] = PATH
    for value, cell in ends:
        cells[cell] = value
    if cut:
        cells = np.pad(cells, 1, constant_values=WALL)

    def error(row: int, column: int, what: str, hint: str) -> ParseError:
        line, start = int(edges[0][row]) + 1, int(edges[1][column]) + 1
        return Place(source, line, "maze").error(start, what, hint)

    yield as_puzzle(cells, Place(source, 0, "maze"), error, note, hint=HINT)


def _square_cells(pixels: Pixels, kinds: Kinds) -> Bounds | None:
    """Squares that all runs of equal pixels are multiples of, where some colour has one square."""
    height, width = kinds.shape
    down = np.flatnonzero((kinds[1:] != kinds[:-1]).any(1)) + 1
    across = np.flatnonzero((kinds[:, 1:] != kinds[:, :-1]).any(0)) + 1
    side = int(np.gcd.reduce(np.concatenate([down, across, [height, width]])))
    cells = kinds[::side, ::side]
    if 1 not in np.bincount(cells.ravel())[2:] or max(cells.shape) > MAX_GRID_SIDE:
        return None
    if side == 1 and not _is_exact(pixels):
        return None
    return np.arange(0, height + 1, side), np.arange(0, width + 1, side)


def _is_exact(pixels: Pixels) -> bool:
    """Whether no blur or loss has made other colours of a few."""
    code = pixels @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    return len(np.unique(code)) <= MOST_COLOURS


def _lattice(walls: Mask, source: str) -> Bounds:
    """The edges of cells; raises `ParseError` with what the picture shows instead."""
    if boxes := closed_boxes(walls):
        what = f"it shows {boxes} × {boxes} closed boxes, as of a Sudoku, and no maze"
        hint = "type the digits: a picture of a Sudoku is not read"
        raise NoKindError(what, where=source, hint=hint)
    if (edges := cell_edges(walls)) is None:
        what = "the walls keep to no rows and columns: it is turned, a photo, or no maze"
        raise NoKindError(what, where=source, hint=NEEDED)
    return edges


def _like(page: Pixels, pixels: Pixels, kinds: Kinds) -> int | None:
    """Which of `DARK` and `LIGHT` looks most like the margin, if one does."""
    far = {
        kind: float(np.abs(np.median(pixels[kinds == kind], axis=0) - page).max())
        for kind in (DARK, LIGHT)
        if (kinds == kind).any()
    }
    nearest = min(far, key=far.__getitem__, default=None)
    return None if nearest is None or far[nearest] > 2 * MARGIN else nearest


def _wall(dark: Mask, margin: int | None, ends: Ends) -> tuple[int, bool]:
    """Whether wall is `DARK` or `LIGHT`, and whether a wall around all was cut off as a margin."""
    border = border_of(dark)
    if margin != DARK and (~border).sum() <= GAPS:
        return DARK, False
    if margin != LIGHT and border.sum() <= GAPS and min(dark.shape) >= LEAST_SIDE:
        if margin == DARK or len(ends) != 2 or dark.size > MOST_CONNECTED:
            return LIGHT, False
        (_, start), (_, goal) = ends
        floor = dark.copy()
        floor[start] = floor[goal] = True
        if distances(floor, start)[goal] > 1 and dark.mean() > LEAST_FLOOR:  # a way over dark floor
            return LIGHT, False
    if margin == LIGHT and border.mean() > MIDDLE:
        return LIGHT, True
    return DARK, margin == DARK


def _marks(
    kinds: Kinds, colours: list[Colour], edges: Bounds, source: str
) -> tuple[Ends, Mask, str]:
    """Start and goal, the cells of a path, and what was inferred; raises `ParseError`."""
    path = np.zeros([len(at) - 1 for at in edges], np.bool_)
    marks: list[tuple[float, int, Cell]] = []
    others = path.copy()
    for number, colour in enumerate(colours[2:], 2):
        share = shares(kinds == number, edges)
        if share.max() < LEAST_MARK:
            continue
        rank, filled = _rank(colour), share >= min(MIDDLE, share.max())
        pixels = share * np.outer(*map(np.diff, edges))
        if filled.sum() <= LARGEST_MARK and len(spots := _spots(filled, pixels)) <= 2:
            marks += [(float(pixels[spot]), rank, spot) for spot in spots]
            others |= (share >= MIDDLE) & (not rank)
        else:
            path |= share >= MIDDLE
    found = sorted((rank, spot) for _, rank, spot in marks)
    if {FIRST, LAST}.issubset(rank for rank, _ in found):
        ends = [(START if rank == FIRST else GOAL, spot) for rank, spot in found if rank]
        return ends, path | others, ""
    if len(marks) > 2:
        marks.sort(reverse=True)  # a rim of another hue is no mark
        if marks[2][0] > MIDDLE * marks[1][0]:
            what = f"{len(marks)} cells are marked, and it is unclear which are start and goal"
            raise NoKindError(what, where=source, hint=HINT)
        found = sorted((rank, spot) for _, rank, spot in marks[:2])
    order = (GOAL,) if found and found[0][0] == LAST else (START, GOAL)
    ends = [(value, spot) for value, (_, spot) in zip(order, found, strict=False)]
    told = [f"the mark at {place_name(spot)} is the {NAMES[value]}" for value, spot in ends]
    return ends, path, ", ".join(told)


def _spots(filled: Mask, pixels: npt.NDArray[np.float32]) -> list[Cell]:
    """The cell with most pixels of every group of filled cells that touch."""
    groups: list[list[Cell]] = []
    for row, column in np.argwhere(filled).tolist():
        near = [g for g in groups if any(abs(row - r) <= 1 and abs(column - c) <= 1 for r, c in g)]
        groups = [group for group in groups if group not in near]
        groups.append([(row, column), *(cell for group in near for cell in group)])
    return [max(group, key=lambda cell: float(pixels[cell])) for group in groups]


def _rank(colour: Colour) -> int:
    """Green is first and red last, within 30° of the hue; other colours are 0, between them."""
    red, green, blue = colour
    spread = max(colour) - min(colour)
    if 2 * (green - max(red, blue)) >= spread:
        return FIRST
    return LAST if 2 * (red - max(green, blue)) >= spread else 0
