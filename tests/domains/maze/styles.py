"""Mazes as people draw them: pictures and texts in random styles."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

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

    @property
    def hard(self) -> bool:
        """Whether walls are thin for their blur or loss, so that a refusal is as good."""
        lossy = self.file in ("jpeg", "webp", "gif")
        return self.wall < 2 + 3 * lossy + 3 * (self.blur > 0 or self.scale != 1)


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


def unmarked(maze: Grid) -> Grid:
    """The maze with open cells for its ends."""
    return np.where(maze > OPEN, np.uint8(OPEN), maze)


def rows(maze: Grid, signs: str, between: str = "") -> str:
    """One sign a cell, for wall, open, start and goal."""
    return "\n".join(between.join(signs[value] for value in row) for row in maze.tolist())


def lined(maze: Grid, wide: int = 3, lines: str = "-|+", signs: str = " SG") -> str:
    """Walls as lines around rooms `wide` columns wide; one post for all, or box drawing."""
    padded = np.pad(maze == WALL, 1)
    text = []
    for row, values in enumerate(maze.tolist()):
        line = ""
        for column, value in enumerate(values):
            level, upright = row % 2 == 0, column % 2 == 0
            if level and upright:
                meet = padded[
                    [row, row + 2, row + 1, row + 1], [column + 1, column + 1, column, column + 2]
                ]
                line += lines[2 + int(meet @ [8, 4, 2, 1]) * (len(lines) > 3)]
            elif level:
                line += (lines[0] if value == WALL else " ") * wide
            elif upright:
                line += lines[1] if value == WALL else " "
            else:
                line += signs[value - OPEN].center(wide)
        text.append(line)
    return "\n".join(text)


def underscored(maze: Grid, wide: int = 1) -> str | None:
    """Floors as `_` and walls beside rooms as `|`; only mazes with openings fit in."""
    if (maze > OPEN).any():
        return None
    top = [("_" if wall else " ") * wide for wall in maze[0, 1::2] == WALL]
    text = [" " + " ".join(top)]
    for row in range(1, len(maze), 2):
        line = "|"
        for column in range(1, len(maze.T), 2):
            line += ("_" if maze[row + 1, column] == WALL else " ") * wide
            line += "|" if maze[row, column + 1] == WALL else " "
        text.append(line)
    return "\n".join(text)


BOX = "─│ ╶╴─╷┌┐┬╵└┘┴│├┤┼"
DOUBLE = BOX.translate(str.maketrans("─│╶╴╷╵┌┐└┘├┤┬┴┼", "═║══║║╔╗╚╝╠╣╦╩╬"))


def doubled(maze: Grid) -> str:
    """Two columns a cell, as terminals show squares."""
    text = rows(maze, "█ SG").split("\n")
    pairs = ["".join(sign + (" " if sign in "SG" else sign) for sign in row) for row in text]
    return "\n".join(pairs)


def halves(maze: Grid) -> str | None:
    """Two rows a line, as terminals show squares; it has no place for the signs of ends."""
    if (maze > OPEN).any():
        return None
    walls = np.pad(maze == WALL, ((0, len(maze) % 2), (0, 0)))
    pairs = zip(walls[::2], walls[1::2], strict=True)
    return "\n".join(
        "".join(" ▄▀█"[2 * a + b] for a, b in zip(*pair, strict=True)) for pair in pairs
    )


SIGNS = (
    "# SG", "█ SE", "# AB", "#.12", "X SE", "* SG", "@.AB", "% <>", "O SF", "W IO", "1023",
    "0123", "█░AB", "⬛⬜🟩🟥", "⬜⬛🟩🟥", "🧱⬜SG", "ab12", "#-PG", "1 AB",
)  # fmt: skip

TEXTS: dict[str, Callable[[Grid], str | None]] = {
    **{f"signs {signs}": partial(rows, signs=signs) for signs in SIGNS},
    **{f"+---+ {wide}": partial(lined, wide=wide) for wide in (1, 2, 3, 5)},
    **{f"box {wide}": partial(lined, wide=wide, lines=BOX) for wide in (1, 3, 4)},
    "double box": partial(lined, lines=DOUBLE, signs=" AB"),
    "_| 1": underscored,
    "_| 3": partial(underscored, wide=3),
    "two signs a cell": doubled,
    "spaces between": partial(rows, signs="#.SG", between=" "),
    "commas between": partial(rows, signs="#.SG", between=","),
    "numbers": partial(rows, signs="1023", between=" "),
    "commas and spaces between": partial(rows, signs="# SG", between=", "),
    "S and G in digits": partial(rows, signs="10SG", between=" "),
    "dots at corners": lambda maze: lined(maze).replace("+", "."),
    "half blocks": lambda maze: halves(maze),
    "list of Python": lambda maze: (
        "maze = [[" + rows(maze, "1023", ", ").replace("\n", "],\n    [") + "]]  # mine"
    ),
    "below its size": lambda maze: f"{len(maze)} {len(maze.T)}\n{rows(maze, '# SG')}",
    "code of a forum": lambda maze: f"[code]\n{rows(maze, '# SG')}\n[/code]",
    "quotation": lambda maze: "> " + rows(maze, "# SG").replace("\n", "\n> "),
    "below a heading": lambda maze: f"# A maze\n```\n{rows(maze, '# SG')}\n```",
    "emoji and two spaces": lambda maze: rows(maze, "🧱*😀🏆").replace("*", "  "),
    "emoji and letters": lambda maze: rows(maze, "🧱*SG").translate(
        {ord("*"): "  ", ord("S"): "S ", ord("G"): "G "}
    ),
    "spaces behind": lambda maze: rows(maze, "# SG").replace("\n", "   \n") + "   ",
    "entities": lambda maze: rows(maze, "# SG").replace(" ", "&nbsp;"),
    "empty lines between": lambda maze: rows(maze, "# SG").replace("\n", "\n\n"),
    "indented": lambda maze: "    " + rows(maze, "# SG").replace("\n", "\n    "),
}
"""Ways to write a maze with rooms in every second row and column."""
