"""Mazes as people have them: one file of every kind, and random mazes in random styles."""

from __future__ import annotations

import io
import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from puzzlesolver.domains.base import Grid, Puzzle
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.domains.maze import rules
from puzzlesolver.domains.maze.image import parse_image
from puzzlesolver.domains.maze.rules import GOAL, OPEN, START, WALL
from puzzlesolver.errors import ParseError
from puzzlesolver.limits import MAX_IMAGE_PIXELS
from tests.domains.maze import styles
from tests.domains.maze.support import read

CASES = Path(__file__).parents[2] / "cases/maze"
OPENINGS, UNMARKED = ("openings.txt", "p10open.png"), ("zeroone.txt",)


def only(path: Path) -> Puzzle:
    (puzzle,) = read_puzzles([path])
    assert puzzle.domain == "maze"
    return puzzle


def cells(puzzle: Puzzle) -> int:
    """How many cells the shortest path has."""
    path = rules.solve_exactly(puzzle)
    assert path is not None
    return int((path > OPEN).sum())


@pytest.mark.parametrize("path", sorted(CASES.iterdir()), ids=lambda path: path.name)
def test_every_file_is_the_same_maze(path: Path) -> None:
    standard = only(CASES / "std.txt")
    assert cells(standard) == 53
    if path.name in UNMARKED:
        with pytest.raises(ParseError, match="its border has no openings where two are needed"):
            only(path)
        return
    puzzle = only(path)
    if path.name in OPENINGS:
        closed = np.where(puzzle.grid == WALL, WALL, OPEN)
        closed[[0, -1]] = WALL
        assert np.array_equal(closed == WALL, standard.grid == WALL) and cells(puzzle) == 55
        assert "opening" in puzzle.note
    else:
        assert np.array_equal(puzzle.grid, standard.grid)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("style", styles.TEXTS)
def test_texts_in_all_styles(style: str, seed: int) -> None:
    """The signs of ends stand for start and goal, or the border has two openings."""
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(4, 9, 2).tolist()
    for openings in (False, True):
        maze = styles.perfect(seed, rows, columns, openings)
        text = styles.TEXTS[style](styles.unmarked(maze) if openings else maze)
        if text is None:
            continue
        (puzzle,) = read_puzzles([text + "\n"])
        assert puzzle.domain == "maze" and np.array_equal(puzzle.grid, maze)


@pytest.mark.parametrize("sign", "X*@%OW■1oH&+0x")
def test_signs_of_walls_are_never_floor(sign: str) -> None:
    maze = styles.perfect(5, 6, 7)
    (puzzle,) = read(styles.rows(maze, f"{sign} SG"))
    assert np.array_equal(puzzle.grid, maze) and f"{sign} is wall" in puzzle.note


def test_a_sign_that_may_be_wall_or_path_is_a_wall_or_refused() -> None:
    (puzzle,) = read("SXXXG\n  X  ")
    assert (puzzle.grid == WALL).sum() == 4
    for text in ("S#X\n X#\nX G", "SabG\nbaab", "S X Y G\n X Y  "):
        with pytest.raises(ParseError):
            read(text)


def test_mazes_of_one_size_need_no_line_between_them() -> None:
    maze = styles.rows(styles.perfect(1, 4, 5), "# SG")
    assert len(read(f"{maze}\n{maze}\n{maze}")) == 3
    assert len(read(f"Maze 1\n{maze}\nMaze 2:\n\n{maze}")) == 2


PARTS = [
    "---", "===", "***", "-----------------", "-------", "~~~", "+++", "___", "- - -", "1.", "(2)",
    "[3]", "#4", "# 5", "No. 6", "Case #7:", "--- 8 ---", "maze_9.txt:", "// 10", "11", "\f",
    "-----\n\n", "\n---\n", "===\nMaze 2\n===",
]  # fmt: skip


@pytest.mark.parametrize("walls", ["#", "X", "1"])
@pytest.mark.parametrize("part", PARTS)
def test_what_stands_between_mazes_is_no_row(part: str, walls: str, tmp_path: Path) -> None:
    signs = "1023" if walls == "1" else f"{walls} SG"
    maze = styles.perfect(1, 2, 3)
    rows = styles.rows(maze, signs)
    for number, text in enumerate((f"{rows}\n{part}\n{rows}\n", f"{part}\n{rows}\n" * 2)):
        if (number and part == "[3]") or (walls == "1" and part == "// 10"):
            continue  # which are refused: the text begins like JSON, or has digits of no maze
        (tmp_path / "mazes").write_text(text)
        puzzles = list(read_puzzles([tmp_path / "mazes"]))
        assert [puzzle.grid.tolist() for puzzle in puzzles] == [maze.tolist()] * 2


