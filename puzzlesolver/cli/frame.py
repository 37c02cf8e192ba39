"""One picture of a settling: the grid, how far it has come, the residual curve, and two lamps.

In: a `Moment`. Out: rich text that fits a given width and height. The live view shows it;
`--save` records it.

    >>> Console().print(moment.draw(width=80, height=24))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from rich.console import Group
from rich.table import Table
from rich.text import Text

from puzzlesolver.domains.base import Answer, Puzzle, Verdict, get_domain

BARS = " ▁▂▃▄▅▆▇█"
GAP = 3
"""Columns between the grid and the text beside it."""
INFO_WIDTH = 36
LEAST_INFO_WIDTH = 30
LEAST_INFO_ROWS = 8
MOST_FULL_ROWS = 40
"""Rows of a grid that pictures show in full; larger ones become compact."""
MOST_CURVE_ROWS = 12


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


def curve(residuals: Sequence[float], reports: int, columns: int, rows: int) -> Text:
    """Residuals on a logarithmic scale as `rows` lines of bars.

    Args:
        residuals: of the whole settling, as far as it is known.
        reports: how many of them are drawn; the others keep their room, so that the frames of a
            recording do not shift.
        columns: width of the whole; long histories are averaged into it.
        rows: height.
    """
    logs = np.log10(np.clip(np.asarray(residuals, float), 1e-6, 1e6))
    bars = min(columns, len(logs))
    edges = np.linspace(0, len(logs), bars + 1).astype(int)
    means = np.add.reduceat(logs, edges[:-1]) / np.diff(edges)
    low, span = means.min(), max(np.ptp(means), 1)
    heights = np.rint((means - low) / span * (rows * 8 - 1)).astype(int) + 1  # in eighths of a row
    heights = heights[: max(1, bars * reports // len(logs))]
    lines = [
        "".join(BARS[level] for level in np.clip(heights - 8 * row, 0, 8))
        for row in reversed(range(rows))
    ]
    return Text("\n".join(lines), "blue", no_wrap=True)


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
    domain = get_domain(moment.puzzle.domain)
    if moment.answer is None:
        return domain.render(moment.puzzle.grid, moment.puzzle.grid, compact=compact)
    return domain.render(
        moment.answer.grid,
        moment.puzzle.grid,
        moment.answer.confidence,
        moment.changed,
        moment.clamped,
        compact,
    )


def _heading(moment: Moment, width: int) -> Text:
    heading = Text(f"{moment.place} ", "dim", no_wrap=True, overflow="ellipsis")
    heading.append(moment.puzzle.name, "not dim bold")
    heading.truncate(width)
    return heading


def _info(moment: Moment, width: int, height: int) -> Group:
    """Numbers, curve and lamps, `height` rows at most."""
    progress = Text(f"step {moment.step:,} of {moment.max_steps:,}")
    if moment.steps_per_second is not None:
        progress.append(f"  {moment.steps_per_second:,.0f} steps/s", "dim")
    restarts = Text(f"restarts {moment.restarts}")
    if moment.clamped.any() and moment.answer is not None:
        restarts.append("  trying ", "dim").append(_hypothesis(moment), "magenta")
    verdict = moment.verdict
    verified = verdict is not None and verdict.status == "verified"
    lit = lamps(moment.settled, verified)
    rows = [progress, restarts, *_curve_with_label(moment, width, height - 4), lit]
    if verdict is not None and verdict.reason and verdict.status != "verified":
        rows.append(Text(verdict.reason, "red"))
    for row in rows:
        row.no_wrap = True
        row.overflow = "ellipsis"
    return Group(*rows)


def _curve_with_label(moment: Moment, width: int, rows: int) -> list[Text]:
    residuals, reports = moment.residuals, moment.reports
    if not reports:
        return []
    label = Text(f"residual {residuals[reports - 1]:.2g}").append("  log scale", "dim")
    return [label, curve(residuals, reports, width, max(1, min(rows - 1, MOST_CURVE_ROWS)))]


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
