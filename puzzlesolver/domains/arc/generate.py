"""Tasks of our own: a rule drawn at random, demonstrated by a few pairs and asked of one more.

They are simple on purpose. What they show (objects, lines, mirrors, panels) is what weights of
`train arc` should have learned before they meet tasks that people made. A rule is one function
here: it draws what all pairs of a task share, then one pair after another.

In: a seed. Out: tasks whose tests have their outputs.

    >>> next(generate(1, seed=0)).task.train[0].output
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from puzzlesolver.domains.arc.scenes import (
    BLACK,
    Scene,
    around,
    black,
    blob,
    blobs,
    draw_colours,
    frame,
    pattern,
)
from puzzlesolver.domains.arc.task import COLOURS, Pair, Task, TaskPuzzle, as_puzzle
from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.symmetry import TURNS, turned

DEMONSTRATIONS = (3, 4)
"""Pairs of a task that are shown, at least and at most."""

Pairs = Iterator[tuple[Grid, Grid]]
"""Inputs with their outputs, without end."""

Rule = Callable[[np.random.Generator], Pairs]

RULES: dict[str, Rule] = {}
"""By name; a new rule is one function."""


def generate(count: int, seed: int) -> Iterator[TaskPuzzle]:
    """Tasks named after their rules; the first ones are the same however many are asked for."""
    names = list(RULES)
    for number in range(count):
        rng = np.random.default_rng((seed, number))
        name = names[rng.integers(len(names))]
        shown = rng.integers(*DEMONSTRATIONS, endpoint=True)
        pairs: dict[bytes, Pair] = {}
        for before, after in RULES[name](rng):
            if not np.array_equal(before, after):
                pair = Pair(*map(np.ascontiguousarray, (before, after)))
                pairs.setdefault(pair.input.tobytes(), pair)
            if len(pairs) > shown:
                break
        *train, test = pairs.values()
        title = f"{name.replace('_', '-')}-{seed}-{number}"
        yield as_puzzle(Task(title, tuple(train), (test,), f"generated, seed {seed}"))


def rule(function: Rule) -> Rule:
    """Decorator: the function is one of `RULES`."""
    RULES[function.__name__] = function
    return function


@rule
def recolour(rng: np.random.Generator) -> Pairs:
    """Every colour becomes another."""
    colours = draw_colours(rng, 4)
    table = np.arange(COLOURS, dtype=np.uint8)
    table[colours] = np.roll(colours, 1)
    while True:
        scene = blobs(rng, colours)
        yield scene.grid, table[scene.grid]


@rule
def mark_extreme(rng: np.random.Generator) -> Pairs:
    """The largest or the smallest thing gets a colour of its own."""
    plain, marked = draw_colours(rng, 2)
    choose = np.argmax if rng.random() < 0.5 else np.argmin
    while True:
        scene = blobs(rng, [plain])
        yield scene.grid, scene.painted([scene.things[choose(scene.sizes)]], marked)


@rule
def keep_extreme(rng: np.random.Generator) -> Pairs:
    """Only the largest or only the smallest thing stays."""
    colours = draw_colours(rng, 3)
    choose = np.argmax if rng.random() < 0.5 else np.argmin
    while True:
        scene = blobs(rng, colours)
        after, kept = np.zeros_like(scene.grid), tuple(scene.things[choose(scene.sizes)])
        after[kept] = scene.grid[kept]
        yield scene.grid, after


@rule
def keep_colour(rng: np.random.Generator) -> Pairs:
    """One colour stays, or one goes."""
    colours = draw_colours(rng, 3)
    stays = rng.random() < 0.5
    while True:
        grid = blobs(rng, colours).grid
        yield grid, np.where((grid == colours[0]) == stays, grid, BLACK).astype(np.uint8)


@rule
def mark_at_border(rng: np.random.Generator) -> Pairs:
    """Things that touch the border get a colour of their own."""
    plain, marked = draw_colours(rng, 2)
    while True:
        scene = blobs(rng, [plain])
        last = np.array(scene.grid.shape)[:, None] - 1
        touching = [each for each in scene.things if ((each == 0) | (each == last)).any()]
        yield scene.grid, scene.painted(touching, marked)


@rule
def remove_dots(rng: np.random.Generator) -> Pairs:
    """Single cells are noise."""
    colours = draw_colours(rng, 2)
    while True:
        scene = blobs(rng, colours)
        for _ in range(rng.integers(1, 5)):
            scene.place(rng, blob(rng, 1), colours[0])
        dots = (thing for thing in scene.things if thing.shape[1] == 1)
        yield scene.grid, scene.painted(dots, BLACK)


@rule
def outline(rng: np.random.Generator) -> Pairs:
    """Everything gets a border."""
    inner, outer = draw_colours(rng, 2)
    while True:
        scene = blobs(rng, [inner])
        rims = (around(thing, scene.grid.shape) for thing in scene.things)
        yield scene.grid, np.where(scene.grid, scene.grid, scene.painted(rims, outer))


@rule
def fill_frames(rng: np.random.Generator) -> Pairs:
    """The inside of frames is filled."""
    border, inside = draw_colours(rng, 2)
    while True:
        scene = Scene(black(rng))
        for _ in range(rng.integers(1, 4)):
            scene.place(rng, frame(rng), border)
        after = scene.grid.copy()
        for thing in scene.things:
            (top, left), (bottom, right) = thing.min(1), thing.max(1)
            after[top + 1 : bottom, left + 1 : right] = inside
        yield scene.grid, after


@rule
def fall(rng: np.random.Generator) -> Pairs:
    """Cells fall to one side."""
    colours, turn = draw_colours(rng, 2), int(rng.integers(4))
    while True:
        before = black(rng)
        dots = rng.random(before.shape) < 0.25
        before[dots] = rng.choice(colours, int(dots.sum()))
        # Black first, the others in their order: a stable sort by whether there is something.
        upright = np.rot90(before, turn)
        order = np.argsort(upright > BLACK, axis=0, kind="stable")
        fallen = np.take_along_axis(upright, order, axis=0)
        yield before, np.rot90(fallen, -turn)


@rule
def shoot(rng: np.random.Generator) -> Pairs:
    """Dots shoot rays to the border, along some of the directions."""
    dot, ray = draw_colours(rng, 2)
    aims = rng.permutation(4)[: rng.integers(1, 5)]
    while True:
        scene = Scene(black(rng))
        for _ in range(rng.integers(1, 4)):
            scene.place(rng, blob(rng, 1), dot)
        after = scene.grid.copy()
        for row, column in (thing[:, 0] for thing in scene.things):
            rays = (
                after[row, column + 1 :], after[row + 1 :, column],
                after[row, :column], after[:row, column],
            )  # fmt: skip
            for aim in aims:
                rays[aim][rays[aim] == BLACK] = ray
        yield scene.grid, after


@rule
def connect(rng: np.random.Generator) -> Pairs:
    """Two dots in a row or column are joined by a line."""
    dot, line = draw_colours(rng, 2)
    while True:
        before = black(rng)
        after = before.copy()
        for row in rng.permutation(np.arange(0, len(before), 2))[: rng.integers(1, 4)]:
            left, right = np.sort(rng.permutation(before.shape[1])[:2])
            before[row, [left, right]] = dot
            after[row, left:right] = line
            after[row, [left, right]] = dot
        turn = int(rng.integers(2))
        yield turned(before, turn), turned(after, turn)


@rule
def mirror_half(rng: np.random.Generator) -> Pairs:
    """The blank half of the grid is the mirror image of the other one."""
    colours, turn = draw_colours(rng, 3), int(rng.integers(4))
    while True:
        half = pattern(rng, colours, 3, 6)
        blank = np.zeros_like(half)
        before, after = np.concatenate((half, blank)), np.concatenate((half, half[::-1]))
        yield np.rot90(before, turn), np.rot90(after, turn)


@rule
def turn_grid(rng: np.random.Generator) -> Pairs:
    """The grid is turned or flipped."""
    colours, turn = draw_colours(rng, 4), int(rng.integers(1, TURNS))
    while True:
        before = pattern(rng, colours, 3, 7)
        yield before, turned(before, turn)


@rule
def cut_out(rng: np.random.Generator) -> Pairs:
    """The box around the largest thing."""
    colours = draw_colours(rng, 3)
    while True:
        scene = blobs(rng, colours, most=10)
        thing = scene.things[np.argmax(scene.sizes)]
        (top, left), (bottom, right) = thing.min(1), thing.max(1) + 1
        own = np.zeros_like(scene.grid)
        own[tuple(thing)] = scene.grid[tuple(thing)]
        yield scene.grid, own[top:bottom, left:right]


@rule
def enlarge(rng: np.random.Generator) -> Pairs:
    """Every cell becomes a block."""
    colours, times = draw_colours(rng, 3), int(rng.integers(2, 4))
    while True:
        before = pattern(rng, colours)
        yield before, before.repeat(times, 0).repeat(times, 1)


@rule
def add_mirror(rng: np.random.Generator) -> Pairs:
    """The grid and its mirror image, side by side or one above the other."""
    colours, axis, first = draw_colours(rng, 3), int(rng.integers(2)), bool(rng.integers(2))
    while True:
        before = pattern(rng, colours)
        both = (before, np.flip(before, axis))
        yield before, np.concatenate(both if first else both[::-1], axis)


@rule
def compare_panels(rng: np.random.Generator) -> Pairs:
    """Two panels beside a line; the output shows where both, one or none of them has something."""
    left, right, line, shown = draw_colours(rng, 4)
    wanted = rng.random(4) < 0.5
    if not 0 < wanted.sum() < len(wanted):
        wanted = np.array([False, False, False, True])
    while True:
        sides = rng.integers(3, 6, size=2)
        panels = rng.random((2, *sides)) < 0.5
        parts = left * panels[0], np.full((sides[0], 1), line), right * panels[1]
        after = shown * wanted[2 * panels[0] + panels[1]]
        yield np.concatenate(parts, 1).astype(np.uint8), after.astype(np.uint8)
