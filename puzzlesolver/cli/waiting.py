"""Signs of life while there is nothing to show yet: importing, loading, compiling.

In: what is going on. Out: a line on stderr that a terminal takes away again. Imports nothing slow.

    >>> with waiting("loading…"):
    ...     import torch
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import typer

COMPILING = "compiling the network's step, once per machine…"


@contextlib.contextmanager
def waiting(what: str, wanted: bool = True) -> Iterator[None]:
    """Show `what` on a terminal until the block ends."""
    shown = wanted and can_redraw()
    if shown:
        typer.echo(what, nl=False, err=True)
    try:
        yield
    finally:
        if shown:
            typer.echo("\r\x1b[K", nl=False, err=True)


def can_redraw() -> bool:
    """Whether stderr is a terminal that can take back what was written."""
    on_terminal = sys.stderr is not None and sys.stderr.isatty()
    return on_terminal and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")


@contextlib.contextmanager
def compilation(say: Callable[[str], None]) -> Iterator[None]:
    """Say so once if machine code is compiled in this block, rather than found on the disk."""
    from numba.core import event

    class Listener(event.Listener):
        said = False

        def on_start(self, _: Any) -> None:
            if not self.said:
                self.said = True
                say(COMPILING)

        def on_end(self, _: Any) -> None:
            pass

    with event.install_listener("numba:compile", Listener()):
        yield
