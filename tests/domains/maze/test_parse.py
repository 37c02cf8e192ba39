"""What the parser says of files as people have them."""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.detect import parse_text, read_puzzles
from puzzlesolver.domains.formats.pictures import FORMATS, read_pixels
from puzzlesolver.domains.maze import rules
from puzzlesolver.domains.maze.image import parse_image
from puzzlesolver.domains.maze.parse import parse, recognise
from puzzlesolver.domains.maze.render import format_grid, format_line
from puzzlesolver.errors import ParseError, UsageError
from puzzlesolver.limits import MAX_GRID_SIDE, MAX_IMAGE_PIXELS, MAX_LINE_CHARS
from tests.domains.maze.support import SMALL, SOLVED, grid, puzzle, read, to_png

PUZZLES = Path(__file__).parents[3] / "examples/puzzles"
EXAMPLES = sorted((PUZZLES / "maze").iterdir())
SUDOKUS = sorted((PUZZLES / "sudoku").iterdir())
WIDE = "S" + " " * 98 + "G"
"""A row of 100 cells, or a 10×10 maze."""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_mazes(path: Path) -> None:
    puzzles = list(read_puzzles([path], "maze"))
    assert puzzles
    for one in puzzles:
        assert rules.count_solutions(one) == (path.name != "unsolvable.txt")
        if one.label is not None:
            assert rules.verify(one, one.label).status == "verified"
    if path.suffix not in (".png", ".csv"):
        assert recognise(path.read_text())


def test_examples_show_labels_and_ratings() -> None:
    found = {path.name: next(read_puzzles([path], "maze")) for path in EXAMPLES}
    assert found["dataset.txt"].label is not None and found["ascii.txt"].label is None
    for one in read_puzzles([PUZZLES / "maze/list.csv"], "maze"):
        assert one.grid.shape == (30, 30)
        assert one.rating == rules.distances(one.grid != 0, rules.find(one.grid, 2)).max(
            where=one.grid == 3, initial=0
        )


@pytest.mark.parametrize("path", SUDOKUS, ids=lambda path: path.name)
def test_sudokus_are_left_to_their_kind(path: Path) -> None:
    assert not recognise(path.read_text())


def test_values() -> None:
    assert grid("#█ .SG").tolist() == [[0, 0, 1, 4, 2, 3]]
    assert grid("#s.e").tolist() == [[0, 2, 1, 3]]
    assert grid("S.#o/...G").tolist() == [[2, 1, 0, 4], [1, 1, 1, 3]]
    assert np.array_equal(puzzle(SOLVED).label, grid(SOLVED)) and puzzle(SMALL).label is None


def test_dots_are_floor_or_path() -> None:
    assert puzzle("S..\n#.G").label is None
    assert puzzle("S..\n .G\n###").label.tolist() == [[2, 4, 4], [1, 4, 3], [0, 0, 0]]
    assert puzzle("S.o\n .G\n###").label.tolist() == [[2, 1, 4], [1, 1, 3], [0, 0, 0]]


def test_short_rows_end_in_wall() -> None:
    assert puzzle("S\n  \n  G").grid.tolist() == [[2, 0, 0], [1, 1, 0], [1, 1, 3]]


def test_lines_of_spaces_are_rows_within_a_maze_only() -> None:
    assert puzzle("  \n\n  \n#S\n  \n#G\n  \n").grid.tolist() == [[0, 2], [1, 1], [0, 3], [1, 1]]


def test_a_first_row_without_walls_is_written_in_dots() -> None:
    maze = puzzle("  /SG").grid
    assert format_grid(maze) == "..\nSG" and np.array_equal(grid(format_grid(maze)), maze)


def test_one_line() -> None:
    assert puzzle("S #/  G").grid.tolist() == puzzle("S #/  G/").grid.tolist()
    assert puzzle("S #/  G").grid.tolist() == [[2, 1, 0], [1, 1, 3]]
    assert puzzle("S G").grid.shape == puzzle("S G/").grid.shape == (1, 3)
    assert puzzle(WIDE).grid.shape == (10, 10)
    assert puzzle(WIDE + "/").grid.shape == (1, 100)
    assert format_line(puzzle(WIDE).grid) == WIDE


def test_a_wide_row_is_no_maze_when_rows_follow() -> None:
    assert puzzle(f"{WIDE}\n{'#' * 100}").grid.shape == (2, 100)
    assert [one.grid.shape for one in read(f"{WIDE}\n{WIDE}\n\n{SMALL}")] == [
        (10, 10), (10, 10), (3, 3),
    ]  # fmt: skip