@pytest.mark.parametrize("rows", ["S##G\n----", "----\nS##G", "+-+\n|S|\n+ +\n|G|\n+-+"])
def test_rows_of_one_sign_stay_rows(rows: str) -> None:
    (puzzle,) = read(rows)
    assert rules.solve_exactly(puzzle) is not None


def test_a_row_with_words_in_it_is_not_dropped() -> None:
    with pytest.raises(ParseError):
        read("###############\n#start  finish#\n#S           G#\n###############")


TOKENS = (
    "<ADJLIST_START> (0,0) <--> (0,1) ; (1,1) <--> (0,1) ; (1,0) <--> (1,1) ; <ADJLIST_END> "
    "<ORIGIN_START> (0,0) <ORIGIN_END> <TARGET_START> (1,0) <TARGET_END> "
    "<PATH_START> (0,0) (0,1) (1,1) (1,0) <PATH_END>"
)


@pytest.mark.parametrize(
    "text",
    [
        TOKENS, TOKENS.replace("; ", ";\n"), TOKENS.replace("(", "( ").replace(",", " , "),
        TOKENS.partition(" <PATH")[0], json.dumps(TOKENS.split()), str(TOKENS.split()),
        json.dumps({"maze": TOKENS}), json.dumps([TOKENS]),
    ],
)  # fmt: skip
def test_tokens_of_maze_dataset(text: str, tmp_path: Path) -> None:
    for count in (1, 2)[: 1 + text.startswith("<")]:
        (tmp_path / "tokens").write_text(f"{text}\n" * count)
        puzzles = list(read_puzzles([tmp_path / "tokens"]))
        assert [styles.rows(each.grid, "# SG") for each in puzzles] == [
            "#####\n#S  #\n### #\n#G  #\n#####"
        ] * count
        for puzzle in puzzles:
            path = puzzle.label if "PATH" in text else rules.solve_exactly(puzzle)
            assert rules.verify(puzzle, path).status == "verified"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TOKENS[:60], "expected pairs of rooms"),
        (TOKENS.replace("(0,1) ;", "(0,2) ;"), "not side by side"),
        (TOKENS.replace("TARGET", "TARGE"), "expected one room between <TARGET_START>"),
        (TOKENS.replace("(0,1) (1,1)", "(1,1)"), "not side by side, or not joined"),
        (TOKENS.replace("(0,0) (0,1)", "(0,0) (1,0) (0,1)"), "not joined"),
        (TOKENS.replace("<--> (0,1)", "<--> (0,999)", 1), "more than 512 rooms"),
        (TOKENS.replace(" <--> ", " "), "expected pairs of rooms"),
    ],
)
def test_tokens_that_make_no_maze(text: str, told: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)
    assert told in caught.value.what and caught.value.hint


def test_mazes_in_programs_tables_and_posts() -> None:
    maze = styles.perfect(2, 2, 3)
    text = styles.rows(maze, "# SG")
    rows, numbers = text.split("\n"), styles.rows(maze, "1023").split("\n")
    lists = [", ".join(row) for row in numbers]
    turned = ", ".join(", ".join(row) for row in zip(*numbers, strict=True))
    forms = {
        "indented text": 'maze = """\n' + "".join(f"    {row}\n" for row in rows) + '    """\n',
        "strings": "maze = (\n" + "\n".join(f'    "{row}\\n"' for row in rows) + "\n)",
        "MiniZinc": "maze = [| " + "\n | ".join(lists) + " |];",
        "MATLAB": "M = [" + "; ".join(" ".join(row) for row in numbers) + "];",
        "R": f"m <- matrix(c({', '.join(lists)}), nrow={len(rows)}, byrow=TRUE)",
        "R by columns": f"m <- matrix(c({turned}), nrow={len(rows)})",
        "lists": "\n".join(str([*row]) for row in rows),
        "rows with numbers": "\n".join(f"{number:2}: {row}" for number, row in enumerate(rows)),
        "cat -n": "\n".join(f"{number:6}\t{row}" for number, row in enumerate(rows, 1)),
        "ruler": "  0123456\n" + "\n".join(f"{number} {row}" for number, row in enumerate(rows)),
        "empty cells": "\n".join("\t".join(row).replace(" ", "") for row in rows),
        "page": "<table>"
        + "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
        + "</table>",
        "legend": f"Legend: # wall, S start, G goal\n\n{text}",
        "dict": str({"easy": {"1": text}}),
    }
    for name, form in forms.items():
        (puzzle,) = read_puzzles([form + "\n"])
        assert np.array_equal(puzzle.grid, maze), name
        assert puzzle.label is None, name


