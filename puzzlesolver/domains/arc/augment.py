"""Equivalent tasks: turned and flipped, recoloured, and moved about on the canvas.

In: a task, or grids. Out: ones that mean the same; whatever is done can be undone exactly.

    >>> _, variant = parse_name("007bbfb7|||t3|||0152637489")
    >>> np.array_equal(variant.undo(variant.apply(grid)), grid)
    True
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from puzzlesolver.domains.arc.codec import CANVAS
from puzzlesolver.domains.arc.task import COLOURS, Pair, Task
from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.symmetry import INVERSE_TURN, turned

_VARIANT = re.compile(r"(.+)(?:_|\|\|\|)t([0-7])(?:_|\|\|\|)(0[1-9]{9})")


@dataclass(frozen=True, slots=True)
class Variant:
    """A task in other colours, turned or flipped.

    Attributes:
        turn: symmetry, 0-7.
        colours: what becomes of each colour 0-9, ten different bytes; in published variants black
            stays black.
    """

    turn: int
    colours: bytes

    def apply(self, grid: Grid) -> Grid:
        """Recolour, then turn."""
        # Contiguous, for torch takes no array that runs backwards.
        return np.ascontiguousarray(turned(np.frombuffer(self.colours, np.uint8)[grid], self.turn))

    def undo(self, grid: Grid) -> Grid:
        """The inverse of `apply`."""
        inverse = np.frombuffer(self.colours, np.uint8).argsort().astype(np.uint8)
        return inverse[turned(grid, INVERSE_TURN[self.turn])]

    def apply_task(self, task: Task) -> Task:
        """All grids of a task, which keeps its name; its answers are `undo`ne one by one."""
        train, test = (
            tuple(Pair(*map(self.apply, pair.grids)) for pair in pairs)
            for pairs in (task.train, task.test)
        )
        return replace(task, train=train, test=test)

    def name(self, task: str, separator: str) -> str:
        """How the published sets call this variant: `task|||t3|||0152…` or `task_t3_0152…`."""
        return separator.join((task, f"t{self.turn}", "".join(map(str, self.colours))))


ORIGINAL = Variant(0, bytes(range(COLOURS)))


def parse_name(name: str) -> tuple[str, Variant]:
    """The task and the variant that a name of either kind stands for; the original has its own."""
    match = _VARIANT.fullmatch(name)
    if match is None or len(set(match[3])) != COLOURS:
        return name, ORIGINAL
    return match[1], Variant(int(match[2]), bytes(map(int, match[3])))


def draw_place(grids: Iterable[Grid], rng: np.random.RandomState) -> tuple[int, int]:
    """A row and a column where all of the grids fit on the canvas, for `to_canvas`."""
    height, width = np.max([grid.shape for grid in grids], axis=0).tolist()
    return int(rng.randint(0, CANVAS - height + 1)), int(rng.randint(0, CANVAS - width + 1))
