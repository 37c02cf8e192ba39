"""Where training puzzles come from, by puzzle kind; a new one is one line here.

>>> open_source(get_preset("sudoku", data="train.csv")).draw(96).tokens.shape
torch.Size([96, 81])
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from puzzlesolver.errors import UsageError
from puzzlesolver.train.config import Puzzles, TrainConfig
from puzzlesolver.train.data.boards import ManyBoards
from puzzlesolver.train.data.folders import FolderSource
from puzzlesolver.train.data.mazes import MazeSource
from puzzlesolver.train.data.source import Source
from puzzlesolver.train.data.sudoku import SudokuSource
from puzzlesolver.train.data.tasks import TaskSource
from puzzlesolver.train.settings import Flat

BOARDS: dict[str, type[Source[Any]]] = {
    "sudoku": SudokuSource,
    "maze": MazeSource,
    "arc": FolderSource,
}
"""Sources of boards by domain; a dataset folder has its own, whatever the domain."""

DRAWN: dict[str, type[Source[Any]]] = {"many boards": ManyBoards, "tasks": TaskSource}
"""Sources of what some contracts ask for, whatever the domain."""

SOURCES: tuple[type[Source[Any]], ...] = (*BOARDS.values(), *DRAWN.values())


def settings_for(flat: Flat, draws: str) -> type[Puzzles]:
    """The class of the data's settings.

    Args:
        flat: all settings.
        draws: what the contract asks for, as in `Contract.draws`.

    Raises:
        UsageError: there is no such domain.
    """
    domain, data = flat.get("domain", "sudoku"), flat.get("data")
    if domain not in BOARDS:
        known = f"known: {', '.join(BOARDS)}"
        raise UsageError(f"cannot train {domain!r} yet", where="--domain", hint=known)
    source: type[Source[Any]] = BOARDS[domain]
    if draws in DRAWN:
        source = DRAWN[draws]
    elif data is not None and Path(str(data)).is_dir():
        source = FolderSource
    return source.wants(flat)


def open_source(config: TrainConfig, rehearsal: bool = False) -> Any:
    """The puzzles that a config asks for; a rehearsal waits for no dataset and no breeding.

    Raises:
        UsageError: the data are missing or unfit.
        ParseError: they cannot be read.
    """
    source = next(each for each in SOURCES if isinstance(config.puzzles, each.KINDS))
    return source.rehearsing(config) if rehearsal else source(config)