def test_maze_hard_csv() -> None:
    question = " " * 400 + "S" + " " * 498 + "G"
    (one,) = read(f"source,question,answer,rating\nx,{question},,110\n")
    assert one.grid.shape == (30, 30) and one.grid[13, 10] == rules.START
    assert one.label is None and one.rating == 110 and one.source == "maze.txt:2"
    (one,) = read("question,answer\nS /# / G,So/#o/ G\n")
    assert one.label.tolist() == [[2, 4], [0, 4], [1, 3]] and one.rating is None


def test_long_lists_are_read_row_by_row() -> None:
    taken = itertools.count()

    def endless(first: list[str], line: str) -> itertools.chain[str]:
        return itertools.chain(first, (f"{next(taken)}{line}" for _ in itertools.count()))

    header = ["source,question,answer,rating\n"]
    list(itertools.islice(parse_text(endless(header, f",{WIDE},,1.5\n"), "list.csv"), 1000))
    assert next(taken) <= 1003
    lines = (next(taken) and f"{WIDE}\r\n" for _ in itertools.count())
    *_, last = itertools.islice(parse(lines, "list.txt"), 1000)
    assert next(taken) <= 2010 and last.name == "list.txt:1000"


@pytest.mark.parametrize(
    ("text", "where", "told"),
    [
        ("# #\n# G", "1:1", "no start"),
        ("\n\n# S\n#  ", "3:1", "no goal"),
        ("S #\n  G\n S ", "3:2", "second start"),
        ("S #/  G/ E", "1:10", "second goal"),
        ("S #\n 1G", "2:2", "'1' is no cell"),
        ("S #/ 1G", "1:6", "'1' is no cell"),
        ("S\tG", "1:2", r"'\t'"),
        (f"S{'G' * 120}", "1:3", "second goal"),
        (WIDE[:-1] + "  G", "1:1", "102 cells on one line make no square"),
        ("SG" + " " * MAX_GRID_SIDE + "/", f"1:{MAX_GRID_SIDE + 1}", "more than 1,024 cells"),
        ("SG\n" + " \n" * MAX_GRID_SIDE, f"{MAX_GRID_SIDE + 1}:1", "more than 1,024 rows"),
        ("/" * 5000, f"1:{MAX_GRID_SIDE + 1}", "more than 1,024 rows"),
        ("#" * (MAX_LINE_CHARS + 1), f"1:{MAX_LINE_CHARS}", "longer than"),
        (f"source,question\nme,{WIDE[:-1]}", "2:4", "99 cells on one line make no square"),
        (f"source,question\nme,{WIDE[:50]}#{WIDE[51:-2]}?G", "2:102", "'?'"),
        ("source,question\nme,", "2:4", "0 cells"),
        ("source,question\nS  G", "2:1", "expected 2 fields, found 1"),
        ("question,answer\nS /# / G,So/ o/ G", "2:10", "not the question with a path"),
        ("question,answer\nS /# / G,So/#o/ G/  ", "2:10", "not the question with a path"),
        ('question\n"S G/', "2:1", "no CSV"),
    ],
)
def test_errors_say_where_and_what(text: str, where: str, told: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)
    assert caught.value.where == f"maze.txt:{where}" and told in caught.value.what


@pytest.mark.parametrize("text", ["", "\n\n", "   \n", "question\n", "question\n  \n"])
def test_no_puzzle(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)
    assert caught.value.what == "no puzzle found" and caught.value.hint


def test_puzzles_before_an_error_are_read() -> None:
    for first in (WIDE, "S #/  G"):
        for wrong in ("S S/G", "#" * (MAX_LINE_CHARS + 1)):
            puzzles = parse([first, wrong], "list.txt")
            assert next(puzzles).name == "list.txt:1"
            with pytest.raises(ParseError):
                next(puzzles)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (SMALL, True),
        ("\ufeff\r\n####\r\n#  #\r\n", True),
        ("##########\n#S      G#\n##########", True),
        ("S #/  G", True),
        ("S..\n..E", True),
        ("source,question,answer,rating\n", False),
        ("source,question,answer,rating\nx,...1,,", False),
        ("# Digits above 9 are letters\n. . G", False),
        ("# by me\n[Puzzle]\n....9....", False),
        ("X" * 5000, False),
        ("eggs/sos", False),
        ("-" * 81, False),
        ("." * 256, False),
        ("dear reader", False),
        ("", False),
    ],
)
def test_recognise(head: str, expected: bool) -> None:
    assert recognise(head) is expected


