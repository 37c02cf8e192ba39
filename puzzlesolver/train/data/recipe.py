"""Which boards a run draws, in words.

>>> data_recipe({"domain": "maze", "data": None, "size": 12, "mix": {"walls": 1.0}})
'new 12×12 mazes: all random walls'
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from puzzlesolver.domains.sudoku.generate import DEEP, LEVELS

GUESSES = " guesses of the search"


def data_recipe(settings: Mapping[str, Any]) -> str:
    """Which boards a run draws, in words.

    Args:
        settings: of the run, by their flat names; of mazes or Sudokus, not of a dataset folder.
    """
    if settings.get("contract") == "boards":
        return _many_boards(settings["mix"])
    data, limit = settings["data"], settings.get("train_puzzles")
    size, mix = settings.get("size", 9), settings.get("mix", {})
    mazes = settings["domain"] == "maze"
    boards = "mazes" if mazes else "boards"
    if data is not None:
        told = f"{boards} of {Path(data).name}"
        total, easy = sum(mix.values()), 0 if mazes or limit else mix.get("easy", 0)
        told = f"{_share(easy / total)} easy boards, the others are {told}" if easy else told
    else:
        told = f"new {size}×{size} {boards}"
        told += f": {_mixture(mix, _maze if mazes else _difficulty)}" * (mazes or size == 9)
    told += f"; exactly {limit:,} different ones" if limit else ""
    changed = "turned and flipped" if mazes else "digits, rows and columns shuffled"
    again = limit or data is not None or not mazes  # mazes that are all new need no turning
    return told + f"; {changed} at random" * bool(settings.get("augment") and again)


def _mixture(mix: Mapping[str, float], words: Callable[[str], tuple[float, str]]) -> str:
    total = sum(mix.values())
    kinds = sorted((*words(kind), share / total) for kind, share in mix.items() if share)
    told = ", ".join(f"{_share(share)} {kind}" for _, kind, share in kinds)
    first, guesses, others = told.partition(GUESSES)
    return first + guesses + others.replace(GUESSES, "").replace("need at least", "at least")


def _share(share: float) -> str:
    return "all" if share == 1 else f"{100 * share:.3g} %"


def _difficulty(kind: str) -> tuple[float, str]:
    """The rank of a difficulty of Sudokus, and its words."""
    if kind == "easy":
        return 0, "easy"
    if kind == DEEP:
        return math.inf, "resist a whole round of single guesses"
    least = LEVELS[kind] if kind in LEVELS else int(kind)
    return least, f"need at least {least}{GUESSES}"


def _many_boards(mix: Mapping[str, float]) -> str:
    """Sizes with their shares, and the rules that some boards have."""
    sizes: dict[int, float] = {}
    rules = []
    for kind, share in mix.items():
        size, _, told = kind.partition(":")[0].strip().partition(" ")
        sizes[int(size)] = sizes.get(int(size), 0) + share / sum(mix.values())
        rules += [told] * bool(told)
    told = ", ".join(f"{size}×{size} ({_share(share)})" for size, share in sorted(sizes.items()))
    return (
        f"new boards of {told} of all updates"
        + f"; some with the rules {'; '.join(rules)}" * bool(rules)
    )


def _maze(kind: str) -> tuple[float, str]:
    """The same of a kind of mazes."""
    name, _, difficulty = kind.partition(" ")
    told = {"walls": "random walls", "open": "few walls"}.get(name, name)
    if difficulty.isdigit():
        return int(difficulty), f"{told} and a path of at least {difficulty} cells"
    return 0, f"{told} and a long path" if difficulty == "hard" else told
