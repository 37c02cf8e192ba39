"""The rules of `sizes.py`: functions from an input to the canvas of its output.

In: a grid. Out: up to four source planes on that canvas, or None where the rule has nothing to say.
Each is registered with `@rule` (`rule.py`).

    >>> panels(grid, (2, 1)).shape
    (2, 5, 9)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.arc.task import COLOURS
from puzzlesolver.domains.base import Grid
from puzzlesolver.models.arc.features import MAX_PLANES, NOTHING, Planes
from puzzlesolver.models.arc.likeness import continuations, restored
from puzzlesolver.models.arc.objects import BLACK, background, most_common
from puzzlesolver.refine.adapt.canvas.crops import CROPS, Box, things
from puzzlesolver.refine.adapt.canvas.rule import MAX_SIDE, SIDES, planes_of, rule

FEW = range(1, 6)

NO_PLANE = 0.4
"""Floor of rules that only give a size: one that gives less than so much is no better."""

ALL_PARTS = 0.45
"""Floor of rules that lay every part of an input: their planes tell all, be they ever so unlike the
outputs, as where halves are combined and the result has a colour of its own."""

CUTS = [(down, right) for down in FEW for right in FEW if down * right > 1]
LAID = [cut for cut in CUTS if math.prod(cut) <= MAX_PLANES]
NOT_LAID = [cut for cut in CUTS if cut not in LAID]
"""Numbers of panels, down and to the right: so few that all are planes, and more."""

COUNTS: dict[str, Callable[[Grid], int]] = {
    "colours": lambda grid: len(np.setdiff1d(grid, BLACK)),
    "coloured cells": lambda grid: int((grid != BLACK).sum()),
    "black cells": lambda grid: int((grid == BLACK).sum()),
    "objects": lambda grid: len(things(grid, one_colour=False)),
    "one-coloured objects": lambda grid: len(things(grid, one_colour=True)),
}
"""What a size can be the number of."""


@rule("same size")
def same(grid: Grid) -> Planes | None:
    """The input itself."""
    return planes_of(grid)


@rule("same size, without the blots of colour {colour}", colour=range(COLOURS))
def without_blots(grid: Grid, colour: int) -> Planes | None:
    """What symmetry and repetition of the rest say; then the input itself."""
    hidden = grid == colour
    return planes_of(restored(grid, hidden), grid) if hidden.any() else None


@rule("panels, {cut[0]} × {cut[1]}", cut=NOT_LAID)
@rule("panels, {cut[0]} × {cut[1]}", floor=ALL_PARTS, cut=LAID)
def panels(grid: Grid, cut: tuple[int, int]) -> Planes | None:
    """Equal parts of the input."""
    (height, width), (down, right) = grid.shape, cut
    if height % down or width % right:
        return None
    parts = [part for band in np.split(grid, down) for part in np.split(band, right, 1)]
    if len(parts) == 2:  # there is room for the halves folded over, too
        parts += [np.flip(part, 0 if down == 2 else 1) for part in parts]
    return planes_of(*parts)


@rule("separated panels, {cut[0]} × {cut[1]}", cut=NOT_LAID)
@rule("separated panels, {cut[0]} × {cut[1]}", floor=ALL_PARTS, cut=LAID)
def separated_panels(grid: Grid, cut: tuple[int, int]) -> Planes | None:
    """Equal parts, with lines of one colour between them."""
    rows, columns = map(_cuts, grid.shape, cut)
    if rows is None or columns is None or not rows + columns:
        return None
    lines = np.concatenate([grid[rows].ravel(), grid[:, columns].ravel()])
    if (lines != lines[0]).any():
        return None
    parts = np.delete(np.delete(grid, rows, 0), columns, 1)
    return panels(parts, cut)


def _cuts(length: int, parts: int) -> list[int] | None:
    """Where single lines cut a length into equal parts."""
    part, rest = divmod(length + 1, parts)
    return None if rest or part < 2 else list(range(part - 1, length, part))


FRAMES = ("", ", less its frame")


@rule("{crop}{frame}", crop=list(CROPS), frame=FRAMES)
def cropped(grid: Grid, crop: str, frame: str) -> Planes | None:
    """Cut out of the input."""
    box = CROPS[crop](grid)
    return None if box is None else _cut([grid], box, frame)


@rule("{crop}{frame}, as the pattern goes on", handicap=0.25, crop=list(CROPS), frame=FRAMES)
def continued(grid: Grid, crop: str, frame: str) -> Planes | None:
    """Cut out of what symmetry and repetition of the input say of that place."""
    box = CROPS[crop](grid)
    if box is None:
        return None
    hidden = np.zeros(grid.shape, bool)
    hidden[box] = True
    return _cut([restored(grid, hidden), *continuations(grid)], box, frame)


def _cut(wholes: Sequence[npt.NDArray[np.integer]], box: Box, frame: str) -> Planes | None:
    parts = [whole[box] for whole in wholes]
    return planes_of(*(part[1:-1, 1:-1] if frame else part for part in parts))


@rule("a cell for each block between lines")
def lattice(grid: Grid) -> Planes | None:
    """Lines of one colour, from edge to edge, part the blocks."""

    def lines(colour: int) -> list[npt.NDArray[np.bool_]]:
        return [(grid == colour).all(1), (grid == colour).all(0)]

    rows, columns = max(map(lines, np.unique(grid)), key=lambda both: sum(map(np.sum, both)))
    if rows.all() or not (rows.any() or columns.any()):
        return None
    return _summaries(
        [[grid[np.ix_(down, right)] for right in _runs(~columns)] for down in _runs(~rows)]
    )


def _runs(kept: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.intp]]:
    """The numbers of cells that are kept, in runs without a gap."""
    numbers = np.nonzero(kept)[0]
    return np.split(numbers, np.nonzero(np.diff(numbers) > 1)[0] + 1)


def _summaries(blocks: list[list[Grid]]) -> Planes | None:
    """The commonest colour of each block, and that of what is not background in it."""
    figures = [[_figure(block) for block in band] for band in blocks]
    return planes_of(*(_each(most_common, parts) for parts in (blocks, figures)))


def _figure(block: Grid) -> Grid:
    figure = block[block != background(block)]
    return figure if figure.size else block


def _each(of: Callable[[Grid], int], parts: list[list[Grid]]) -> npt.NDArray[np.int64]:
    return np.array([[of(part) for part in band] for band in parts])


@rule("repeated rows and columns once")
def once(grid: Grid) -> Planes | None:
    """Without rows and columns that equal the one before."""
    rows = np.append(True, (grid[1:] != grid[:-1]).any(1))
    columns = np.append(True, (grid[:, 1:] != grid[:, :-1]).any(0))
    return planes_of(grid[rows][:, columns])


@rule("{down} × {right} times as large", down=range(1, 11), right=range(1, 11))
def larger(grid: Grid, down: int, right: int) -> Planes | None:
    """Every cell becomes a block."""
    return None if down * right == 1 else _enlarged(grid, down, right)


def _enlarged(grid: Grid, down: int, right: int) -> Planes | None:
    """Every cell as a block; beside it, the grid repeated."""
    if max(grid.shape[0] * down, grid.shape[1] * right) > MAX_SIDE:
        return None
    return planes_of(np.kron(grid, np.ones((down, right), np.uint8)), np.tile(grid, (down, right)))


@rule("{down} rows and {right} columns more", down=range(3), right=range(3))
def grown(grid: Grid, down: int, right: int) -> Planes | None:
    """With a margin all round, or at the end where it is one wide."""
    margins = [(more // 2, more - more // 2) for more in (down, right)]
    return planes_of(np.pad(grid.astype(np.int8), margins, constant_values=NOTHING))


@rule("transposed")
def transposed(grid: Grid) -> Planes | None:
    """Rows become columns."""
    return planes_of(grid.T)


@rule("always {height} × {width}", floor=NO_PLANE, height=SIDES, width=SIDES)
def constant(grid: Grid, height: int, width: int) -> Planes | None:
    """Whatever the input, of which only the sides count."""
    return planes_of(np.full((height, width), NOTHING))


@rule("half, across the longer side", floor=ALL_PARTS)
def half(grid: Grid) -> Planes | None:
    """The input is twice as long as one of its two equal parts."""
    height, width = grid.shape
    return panels(grid, (2, 1) if height > width else (1, 2))


@rule("without the lines")
def without_lines(grid: Grid) -> Planes | None:
    """What remains when rows and columns of one colour are taken out."""
    rows, columns = (grid != grid[:, :1]).any(1), (grid != grid[:1]).any(0)
    return planes_of(grid[rows][:, columns])


@rule("as many times as large as there are {counted}", counted=list(COUNTS))
def larger_by_count(grid: Grid, counted: str) -> Planes | None:
    """Every cell becomes a block whose side is a number that is counted in the input."""
    count = COUNTS[counted](grid)
    return _enlarged(grid, count, count) if count else None


@rule("as many times as large as it has rows and columns")
def larger_by_itself(grid: Grid) -> Planes | None:
    """Every cell can become a copy of the grid."""
    return _enlarged(grid, *grid.shape)


@rule(
    "{crop}, {down} × {right} times as large",
    crop=("box of all but black", "box of all but the commonest colour"),
    down=(1, 2, 3),
    right=(1, 2, 3),
)
def larger_crop(grid: Grid, crop: str, down: int, right: int) -> Planes | None:
    """Cut out, then every cell becomes a block; beside it, the part repeated."""
    box = CROPS[crop](grid)
    return None if box is None else _enlarged(grid[box], down, right)


@rule("{down} × {right} times as small", handicap=0.25, down=FEW, right=FEW)
def smaller(grid: Grid, down: int, right: int) -> Planes | None:
    """Every block becomes a cell: its commonest colour, or that of what is not background."""
    height, width = grid.shape
    if down * right == 1 or height % down or width % right:
        return None
    return _summaries(
        [np.split(band, width // right, 1) for band in np.split(grid, height // down)]
    )


@rule("{crop}, repeated rows and columns once", crop=list(CROPS))
def once_cropped(grid: Grid, crop: str) -> Planes | None:
    """Cut out, then without rows and columns that equal the one before."""
    box = CROPS[crop](grid)
    return None if box is None else once(grid[box])


@rule(
    "as many {way} as there are {counted}",
    floor=NO_PLANE,
    way=("rows", "columns", "rows and columns"),
    counted=list(COUNTS),
)
def as_many(grid: Grid, way: str, counted: str) -> Planes | None:
    """A row, a column or a square whose side is a number that is counted in the input."""
    count = COUNTS[counted](grid)
    if count not in SIDES:
        return None
    return constant(
        grid, height=count if "rows" in way else 1, width=count if "columns" in way else 1
    )
