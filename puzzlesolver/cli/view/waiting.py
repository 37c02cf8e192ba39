"""Signs of life while there is nothing to show yet: importing, loading, compiling.

In: what is going on. Out: a line on stderr that a terminal takes away again. Imports nothing slow.

    >>> with told_imports():
    ...     import torch
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

import typer

COMPILING = "compiling, once on this machine…"
"""Where machine code is made, rather than found on the disk."""
COMPILING_STEPS = "compiling the steps, about half a minute…"
"""What `torch.compile` does; it keeps nothing for the next command."""
SLOW = ("torch", "numba", "onnxruntime")
"""Modules that take their time to be imported."""

Say = Callable[[str], None]


@contextlib.contextmanager
def waiting(what: str, wanted: bool = True) -> Iterator[None]:
    """Show `what` on a terminal until the block ends, and then again what was shown before."""
    if not (wanted and can_redraw()):
        yield
        return
    _shown.append(what)
    _redraw()
    try:
        yield
    finally:
        _shown.remove(what)
        _redraw()


_shown: list[str] = []
"""What is shown, and what it hides."""


def _redraw() -> None:
    typer.echo("\r\x1b[K" + "".join(_shown[-1:]), nl=False, err=True)


def can_redraw() -> bool:
    """Whether stderr is a terminal that can take back what was written."""
    on_terminal = sys.stderr is not None and sys.stderr.isatty()
    return on_terminal and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")


def _announce(what: str) -> None:
    """A line that stays on a terminal; a bar of Rich's moves down below it."""
    if can_redraw():
        typer.echo(what, err=True)


_sayers: list[Say] = [_announce]
"""Who is told that code is compiled; only the last one is."""


@contextlib.contextmanager
def compilation(say: Say) -> Iterator[None]:
    """Within the block `say` is told of a compilation, and a terminal is not."""
    _sayers.append(say)
    try:
        yield
    finally:
        _sayers.remove(say)


@contextlib.contextmanager
def told_imports() -> Iterator[None]:
    """Until the block ends, slow imports are shown, and the first compilation is told."""
    announcer = _Announcer()
    sys.meta_path.insert(0, announcer)
    try:
        yield
    finally:
        sys.meta_path.remove(announcer)


class _Announcer(MetaPathFinder):
    """Finds slow modules where Python does, and has them executed behind a line that says so."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name in SLOW else None
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_module(module: ModuleType) -> None:
            with waiting(f"loading {name}…"):
                execute(module)
            if name == "numba":
                _watch_compilation()

        spec.loader.exec_module = execute_module  # type: ignore[method-assign]
        return spec


def announce_torch_compilation() -> None:
    """Tell of the first compilation of `torch.compile`, too; imports it."""
    from torch._dynamo.callback import callback_handler

    said = functools.cache(lambda: _sayers[-1](COMPILING_STEPS))
    callback_handler.register_start_callback(lambda _: said())


def _watch_compilation() -> None:
    from numba.core import event

    class Listener(event.Listener):
        said = False

        def on_start(self, _: Any) -> None:
            if not self.said:
                self.said = True
                _sayers[-1](COMPILING)

        def on_end(self, _: Any) -> None:
            pass

    event.register("numba:compile", Listener())  # type: ignore[no-untyped-call]
