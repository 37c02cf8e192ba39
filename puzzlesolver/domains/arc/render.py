"""Grids and whole tasks for a terminal: ten colours, and digits that need none.

In: grids `uint8[1..30, 1..30]`. Out: strings, or rich `Text` that stays within a width where it
can. Two columns a cell when there is room; otherwise one, and two rows a line where colours tell
them apart.

    >>> Console().print(render_task(task, attempts, width=80))
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from rich.style import Style
from rich.text import Text

from puzzlesolver.domains.arc.rules import differences
from puzzlesolver.domains.arc.task import Attempts, Pair, Task
from puzzlesolver.domains.puzzle import Grid, size_of

INKS = (
    "#000000", "#0074d9", "#ff4136", "#2ecc40", "#ffdc00",
    "#aaaaaa", "#f012be", "#ff851b", "#7fdbff", "#870c25",
)  # fmt: skip
"""The colours of ARC: black, blue, red, green, yellow, grey, magenta, orange, sky, maroon."""

DARK = (0, 1, 2, 6, 9)
"""Colours on which a digit is white."""

MARK = "×"
"""Beside a cell that is not as it should be."""

HALF_MARKS = {(True, False): "ˣ", (False, True): "ₓ", (True, True): MARK}
"""The same where two cells share a character: the upper one, the lower one, both."""

ARROW, GAP, COLUMNS = " → ", "  ", "    "
"""From an input to its output, between attempts, and between pairs."""

Mode = Literal["wide", "narrow", "half"]
"""Two columns a cell; one column a cell; one character for two cells, one above the other."""

Marks = npt.NDArray[np.bool_]


def format_line(grid: Grid) -> str:
    """All rows on one line with `/` between them."""
    return "/".join(_rows(grid))


def format_grid(grid: Grid, board: object = None) -> str:
    """One row of digits a line."""
    return "\n".join(_rows(grid))


def _rows(grid: Grid) -> list[str]:
    return ["".join(map(str, row)) for row in grid.tolist()]


def render(
    grid: Grid,
    givens: Grid,
    confidence: npt.NDArray[np.float32] | None = None,
    changed: Marks | None = None,
    clamped: Marks | None = None,
    compact: bool = False,
    board: object = None,
) -> Text:
    """`Domain.render`: two columns a cell, or, compact, two rows a line in colours alone.

    Digits of less than half confidence are dim, what changed has a mark.
    """
    unsure = None if confidence is None else confidence < 0.5
    return picture(grid, "half" if compact else "wide", changed, unsure)


def picture(
    grid: Grid, mode: Mode = "wide", marks: Marks | None = None, unsure: Marks | None = None
) -> Text:
    """One grid with marks beside cells and dim digits where it is `unsure`, `bool[h, w]` both."""
    return Text("\n", no_wrap=True).join(_painted(grid, mode, marks, unsure))


def _painted(
    grid: Grid, mode: Mode, marks: Marks | None = None, unsure: Marks | None = None
) -> list[Text]:
    """The lines of `picture`."""
    marked, dim = (
        (np.zeros(grid.shape, bool) if cells is None else cells).tolist()
        for cells in (marks, unsure)
    )
    rows = grid.tolist()
    if mode == "half":
        pairs = [list(zip(*row, strict=True)) for row in zip(rows, marked, strict=True)]
        below = [*pairs[1::2], [(None, False)] * grid.shape[1]]
        lines = [map(_half, *each) for each in zip(pairs[::2], below, strict=False)]
    else:
        paint = _wide if mode == "wide" else _narrow
        lines = [map(paint, *each) for each in zip(rows, marked, dim, strict=True)]
    return [_line(cells) for cells in lines]


def _line(cells: Iterable[tuple[str, Style]]) -> Text:
    """One span for each run of equal cells."""
    line = Text(no_wrap=True)
    for (text, style), run in groupby(cells):
        line.append(text * len(list(run)), style)
    return line


@cache
def _wide(colour: int, marked: bool, dim: bool) -> tuple[str, Style]:
    """A cell in two columns."""
    digit, style = _narrow(colour, marked, dim)
    return digit + (MARK if marked else " "), style


@cache
def _narrow(colour: int, marked: bool, dim: bool) -> tuple[str, Style]:
    """A cell in one column."""
    ink = "#ffffff" if colour in DARK else "#000000"
    style = Style(color=ink, bgcolor=INKS[colour], bold=marked, dim=dim, underline=marked)
    return str(colour), style


@cache
def _half(upper: tuple[int, bool], lower: tuple[int | None, bool]) -> tuple[str, Style]:
    """Two cells in one character, the lower one perhaps beyond the edge."""
    marked = upper[1], lower[1]
    if any(marked):
        colour = upper[0] if upper[1] or lower[0] is None else lower[0]
        ink = "#ffffff" if colour in DARK else "#000000"
        return HALF_MARKS[marked], Style(color=ink, bgcolor=INKS[colour], bold=True)
    paper = None if lower[0] is None else INKS[lower[0]]
    return "▀", Style(color=INKS[upper[0]], bgcolor=paper)


def render_task(
    task: Task, attempts: Attempts | None = None, width: int = 80, colour: bool = True
) -> Text:
    """A task as demonstrations and tests, each pair side by side.

    Outputs of tests are shown where the task tells them; attempts at them have marks then.

    Args:
        task: what is shown.
        attempts: at its tests, if there are any.
        width: columns to stay within, if the grids allow it.
        colour: whether colours will be seen; without them every cell keeps its digit.
    """
    modes: tuple[Mode, ...] = ("wide", "half" if colour else "narrow")
    for mode in modes:
        blocks = []
        for number, pair in enumerate(task.train, 1):
            titled = zip((f"demo {number}", ""), pair.grids, strict=False)
            blocks.append(_beside([_titled(*each, mode) for each in titled], ARROW))
        for number, pair in enumerate(task.test, 1):
            both = None if attempts is None else attempts[number - 1]
            blocks.append(_test(number, pair, both, mode, width))
        if max(block.width for block in blocks) <= width:
            break
    return Text("\n", no_wrap=True).join(_flow(blocks, width).lines)


def render_guesses(
    question: tuple[str, Grid], guesses: Sequence[tuple[str, Grid]], width: int, height: int
) -> Text | None:
    """An input and guesses at its output side by side, as many as have room; None if none has.

    Args:
        question: title and grid.
        guesses: titles and grids, the ones that matter most first.
        width: columns.
        height: rows, with the titles.
    """
    modes: tuple[Mode, ...] = ("wide", "half")
    for count in range(len(guesses), -1, -1):
        for mode in modes:
            block = _titled(*question, mode)
            if count:
                answers = [_titled(*guess, mode) for guess in guesses[:count]]
                block = _beside([block, _beside(answers, GAP)], ARROW)
            if block.width <= width and len(block.lines) <= height:
                return Text("\n", no_wrap=True).join(block.lines)
    return None


class _Block(NamedTuple):
    """Lines of text and the columns that they need."""

    lines: list[Text]
    width: int


def _test(
    number: int, pair: Pair, both: tuple[Grid, Grid] | None, mode: Mode, width: int
) -> _Block:
    """An input with its attempts and its output; below each other where they are too wide."""
    question, answers = _titled(f"test {number}", pair.input, mode), []
    for attempt, grid in enumerate(both or (), 1):
        marks = None if pair.output is None else differences(grid, pair.output)
        title = f"attempt {attempt}{_told(grid, pair.output, marks)}"
        answers.append(_titled(title, grid, mode, marks))
    if pair.output is not None:
        answers.append(_titled("output" if both else "", pair.output, mode))
    whole = _beside([question, _beside(answers, GAP)], ARROW) if answers else question
    return whole if whole.width <= width else _flow([question, *answers], width)


def _told(grid: Grid, output: Grid | None, marks: Marks | None) -> str:
    """What a comparison says, for those who see no marks."""
    if output is None:
        return ""
    if marks is None:
        return f": {size_of(grid)}, not {size_of(output)}"
    return f": {marks.sum()} wrong" if marks.any() else ": right"


def _titled(title: str, grid: Grid, mode: Mode, marks: Marks | None = None) -> _Block:
    lines = [Text(title, "bold"), *_painted(grid, mode, marks)]
    return _Block(lines, max(line.cell_len for line in lines[:2]))


def _flow(blocks: Sequence[_Block], width: int) -> _Block:
    """Blocks in as few rows as the width allows, with an empty line between them."""
    rows: list[list[_Block]] = []
    for block in blocks:
        if rows and _columns([*rows[-1], block], COLUMNS) <= width:
            rows[-1].append(block)
        else:
            rows.append([block])
    lines: list[Text] = []
    for row in rows:
        lines += [Text()] * bool(lines) + _beside(row, COLUMNS).lines
    return _Block(lines, max(_columns(row, COLUMNS) for row in rows))


def _beside(blocks: Sequence[_Block], between: str) -> _Block:
    """Blocks next to each other; what stands between them is said once, beside the smallest."""
    heights = [len(block.lines) for block in blocks]
    middle = min(heights) // 2  # of the grid below its title
    lines = []
    for number in range(max(heights)):
        parts = [
            block.lines[number].copy() if number < len(block.lines) else Text() for block in blocks
        ]
        for part, block in zip(parts[:-1], blocks, strict=False):
            part.pad_right(block.width - part.cell_len)
        joint = between if number == middle else " " * len(between)
        lines.append(Text(joint, no_wrap=True).join(parts))
    return _Block(lines, _columns(blocks, between))


def _columns(blocks: Sequence[_Block], between: str) -> int:
    return sum(block.width for block in blocks) + len(between) * (len(blocks) - 1)
