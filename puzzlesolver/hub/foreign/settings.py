"""What tensors cannot tell: settings from a YAML file, from a checkpoint, or from a catalog.

In: files and mappings that nobody vouches for. Out: values of the right type, or a `ModelError`
that names the source.

    >>> settings = Settings({"all_config.yaml": {"H_cycles": 3}})
    >>> settings.get("H_cycles", 2), settings.get("L_cycles", 6), settings.assumed
    (3, 6, {'L_cycles': 6})
"""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from puzzlesolver.errors import ModelError
from puzzlesolver.files import open_regular
from puzzlesolver.limits import (
    MAX_SETTING_CHARS,
    MAX_SETTINGS,
    MAX_SETTINGS_DEPTH,
    MAX_YAML_BYTES,
)

Value = TypeVar("Value", int, float, str, bool)


class Settings:
    """Settings by name; the first source that has one decides.

    Args:
        sources: mappings by what to call them.

    Attributes:
        assumed: what no source had.
    """

    def __init__(self, sources: Mapping[str, Mapping[str, Any]]) -> None:
        self.sources = sources
        self.assumed: dict[str, Any] = {}

    def find(self, name: str, kind: type[Value]) -> Value | None:
        """A setting, or None; raises `ModelError` where it has another type."""
        for source, values in self.sources.items():
            if name not in values:
                continue
            value = values[name]
            if kind is float and isinstance(value, str):  # YAML takes 1e-5 for text
                with contextlib.suppress(ValueError):
                    value = float(value)
            # A truth value counts as a whole number in Python, and whole numbers do as decimals.
            accepted: Any = (int, float) if kind is float else kind
            if isinstance(value, accepted) and (kind is bool or not isinstance(value, bool)):
                return kind(value)
            raise ModelError(
                f"{name} must be of type {kind.__name__}, not {str(value)[:40]!r}", where=source
            )
        return None

    def get(self, name: str, default: Value) -> Value:
        """A setting; the default is noted down as assumed."""
        found = self.find(name, type(default))
        if found is None:
            self.assumed[name] = default
            return default
        return found

    def check(self, told: Mapping[str, Any], where: str) -> None:
        """Raises `ModelError` where a source contradicts what is known from elsewhere."""
        for source, values in self.sources.items():
            for name, truth in told.items():
                said = values.get(name, truth)
                if type(said) is type(truth) and said != truth:
                    raise ModelError(
                        f"{source} says {name} is {said}, the tensors say {truth}",
                        where=where,
                        hint="it belongs to another checkpoint",
                    )


def read_settings(path: Path) -> tuple[dict[str, Any], str]:
    """The mapping that a YAML file holds, as JSON could hold it, and the SHA-256 of the file.

    Raises:
        ModelError: it cannot be read, is no mapping, is too large, or uses aliases or tags.
    """
    import yaml  # type: ignore[import-untyped]

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        """Refuses aliases, a few lines of which stand for billions of values."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("aliases are not accepted")
            return super().compose_node(parent, index)

    try:
        with open_regular(path) as file:
            data = file.read(MAX_YAML_BYTES + 1)
    except OSError as error:
        raise ModelError(f"cannot read it: {error.strerror}", where=str(path)) from error
    if len(data) > MAX_YAML_BYTES:
        raise ModelError(f"a configuration of over {MAX_YAML_BYTES:,} bytes", where=str(path))
    try:
        document = plain(yaml.load(data, Loader))
    # Dates, numbers and names that hostile YAML asks for fail in their own ways.
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"not a valid configuration: {reason}", where=str(path)) from error
    if not isinstance(document, dict):
        kind = type(document).__name__
        raise ModelError(f"expected settings by name, found a {kind}", where=str(path))
    return document, hashlib.sha256(data).hexdigest()


def section(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A mapping inside another; empty where there is none of that name."""
    inner = document.get(name)
    return inner if isinstance(inner, dict) else {}


def plain(value: Any) -> Any:
    """A copy made of what JSON can say; anything else becomes text, and long text is cut.

    Raises:
        ValueError: it nests too deep or has too many values, as one that contains itself does.
    """
    left = MAX_SETTINGS

    def copied(value: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if left < 0 or depth > MAX_SETTINGS_DEPTH:
            raise ValueError("too many or too deeply nested settings")
        if isinstance(value, dict):
            return {_name(key): copied(inner, depth + 1) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [copied(inner, depth + 1) for inner in value]
        if value is None or (isinstance(value, int) and abs(value) < 2**63):
            return value
        if isinstance(value, float) and math.isfinite(value):
            return value
        return str(value)[:MAX_SETTING_CHARS]

    return copied(value, 0)


def _name(key: Any) -> str:
    if not isinstance(key, str | int | float | None):
        raise ValueError(f"the name of a setting is a {type(key).__name__}")
    return str(key)[:MAX_SETTING_CHARS]
