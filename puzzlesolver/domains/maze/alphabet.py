"""Which sign of a maze is wall, open, start, goal or path, told by what it is and where it stands.

In: the signs of a rectangular maze, `uint32[h, w]` of code points; `PAD` fills short rows. Out: its
cell values, and a note of what had to be inferred. The signs of `KINDS` need no inference: where
`#` is wall, space is open. Elsewhere the border, the counts and the neighbours decide, and what
they leave undecided is refused: no wall may pass for floor.

    >>> interpret(as_signs(["XXXXX", "XA BX", "XXXXX"]), error)[1]
    'X is wall, A is the start, B is the goal'
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from puzzlesolver.domains.base import Grid
from puzzlesolver.domains.maze.rules import GOAL, OPEN, PATH, START, UNREACHED, WALL, distances
from puzzlesolver.errors import ParseError

Signs = npt.NDArray[np.uint32]
Marks = npt.NDArray[np.bool_]
Error = Callable[[int, int, str, str], ParseError]
"""Makes the error of a row and a column, from 0, with what is wrong and a hint."""

PAD = "\0"
KINDS = {WALL: "#█", OPEN: " ", START: "Ss", GOAL: "GgEe", PATH: "o"}
"""Signs that need no inference, while there is a sign of wall among them."""

WALLS, DOTS, MARKERS = "#█▓", ".·", "*Xx•"
FLOORS = DOTS + "_-,░"
"""Signs that are open cells beside any wall; dots can also be a path between spaces."""

FIRST, LAST = "Ss🟩🟢@PpIi", "OoTtXx*CcDdHh🟥🔴⭐🏆🧀🏠🏁FfEeGg"
"""Of two ends the start is the one named first; other signs lie between, in their order."""

SOLID = "1■⬛"
"""Which of two signs is wall where neither frames the maze, as in 0/1 grids."""

FRAME = 0.75
"""Share of the border that a wall holds at least, to be known by it."""

MOST_SIGNS = 8
MOST_CONNECTED = 2**16
"""Cells up to which a doubt is settled by whether a way leads from S to G."""

HINT = "cells are # wall, space or . open, S start, G or E goal, o * X path"
NAMES = {WALL: "wall", OPEN: "open", START: "the start", GOAL: "the goal", PATH: "the path"}


def border_of(cells: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The outermost entries of `[height, width]`, clockwise from the upper left corner."""
    return np.concatenate([cells[0], cells[1:-1, -1], cells[-1, ::-1], cells[-2:0:-1, 0]])


def as_signs(rows: Sequence[str]) -> Signs:
    """The rows as one array, short ones filled with `PAD`."""
    width = max(map(len, rows))
    text = "".join(row.ljust(width, PAD) for row in rows)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).reshape(-1, width)


def interpret(signs: Signs, error: Error) -> tuple[Grid, str]:
    """Cell values and what was inferred; raises `ParseError` where a sign stays in doubt.

    Start or goal may be missing in the values, or be there twice.
    """
    found, number, counts = np.unique(signs, return_inverse=True, return_counts=True)
    count = {chr(sign): int(many) for sign, many in zip(found, counts, strict=True)}
    reader = _Reader(signs, count, error)
    roles = reader.roles()
    values = np.array([roles.get(sign, WALL) for sign in count], np.uint8)
    cells = values[number].reshape(signs.shape)
    if reader.twins:
        first, second = np.argwhere(signs == ord(reader.twins)).tolist()
        cells[tuple(first)], cells[tuple(second)] = START, GOAL
    return cells, _note(roles, reader.twins)