def test_ends_of_lines_show_where_rooms_meet() -> None:
    (puzzle,) = read("┌───┬───┐\n│S  │   │\n│ ╷ ╵ ╷ │\n│ │   │G│\n└─┴───┴─┘")
    assert styles.rows(puzzle.grid, "# SG").split("\n")[1:4] == [
        "#S  #   #",
        "# # # # #",
        "# #   #G#",
    ]


def test_a_letter_that_hides_a_wall_is_refused() -> None:
    with pytest.raises(ParseError, match="hides whether a wall is below it"):
        read(" ___\n|S _|\n|_|G|")


@pytest.mark.parametrize("seed", range(60))
def test_pictures_in_all_styles(seed: int) -> None:
    """None is read as another maze; those without loss in thin walls are read."""
    rng = np.random.default_rng(seed)
    style = styles.random_style(rng)
    openings = bool(rng.random() < 0.25)
    rows, columns = rng.integers(4, 14, 2).tolist()
    maze = styles.perfect(seed, rows, columns, openings)
    data = styles.draw(styles.unmarked(maze) if openings else maze, style)
    try:
        (puzzle,) = parse_image(data, "maze.png")
    except ParseError:
        assert style.hard
    else:
        assert np.array_equal(puzzle.grid == WALL, maze == WALL)
        assert set(ends(puzzle.grid)) == set(ends(maze))


def ends(maze: Grid) -> list[tuple[int, int]]:
    return [tuple(place) for place in np.argwhere(maze > OPEN).tolist()]


def to_bytes(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "png")
    return file.getvalue()


def sudoku() -> Image.Image:
    """A 9×9 grid of lines with digits."""
    image = Image.new("RGB", (280, 280), "white")
    pen = ImageDraw.Draw(image)
    for number in range(10):
        at, width = 5 + 30 * number, 1 + 2 * (number % 3 == 0)
        pen.line((at, 5, at, 275), "black", width)
        pen.line((5, at, 275, at), "black", width)
    for number in range(0, 81, 3):
        pen.text((16 + number % 9 * 30, 14 + number // 9 * 30), str(1 + number % 9), "black")
    return image


def turned() -> Image.Image:
    maze = styles.draw(styles.perfect(3, 9, 9), styles.Style())
    return Image.open(io.BytesIO(maze)).rotate(9, expand=True, fillcolor="white")


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (sudoku(), "9 × 9 closed boxes, as of a Sudoku"),
        (turned(), "no rows and columns"),
        (Image.new("RGB", (90, 90), "white"), "no rows and columns"),
        (Image.effect_noise((120, 90), 90), "no rows and columns"),
    ],
    ids=["sudoku", "turned", "empty", "noise"],
)
def test_what_is_no_maze_is_told(image: Image.Image, told: str) -> None:
    with pytest.raises(ParseError) as caught:
        list(parse_image(to_bytes(image), "photo.png"))
    assert told in caught.value.what and caught.value.hint


def test_the_size_is_looked_at_before_the_pixels() -> None:
    side = int(MAX_IMAGE_PIXELS**0.5) + 1
    data = bytearray(to_bytes(Image.new("1", (8, 8))))
    data[16:24] = side.to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    with pytest.raises(ParseError, match="too large"):
        list(parse_image(bytes(data), "huge.png"))


@pytest.mark.parametrize("form", ["png", "jpeg", "gif", "bmp", "webp"])
def test_any_pixels_are_a_maze_or_an_error(form: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(12):
        height, width = rng.integers(1, 60, 2)
        coarse = rng.integers(0, 256, (height // 7 + 1, width // 7 + 1, 3), np.uint8)
        pixels = coarse.repeat(7, 0).repeat(7, 1)[:height, :width]
        few = rng.choice([(0, 0, 0), (255, 255, 255), (0, 255, 0), (255, 0, 0)], (height, width))
        for image in (pixels, few.astype(np.uint8)):
            file = io.BytesIO()
            Image.fromarray(image).save(file, form)
            try:
                (puzzle,) = parse_image(file.getvalue(), "any")
            except ParseError as error:
                assert error.what
            else:
                assert (puzzle.grid == START).sum() == (puzzle.grid == GOAL).sum() == 1
