"""Mazes as people draw them: pictures and texts in random styles."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.maze.rules import GOAL, OPEN, START, WALL

Colour = tuple[int, int, int]

PAPERS: list[tuple[Colour, Colour]] = [
    ((0, 0, 0), (255, 255, 255)),
    ((40, 40, 40), (240, 240, 230)),
    ((255, 255, 255), (0, 0, 0)),
    ((235, 235, 235), (30, 30, 36)),
    ((20, 30, 120), (255, 255, 255)),
    ((60, 60, 60), (200, 200, 200)),
]
"""Colours of walls and floor."""

MARKS: list[tuple[Colour, Colour]] = [
    ((0, 255, 0), (255, 0, 0)),
    ((0, 160, 60), (220, 40, 40)),
    ((255, 150, 0), (200, 0, 200)),
    ((0, 200, 220), (230, 0, 120)),
    ((230, 200, 0), (160, 40, 220)),
]
"""Colours of start and goal."""


@dataclass(frozen=True)
class Style:
    """How a maze is drawn: sizes in pixels, `margin` of the floor's colour or of `page`."""

    room: int = 10
    wall: int = 10
    margin: int = 0
    walls: Colour = PAPERS[0][0]
    floor: Colour = PAPERS[0][1]
    page: Colour | None = None
    ends: tuple[Colour, Colour] = MARKS[0]
    round: bool = False
    blur: float = 0.0
    scale: float = 1.0
    file: str = "png"
    quality: int = 85


def random_style(rng: np.random.Generator) -> Style:
    """Any of the styles that must be read."""
    room = int(rng.integers(6, 24))
    wall = int(rng.choice([room, max(2, room // 3), 2, 1]))
    walls, floor = PAPERS[rng.integers(len(PAPERS))]
    margin = int(rng.choice([0, 0, 5, 23]))
    thin = wall < 3
    return Style(
        room=room,
        wall=wall,
        margin=margin,
        walls=walls,
        floor=floor,
        page=(200, 210, 225) if margin and rng.random() < 0.3 and min(floor) > 230 else None,
        ends=MARKS[rng.integers(len(MARKS))],
        round=bool(rng.random() < 0.4),
        blur=0.0 if thin else float(rng.choice([0, 0, 0.6, 1.0])),
        scale=1.0 if thin else float(rng.choice([1, 1, 1.3, 1.76, 2.5])),
        file=str(rng.choice(["png", "png", "jpeg", "gif", "bmp", "webp"])),
        quality=int(rng.integers(70, 96)),
    )


def draw(maze: Grid, style: Style) -> bytes:
    """The maze, walls in its even rows and columns, as the bytes of a picture."""
    from PIL import Image, ImageDraw, ImageFilter

    edges = [np.concatenate([[0], np.cumsum(_widths(size, style))]) for size in maze.shape]
    size = (int(edges[1][-1]), int(edges[0][-1]))
    image = Image.new("RGB", size, style.floor)
    pen = ImageDraw.Draw(image)
    for row, column in np.ndindex(*maze.shape):
        top, bottom = int(edges[0][row]), int(edges[0][row + 1]) - 1
        left, right = int(edges[1][column]), int(edges[1][column + 1]) - 1
        box = (left, top, right, bottom)
        if maze[row, column] == WALL:
            pen.rectangle(box, style.walls)
        elif maze[row, column] in (START, GOAL):
            shape = pen.ellipse if style.round else pen.rectangle
            shape(box, style.ends[int(maze[row, column] == GOAL)])
    if style.margin:
        page = Image.new("RGB", [n + 2 * style.margin for n in size], style.page or style.floor)
        page.paste(image, (style.margin, style.margin))
        image = page
    if style.scale != 1:
        larger = [round(n * style.scale) for n in image.size]
        image = image.resize(larger, Image.Resampling.BICUBIC)
    if style.blur:
        image = image.filter(ImageFilter.GaussianBlur(style.blur))
    file = io.BytesIO()
    image.save(file, style.file, quality=style.quality)
    return file.getvalue()


def _widths(size: int, style: Style) -> list[int]:
    return [style.room if number % 2 else style.wall for number in range(size)]


def perfect(seed: int, rows: int, columns: int, openings: bool = False) -> Grid:
    """A maze of rooms in a border of wall, with S and G in two of them or gaps in the border."""
    rng = np.random.default_rng(seed)
    maze = np.full((2 * rows + 1, 2 * columns + 1), WALL, np.uint8)
    stack = [(int(rng.integers(rows)), int(rng.integers(columns)))]
    maze[2 * stack[0][0] + 1, 2 * stack[0][1] + 1] = OPEN
    while stack:
        row, column = stack[-1]
        ways = [
            (r, c)
            for r, c in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1))
            if 0 <= r < rows and 0 <= c < columns and maze[2 * r + 1, 2 * c + 1] == WALL
        ]
        if not ways:
            stack.pop()
            continue
        r, c = ways[int(rng.integers(len(ways)))]
        maze[row + r + 1, column + c + 1] = maze[2 * r + 1, 2 * c + 1] = OPEN
        stack.append((r, c))
    if openings:
        maze[0, 2 * int(rng.integers(columns)) + 1] = START
        maze[-1, 2 * int(rng.integers(columns)) + 1] = GOAL
    else:
        rooms = np.argwhere(maze == OPEN)
        start, goal = rng.choice(rooms[(rooms % 2 == 1).all(1)], 2, replace=False)
        maze[tuple(start)], maze[tuple(goal)] = START, GOAL
    return maze
