"""Tasks of our own: a rule drawn at random, demonstrated by a few pairs and asked of one more.

They are simple on purpose. What they show (objects, lines, mirrors, panels) is what weights of
`train arc` should have learned before they meet tasks that people made. A rule is one function
here: it draws what all pairs of a task share, and returns a maker of single pairs.

In: a seed. Out: tasks whose tests have their outputs.

    >>> next(generate(1, seed=0)).task.train[0].output
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.arc.task import COLOURS, Pair, Task, TaskPuzzle, as_puzzle
from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.symmetry import TURNS, turned

Maker = Callable[[], tuple[Grid, Grid]]
"""A new input with its output."""

Cells = npt.NDArray[np.int64]
"""Rows and columns of some cells, `[2, N]`."""

DEMONSTRATIONS = (3, 4)
"""Pairs of a task that are shown, at least and at most."""

SIDES = (6, 12)
"""Rows and columns of an input, at least and at most."""

TRIES = 20
"""For a place where a thing touches no other one."""

BLACK = 0
DIRECTIONS = ((0, 1), (1, 0), (0, -1), (-1, 0))
NEAR: Cells = np.indices((3, 3)).reshape(2, -1) - 1
"""Steps to a cell and its eight neighbours."""

Rule = Callable[[np.random.Generator], Maker]

RULES: dict[str, Rule] = {}
"""By name; a new rule is one function."""


def generate(count: int, seed: int) -> Iterator[TaskPuzzle]:
    """Tasks named after their rules; the first ones are the same however many are asked for."""
    names = list(RULES)
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        name = names[rng.integers(len(names))]
        make = RULES[name](rng)
        pairs: dict[bytes, Pair] = {}
        shown = rng.integers(*DEMONSTRATIONS, endpoint=True)
        while len(pairs) <= shown:
            before, after = map(np.ascontiguousarray, make())
            if not np.array_equal(before, after):
                pairs.setdefault(before.tobytes(), Pair(before, after))
        *train, test = pairs.values()
        title = f"{name.replace('_', '-')}-{seed}-{number}"
        yield as_puzzle(Task(title, tuple(train), (test,), f"generated, seed {seed}"))


@dataclass
class Scene:
    """A black grid with things that do not touch each other.

    Attributes:
        grid: of all of them.
        things: the cells of each.
    """

    grid: Grid
    things: list[Cells] = field(default_factory=list)

    @property
    def sizes(self) -> list[int]:
        """How many cells each thing has."""
        return [thing.shape[1] for thing in self.things]

    def place(self, rng: np.random.Generator, cells: Cells, colour: int) -> None:
        """Put a thing where there is room; without any, leave it out."""
        room = np.array(self.grid.shape) - cells.max(1)
        for _ in range(TRIES if (room > 0).all() else 0):
            place = cells + rng.integers(room)[:, None]
            if not self.grid[tuple(_around(place, self.grid.shape))].any():
                self.grid[tuple(place)] = colour
                self.things.append(place)
                return


def rule(function: Rule) -> Rule:
    """Decorator: the function is one of `RULES`."""
    RULES[function.__name__] = function
    return function


def _around(cells: Cells, shape: tuple[int, ...]) -> Cells:
    """The cells and all their neighbours on the grid, some of them more than once."""
    near = (cells[:, :, None] + NEAR[:, None]).reshape(2, -1)
    inside = ((near >= 0) & (near < np.array(shape)[:, None])).all(0)
    return near[:, inside]


def _black(rng: np.random.Generator) -> Grid:
    return np.zeros(rng.integers(*SIDES, size=2, endpoint=True), np.uint8)


def _blob(rng: np.random.Generator, cells: int) -> Cells:
    """A connected thing of so many cells, grown from one."""
    grown = [(0, 0)]
    while len(grown) < cells:
        row, column = grown[rng.integers(len(grown))]
        down, right = DIRECTIONS[rng.integers(4)]
        if (cell := (row + down, column + right)) not in grown:
            grown.append(cell)
    found: Cells = np.array(grown).T
    found -= found.min(1, keepdims=True)
    return found


def _frame(rng: np.random.Generator) -> Cells:
    """The border of a rectangle."""
    sides = rng.integers(3, 6, size=2)
    solid = np.ones(sides, np.bool_)
    solid[1:-1, 1:-1] = False
    return np.array(np.nonzero(solid))


def _colours(rng: np.random.Generator, count: int) -> list[int]:
    """Different ones, none of them black."""
    return [int(colour) for colour in 1 + rng.permutation(COLOURS - 1)[:count]]


def _blobs(rng: np.random.Generator, colours: list[int], most: int = 8) -> Scene:
    """Two to five blobs of one to `most` cells, no two of the same size, each in a drawn colour."""
    while True:
        scene = Scene(_black(rng))
        for size in 1 + rng.permutation(most)[: rng.integers(2, 6)]:
            scene.place(rng, _blob(rng, size), colours[rng.integers(len(colours))])
        if len(scene.things) > 1:
            return scene


def _pattern(rng: np.random.Generator, colours: list[int], low: int = 2, high: int = 5) -> Grid:
    """A small grid of random colours and black."""
    palette = np.array([BLACK, *colours], np.uint8)
    return palette[rng.integers(len(palette), size=rng.integers(low, high, size=2))]


@rule
def recolour(rng: np.random.Generator) -> Maker:
    """Every colour becomes another."""
    colours = _colours(rng, 4)
    table = np.arange(COLOURS, dtype=np.uint8)
    table[colours] = np.roll(colours, 1)

    def make() -> tuple[Grid, Grid]:
        scene = _blobs(rng, colours)
        return scene.grid, table[scene.grid]

    return make


@rule
def mark_extreme(rng: np.random.Generator) -> Maker:
    """The largest or the smallest thing gets a colour of its own."""
    plain, marked = _colours(rng, 2)
    choose = np.argmax if rng.random() < 0.5 else np.argmin

    def make() -> tuple[Grid, Grid]:
        scene = _blobs(rng, [plain])
        after = scene.grid.copy()
        after[tuple(scene.things[choose(scene.sizes)])] = marked
        return scene.grid, after

    return make


@rule
def keep_extreme(rng: np.random.Generator) -> Maker:
    """Only the largest or only the smallest thing stays."""
    colours = _colours(rng, 3)
    choose = np.argmax if rng.random() < 0.5 else np.argmin

    def make() -> tuple[Grid, Grid]:
        scene = _blobs(rng, colours)
        after, kept = np.zeros_like(scene.grid), tuple(scene.things[choose(scene.sizes)])
        after[kept] = scene.grid[kept]
        return scene.grid, after

    return make


@rule
def keep_colour(rng: np.random.Generator) -> Maker:
    """One colour stays, or one goes."""
    colours = _colours(rng, 3)
    stays = rng.random() < 0.5

    def make() -> tuple[Grid, Grid]:
        grid = _blobs(rng, colours).grid
        return grid, np.where((grid == colours[0]) == stays, grid, BLACK).astype(np.uint8)

    return make


@rule
def mark_at_border(rng: np.random.Generator) -> Maker:
    """Things that touch the border get a colour of their own."""
    plain, marked = _colours(rng, 2)

    def make() -> tuple[Grid, Grid]:
        scene = _blobs(rng, [plain])
        after = scene.grid.copy()
        last = np.array(scene.grid.shape)[:, None] - 1
        for thing in scene.things:
            if ((thing == 0) | (thing == last)).any():
                after[tuple(thing)] = marked
        return scene.grid, after

    return make


@rule
def remove_dots(rng: np.random.Generator) -> Maker:
    """Single cells are noise."""
    colours = _colours(rng, 2)

    def make() -> tuple[Grid, Grid]:
        scene = _blobs(rng, colours)
        after = scene.grid.copy()
        for _ in range(rng.integers(1, 5)):
            scene.place(rng, _blob(rng, 1), colours[0])
        for thing in scene.things:
            if thing.shape[1] == 1:
                after[tuple(thing)] = BLACK
        return scene.grid, after

    return make


@rule
def outline(rng: np.random.Generator) -> Maker:
    """Everything gets a border."""
    inner, outer = _colours(rng, 2)

    def make() -> tuple[Grid, Grid]:
        scene = _blobs(rng, [inner])
        after = scene.grid.copy()
        for thing in scene.things:
            after[tuple(_around(thing, after.shape))] = outer
        return scene.grid, np.where(scene.grid, scene.grid, after)

    return make


@rule
def fill_frames(rng: np.random.Generator) -> Maker:
    """The inside of frames is filled."""
    border, inside = _colours(rng, 2)

    def make() -> tuple[Grid, Grid]:
        scene = Scene(_black(rng))
        for _ in range(rng.integers(1, 4)):
            scene.place(rng, _frame(rng), border)
        after = scene.grid.copy()
        for thing in scene.things:
            (top, left), (bottom, right) = thing.min(1), thing.max(1)
            after[top + 1 : bottom, left + 1 : right] = inside
        return scene.grid, after

    return make


@rule
def fall(rng: np.random.Generator) -> Maker:
    """Cells fall to one side."""
    colours, turn = _colours(rng, 2), int(rng.integers(4))

    def make() -> tuple[Grid, Grid]:
        before = _black(rng)
        dots = rng.random(before.shape) < 0.25
        before[dots] = rng.choice(colours, int(dots.sum()))
        # Black first, the others in their order: a stable sort by whether there is something.
        upright = np.rot90(before, turn)
        order = np.argsort(upright > BLACK, axis=0, kind="stable")
        fallen = np.take_along_axis(upright, order, axis=0)
        return before, np.rot90(fallen, -turn)

    return make


@rule
def shoot(rng: np.random.Generator) -> Maker:
    """Dots shoot rays to the border, along some of the directions."""
    dot, ray = _colours(rng, 2)
    aims = rng.permutation(4)[: rng.integers(1, 5)]

    def make() -> tuple[Grid, Grid]:
        scene = Scene(_black(rng))
        for _ in range(rng.integers(1, 4)):
            scene.place(rng, _blob(rng, 1), dot)
        after = scene.grid.copy()
        for row, column in (thing[:, 0] for thing in scene.things):
            rays = (
                after[row, column + 1 :], after[row + 1 :, column],
                after[row, :column], after[:row, column],
            )  # fmt: skip
            for aim in aims:
                rays[aim][rays[aim] == BLACK] = ray
        return scene.grid, after

    return make


@rule
def connect(rng: np.random.Generator) -> Maker:
    """Two dots in a row or column are joined by a line."""
    dot, line = _colours(rng, 2)

    def make() -> tuple[Grid, Grid]:
        before = _black(rng)
        after = before.copy()
        for row in rng.permutation(np.arange(0, len(before), 2))[: rng.integers(1, 4)]:
            left, right = np.sort(rng.permutation(before.shape[1])[:2])
            before[row, [left, right]] = dot
            after[row, left:right] = line
            after[row, [left, right]] = dot
        turn = int(rng.integers(2))
        return turned(before, turn), turned(after, turn)

    return make


@rule
def mirror_half(rng: np.random.Generator) -> Maker:
    """The blank half of the grid is the mirror image of the other one."""
    colours, turn = _colours(rng, 3), int(rng.integers(4))

    def make() -> tuple[Grid, Grid]:
        half = _pattern(rng, colours, 3, 6)
        blank = np.zeros_like(half)
        before, after = np.concatenate((half, blank)), np.concatenate((half, half[::-1]))
        return np.rot90(before, turn), np.rot90(after, turn)

    return make


@rule
def turn_grid(rng: np.random.Generator) -> Maker:
    """The grid is turned or flipped."""
    colours, turn = _colours(rng, 4), int(rng.integers(1, TURNS))

    def make() -> tuple[Grid, Grid]:
        before = _pattern(rng, colours, 3, 7)
        return before, turned(before, turn)

    return make


@rule
def cut_out(rng: np.random.Generator) -> Maker:
    """The box around the largest thing."""
    colours = _colours(rng, 3)

    def make() -> tuple[Grid, Grid]:
        scene = _blobs(rng, colours, most=10)
        thing = scene.things[np.argmax(scene.sizes)]
        (top, left), (bottom, right) = thing.min(1), thing.max(1) + 1
        own = np.zeros_like(scene.grid)
        own[tuple(thing)] = scene.grid[tuple(thing)]
        return scene.grid, own[top:bottom, left:right]

    return make


@rule
def enlarge(rng: np.random.Generator) -> Maker:
    """Every cell becomes a block."""
    colours, times = _colours(rng, 3), int(rng.integers(2, 4))

    def make() -> tuple[Grid, Grid]:
        before = _pattern(rng, colours)
        return before, before.repeat(times, 0).repeat(times, 1)

    return make


@rule
def add_mirror(rng: np.random.Generator) -> Maker:
    """The grid and its mirror image, side by side or one above the other."""
    colours, axis, first = _colours(rng, 3), int(rng.integers(2)), bool(rng.integers(2))

    def make() -> tuple[Grid, Grid]:
        before = _pattern(rng, colours)
        both = (before, np.flip(before, axis))
        return before, np.concatenate(both if first else both[::-1], axis)

    return make


@rule
def compare_panels(rng: np.random.Generator) -> Maker:
    """Two panels beside a line; the output shows where both, one or none of them has something."""
    left, right, line, shown = _colours(rng, 4)
    wanted = rng.random(4) < 0.5
    if not 0 < wanted.sum() < len(wanted):
        wanted = np.array([False, False, False, True])

    def make() -> tuple[Grid, Grid]:
        sides = rng.integers(3, 6, size=2)
        panels = rng.random((2, *sides)) < 0.5
        parts = left * panels[0], np.full((sides[0], 1), line), right * panels[1]
        after = shown * wanted[2 * panels[0] + panels[1]]
        return np.concatenate(parts, 1).astype(np.uint8), after.astype(np.uint8)

    return make
