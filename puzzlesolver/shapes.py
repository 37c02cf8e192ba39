"""Whether data that arrived has the expected shape: one walk over types.

In: JSON data and a shape: a type as in annotations, a dataclass, a dict of fields (`name?` may be
missing), `[X]` for a list, `{KIND: X}` for a dict with any keys of a kind, alternatives as a tuple,
or a `Rule` about one of these. Out: nothing, or a `Misfit` with the place.

>>> check({"accuracy": {"share": "high"}}, {"accuracy": {"share": float}})
Misfit: accuracy.share: expected a number, found "high"
"""

from __future__ import annotations

import dataclasses
import functools
import json
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Union, cast

LARGEST = 1e15
"""Numbers beyond this measure nothing, and overflow where they are printed or drawn."""

LONGEST_TEXT = 20_000
NAMES = {str: "text", bool: "true or false", int: "a whole number", float: "a number",
         type(None): "null", list: "a list", dict: "an object"}  # fmt: skip


class Misfit(ValueError):
    """Data of another shape; says the place, what was expected and what was found."""

    def __init__(self, place: str, expected: str, found: Any) -> None:
        told = NAMES[type(found)] if isinstance(found, (list, dict)) else json.dumps(found)[:40]
        super().__init__(f"{place or 'the whole'}: expected {expected}, found {told}")


@dataclass(frozen=True)
class Rule:
    """A shape and what it does not say alone.

    Attributes:
        shape: checked first.
        told: what is expected, for people.
        holds: whether data of the shape has it.
    """

    shape: Any
    told: str
    holds: Callable[[Any], Any]


AMOUNT = Rule(float, "a number from 0", lambda number: number >= 0)
POSITIVE = Rule(float, "a number above 0", lambda number: number > 0)
PART = Rule(float, "a number from 0 to 1", lambda number: 0 <= number <= 1)
COUNT = Rule(int, "a whole number from 0", lambda number: number >= 0)
DIGITS = Rule(str, "a whole number above 0 as text", lambda text: text.isascii() and text.isdigit()
              and 0 < int(text[:20]) < LARGEST)  # fmt: skip


def check(value: Any, shape: Any, place: str = "") -> None:
    """Raise `Misfit` where `value`, which is JSON data, has not this shape.

    Numbers are finite, and texts can be encoded.
    """
    origin, inner = typing.get_origin(shape), typing.get_args(shape)
    if origin in (list, tuple):
        shape = [inner[0]]
    elif origin is dict:
        shape = {inner[0]: inner[1]}
    elif origin in (types.UnionType, Union):
        shape = inner
    if shape is Any:
        return
    if isinstance(shape, Rule):
        check(value, shape.shape, place)
        if not shape.holds(value):
            raise Misfit(place, shape.told, value)
    elif isinstance(shape, tuple):
        _one_of(value, shape, place)
    elif isinstance(shape, list):
        _check_alone(value, list, place)
        for number, each in enumerate(value):
            check(each, shape[0], f"{place}[{number}]")
    elif isinstance(shape, dict):
        _check_entries(value, shape, place)
    elif dataclasses.is_dataclass(shape):
        fields = _fields_of(cast(Any, shape))
        _check_entries(value, fields, place)
        for name in value.keys() - {field.removesuffix("?") for field in fields}:
            raise Misfit(_inside(place, name), "no such entry", value[name])
    else:
        _check_alone(value, shape or type(None), place)


def _check_entries(value: Any, fields: dict[Any, Any], place: str) -> None:
    _check_alone(value, dict, place)
    for key, shape in fields.items():
        if not isinstance(key, str):
            for name, each in value.items():
                check(name, key, _inside(place, name))
                check(each, shape, _inside(place, name))
            return
        name = key.removesuffix("?")
        if name in value:
            check(value[name], shape, _inside(place, name))
        elif name == key:
            raise Misfit(place, f"an entry {name!r}", value)


@functools.cache
def _fields_of(kind: Any) -> dict[str, Any]:
    """What a dataclass takes; what has a default may be missing."""
    hints = typing.get_type_hints(kind)
    return {
        each.name + "?" * (each.default is not dataclasses.MISSING): hints[each.name]
        for each in dataclasses.fields(kind)
    }


def _one_of(value: Any, shapes: tuple[Any, ...], place: str) -> None:
    """What fits none is told as the first, which is the ordinary one."""
    first: Misfit | None = None
    for shape in shapes:
        try:
            return check(value, shape, place)
        except Misfit as misfit:
            first = first or misfit
    assert first is not None
    raise first


def _check_alone(value: Any, kind: type, place: str) -> None:
    """One value, not what is in it."""
    fits = isinstance(value, (int, float) if kind is float else kind)
    if isinstance(value, bool):
        fits = kind is bool
    elif fits and isinstance(value, (int, float)):
        fits = abs(value) < LARGEST  # false for what is not a number
    elif fits and isinstance(value, str):
        fits = len(value) <= LONGEST_TEXT and not any(
            "\ud800" <= sign <= "\udfff" for sign in value
        )
    if not fits:
        raise Misfit(place, NAMES.get(kind, kind.__name__), value)


def _inside(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def difference(old: Any, new: Any, place: str = "") -> str:
    """Where two documents differ first, and how, in words; "" where they are equal."""
    if old == new:
        return ""
    if isinstance(old, dict) and isinstance(new, dict):
        pairs = {key: (old.get(key, "missing"), new.get(key, "missing")) for key in {**new, **old}}
        key = next(key for key, (then, now) in pairs.items() if then != now)
        return difference(*pairs[key], _inside(place, key))
    return f"{place or 'content'} is {repr(old)[:200]}, not {repr(new)[:200]}"