@pytest.mark.parametrize("kind", ["auto", "maze"])
def test_pictures_are_files_or_stdin(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = to_png(grid(SOLVED), 7)
    (tmp_path / "maze.png").write_bytes(data)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    puzzles = list(read_puzzles([tmp_path / "maze.png", "-"], kind))
    assert [one.name for one in puzzles] == [f"{tmp_path}/maze.png", "stdin"]
    assert all(np.array_equal(one.label, grid(SOLVED)) for one in puzzles)


@pytest.mark.parametrize("mode", ["P", "RGBA"])
def test_pictures_in_other_modes(mode: str) -> None:
    from PIL import Image

    file = io.BytesIO()
    image = Image.open(io.BytesIO(to_png(grid(SMALL), 3))).convert(mode)
    if mode == "RGBA":
        pixels = np.array(image)
        pixels[(pixels[..., :3] == 255).all(2)] = 0  # black, but transparent: open cells
        image = Image.fromarray(pixels)
    image.save(file, "png")
    (one,) = parse_image(file.getvalue(), "maze.png")
    assert np.array_equal(one.grid, grid(SMALL))


def picture(maze: Grid, scale: int = 3) -> bytes:
    return to_png(maze.astype(np.uint8), scale)


@pytest.mark.parametrize(
    ("data", "where", "told"),
    [
        (picture(np.array([[2, 0], [1, 1]])), "maze.png:1:1", "no goal"),
        (picture(np.array([[2, 0, 3], [1, 0, 2]])), "maze.png:4:7", "second start"),
        (to_png(grid(SMALL))[:-30], "maze.png", "damaged"),
        (b"\x89PNG\r\n\x1a\n", "maze.png", "damaged"),
        (picture(np.eye(MAX_GRID_SIDE + 1), 1), "maze.png", "no rows and columns"),
        (picture(np.ones((1, MAX_IMAGE_PIXELS + 1)), 1), "maze.png", "too large"),
    ],
    ids=["no goal", "two starts", "cut off", "empty", "large maze", "large image"],
)
def test_unreadable_pictures(data: bytes, where: str, told: str) -> None:
    with pytest.raises(ParseError) as caught:
        list(parse_image(data, "maze.png"))
    assert caught.value.where == where and told in caught.value.what


def test_pictures_need_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    data = to_png(grid(SMALL))
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(UsageError) as caught:
        list(parse_image(data, "maze.png"))
    assert "pip install 'puzzlesolver[images]'" in caught.value.hint


def test_reading_text_imports_nothing_heavy() -> None:
    code = """
import sys
from puzzlesolver.domains.maze import parse, render, rules
(puzzle,) = parse.parse(["S #/  G"], "text")
render.render(rules.shortest_path(puzzle.grid), puzzle.grid)
print(sorted({"torch", "numba", "PIL"} & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("form", FORMATS)
def test_too_many_pixels_are_refused_before_any_is_decoded(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image, ImageFile

    file = io.BytesIO()
    Image.new("L", (MAX_IMAGE_PIXELS // 4_000 + 1, 4_000)).save(file, format=form)

    def load(image: ImageFile.ImageFile) -> None:
        raise AssertionError("it is decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    with pytest.raises(ParseError, match="too large") as caught:
        read_pixels(file.getvalue(), "maze.png")
    assert "fewer pixels" in caught.value.hint


def test_a_jpeg_of_many_scans_is_refused_before_they_are_read(tmp_path: Path) -> None:
    from PIL import Image

    file = io.BytesIO()
    Image.new("L", (99, 99)).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    scan, path = data[data.rindex(b"\xff\xda") : -2], tmp_path / "maze.jpg"
    path.write_bytes(data[:-2] + scan * 100 + data[-2:])
    with pytest.raises(ParseError, match="too large"):
        list(read_puzzles([path]))


@pytest.mark.parametrize(
    ("before", "after"),
    [('maze = """\n', '\n"""'), ("MAZE = '''\\\n", "'''"), ("const maze = `\n", "\n`;")],
)
def test_strings_of_programs(before: str, after: str) -> None:
    rows = "#######\n#S  # #\n# #   #\n#   #G#\n#######"
    (puzzle,) = parse_text(f"{before}{rows}{after}".split("\n"), "maze.py")
    assert format_grid(puzzle.grid) == rows


def test_rows_of_small_letters_are_no_words() -> None:
    rows = ["wwwwwwwww", "wsccwcccw", "wwwcwcwcw", "wccccccew", "wwwwwwwww"]
    (puzzle,) = parse_text(rows, "maze.txt")
    assert puzzle.note == "w is wall, c is open"
    assert format_grid(puzzle.grid) == "\n".join(rows).translate(str.maketrans("wcse", "# SG"))


def test_an_open_column_at_the_right_of_few_rows_stays() -> None:
    (puzzle,) = read("G S# \n   # ")
    assert puzzle.grid.shape == (2, 5)
