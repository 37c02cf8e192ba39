"""Settings as small frozen dataclasses: every part of a training has its own, and checks it.

In: flat names and values, as `--set NAME=VALUE` and checkpoints have them. Out: typed objects.

    >>> @dataclass(frozen=True)
    ... class Pace(Settings):
    ...     what = "the pace"
    ...     speed: float = within(0.5, 0, 1)
    >>> Pace.of({"speed": 1, "colour": "red"})
    Pace(speed=1.0)
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

from puzzlesolver.errors import UsageError

Flat = Mapping[str, Any]
"""Settings of all parts by name."""

FLAGS = ("preset", "start", "data", "exclude", "minutes", "steps", "seed", "device", "threads")
"""Settings with a command-line flag of their own; the others are set by `--set NAME=VALUE`."""

MANY = 10**12


def flag(name: str) -> str:
    """How the command line calls a setting."""
    return f"--{name}" if name in FLAGS else f"--set {name}"


def within(default: Any, lowest: float, highest: float = MANY) -> Any:
    """A field whose value is a number in this range, or None where its type allows that."""
    return dataclasses.field(default=default, metadata={"range": (lowest, highest)})


@dataclass(frozen=True)
class Settings:
    """Base of all settings. A subclass reads every one of its fields; what it lacks is refused.

    Attributes:
        name: by which it is chosen, where there is a choice; empty where something else decides.
        what: how messages call it, where it has no name.

    Raises:
        UsageError: a number is out of its range.
    """

    name: ClassVar[str] = ""
    what: ClassVar[str]

    def __post_init__(self) -> None:
        for entry in dataclasses.fields(self):
            value = getattr(self, entry.name)
            if value is None or "range" not in entry.metadata:
                continue
            lowest, highest = entry.metadata["range"]
            if not (lowest <= value <= highest and math.isfinite(value)):
                bounds = f"at least {lowest}" if highest == MANY else f"{lowest} to {highest}"
                raise UsageError(f"expected {bounds}, not {value}", where=flag(entry.name))

    @classmethod
    def types(cls) -> dict[str, Any]:
        """Types of its settings by name, those of parts within it left out."""
        hints = typing.get_type_hints(cls)
        own = {entry.name: hints[entry.name] for entry in dataclasses.fields(cls)}
        return {name: hint for name, hint in own.items() if not _is_part(hint)}

    @classmethod
    def of(cls, flat: Flat, **parts: Settings) -> Self:
        """Those of `flat` that it has; raises `UsageError` on a wrong type or value."""
        own = {name: hint for name, hint in cls.types().items() if name in flat}
        return cls(**{name: typed(name, flat[name], own[name]) for name in own}, **parts)


def typed(name: str, value: Any, hint: Any) -> Any:
    """`value` as a setting wants it: ints may stand for floats or texts, lists for tuples."""
    if typing.get_origin(hint) is Literal:
        if value not in (choices := typing.get_args(hint)):
            hint = " or ".join(choices)
            raise UsageError(f"unknown value {value!r}", where=flag(name), hint=hint)
        return value
    kinds = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    for kind in kinds:
        wanted = typing.get_origin(kind) or kind
        if wanted in (float, str) and type(value) is int:
            return wanted(value)
        if wanted is tuple and isinstance(value, list):
            value = tuple(tuple(item) if isinstance(item, list) else item for item in value)
        if type(value) is wanted:
            return value
    expected = " or ".join(
        "nothing" if k is types.NoneType else str(getattr(k, "__name__", k)) for k in kinds
    )
    raise UsageError(f"expected {expected}, not {value!r}", where=flag(name))


def is_number(value: Any) -> bool:
    """Whether it is a finite int or float."""
    return type(value) in (int, float) and math.isfinite(value)


def _is_part(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Settings)
