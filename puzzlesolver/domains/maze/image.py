"""PNG → the maze in it: dark pixels are wall, light ones open, green the start, red the goal.

In: the bytes of the file; one cell is one pixel or k × k of them. Pixels of any other colour are a
path, which becomes the label; transparent ones are white. Out: one puzzle.

    >>> [puzzle.grid.shape for puzzle in parse_image(open("maze.png", "rb").read(), "maze.png")]
    [(30, 30)]
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Grid, Puzzle
from puzzlesolver.domains.maze.cells import as_puzzle
from puzzlesolver.domains.maze.rules import GOAL, OPEN, PATH, START, WALL
from puzzlesolver.domains.records import Place
from puzzlesolver.errors import ParseError, UsageError
from puzzlesolver.limits import MAX_GRID_SIDE, MAX_IMAGE_PIXELS

DARK = 128
"""Mean of red, green and blue below which a grey pixel is wall."""

COLOURED = 64
"""Least difference of the strongest and the weakest channel in a coloured pixel."""


def parse_image(data: bytes, source: str) -> Iterator[Puzzle]:
    """Read the maze of a PNG.

    Args:
        data: the whole file.
        source: how errors and results call it.

    Raises:
        UsageError: Pillow is not installed.
        ParseError: the image is damaged, too large, or no maze; columns and lines count pixels.
    """
    kinds = _classify(_read_pixels(data, source))
    side = _pixels_per_cell(kinds)
    cells = kinds[::side, ::side]
    if max(cells.shape) > MAX_GRID_SIDE:
        what = f"the maze has more than {MAX_GRID_SIDE:,} cells on a side"
        raise ParseError(what, where=source)

    def error(row: int, column: int, what: str, hint: str) -> ParseError:
        return Place(source, row * side + 1, "maze").error(column * side + 1, what, hint)

    hint = "one green cell is the start, one red the goal; no lines between"
    yield as_puzzle(cells, Place(source, 1, "maze"), error, hint=hint)


def _read_pixels(data: bytes, source: str) -> npt.NDArray[np.uint8]:
    """Red, green and blue, `uint8[height, width, 3]`; raises `ParseError`, `UsageError`."""
    try:
        from PIL import Image
    except ImportError as error:
        hint = "pip install 'puzzlesolver[images]'"
        raise UsageError("reading images needs Pillow", where=source, hint=hint) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=["PNG"])
        if image.width * image.height > MAX_IMAGE_PIXELS:
            raise Image.DecompressionBombError(f"it has more than {MAX_IMAGE_PIXELS:,} pixels")
        pixels = image.convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        hint = f"save it with fewer pixels a cell, {MAX_IMAGE_PIXELS:,} at most in all"
        raise ParseError("the image is too large", where=source, hint=hint) from error
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error) as error:
        hint = "save it again as PNG"
        raise ParseError("the image is damaged", where=source, hint=hint) from error
    white = Image.new("RGBA", pixels.size, "white")
    return np.asarray(Image.alpha_composite(white, pixels).convert("RGB"))


def _classify(pixels: npt.NDArray[np.uint8]) -> Grid:
    """The cell value that every pixel shows, `uint8[height, width]`."""
    red, green, blue = np.moveaxis(pixels.astype(np.int16), 2, 0)
    strongest = np.maximum(np.maximum(red, green), blue)
    spread = strongest - np.minimum(np.minimum(red, green), blue)
    kinds = np.where(red + green + blue < 3 * DARK, np.uint8(WALL), np.uint8(OPEN))
    kinds[spread >= COLOURED] = PATH
    # Hues within 30° of pure green or red; those between, such as yellow, are other colours.
    kinds[(spread >= COLOURED) & (2 * (green - np.maximum(red, blue)) >= spread)] = START
    kinds[(spread >= COLOURED) & (2 * (red - np.maximum(green, blue)) >= spread)] = GOAL
    return kinds


def _pixels_per_cell(kinds: Grid) -> int:
    """The side of a cell: what all runs of equal pixels, in rows and in columns, are multiples of.

    It is never too large, for the start is one cell alone.
    """
    height, width = kinds.shape
    down = np.flatnonzero((kinds[1:] != kinds[:-1]).any(1)) + 1
    across = np.flatnonzero((kinds[:, 1:] != kinds[:, :-1]).any(0)) + 1
    return int(np.gcd.reduce(np.concatenate([down, across, [height, width]])))
