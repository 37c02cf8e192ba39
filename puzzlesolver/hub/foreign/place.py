"""Put finished files and folders in their places: all of them or nothing, and never over others.

>>> check_folder(Path("trm-sudoku"), force=False)
>>> place_folder(Path("trm-sudoku"), lambda partial: save_model(model, partial, {}, "# TRM"))
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from puzzlesolver.errors import ModelError
from puzzlesolver.files import PARTIAL, explained, own_prefix, placed
from puzzlesolver.hub.folder import CARD, CONFIG, WEIGHTS


def check_folder(folder: Path, force: bool) -> None:
    """Raises `ModelError` unless the folder is missing or empty, or `force` is set."""
    if folder.exists() and not folder.is_dir():
        raise ModelError("it is a file; a model needs a folder", where=str(folder))
    if not force and folder.is_dir() and any(folder.iterdir()):
        raise ModelError(
            "the folder is not empty",
            where=str(folder),
            hint="name another one, or replace the model in it with --force",
        )


def check_file(file: Path, force: bool) -> None:
    """Raises `ModelError` unless the file is missing, or `force` is set."""
    if file.is_dir():
        raise ModelError("it is a folder; a checkpoint is one file", where=str(file))
    if not force and file.exists():
        raise ModelError(
            "the file exists",
            where=str(file),
            hint="name another one, or replace it with --force",
        )


def place_folder(folder: Path, write: Callable[[Path], None]) -> None:
    """Let `write` make a model folder beside `folder`, then move it there.

    Raises:
        UsageError: the disk is full, or writing is not allowed. Other files in `folder` stay.
    """
    target = folder.resolve()
    with explained(folder, target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(PARTIAL, own_prefix(target), target.parent) as scratch:
            partial = Path(scratch) / target.name
            write(partial)
            if target.is_dir():
                (target / CONFIG).unlink(missing_ok=True)
                for name in (CARD, WEIGHTS, CONFIG):
                    (partial / name).replace(target / name)
            else:
                partial.rename(target)


def place_files(writers: Mapping[Path, Callable[[BinaryIO], None]]) -> None:
    """Let each writer fill a file beside its target, then move all of them there.

    Raises:
        UsageError: the disk is full, or writing is not allowed.
    """
    with contextlib.ExitStack() as stack:
        for target, write in writers.items():
            with explained(target):
                target.parent.mkdir(parents=True, exist_ok=True)
            partial = stack.enter_context(placed(target))
            with explained(target, partial), partial.open("wb") as file:
                write(file)
