"""What the ARC stem is told of one grid: source planes, mirrored planes, components, colours.

In: up to four source planes on the canvas of the output (`refine/adapt/canvas/sizes.py`), and the
colours that may occur. Out: a `Sheet`, numbers for every token; a token is a (colour, cell) pair.
No number depends on which colour is which, black apart, or on how the grid is turned: the numbers
turn with it. Only what a cell may copy has an order of its own.

Shape legend: P planes, K colours, C cells (row-major), T = K · C tokens, F features.

    >>> sheet = read_sheet(planes, colours=(0, 3, 7), target=None)
    >>> sheet.plain.shape, sheet.directed.shape
    ((40, 3 * 90), (4, 4, 3 * 90))
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from puzzlesolver.models.arc import describing
from puzzlesolver.models.arc.describing import describe
from puzzlesolver.models.arc.objects import BLACK, Labels, alike, label

Planes = npt.NDArray[np.int8]
"""Colours on the canvas of an output, `int8[1..4, height, width]`; `NOTHING` where a plane has
none. The first one is what a cell is expected to keep."""

Floats = npt.NDArray[np.float32]

NOTHING = -1
MAX_PLANES = 4
COLOUR_FEATURES = 4
PLAIN = MAX_PLANES + 2 + 2 * describing.FEATURES + COLOUR_FEATURES
"""Features that are the same for every direction."""

GROUPS = 2
"""Kinds of groups that are pooled: components, and components of one shape."""

DIRECTED = 4
"""Features that each direction has its own of."""

TURNED, WAYS = 2, 8
"""Planes that a cell may copy from turned and mirrored in all ways, and those ways."""

VIEWS = TURNED * WAYS + MAX_PLANES - TURNED
"""What a cell may copy from."""

DIRECTIONS = 4
"""Right, down, left, up; opposite ones are two apart."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """One grid as the stem sees it.

    Attributes:
        plain: `float32[PLAIN, T]`, of which the first four are the planes, one-hot.
        directed: `float32[4, DIRECTED, T]`.
        slanted: `float32[T]`, transposed about one diagonal less about the other, halved; a quarter
            turn changes its sign. Zero unless the canvas is square.
        colours: those of the tokens, in rising order.
        shape: height and width of the canvas.
        groups: `int64[2, C]`, of every cell of the first plane its component, and that one's shape.
        expected: `int8[C]`, the first plane.
        views: `int64[VIEWS, C]`, the position in `colours` of what a cell may copy from the planes,
            of which the first ones are turned and mirrored, too; -1 = there is nothing.
        target: `int64[C]`, the position in `colours` of the right colour; None = nobody knows.
        source: the whole input, with the same colours, where the canvas is another grid.
    """

    plain: Floats
    directed: Floats
    slanted: Floats
    colours: tuple[int, ...]
    shape: tuple[int, int]
    groups: npt.NDArray[np.int64]
    expected: npt.NDArray[np.int8]
    views: npt.NDArray[np.int64]
    target: npt.NDArray[np.int64] | None
    source: Sheet | None = None

    @property
    def answer(self) -> npt.NDArray[np.uint8]:
        """The right grid, `[height, width]`, of a sheet with a target."""
        assert self.target is not None
        return np.array(self.colours, np.uint8)[self.target].reshape(self.shape)

    @property
    def cells(self) -> int:
        """Of the canvas."""
        return self.shape[0] * self.shape[1]

    @property
    def tokens(self) -> int:
        """Pairs of a colour and a cell, those of the source too."""
        own = len(self.colours) * self.cells
        return own if self.source is None else own + self.source.tokens


def read_sheet(
    planes: Planes,
    colours: tuple[int, ...],
    target: npt.NDArray[np.integer] | None = None,
    shapes: bool = True,
) -> Sheet:
    """The features of one grid.

    Args:
        planes: on the canvas of the output.
        colours: that a cell may get, those of the target among them; in rising order.
        target: `[height, width]`, the output, where it may be known.
        shapes: whether shapes and neighbours of components are compared, as in `describing.py`.
    """
    grid = planes[0]
    components = label(grid)
    absent = np.full((MAX_PLANES - len(planes), *grid.shape), NOTHING)
    square = grid.shape[0] == grid.shape[1]
    nowhere = np.full(grid.shape, NOTHING)
    transposes = (grid.T, grid[::-1, ::-1].T) if square else (nowhere, nowhere)
    one_hot = _one_hot(np.concatenate([planes, absent]), colours)
    one, other = _one_hot(np.stack(transposes), colours)
    of_cells = _cell_features(grid, components, shapes)[:, None]
    plain = np.concatenate(
        [
            one_hot,
            _one_hot(grid[None, ::-1, ::-1], colours),
            (one + other)[None] / 2,
            np.broadcast_to(of_cells, (len(of_cells), len(colours), grid.size)),
            of_cells * one_hot[:1],
            np.broadcast_to(
                _colour_features(grid, colours)[..., None],
                (COLOUR_FEATURES, len(colours), grid.size),
            ),
        ]
    )
    return Sheet(
        plain.reshape(len(plain), -1).astype(np.float32),
        _directed_features(grid, colours),
        (one - other).ravel() / 2,
        colours,
        (grid.shape[0], grid.shape[1]),
        np.stack([components.ravel(), alike(components).ravel()]),
        grid.ravel(),
        _views(planes, colours),
        None if target is None else np.searchsorted(colours, target.ravel()),
    )


def _views(planes: Planes, colours: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """As `Sheet.views`."""
    nothing = np.full(planes.shape[1:], NOTHING)
    laid = [*planes, *[nothing] * (MAX_PLANES - len(planes))]
    ways: list[npt.NDArray[np.integer]] = []
    for plane in laid[:TURNED]:
        turns = [np.rot90(plane, turn) for turn in range(WAYS // 2)]
        ways += [*turns, np.fliplr(plane), np.flipud(plane), plane.T, np.fliplr(turns[1])]
    ways = [way if way.shape == nothing.shape else nothing for way in ways]
    views = np.stack([*ways, *laid[TURNED:]]).reshape(VIEWS, -1)
    return np.where(views == NOTHING, -1, np.searchsorted(colours, views))


def _one_hot(planes: Planes, colours: tuple[int, ...]) -> Floats:
    """`float32[P, K, C]`."""
    cells = planes.reshape(len(planes), 1, -1)
    one_hot: Floats = (cells == np.array(colours)[:, None]).astype(np.float32)
    return one_hot


def _cell_features(grid: Planes, components: Labels, shapes: bool) -> Floats:
    """`float32[describing.FEATURES, C]`, of the component that a cell belongs to."""
    described = describe(grid, components)
    if not shapes:
        described[describing.PLACES :] = 0
    told: Floats = described[:, components.ravel()]
    return told


def _colour_features(grid: Planes, colours: tuple[int, ...]) -> Floats:
    """`float32[COLOUR_FEATURES, K]`."""
    counts = np.array([(grid == colour).sum() for colour in colours])
    present = counts[counts > 0]
    return np.stack(
        [
            np.log1p(counts) / 4,
            counts == present.max(initial=-1),
            counts == present.min(initial=-1),
            np.array(colours) == BLACK,
        ]
    ).astype(np.float32)


def _directed_features(grid: Planes, colours: tuple[int, ...]) -> Floats:
    """`float32[4, DIRECTED, T]`.

    Mirrored along the direction, mirrored across it, its edge cells, and the cells in the middle.
    """
    flipped, flopped = (_one_hot(view[None], colours)[0] for view in (grid[:, ::-1], grid[::-1]))
    height, width = grid.shape
    edges = np.zeros((DIRECTIONS, height, width), np.float32)
    edges[0, :, -1] = edges[1, -1] = edges[2, :, 0] = edges[3, 0] = 1
    middle = np.zeros_like(edges)
    middle[::2, :, (width - 1) // 2 : width // 2 + 1] = 1
    middle[1::2, (height - 1) // 2 : height // 2 + 1] = 1
    places = np.stack([edges, middle], 1).reshape(DIRECTIONS, 2, 1, -1)
    everywhere = np.broadcast_to(places, (DIRECTIONS, 2, len(colours), grid.size))
    along_and_across = np.stack([(flipped, flopped), (flopped, flipped)] * 2)
    features = np.concatenate([along_and_across, everywhere], 1)
    return features.reshape(DIRECTIONS, DIRECTED, -1).astype(np.float32)
