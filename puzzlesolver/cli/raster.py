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
from rich.terminal_theme import SVG_EXPORT_THEME as THEME

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

FONT_SIZE = 20
MARGIN = 16


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
        self._image = Image.new("RGB", size, tuple(THEME.background_color))
        self._tiles: dict[Cell, Image.Image] = {}

    def paint(self, lines: list[list[Segment]]) -> Image:
        """The picture of these lines."""
        for row, line in enumerate(lines):
            column = 0
            for text, style, _ in line:
                for character in text:
                    tile = self._tile(_cell(character, style or Style.null()))
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
            draw.text((0, 0), cell.character, cell.ink, self._bold if cell.bold else self._regular)
            if cell.underline:
                draw.line((0, self._height - 2, self._width, self._height - 2), cell.ink, 2)
            self._tiles[cell] = tile
        return self._tiles[cell]


def _cell(character: str, style: Style) -> Cell:
    ink = _color(style.color, foreground=True)
    paper = _color(style.bgcolor, foreground=False)
    if style.reverse:
        ink, paper = paper, ink
    if style.dim:
        ink = blend_rgb(ink, paper, 0.5)
    return Cell(character, ink, paper, bool(style.bold), bool(style.underline))


def _color(color: Color | None, foreground: bool) -> ColorTriplet:
    return (color or Color.default()).get_truecolor(THEME, foreground)


def _font(file: str) -> FreeTypeFont:
    from PIL import ImageFont

    spec = importlib.util.find_spec("matplotlib")  # found, not imported: only its fonts are needed
    assert spec and spec.origin, "save.check_path has looked for it"
    return ImageFont.truetype(
        Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / file, FONT_SIZE
    )
