"""`--save`: the trajectory of one puzzle as a GIF, a page to step through, or a picture of its end.

In: the moments of one settling. Out: one file. Every kind shows the same frames as the live view:

- `.gif` plays all frames and rests on the last one;
- `.html` is one self-contained page with a slider, for any browser, offline;
- `.png` and `.svg` are the last frame.

    >>> recorder = Recorder()
    >>> for moment in moments:
    ...     recorder.add(moment)
    >>> save(Path("settling.gif"), recorder.moments)
"""

from __future__ import annotations

import html
import importlib.resources
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment

from puzzlesolver.cli.view import vector
from puzzlesolver.cli.view.frame import Picture
from puzzlesolver.errors import UsageError
from puzzlesolver.extras import require
from puzzlesolver.files import write_file
from puzzlesolver.printable import printable

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_FRAMES = 100
MILLISECONDS = 80
REST_MILLISECONDS = 3_000

Line = list[Segment]


class Recorder:
    """Keeps at most `MOST_FRAMES` moments, evenly spread, and always the last."""

    def __init__(self) -> None:
        self._kept: list[Picture] = []
        self._every = 1
        self._seen = 0
        self._last: Picture | None = None

    def add(self, moment: Picture) -> None:
        """Take the next moment; when there are too many, every second one is let go."""
        if self._seen % self._every == 0:
            self._kept.append(moment)
            if len(self._kept) == MOST_FRAMES:
                self._kept = self._kept[::2]
                self._every *= 2
        self._seen += 1
        self._last = moment

    @property
    def moments(self) -> list[Picture]:
        """What was kept, in order."""
        if self._last is None or self._last is self._kept[-1]:
            return self._kept
        return [*self._kept, self._last]


def check_path(path: Path) -> None:
    """Raise `UsageError` when `save` could not write this file, before any work is done."""
    if path.suffix.lower() not in SAVERS:
        raise UsageError(
            f"no kind of file is saved under the name {path.name!r}",
            where="--save",
            hint=f"use one of {', '.join(SAVERS)}",
        )
    if not path.parent.is_dir():
        raise UsageError(f"no folder {str(path.parent)!r}", where="--save")
    if path.is_dir():
        raise UsageError(f"{str(path)!r} is a folder", where="--save", hint="name a file")
    if path.suffix.lower() in (".gif", ".png"):
        require("images", f"--save {path}", instead="save as .svg or .html")


def save(path: Path, moments: Sequence[Picture]) -> None:
    """Write the moments of one settling; the suffix decides the kind."""
    write_file(path, SAVERS[path.suffix.lower()](moments))


def _gif(moments: Sequence[Picture]) -> bytes:
    from PIL import Image

    from puzzlesolver.cli.view.raster import Canvas

    canvas = Canvas(*_shared_size(moments))
    frames = [canvas.paint(_lines(moment, canvas.columns, canvas.rows)) for moment in moments]
    palette = _palette([*frames[:: max(1, len(frames) // 8)], frames[-1]])
    indexed = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    buffer = io.BytesIO()
    indexed[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=indexed[1:],
        duration=[MILLISECONDS] * (len(indexed) - 1) + [REST_MILLISECONDS],
        loop=0,
        optimize=True,
    )
    return buffer.getvalue()


def _palette(frames: Sequence[Image]) -> Image:
    """The colours of several frames: one palette keeps the file small and the colours steady."""
    from PIL import Image

    width, height = frames[0].size
    all_frames = Image.new("RGB", (width, height * len(frames)))
    for number, frame in enumerate(frames):
        all_frames.paste(frame, (0, number * height))
    # The default method merges rare colours, such as that of a lamp, into common ones.
    return all_frames.quantize(method=Image.Quantize.FASTOCTREE)


def _png(moments: Sequence[Picture]) -> bytes:
    from puzzlesolver.cli.view.raster import Canvas

    canvas = Canvas(*moments[-1].natural_size())
    buffer = io.BytesIO()
    canvas.paint(_lines(moments[-1], canvas.columns, canvas.rows)).save(
        buffer, format="PNG", optimize=True
    )
    return buffer.getvalue()


def _svg(moments: Sequence[Picture]) -> bytes:
    width, height = moments[-1].natural_size()
    rows = [vector.row(line) for line in _lines(moments[-1], width, height)]
    return vector.picture(rows, width, printable(moments[-1].puzzle.name, keep="")).encode()


def _html(moments: Sequence[Picture]) -> bytes:
    """Frames share most of their lines, so each different line is stored once."""
    width, height = _shared_size(moments)
    rows: dict[str, int] = {}
    frames = [
        [rows.setdefault(vector.row(line), len(rows)) for line in _lines(moment, width, height)]
        for moment in moments
    ]
    player = importlib.resources.files("puzzlesolver.cli.view") / "player.html"
    page = player.read_text("utf-8")
    stored = list(rows)
    data = json.dumps({"rows": stored, "frames": frames, "height": vector.HEIGHT})
    title = printable(Path(moments[-1].puzzle.name).name, keep="")
    last = vector.frame([stored[number] for number in frames[-1]])
    return (
        page.replace("/*FONT*/", vector.FONT)
        .replace("VIEW", vector.view(height, width))
        .replace("<!--LAST-->", last)
        .replace("<!--TITLE-->", html.escape(title))
        .replace("/*DATA*/", data.replace("</", "<\\/"))
        .encode()
    )


SAVERS: dict[str, Callable[[Sequence[Picture]], bytes]] = {
    ".gif": _gif,
    ".svg": _svg,
    ".html": _html,
    ".png": _png,
}


def _lines(moment: Picture, width: int, height: int) -> list[Line]:
    console = _console(width, height)
    lines = console.render_lines(moment.draw(width, height), pad=True)
    return lines[:height] + [[Segment(" " * width)]] * (height - len(lines))


def _shared_size(moments: Sequence[Picture]) -> tuple[int, int]:
    sizes = [moment.natural_size() for moment in moments]
    return max(width for width, _ in sizes), max(height for _, height in sizes)


def _console(width: int, height: int) -> Console:
    """A console that no terminal and no environment variable influences."""
    return Console(
        file=io.StringIO(),
        width=width,
        height=height,
        force_terminal=True,
        color_system="truecolor",
        no_color=False,
        legacy_windows=False,
        _environ={},
    )
