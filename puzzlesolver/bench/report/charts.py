"""Charts: lines with their intervals, dots with theirs, columns.

In: numbers. Out: SVG text that takes its colours and its font from the page around it, so that one
picture serves light and dark; or a PNG. Matplotlib draws.

    >>> lines([Line("raw", [16, 32], [10, 40])], x="steps", y="% right").startswith("<svg")
    True
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from puzzlesolver.extras import require
from puzzlesolver.files import write_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Draw = Callable[["Axes"], None]

WIDTH, HEIGHT = 6.4, 3.7
MARKERS = "os^Dvph*"
"""Series are told apart without colours too."""

Interval = tuple[float, float, float]
"""A value between its lower and its upper end."""


@dataclass(frozen=True)
class Line:
    """A series; `low` and `high` are the ends of its intervals, if it has any."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = field(default=())
    high: Sequence[float] = field(default=())


INK, GRID = "#26262b", "#dcdce2"
SERIES = (
    "#2563eb", "#c2650a", "#05855b", "#b021c4", "#d02626", "#0b7f99", "#55870f", "#6d3fd9",
)  # fmt: skip
"""The colours of the page in light; its SVG has variables of the style sheet instead."""

VARIABLES = {INK: "--ink", GRID: "--grid"} | {
    colour: f"--series-{number}" for number, colour in enumerate(SERIES)
}


def lines(
    series: Sequence[Line], *, x: str, y: str, log: bool = False, diagonal: bool = False
) -> str:
    """Percentages against `x`, which `log` puts on a scale of doublings."""
    return _svg(_lines(series, x, y, log, diagonal))


def lines_png(series: Sequence[Line], path: Path, *, x: str, y: str, title: str, log: bool) -> None:
    """The same as a file.

    Raises:
        UsageError: matplotlib is missing, or the file cannot be written.
    """
    draw = _lines(series, x, y, log, diagonal=False)
    write_file(path, _rendered(draw, title=title, format="png", dpi=150))


def _lines(series: Sequence[Line], x: str, y: str, log: bool, diagonal: bool) -> Draw:
    """Draws percentages against `x`."""

    def draw(axes: Axes) -> None:
        if diagonal:
            axes.plot([0, 100], [0, 100], color=INK, linewidth=1, linestyle=":")
        for number, line in enumerate(series):
            colour = _colour(number)
            axes.plot(
                line.x, line.y, label=line.name, color=colour, linewidth=1.8, markersize=4,
                marker=MARKERS[number % len(MARKERS)], clip_on=False,
            )  # fmt: skip
            if line.low:
                axes.fill_between(
                    line.x, line.low, line.high, color=colour, alpha=0.14, linewidth=0
                )
        if log:
            axes.set_xscale("log", base=2)
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set_ylim(0, 102)
        axes.set(xlabel=x, ylabel=y)
        axes.grid(color=GRID, linewidth=0.8)

    return draw


def dots(
    rows: Sequence[str],
    series: Mapping[str, Sequence[Interval | None]],
    *,
    x: str,
    limits: tuple[float, float] | None = (-2, 102),
    reference: float | None = None,
) -> str:
    """One line a row, a dot with its interval for each series.

    Args:
        rows: their names.
        series: values of all rows, by name.
        x: what is measured.
        limits: of the axis; None = it is logarithmic.
        reference: a value to mark.
    """
    apart = 0.16

    def draw(axes: Axes) -> None:
        if reference is not None:
            axes.axvline(reference, color=INK, linewidth=1, linestyle=":")
        for number, (name, values) in enumerate(series.items()):
            shift = (number - (len(series) - 1) / 2) * apart
            found = [(row + shift, value) for row, value in enumerate(values) if value is not None]
            middle = [value[0] for _, value in found]
            reach = [
                [value[0] - value[1] for _, value in found],
                [value[2] - value[0] for _, value in found],
            ]
            axes.errorbar(
                middle, [place for place, _ in found], xerr=reach, label=name,
                fmt=MARKERS[number % len(MARKERS)], markersize=5, elinewidth=1.6,
                color=_colour(number),
            )  # fmt: skip
        axes.set_yticks(range(len(rows)), rows)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        if limits is None:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.4g}")
            axes.xaxis.set_minor_formatter(lambda value, _: "")
        else:
            axes.set_xlim(*limits)
        axes.grid(axis="x", color=GRID, linewidth=0.8)
        axes.set_xlabel(x)

    each = 0.2 + apart * max(1, len(series))
    return _svg(draw, height=1.0 + each * len(rows))


def columns(names: Sequence[str], series: Mapping[str, Sequence[float]], *, x: str, y: str) -> str:
    """Columns side by side for each name."""

    def draw(axes: Axes) -> None:
        width = 0.8 / len(series)
        for number, (name, values) in enumerate(series.items()):
            places = [place - 0.4 + width * (number + 0.5) for place in range(len(names))]
            axes.bar(places, values, 0.92 * width, label=name, color=_colour(number))
        axes.set_xticks(range(len(names)), names, fontsize=8)
        axes.grid(axis="y", color=GRID, linewidth=0.8)
        axes.set(xlabel=x, ylabel=y)

    return _svg(draw)


def _colour(number: int) -> str:
    return SERIES[number % len(SERIES)]


def _svg(draw: Draw, height: float = HEIGHT) -> str:
    """A picture that is as wide as there is room, in the colours and font of the page."""
    text = _rendered(draw, height, format="svg", transparent=True, metadata={"Date": None}).decode()
    own = hashlib.sha256(text.encode()).hexdigest()[:8]
    for pattern, instead in (
        (r"^.*?(?=<svg)", ""),
        (r"<metadata>.*?</metadata>|<style.*?</style>", ""),
        (r'(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1"),
        (r' font-family: [^;"]*;', ""),
        (r' id="[^"]*_\d+"', ""),
        (r'(id="|#)([mp][0-9a-f]{10}\b)', rf"\g<1>\g<2>{own}"),  # one name, one thing on a page
    ):
        text = re.sub(pattern, instead, text, flags=re.S)
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    return text


def _rendered(draw: Draw, height: float = HEIGHT, title: str = "", **how: Any) -> bytes:
    require("images", "charts", only="matplotlib")
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "text.parse_math": False,  # names may have dollar signs
        "svg.hashsalt": "puzzlesolver",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "legend.frameon": False,
        "axes.edgecolor": GRID,
        **dict.fromkeys(("xtick.major.size", "xtick.minor.size", "ytick.major.size"), 0),
        **dict.fromkeys(
            ("text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor"), INK
        ),
        **dict.fromkeys(("xtick.color", "ytick.color"), GRID),
    }
    with rc_context(settings):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(title, loc="left", fontsize=10)
        draw(axes)
        names = axes.get_legend_handles_labels()[1]
        if len(names) > 1:
            figure.legend(loc="outside upper left", ncols=min(len(names), 3), fontsize=8)
        file = io.BytesIO()
        figure.savefig(file, **how)
        return file.getvalue()
