"""One picture of a settling: the grid, how far it has come, the residual curve, and two lamps.

In: a `Moment`. Out: rich text that fits a given width and height. The live view shows it;
`--save` records it.

    >>> Console().print(moment.draw(width=80, height=24))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from rich.console import Group
from rich.table import Table
from rich.text import Text

from puzzlesolver.domains.base import Answer, Puzzle, Verdict, get_domain
from puzzlesolver.printable import printable

BARS = " ▁▂▃▄▅▆▇█"
GAP = 3
"""Columns between the grid and the text beside it."""
INFO_WIDTH = 36
LEAST_INFO_WIDTH = 30
LEAST_INFO_ROWS = 8
MOST_FULL_ROWS = 40
"""Rows of a grid that pictures show in full; larger ones become compact."""
MOST_CURVE_ROWS = 12
LEAST_CHART_ROWS = 3
"""With fewer a line of bars shows more."""
LABEL_WIDTH = 6


class Picture(Protocol):
    """What a live view shows and a recording keeps."""

    @property
    def puzzle(self) -> Puzzle:
        """The question."""

    def draw(self, width: int, height: int) -> Group:
        """The frame in at most `width` columns and `height` rows, without what is too large."""

    def natural_size(self) -> tuple[int, int]:
        """Columns and rows of the smallest frame that shows everything."""

    def shows_grid(self, width: int, height: int) -> bool:
        """Whether `draw` has room for the grid, at least for a compact one."""


@dataclass(frozen=True)
class Moment:
    """What there is to see of one puzzle after one step: a `Picture`.

    Attributes:
        puzzle: the question.
        place: which one it is, such as `puzzle 2 of 5`.
        answer: what the state decodes to; None when it never started.
        changed: `bool[height, width]`, cells that have just changed.
        clamped: `bool[height, width]`, cells held by the present hypothesis.
        step: steps spent.
        max_steps: the budget.
        restarts: fresh starts after the first.
        steps_per_second: of this puzzle, or None while unknown.
        residuals: relative residual of every report of this puzzle; the list goes on growing.
        reports: how many of the residuals belong to this moment and those before it.
        settled: whether the trajectory stands still.
        verdict: what the rules say, or None while nothing was checked.
    """

    puzzle: Puzzle
    place: str
    answer: Answer | None
    changed: npt.NDArray[np.bool_]
    clamped: npt.NDArray[np.bool_]
    step: int
    max_steps: int
    restarts: int
    steps_per_second: float | None
    residuals: Sequence[float]
    reports: int
    settled: bool
    verdict: Verdict | None

    def draw(self, width: int, height: int) -> Group:
        """The frame within a size, without a grid that is too large for it."""
        grid, arrangement = _fitting(self, width, height)
        grid_width, grid_height = _size(grid)
        heading = _heading(self, width)
        match arrangement:
            case "beside":
                table = Table.grid(padding=(0, GAP, 0, 0))
                info = _info(self, width - grid_width - GAP, _rows_beside(grid_height, height))
                table.add_row(grid, info)
                return Group(heading, table)
            case "above":
                return Group(heading, grid, _info(self, width, height - grid_height - 1))
            case _:
                note = Text(
                    f"(the grid needs {grid_width} x {grid_height + 1})", "dim", no_wrap=True
                )
                return Group(heading, note, _info(self, width, height - 2))

    def natural_size(self) -> tuple[int, int]:
        """Columns and rows of the smallest frame that shows the information beside the grid."""
        width, height = _size(_grid(self, len(self.puzzle.grid) > MOST_FULL_ROWS))
        return width + GAP + INFO_WIDTH, _rows_beside(height, 0) + 1

    def shows_grid(self, width: int, height: int) -> bool:
        """Whether `draw` has room for the grid, at least for a compact one."""
        return _fitting(self, width, height)[1] != "hidden"


def spark(values: Sequence[float], columns: int) -> Text:
    """Values on a logarithmic scale as one line of bars; long histories are averaged into it."""
    logs = _logs(values, columns)
    scaled = (logs - logs.min()) / max(np.ptp(logs), 1)
    return Text("".join(BARS[round(7 * height) + 1] for height in scaled), "blue", no_wrap=True)


def chart(values: Sequence[float], known: int, columns: int, rows: int) -> Text:
    """Values on a logarithmic scale as a line, with powers of ten beside the axis.

    Args:
        values: of the whole settling, as far as it is known.
        known: how many of them are drawn; the others keep their room, so that the frames of a
            recording do not shift.
        columns: width of the whole, labels included; long histories are averaged into it.
        rows: height, at least 2.
    """
    logs = _logs(values, columns - LABEL_WIDTH - 1)
    low, high = math.floor(logs.min()), math.ceil(logs.max())
    high = max(high, low + 1)
    row_of = [round(float(log - low) / (high - low) * (rows - 1)) for log in logs]
    lines = [[" "] * len(row_of) for _ in range(rows)]
    before = row_of[0]
    for column, row in enumerate(row_of[: max(1, len(row_of) * known // len(values))]):
        lines[row][column] = "─"
        if row != before:
            down = row < before
            lines[before][column], lines[row][column] = ("╮", "╰") if down else ("╯", "╭")
            for between in range(min(row, before) + 1, max(row, before)):
                lines[between][column] = "│"
        before = row
    labels = {round((k - low) / (high - low) * (rows - 1)): f"{10.0**k:g}" for k in (low, high)}
    for power in range(low, high):  # as far as they do not crowd those at the ends
        row = round((power - low) / (high - low) * (rows - 1))
        if not {row - 1, row, row + 1} & labels.keys():
            labels[row] = f"{10.0**power:g}"
    text = Text(no_wrap=True)
    for row in reversed(range(rows)):
        axis = "┤" if row in labels else "│"
        text.append(f"{labels.get(row, ''):>{LABEL_WIDTH}}{axis}", "dim")
        text.append("".join(lines[row]) + "\n" * (row > 0), "blue")
    return text


def _logs(values: Sequence[float], columns: int) -> npt.NDArray[np.float64]:
    """Powers of ten, averaged into at most so many columns."""
    logs = np.log10(np.clip(np.asarray(values, float), 1e-6, 1e6))
    edges = np.linspace(0, len(logs), max(1, min(columns, len(logs))) + 1).astype(int)
    means: npt.NDArray[np.float64] = np.add.reduceat(logs, edges[:-1]) / np.diff(edges)
    return means


def _fitting(moment: Moment, width: int, height: int) -> tuple[Text, str]:
    """The grid with its arrangement: the full picture where there is room, else the compact one."""
    rows, columns = moment.puzzle.grid.shape
    if columns > width or rows > 2 * height:  # no picture is smaller; painting it would take long
        return Text("\n".join([" " * columns] * -(-rows // 2))), "hidden"
    for compact in (False, True):
        grid = _grid(moment, compact)
        if (arrangement := _arrangement(*_size(grid), width, height)) != "hidden":
            break
    return grid, arrangement


def _arrangement(grid_width: int, grid_height: int, width: int, height: int) -> str:
    """Whether the information stands beside the grid, the grid above it, or the grid is hidden."""
    if (
        _rows_beside(grid_height, height) + 1 <= height
        and grid_width + GAP + LEAST_INFO_WIDTH <= width
    ):
        return "beside"
    if grid_height + 1 + LEAST_INFO_ROWS <= height and grid_width <= width:
        return "above"
    return "hidden"


def _rows_beside(grid_height: int, height: int) -> int:
    """Rows of a grid and of the information beside it; tall terminals give the curve more."""
    return max(grid_height, LEAST_INFO_ROWS, min(height // 3, MOST_CURVE_ROWS + 5))


def _grid(moment: Moment, compact: bool = False) -> Text:
    text = _usual_grid(moment, compact)
    text.plain = moment.puzzle.spell(text.plain)
    return text


def _usual_grid(moment: Moment, compact: bool) -> Text:
    domain, board = get_domain(moment.puzzle.domain), moment.puzzle.board
    if moment.answer is None:
        givens = moment.puzzle.grid
        return domain.render(givens, givens, compact=compact, board=board)
    return domain.render(
        moment.answer.grid,
        moment.puzzle.grid,
        moment.answer.confidence,
        moment.changed,
        moment.clamped,
        compact,
        board,
    )


def _heading(moment: Moment, width: int) -> Text:
    heading = Text(f"{moment.place} ", "dim", no_wrap=True, overflow="ellipsis")
    heading.append(shortened(moment.puzzle.name, width - heading.cell_len), "not dim bold")
    heading.truncate(width)
    return heading


def shortened(name: str, room: int) -> str:
    """A path without its first folders, where it would not fit, and without control characters."""
    name = printable(name, keep="")
    while len(name) > room and "/" in name.removeprefix("…/"):
        name = "…/" + name.removeprefix("…/").partition("/")[2]
    return name


def _info(moment: Moment, width: int, height: int) -> Group:
    """Numbers, curve and lamps, `height` rows at most."""
    progress = Text(f"step {moment.step:,} of {moment.max_steps:,}")
    if moment.steps_per_second is not None:
        progress.append(f"  {moment.steps_per_second:,.0f} steps/s", "dim")
    search = Text(f"restarts {moment.restarts}  " if moment.restarts else "")
    if moment.clamped.any() and moment.answer is not None:
        search.append("trying ", "dim").append(_hypothesis(moment), "magenta")
    verdict = moment.verdict
    verified = verdict is not None and verdict.status == "verified"
    lit = lamps(moment.settled, verified)
    curve = _curve_with_label(moment, width, height - 4)
    rows = [progress, *filter(None, [search]), *curve, lit]
    if verdict is not None and verdict.reason and verdict.status != "verified":
        rows.append(Text(verdict.reason, "red"))
        rows[-1].truncate(width, overflow="ellipsis")  # else it takes the grid's room
    for row in rows:
        row.no_wrap = True
        row.overflow = "ellipsis"
    return Group(*rows)


def _curve_with_label(moment: Moment, width: int, rows: int) -> list[Text]:
    residuals, reports = moment.residuals, moment.reports
    if not reports:
        return []
    label, room = Text(f"residual {residuals[reports - 1]:.2g}"), min(rows - 1, MOST_CURVE_ROWS)
    if room < LEAST_CHART_ROWS:
        return [label.append("  log scale", "dim"), spark(residuals[:reports], width)]
    return [label, chart(residuals, reports, width, room)]


def _hypothesis(moment: Moment) -> str:
    """The clamped cells, counted from 1, for example `r3c4 and 2 more`."""
    cells = np.argwhere(moment.clamped) + 1
    more = f" and {len(cells) - 1} more" if len(cells) > 1 else ""
    return f"r{cells[0][0]}c{cells[0][1]}{more}"


def lamps(settled: bool, verified: bool) -> Text:
    """The two facts that are always told apart."""
    return Text.assemble(_lamp("settled", settled), "   ", _lamp("verified", verified))


def _lamp(word: str, lit: bool) -> tuple[str, str]:
    """Text and style of a lamp that needs no colour to be understood."""
    return (f"● {word}", "bold green") if lit else (f"○ not {word}", "dim")


def _size(text: Text) -> tuple[int, int]:
    """Columns and rows."""
    lines = text.split("\n")
    return max(line.cell_len for line in lines), len(lines)
