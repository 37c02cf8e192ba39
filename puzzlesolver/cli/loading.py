"""The first sign of life of a command: what is slow to import says so on a terminal.

In: nothing; whichever module imports torch first. Out: a line on stderr, gone when it is loaded.

    >>> with told_imports():
    ...     import torch
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from puzzlesolver.cli.waiting import waiting

SLOW = ("torch", "numba", "onnxruntime")


class _Announcer(MetaPathFinder):
    """Finds slow modules where Python does, and has them executed below a line that says so."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name in SLOW else None
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_module(module: ModuleType) -> None:
            with waiting(f"\r\x1b[Kloading {name}…"):
                execute(module)

        spec.loader.exec_module = execute_module  # type: ignore[method-assign]
        return spec


@contextlib.contextmanager
def told_imports() -> Iterator[None]:
    """Announce slow imports until the block ends."""
    announcer = _Announcer()
    sys.meta_path.insert(0, announcer)
    try:
        yield
    finally:
        sys.meta_path.remove(announcer)
