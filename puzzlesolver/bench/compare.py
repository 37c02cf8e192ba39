"""What reports must have in common to be compared, and how much worse counts."""

from __future__ import annotations

from puzzlesolver.errors import UsageError

MUCH = 2.0
"""Factor by which time or memory must grow to count: machines are shared."""


def same(old: str, new: str) -> None:
    """Raise `UsageError` when two reports are not of the same thing."""
    if old != new:
        raise UsageError(
            f"the old report is of something else: {old}, not {new}", where="--compare"
        )
