"""Saved settlings are opened with what people open them with."""

from __future__ import annotations

import html.parser
import io
import json
import re
import xml.etree.ElementTree
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from puzzlesolver.cli.view.frame import Moment
from puzzlesolver.cli.view.save import MOST_FRAMES, Recorder, check_path, save
from puzzlesolver.domains.base import Answer
from puzzlesolver.errors import UsageError
from tests.cli.support import MOMENT


def settling(steps: int) -> list[Moment]:
    """A trajectory of random grids that ends in the answer."""
    rng = np.random.default_rng(0)
    assert MOMENT.answer is not None
    residuals = np.logspace(0, -2, steps).tolist()
    moments = []
    for step in range(1, steps):
        grid = rng.integers(1, 10, (9, 9)).astype(np.uint8)
        answer = Answer(grid, rng.random((9, 9)).astype(np.float32))
        moments.append(
            replace(
                MOMENT,
                answer=answer,
                step=step,
                residuals=residuals,
                reports=step,
                settled=False,
                verdict=None,
                changed=rng.random((9, 9)) < 0.1,
            )
        )
    return [*moments, replace(MOMENT, step=steps, residuals=residuals, reports=steps)]


def recorded(steps: int) -> list[Moment]:
    recorder = Recorder()
    for moment in settling(steps):
        recorder.add(moment)
    return recorder.moments


@pytest.mark.parametrize("steps", [1, 2, 99, 100, 101, 250, 1_000])
def test_recorder_keeps_few_evenly_spread_moments_and_the_last(steps: int) -> None:
    kept = [moment.step for moment in recorded(steps)]
    assert len(kept) <= MOST_FRAMES
    assert kept[0] == 1 and kept[-1] == steps
    assert len(set(np.diff(kept[:-1]).tolist())) <= 1


def test_recorder_without_moments_is_empty() -> None:
    assert Recorder().moments == []


def test_gif_moves_and_rests_on_the_last_frame(tmp_path: Path) -> None:
    path = tmp_path / "settling.gif"
    save(path, settling(12))
    with Image.open(path) as image:
        assert image.n_frames == 12 and image.info["loop"] == 0
        frames, durations = [], []
        for number in range(image.n_frames):
            image.seek(number)
            durations.append(image.info["duration"])
            frames.append(image.convert("RGB").tobytes())
    assert len(set(frames)) == 12
    assert durations[-1] > 10 * durations[0]
    assert list(tmp_path.iterdir()) == [path]


def test_png_is_the_last_frame_of_the_gif(tmp_path: Path) -> None:
    moments = settling(3)
    save(tmp_path / "a.png", moments)
    save(tmp_path / "a.gif", moments)
    with Image.open(tmp_path / "a.png") as still, Image.open(tmp_path / "a.gif") as moving:
        moving.seek(moving.n_frames - 1)
        difference = np.abs(
            np.asarray(still.convert("RGB"), int) - np.asarray(moving.convert("RGB"), int)
        )
        assert still.size == moving.size and min(still.size) > 300
    assert difference.mean() < 2, "a GIF has fewer colours, and is otherwise the same"


def test_confidence_is_seen_in_the_picture(tmp_path: Path) -> None:
    def picture(confidence: float) -> bytes:
        answer = Answer(MOMENT.answer.grid, np.full((9, 9), confidence, np.float32))
        save(tmp_path / "a.png", [replace(MOMENT, answer=answer)])
        return Image.open(io.BytesIO((tmp_path / "a.png").read_bytes())).tobytes()

    assert picture(0.1) != picture(0.99)


class Tags(html.parser.HTMLParser):
    """The ids and addresses on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name == "id" and value:
                self.ids.add(value)
            if name in ("src", "href") and value:
                self.addresses.append(value)


def test_html_is_self_contained_and_holds_every_frame(tmp_path: Path) -> None:
    path = tmp_path / "settling.html"
    save(path, [replace(m, puzzle=replace(m.puzzle, name="</script><b>")) for m in settling(12)])
    page = path.read_text(encoding="utf-8")
    tags = Tags()
    tags.feed(page)
    assert {"play", "slider", "frame"} <= tags.ids
    assert tags.addresses == [] and "http" not in page and "<b>" not in page
    data = re.search(r"const data = (.*);\n", page)
    assert data
    stored = json.loads(data[1])
    assert len(stored["frames"]) == 12
    assert all(0 <= line < len(stored["rows"]) for frame in stored["frames"] for line in frame)
    assert "● verified" in "".join(stored["rows"][line] for line in stored["frames"][-1])
    still = page.partition('<svg id="frame"')[2].partition("</svg>")[0]
    assert "● verified" in still, "the last frame is there without JavaScript"


def test_svg_is_well_formed_and_loads_nothing(tmp_path: Path) -> None:
    path = tmp_path / "settling.svg"
    save(path, settling(3))
    text = path.read_text(encoding="utf-8")
    assert xml.etree.ElementTree.fromstring(text).tag.endswith("svg")
    assert "url(http" not in text and "verified" in text


def test_colours_are_saved_under_no_color(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "a.svg", settling(3))
    monkeypatch.setenv("NO_COLOR", "1")
    save(tmp_path / "b.svg", settling(3))
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_size_is_small(tmp_path: Path) -> None:
    save(tmp_path / "a.gif", recorded(1_000))
    assert (tmp_path / "a.gif").stat().st_size < 3 * 2**20


@pytest.mark.parametrize("name", ["a.mp4", "a", "no/a.gif", "folder.gif"])
def test_bad_paths_are_refused_before_any_work(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.gif").mkdir()
    with pytest.raises(UsageError) as caught:
        check_path(tmp_path / name)
    assert caught.value.where == "--save"


def test_missing_pillow_is_named_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="pillow") as caught:
        check_path(tmp_path / "a.gif")
    assert "puzzlesolver[images]" in caught.value.hint
    check_path(tmp_path / "a.html")


def test_solid_walls_have_no_seams(tmp_path: Path) -> None:
    walls = np.zeros((12, 12), np.uint8)
    walls[0, :2] = 2, 3
    nowhere = np.zeros(walls.shape, bool)
    answer = Answer(walls, np.ones(walls.shape, np.float32))
    puzzle = replace(MOMENT.puzzle, domain="maze", grid=walls)
    save(
        tmp_path / "maze.png",
        [replace(MOMENT, puzzle=puzzle, answer=answer, changed=nowhere, clamped=nowhere)],
    )
    with Image.open(tmp_path / "maze.png") as image:
        inside = image.convert("RGB").crop((30, 100, 280, 270))
    assert len(inside.getcolors() or []) == 1


def test_pictures_are_named_after_the_puzzle_and_number_their_axis(tmp_path: Path) -> None:
    named = [replace(m, puzzle=replace(m.puzzle, name="lists/hard.txt:17")) for m in settling(9)]
    for name in ("a.svg", "a.html"):
        save(tmp_path / name, named)
        text = (tmp_path / name).read_text()
        assert re.search(r"<title>[^<]*hard\.txt:17", text)
        assert all(re.search(rf">\s*{number}<", text) for number in (1, 0.01)), "on the axis"
        assert "<path" in text and "█" not in text, "lines and blocks are shapes"
