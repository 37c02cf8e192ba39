"""Lines of styled text as SVG, one character cell after another, as terminals paint them.

In: lines of rich segments. Out: SVG elements. Blocks and frames are shapes, not letters, so that
neighbouring cells touch in every font and at every size.

    >>> picture([row(line) for line in lines], columns=60, title="puzzle.txt")
"""

from __future__ import annotations

import html
import itertools
from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME

from puzzlesolver.cli.view.raster import BLOCKS, WHOLE, Rectangle, cell_of

WIDTH, HEIGHT = 10, 20
"""Of a character cell; two of them beside each other are a square."""
MARGIN = 12
FONT = (
    'font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; '
    "font-size: 17px; white-space: pre"
)
PAPER = SVG_EXPORT_THEME.background_color.hex
STROKES = {
    "─": "M0 10H10", "│": "M5 0V20", "┤": "M5 0V20M0 10H5",
    "╭": "M10 10Q5 10 5 20", "╮": "M0 10Q5 10 5 20", "╰": "M5 0Q5 10 10 10", "╯": "M5 0Q5 10 0 10",
}  # fmt: skip
"""Paths of characters that join their neighbours."""
SHAPES = BLOCKS.keys() | STROKES.keys()


def picture(rows: Sequence[str], columns: int, title: str) -> str:
    """A whole file of rows that `row` made."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" {view(len(rows), columns)}>'
        f"<title>{html.escape(title)}</title><style>text {{ {FONT} }}</style>"
        f'<rect x="-{MARGIN}" y="-{MARGIN}" width="100%" height="100%" fill="{PAPER}"/>'
        f"{frame(rows)}</svg>\n"
    )


def view(rows: int, columns: int) -> str:
    """The attributes of an `<svg>` with so many cells and a margin."""
    width, height = columns * WIDTH + 2 * MARGIN, rows * HEIGHT + 2 * MARGIN
    return f'viewBox="-{MARGIN} -{MARGIN} {width} {height}" width="{width}" height="{height}"'


def frame(rows: Sequence[str]) -> str:
    """Rows below each other."""
    return "".join(
        f'<g transform="translate(0 {HEIGHT * number})">{elements}</g>'
        for number, elements in enumerate(rows)
    )


def row(line: Sequence[Segment]) -> str:
    """The elements of one line; papers lie below all that is on them."""
    papers, inks, column = "", "", 0
    for text, style, _ in line:
        paper, ink = _segment(text, style or Style.null(), column)
        papers, inks, column = papers + paper, inks + ink, column + cell_len(text)
    return papers + inks


def _segment(text: str, style: Style, column: int) -> tuple[str, str]:
    """What is painted below and above, for text that begins in `column`."""
    cell = cell_of(" ", style)
    ink, paper = cell.ink.hex, cell.paper.hex
    papers = _rectangle(column, cell_len(text), WHOLE, paper) if paper != PAPER else ""
    inks = ""
    for shape, run in itertools.groupby(text, lambda each: each if each in SHAPES else ""):
        part = "".join(run)
        width = cell_len(part)
        if shape in BLOCKS:
            place, inverted = BLOCKS[shape]
            papers += _rectangle(column, width, WHOLE, ink) if inverted else ""
            each = width if place[::2] == WHOLE[::2] else 1  # a run of whole cells is one shape
            for at in range(column, column + width, each):
                papers += _rectangle(at, each, place, paper if inverted else ink)
        elif shape:
            for at in range(column, column + width):
                inks += f'<path transform="translate({at * WIDTH})" d="{STROKES[shape]}" '
                inks += f'fill="none" stroke="{ink}" stroke-width="2"/>'
        elif part.strip():
            weight = ' font-weight="bold"' if cell.bold else ""
            line = ' text-decoration="underline"' if cell.underline else ""
            inks += f'<text x="{column * WIDTH}" y="15" textLength="{width * WIDTH}" fill="{ink}"'
            inks += f"{weight}{line}>{html.escape(part)}</text>"
        column += width
    return papers, inks


def _rectangle(column: int, cells: int, place: Rectangle, colour: str) -> str:
    """A part of some cells beside each other."""
    left, top, right, bottom = place
    return (
        f'<rect x="{(column + left * cells) * WIDTH:g}" y="{top * HEIGHT:g}" '
        f'width="{(right - left) * cells * WIDTH:g}" height="{(bottom - top) * HEIGHT:g}" '
        f'fill="{colour}" shape-rendering="crispEdges"/>'
    )
