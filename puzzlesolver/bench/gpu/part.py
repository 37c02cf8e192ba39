"""What a part of `make gpu-check` is: a function that uses the GPU in one way.

It returns a sentence for people and facts for the report. It raises `Skipped` where it cannot run,
and any other error where something is wrong.

    >>> told, facts = PARTS["onnx"]()
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Facts = tuple[str, dict[str, Any]]
"""What a part says, and what it found."""

PARTS: dict[str, Callable[[], Facts]] = {}


class Skipped(Exception):
    """A part cannot run here; says why."""


def part(run: Callable[[], Facts]) -> Callable[[], Facts]:
    """Decorator: one of `PARTS`, which run in this order."""
    PARTS[run.__name__] = run
    return run
