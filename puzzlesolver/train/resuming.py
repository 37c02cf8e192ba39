"""What goes on where it stopped: each part names what it keeps, and all are saved alike.

In: attributes. Out: nested dicts that go through checkpoints.

    >>> class Count(Resumable):
    ...     KEPT = ("made",)
    ...     made = 2
    >>> Count().state_dict()
    {'made': 2}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from torch import Tensor, nn

from puzzlesolver.errors import UsageError


class Resumable:
    """Something whose later work depends on its past.

    Attributes:
        KEPT: names of the attributes that it depends on; without leading underscores those of what
            is saved. Values are of JSON, arrays, numpy's generators, what can be resumed itself,
            and dicts of such.
    """

    KEPT: ClassVar[tuple[str, ...]] = ()

    def state_dict(self) -> dict[str, Any]:
        """All that later work depends on; what is None is left out."""
        values = {name.lstrip("_"): getattr(self, name) for name in self.KEPT}
        return {name: _taken(value) for name, value in values.items() if value is not None}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse; what is missing stays as it is."""
        for name in self.KEPT:
            if (saved := name.lstrip("_")) in state:
                setattr(self, name, _given(getattr(self, name), state[saved]))


class Unchanged:
    """A SHA-256 of data that must be the same when a run goes on.

    Args:
        sha256: finds it.
        what: the data, for people.
        where: the option that they come from.
    """

    def __init__(self, sha256: Callable[[], str], what: str, where: str) -> None:
        self.sha256, self.what, self.where = sha256, what, where

    def state_dict(self) -> str:
        """The hash."""
        return self.sha256()

    def load_state_dict(self, before: str) -> None:
        """Raise `UsageError` when it was another one."""
        if before != self.sha256():
            raise UsageError(
                f"{self.what} changed after the run was started",
                where=self.where,
                hint="give back the old ones, or start another run with another --out",
            )


def _taken(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _taken(each) for key, each in value.items()}
    if isinstance(value, np.random.Generator):
        return value.bit_generator.state
    return value.state_dict() if hasattr(value, "state_dict") else value


def _given(value: Any, kept: Any) -> Any:
    """What takes the place of a value; what can be resumed stays and goes on."""
    if isinstance(value, nn.Module):
        value.load_state_dict(kept)
        return value
    kept = _arrays(kept)
    if isinstance(value, dict):
        return {key: _given(each, kept[key]) for key, each in value.items()}
    if isinstance(value, np.random.Generator):
        value.bit_generator.state = kept
    elif hasattr(value, "load_state_dict"):
        value.load_state_dict(kept)
    else:
        return tuple(kept) if isinstance(value, tuple) else kept
    return value


def _arrays(kept: Any) -> Any:
    """The tensors of a checkpoint as arrays again."""
    if isinstance(kept, dict):
        return {key: _arrays(each) for key, each in kept.items()}
    return kept.numpy() if isinstance(kept, Tensor) else kept
