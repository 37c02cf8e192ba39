"""Rules by name: which further cells hold different symbols, and how grids overlap.

In: a name as people write it, the side of a grid and the shape of its boxes. Out: names and cells
of units, in (row, column) of the grid, from 0.

    >>> rule_names("X, Anti Knight")
    ('diagonal', 'anti-knight')
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from itertools import product

from puzzlesolver.errors import UsageError

Place = tuple[int, int]
Named = tuple[str, tuple[Place, ...]]
"""A unit: what people call it, and its places."""

LATIN, JIGSAW = "latin", "jigsaw"
"""Rules of the regions: there are none; a map tells them."""

ANTI: dict[str, tuple[str, tuple[Place, ...]]] = {
    "anti-knight": ("a knight's move", ((1, -2), (1, 2), (2, -1), (2, 1))),
    "anti-king": ("a king's move", ((1, -1), (1, 1))),
}
"""Rules of pairs: what lies between two cells, and the steps down from the upper one."""

OVERLAPS: dict[str, tuple[Place, ...]] = {
    "samurai": ((0, 0), (0, 12), (6, 6), (12, 0), (12, 12)),
    "twin": ((0, 0), (6, 6)),
    "triple": ((0, 0), (3, 3), (6, 6)),
    "butterfly": ((0, 0), (0, 3), (3, 0), (3, 3)),
    "flower": ((0, 3), (3, 0), (3, 3), (3, 6), (6, 3)),
    "cross": ((0, 6), (6, 0), (6, 6), (6, 12), (12, 6)),
    "sohei": ((0, 6), (6, 0), (6, 12), (12, 6)),
    "windmill": ((0, 3), (3, 12), (6, 6), (9, 0), (12, 9)),
}
"""Boards of several 9×9 grids: where the first cell of each one lies."""


def _main_diagonal(side: int, rows: int, columns: int) -> list[Named]:
    return [("the main diagonal", tuple((k, k) for k in range(side)))]


def _anti_diagonal(side: int, rows: int, columns: int) -> list[Named]:
    return [("the anti-diagonal", tuple((k, side - 1 - k) for k in range(side)))]


def _windows(side: int, rows: int, columns: int) -> list[Named]:
    starts = range(1, side - rows, rows + 1) if rows == columns else ()
    return [
        (f"window {number}", tuple(product(range(top, top + rows), range(left, left + rows))))
        for number, (top, left) in enumerate(product(starts, repeat=2), 1)
    ]


def _disjoint_groups(side: int, rows: int, columns: int) -> list[Named]:
    return [
        (
            f"disjoint group {number}",
            tuple(product(range(row, side, rows), range(column, side, columns))),
        )
        for number, (row, column) in enumerate(product(range(rows), range(columns)), 1)
        if rows > 1
    ]


def _center_dot(side: int, rows: int, columns: int) -> list[Named]:
    if rows % 2 == 0 or columns % 2 == 0 or rows == 1:
        return []
    centres = product(range(rows // 2, side, rows), range(columns // 2, side, columns))
    return [("the group of box centres", tuple(centres))]


def _picture(name: str, cells: str) -> Callable[[int, int, int], list[Named]]:
    places = tuple((int(cell[0]), int(cell[1])) for cell in cells.split())

    def of(side: int, rows: int, columns: int) -> list[Named]:
        return [(name, places)] if side == 9 else []

    return of


def _argyle(side: int, rows: int, columns: int) -> list[Named]:
    """Beside each long diagonal its two neighbours, and the four sides of a diamond."""
    if side % 2 == 0:
        return []
    cells = list(product(range(side), repeat=2))
    falling = [(tuple((r, c) for r, c in cells if r - c == k)) for k in _steps(side)]
    rising = [(tuple((r, side - 1 - c) for r, c in line)) for line in falling]
    return [(f"argyle diagonal {number}", line) for number, line in enumerate(falling + rising, 1)]


def _steps(side: int) -> tuple[int, ...]:
    return -(side // 2), -1, 1, side // 2


EXTRA: dict[str, tuple[Callable[[int, int, int], list[Named]], str]] = {
    "main-diagonal": (_main_diagonal, ""),
    "anti-diagonal": (_anti_diagonal, ""),
    "windoku": (_windows, "it needs square boxes"),
    "disjoint-groups": (_disjoint_groups, "it needs boxes"),
    "center-dot": (_center_dot, "it needs boxes with a cell in the middle"),
    "asterisk": (_picture("the asterisk", "14 22 26 41 44 47 62 66 74"), "it is for 9×9"),
    "girandola": (_picture("the girandola", "00 08 14 41 44 47 74 80 88"), "it is for 9×9"),
    "argyle": (_argyle, "it needs an odd number of rows"),
}
"""Rules of further units in a grid, and what they need."""

DIAGONAL = ("main-diagonal", "anti-diagonal")
RULES = ("diagonal", *EXTRA, *ANTI, LATIN, JIGSAW, *OVERLAPS)
"""All that can be named, in the order in which rules are told."""

SYNONYMS = {
    "x": "diagonal", "diagonals": "diagonal", "hyper": "windoku", "nrc": "windoku",
    "windowed": "windoku", "knight": "anti-knight", "king": "anti-king", "touchless": "anti-king",
    "notouch": "anti-king", "disjoint": "disjoint-groups", "disjointsets": "disjoint-groups",
    "irregular": JIGSAW, "nonomino": JIGSAW, "latinsquare": LATIN, "noboxes": LATIN,
    "gattai5": "samurai", "twodoku": "twin", "double": "twin", "tripledoku": "triple",
    "kazaguruma": "windmill", "diagonal+": "anti-diagonal", "diagonal-": "main-diagonal",
    "centerdots": "center-dot",
}  # fmt: skip
"""Other names, as `_plain` writes them; those with a sign are those of f-puzzles."""

STANDARD = {"", "sudoku", "standard", "classic", "normal", "none"}
MORE = {
    "killer", "cage", "thermo", "arrow", "kropki", "sandwich", "xv", "whisper", "renban",
    "palindrome", "quadruple", "consecutive", "evenodd", "greaterthan", "inequality", "skyscraper",
    "ratio", "difference", "clone", "betweenline", "minimum", "maximum", "regionsum", "zipper",
    "littlekiller", "nonconsecutive",
}  # fmt: skip
"""Rules that compare or add digits; no set of units says them."""


def _plain(name: str) -> str:
    """Letters, digits and signs alone, without case; `Hyper Sudoku` is `hyper`."""
    name = re.sub(r"[^a-z0-9+-]|-(?=.)", "", name.casefold().replace("centre", "center"))
    return re.sub("^sudoku|sudoku$", "", name) or name


KNOWN = {_plain(name): name for name in RULES} | SYNONYMS


def is_rule(name: str) -> bool:
    """Whether there is a rule of this name."""
    return _plain(name) in KNOWN


def is_more(name: str) -> bool:
    """Whether a name begins like that of a rule about more than different symbols."""
    return _plain(name).startswith(tuple(MORE))


def rule_names(text: str | Iterable[str], where: str = "--rules") -> tuple[str, ...]:
    """The rules that people name, in the order of `RULES`, each once.

    Args:
        text: names with commas between them, or one by one.
        where: what errors call the place.

    Raises:
        UsageError: there is no such rule, or it is about more than different symbols.
    """
    found = set[str]()
    for name in text.split(",") if isinstance(text, str) else text:
        plain, told = _plain(name), name.strip()[:40]
        if plain in KNOWN:
            found.add(KNOWN[plain])
        elif plain not in STANDARD:
            if any(more in plain for more in MORE):
                what = f"{told!r} is more than different digits in some cells"
                raise UsageError(what, where=where, hint=f"known rules: {', '.join(RULES)}")
            close = difflib.get_close_matches(plain[:40], KNOWN, 1)
            hint = f"did you mean {KNOWN[close[0]]!r}?" if close else f"known: {', '.join(RULES)}"
            raise UsageError(f"unknown rule {told!r}", where=where, hint=hint)
    if found.issuperset(DIAGONAL):
        found.add("diagonal")
    if "diagonal" in found:
        found -= {*DIAGONAL}
    return tuple(rule for rule in RULES if rule in found)
