"""From names and values to a `TrainConfig`: recipes, what the user typed, and stored settings.

Four choices decide which settings a run has: the contract (`--set contract=…`), the data (the
domain, and whether `--data` names a file or a folder), the optimizer, and the model. What none of
them reads is refused.

A command line gives the settings in `settings.FLAGS` flags of their own. Every other one is reached
by `--set NAME=VALUE`; `--set model.width=48` reaches into a mapping.

    >>> override(get_preset("sudoku", minutes=60), "learning_rate=0.003").optimizer.learning_rate
    0.003
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from puzzlesolver.errors import UsageError, nearest
from puzzlesolver.models.registry import reads_tokens
from puzzlesolver.train.config import TrainConfig
from puzzlesolver.train.contracts.registry import CONTRACTS
from puzzlesolver.train.data.sources import SOURCES, settings_for
from puzzlesolver.train.optim import OPTIMIZERS, NoEmbedding, TokenEmbedding
from puzzlesolver.train.recipes import PRESETS
from puzzlesolver.train.settings import FLAGS, Flat, Settings, flag

LENGTHS = ("minutes", "steps")
CHOICES = ("domain", "family", "contract", "optimizer", "data", "extra_clues")
"""Settings that decide which others there are."""

Chosen = TypeVar("Chosen")


def get_preset(name: str, **changes: Any) -> TrainConfig:
    """The recipe called `name` with some settings changed; a change to None is no change.

    Raises:
        UsageError: no such recipe or setting, or a value of the wrong type or out of range.
    """
    if name not in PRESETS:
        raise UsageError(f"unknown preset {name!r}", where="--preset", hint=nearest(name, PRESETS))
    given = {key: value for key, value in changes.items() if value is not None}
    return configure({"preset": name, **PRESETS[name]()}, given)


def override(config: TrainConfig, *settings: str, **changes: Any) -> TrainConfig:
    """`config` with changes; the order of the settings does not matter.

    Args:
        config: as it is.
        settings: `NAME=VALUE` or `NAME.KEY=VALUE`; values are JSON, or plain text.
        changes: others by name.

    Raises:
        UsageError: this run has no such setting, or a value of the wrong type or out of range.
    """
    flat = config.to_json()
    return configure(flat, changes | _parsed(settings, {**flat, **changes}))


def from_json(document: Flat) -> TrainConfig:
    """The inverse of `TrainConfig.to_json`; documents of earlier versions hold more settings.

    Raises:
        UsageError: a name is unknown, or a value of the wrong type or out of range.
    """
    return configure(document, {})


def configure(base: Flat, changes: Flat) -> TrainConfig:
    """A config made of flat settings.

    A change of `steps` drops the `minutes` of the base, and the other way round.

    Args:
        base: a recipe or stored settings; those that this run does not read are left out.
        changes: what was asked for; this run must read all of it.

    Raises:
        UsageError: as `override`.
    """
    if changes.keys() & set(LENGTHS):
        base = {name: value for name, value in base.items() if name not in LENGTHS}
    flat = {**base, **changes}
    parts = _parts(flat)
    known = [*TrainConfig.types(), *(name for name, kind in parts.items() if kind.name)]
    known += [name for kind in parts.values() for name in kind.types()]
    for name in changes:
        if name not in known:
            raise _unread(name, parts, known)
    for name in base:
        if name not in known and _owner(name) is None and name not in parts:
            raise _unread(name, parts, known)
    return TrainConfig.of(flat, **{name: kind.of(flat) for name, kind in parts.items()})


def command(config: TrainConfig, out: Path) -> str:
    """The command line that starts this run."""
    return shlex.join(["puzzlesolver", *arguments(config, out)])


def arguments(config: TrainConfig, out: Path) -> list[str]:
    """Its words after the name of the program, with all that differs from the preset."""
    flat = config.to_json()
    given = {name: flat[name] for name in (*LENGTHS, "data")}
    preset = get_preset(config.preset, **given)
    before = preset.to_json()
    chosen = override(preset, **{name: flat[name] for name in CHOICES if name in flat}).to_json()
    words = ["train", config.domain, "--preset", config.preset]
    for name, value in flat.items():
        if name in given and value is not None:
            words += [flag(name), f"{value:g}" if isinstance(value, float) else str(value)]
        elif value != (before if name in CHOICES else chosen)[name] and name != "preset":
            text = value if isinstance(value, str) else json.dumps(value)
            words += [flag(name), text] if name in FLAGS else ["--set", f"{name}={text}"]
    return [*words, "--out", str(out)]


def _parsed(settings: Iterable[str], flat: Flat) -> dict[str, Any]:
    """Settings as they are typed, by name; `flat` is what they change."""
    changes: dict[str, Any] = {}
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals:
            raise UsageError(f"expected NAME=VALUE, not {setting!r}", where="--set")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        name, dot, key = path.strip().partition(".")
        if dot:
            value = {**_mapping(name, {**flat, **changes}), key: value}
        changes[name] = value
    return changes


def _mapping(name: str, flat: Flat) -> Mapping[str, Any]:
    if not isinstance(value := flat.get(name, {}), Mapping):
        raise UsageError(f"{name} has no parts", where=flag(name))
    return value


def _parts(flat: Flat) -> dict[str, type[Settings]]:
    """Whose settings a run has, by the field of `TrainConfig`."""
    contract = _chosen("contract", flat.get("contract", "carried"), CONTRACTS)
    optimizer = _chosen("optimizer", flat.get("optimizer", "adamw"), OPTIMIZERS)
    return {
        "contract": contract.wants,
        "puzzles": settings_for(flat, contract.draws),
        "optimizer": optimizer,
        "embedding": TokenEmbedding if reads_tokens(flat.get("family", "stem")) else NoEmbedding,
    }


def _chosen(name: str, choice: Any, known: Mapping[str, type[Chosen]]) -> type[Chosen]:
    if choice not in known:
        hint = " or ".join(known)
        raise UsageError(f"unknown value {choice!r}", where=flag(name), hint=hint)
    return known[choice]


def _owner(name: str) -> str | None:
    """The part that has a setting of this name in some run."""
    kinds: dict[str, list[type[Settings]]] = {
        "embedding": [TokenEmbedding],
        "contract": [contract.wants for contract in CONTRACTS.values()],
        "puzzles": [kind for source in SOURCES for kind in source.KINDS],
        "optimizer": [*OPTIMIZERS.values()],
    }
    owners = (part for part, each in kinds.items() if any(name in kind.types() for kind in each))
    return next(owners, None)


def _unread(name: str, parts: dict[str, type[Settings]], known: list[str]) -> UsageError:
    if (part := _owner(name)) is None:
        hint = nearest(name, known)
        return UsageError(f"unknown setting {name!r}", where="--set", hint=hint)
    kind = parts[part]
    what, its = f"the {part} {kind.name}" if kind.name else kind.what, ", ".join(kind.types())
    return UsageError(
        f"{what} has no setting {name!r}",
        where=flag(name),
        hint=f"it has {its}" if its else "leave it out",
    )