class _Reader:
    """The evidence of one maze: its signs, and how often each stands in it."""

    def __init__(self, signs: Signs, count: dict[str, int], error: Error) -> None:
        self.signs, self.error = signs, error
        self.padded = PAD in count  # walls at the ends of rows may be left out
        self.count = {sign: many for sign, many in count.items() if sign != PAD}
        border = border_of(signs)
        self.border = {
            sign: np.count_nonzero(border == ord(sign)) / len(border) for sign in self.count
        }
        self.twins = ""
        self.ends = self._ends()

    def roles(self) -> dict[str, int]:
        """The value of every sign."""
        roles = dict(self.ends)
        rest = [sign for sign in self.count if sign not in roles and sign != self.twins]
        if "\t" in rest:
            raise self._strange("\t")
        if len(rest) > MOST_SIGNS:
            raise self._strange(min(rest, key=lambda sign: self.count[sign]))
        known = {sign for sign in rest if sign in WALLS}
        walls = known or self._walls(rest)
        left = [sign for sign in rest if sign not in walls]
        floors = {sign for sign in left if sign == " " or sign in FLOORS}
        marks = [sign for sign in left if sign not in floors]
        if not marks and known and " " in floors:
            marks = [sign for sign in left if sign in DOTS]
        for sign in left:
            if sign not in marks or (len(left) == 1 and sign not in KINDS[PATH] + DOTS + MARKERS):
                roles[sign] = OPEN
            elif self._is_path(sign) or ((known or self.padded) and sign in KINDS[PATH] + DOTS):
                roles[sign] = PATH
            elif sign in DOTS or (not floors and len(marks) == 1):
                roles[sign] = OPEN
            else:
                raise self._strange(sign)
        return roles | dict.fromkeys(walls, WALL)

    def _ends(self) -> dict[str, int]:
        """The signs of start and goal; one sign for both becomes `twins`."""
        known = {
            sign: value for sign in self.count for value in (START, GOAL) if sign in KINDS[value]
        }
        if len(set(known.values())) == 2:
            return known
        plain = WALLS + FLOORS + " " + "01" * ("0" in self.count)
        able = [sign for sign in self.count if sign not in plain]
        single = [sign for sign in able if self.count[sign] == 1]
        if len(single) > 2:
            single = [sign for sign in single if sign not in MARKERS + KINDS[PATH]]
        single.sort(key=_rank)
        if len(single) == 2:
            return dict(zip(single, (START, GOAL), strict=True))
        double = [sign for sign in able if self.count[sign] == 2]
        if not single and len(double) == 1 and len(self.count) > 2:
            self.twins = double[0]
            return {}
        if len(single) == 1:
            return {single[0]: GOAL if single[0] in LAST else START}
        return known

    def _walls(self, rest: list[str]) -> set[str]:
        """The sign of wall where none is a usual one; empty where all is floor."""
        path = KINDS[PATH] if self.padded or self._is_path(KINDS[PATH]) else ""
        able = [sign for sign in rest if sign not in (" ", path)]
        framing = [sign for sign in able if self.border[sign] >= FRAME]
        others = [sign for sign in able if sign not in FLOORS]
        if not others and (not framing or len(rest) == 1):
            if len(able) > 1 or any(sign not in DOTS for sign in able if " " in rest):
                raise self._doubt(able)
            return set()
        if len(others) < len(rest):  # some sign is known as floor, so that another is wall
            likely = [sign for sign in framing if sign in others] or others or framing
            unmarked = likely if len(likely) == 1 else [s for s in likely if not self._is_path(s)]
            if len(unmarked) != 1:
                raise self._doubt(likely)
            return set(unmarked)
        return {self._darker(others)}

    def _darker(self, pair: list[str]) -> str:
        """The wall of two signs, neither of them known."""
        if len(pair) > 2:
            pair = [sign for sign in pair if not self._is_path(sign)]
        if len(pair) != 2:
            raise self._doubt(pair)
        pair.sort(key=lambda sign: (self.border[sign] >= FRAME, sign in SOLID), reverse=True)
        if len(self.ends) == 2 and self.signs.size <= MOST_CONNECTED:
            start, goal = (tuple(np.argwhere(self._at(end))[0].tolist()) for end in self.ends)
            for wall in pair:
                if distances(~self._at(wall), start)[goal] != UNREACHED:
                    return wall
        if self.border[pair[0]] < FRAME and pair[0] not in SOLID:
            raise self._doubt(pair)
        return pair[0]

    def _is_path(self, sign: str) -> bool:
        """Whether the sign joins start and goal in one line without branches."""
        if len(self.ends) != 2:
            return False
        marks = self._at(sign)
        line = np.pad(marks | self._at(*self.ends), 1)
        beside = sum(np.roll(line, step, axis)[1:-1, 1:-1] for step, axis in _WAYS)
        ends = self._at(*self.ends)
        return bool(
            (np.asarray(beside)[marks] == 2).all() and (np.asarray(beside)[ends] == 1).all()
        )

    def _at(self, *signs: str) -> Marks:
        return np.isin(self.signs, [ord(sign) for sign in signs])

    def _strange(self, sign: str) -> ParseError:
        row, column = np.argwhere(self._at(sign))[0].tolist()
        return self.error(row, column, f"{sign!r} is no cell of a maze", HINT)

    def _doubt(self, signs: Iterable[str]) -> ParseError:
        listed = " or ".join(map(repr, signs)) or "nothing"
        row, column = np.argwhere(self._at(*signs) if signs else self.signs >= 0)[0].tolist()
        return self.error(row, column, f"it is unclear which sign is wall: {listed}", HINT)


_WAYS = list(itertools.product((1, -1), (0, 1)))


def _rank(sign: str) -> tuple[int, str]:
    """Starts before others before goals."""
    if sign in FIRST:
        return FIRST.index(sign) - len(FIRST), ""
    return (1 + LAST.index(sign), "") if sign in LAST else (0, sign)


def _note(roles: dict[str, int], twins: str) -> str:
    """What was inferred, or "" where the signs are the usual ones."""
    usual = {**KINDS, OPEN: KINDS[OPEN] + DOTS, PATH: KINDS[PATH] + DOTS + MARKERS}
    told = [
        f"{sign} is {NAMES[value]}"
        for sign, value in sorted(roles.items(), key=lambda role: role[1])
        if sign not in usual[value]
    ]
    return ", ".join([*told, *([f"the two {twins} are the ends"] if twins else [])])
