"""Lines of styled text as a picture, one character cell after another, as terminals paint them.

In: lines of rich segments. Out: Pillow images. The font is DejaVu Sans Mono, which matplotlib
brings along.

    >>> Canvas(columns=60, rows=14).paint(lines).save("frame.png")
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.color import Color, blend_rgb
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

FONT_SIZE = 20
MARGIN = 16

Rectangle = tuple[float, float, float, float]
"""Left, top, right and bottom of a part of a cell, in cells."""

WHOLE: Rectangle = (0, 0, 1, 1)
BLOCKS: dict[str, tuple[Rectangle, bool]] = {
    **{character: ((0, 1 - k / 8, 1, 1), False) for k, character in enumerate("▁▂▃▄▅▆▇█", 1)},
    **{"▀": ((0, 0, 1, 0.5), False), "▌": ((0, 0, 0.5, 1), False)},
    **{"▖": ((0, 0.5, 0.5, 1), False), "▘": ((0, 0, 0.5, 0.5), False)},
    **{"▜": ((0, 0.5, 0.5, 1), True), "▟": ((0, 0, 0.5, 0.5), True)},
}
"""Block characters as the part that has ink, or, where True, the only part that has none.

As glyphs they would leave seams between cells.
"""


class Cell(NamedTuple):
    """One character as it is painted."""

    character: str
    ink: ColorTriplet
    paper: ColorTriplet
    bold: bool
    underline: bool


class Canvas:
    """A picture of `columns` × `rows` characters, put together from one tile per kind of cell."""

    def __init__(self, columns: int, rows: int) -> None:
        from PIL import Image

        self.columns = columns
        self.rows = rows
        self._regular, self._bold = _font("DejaVuSansMono.ttf"), _font("DejaVuSansMono-Bold.ttf")
        self._width = round(self._regular.getlength("0"))
        self._height = sum(self._regular.getmetrics()) - 1  # lines of a box must touch
        size = (columns * self._width + 2 * MARGIN, rows * self._height + 2 * MARGIN)
        self._image = Image.new("RGB", size, tuple(SVG_EXPORT_THEME.background_color))
        self._tiles: dict[Cell, Image.Image] = {}
        self._painted: dict[int, list[Segment]] = {}  # by row, of the last picture

    def paint(self, lines: list[list[Segment]]) -> Image:
        """The picture of these lines, each as wide as the canvas."""
        for row, line in enumerate(lines):
            if self._painted.get(row) == line:
                continue
            self._painted[row] = line
            column = 0
            for text, style, _ in line:
                for character in text:
                    tile = self._tile(cell_of(character, style or Style.null()))
                    at = (MARGIN + column * self._width, MARGIN + row * self._height)
                    self._image.paste(tile, at)
                    column += cell_len(character)
        return self._image.copy()

    def _tile(self, cell: Cell) -> Image:
        """The picture of one cell; whatever a glyph has outside of it is cut off."""
        from PIL import Image, ImageDraw

        if cell not in self._tiles:
            tile = Image.new("RGB", (self._width, self._height), cell.paper)
            draw = ImageDraw.Draw(tile)
            if cell.character in BLOCKS:
                self._fill(tile, cell)
            else:
                font = self._bold if cell.bold else self._regular
                draw.text((0, 0), cell.character, cell.ink, font)
            if cell.underline:
                draw.line((0, self._height - 2, self._width, self._height - 2), cell.ink, 2)
            self._tiles[cell] = tile
        return self._tiles[cell]

    def _fill(self, tile: Image, cell: Cell) -> None:
        """Paint a block."""
        (left, top, right, bottom), inverted = BLOCKS[cell.character]
        if inverted:
            tile.paste(cell.ink, (0, 0, *tile.size))
        corners = left * tile.width, top * tile.height, right * tile.width, bottom * tile.height
        place = tuple(map(round, corners))
        tile.paste(cell.paper if inverted else cell.ink, place)  # type: ignore[arg-type]


def cell_of(character: str, style: Style) -> Cell:
    """The character as this style paints it."""
    ink = _color(style.color, foreground=True)
    paper = _color(style.bgcolor, foreground=False)
    if style.reverse:
        ink, paper = paper, ink
    if style.dim:
        ink = blend_rgb(ink, paper, 0.5)
    return Cell(character, ink, paper, bool(style.bold), bool(style.underline))


def _color(color: Color | None, foreground: bool) -> ColorTriplet:
    return (color or Color.default()).get_truecolor(SVG_EXPORT_THEME, foreground)


def _font(file: str) -> FreeTypeFont:
    from PIL import ImageFont

    spec = importlib.util.find_spec("matplotlib")  # found, not imported: only its fonts are needed
    assert spec and spec.origin, "save.check_path has looked for it"
    return ImageFont.truetype(
        Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / file, FONT_SIZE
    )
