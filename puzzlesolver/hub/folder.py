"""A model folder on disk: `model.safetensors`, `config.json` and `README.md` (the model card).

`config.json` is written last, so a folder without it is an unfinished save. Nothing that a file
says is trusted, and nothing is ever unpickled.

In: a folder. Out: a `RecursiveModel` in evaluation mode, or a `ModelError` that names the file.

    >>> model, sha256 = read_model(Path("weights/sudoku"))
    >>> save_model(model, Path("copy"), training={"seed": 0}, card="# A copy")
"""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from puzzlesolver import files
from puzzlesolver.errors import ModelError
from puzzlesolver.hub.tensors import check_tensors, read_header, read_tensors
from puzzlesolver.limits import MAX_JSON_BYTES

if TYPE_CHECKING:
    from puzzlesolver.models.interface import Network, RecursiveModel

CONFIG_SCHEMA = 1
WEIGHTS, CONFIG, CARD = "model.safetensors", "config.json", "README.md"

_TOLD = {
    "domain": str, "data": str, "provenance": dict, "settings": dict, "curve": list,
    "minutes": int | float, "core_minutes": int | float,
}  # fmt: skip
"""What of a training record is not only shown, where it is there."""


@dataclass(frozen=True)
class StoredConfig:
    """`config.json`: what to build, and how the weights came to be.

    Attributes:
        family: key of `puzzlesolver.models.registry.MODELS`.
        config: hyperparameters of that family.
        training: command, seed, data and cost, as the trainer wrote them.
    """

    family: str
    config: dict[str, Any]
    training: dict[str, Any]


def read_config(folder: Path) -> StoredConfig:
    """The folder's `config.json`; raises `ModelError` when it is missing or malformed."""
    path = folder / CONFIG
    if not path.is_file():
        raise ModelError(
            f"this folder holds no finished model: {CONFIG} is missing",
            where=str(folder),
            hint=f"a model folder has {WEIGHTS}, {CONFIG} and {CARD}",
        )
    document = read_json(path, CONFIG_SCHEMA)
    family, config = document.get("family"), document.get("config")
    training = document.get("training", {})
    if not (isinstance(family, str) and isinstance(config, dict) and isinstance(training, dict)):
        raise ModelError(
            'expected "family" (text), "config" and "training" (objects)', where=str(path)
        )
    for name, kind in _TOLD.items():
        if not isinstance(training.get(name), kind | None):
            raise ModelError(
                f'"{name}" of "training" is {str(training[name])[:40]!r}', where=str(path)
            )
    return StoredConfig(family, config, training)


def read_model(folder: Path, expected_sha256: str | None = None) -> tuple[RecursiveModel, str]:
    """`read_network` of one that boards are given to; raises `ModelError` on any other one."""
    from puzzlesolver.models.registry import refines_boards

    network, sha256 = read_network(folder, expected_sha256)
    return refines_boards(network, str(folder)), sha256


def read_network(folder: Path, expected_sha256: str | None = None) -> tuple[Network, str]:
    """The network with its weights, on the CPU, and the SHA-256 of the weights file.

    Args:
        folder: a model folder.
        expected_sha256: what the weights file must hash to; None = anything.

    Raises:
        ModelError: a file is missing, damaged, or does not fit the others.
    """
    weights = folder / WEIGHTS
    stored, found = read_config(folder), read_header(weights)
    network = _build_empty(folder, stored, most=len(found))
    check_tensors(found, network.state_dict(), weights)
    tensors, sha256 = read_tensors(weights, expected_sha256)
    network.load_state_dict(tensors, assign=True)
    state = itertools.chain(network.parameters(), network.buffers())
    assert not any(tensor.is_meta for tensor in state), "a network keeps all it has in state_dict"
    return network.eval(), sha256


def read_json(path: Path, schema: int) -> dict[str, Any]:
    """A JSON object that says `"schema": schema`; raises `ModelError` on anything else."""
    document = files.read_json(path, MAX_JSON_BYTES)
    if not isinstance(document, dict) or document.get("schema") != schema:
        raise ModelError(
            f'expected a JSON object with "schema": {schema}',
            where=str(path),
            hint="it may be damaged, or made for another version of puzzlesolver",
        )
    return document


@contextlib.contextmanager
def _stopping(most: int) -> Iterator[None]:
    """Let no network be built that has many more tensors than its file: that may take all memory.

    A few more are let pass, so that the one that is missing can be named.
    """
    from torch.nn.modules.module import register_module_parameter_registration_hook

    builder, left = threading.get_ident(), 2 * most + 64

    def count(*parameter: object) -> None:
        nonlocal left
        left -= threading.get_ident() == builder
        if left < 0:
            raise ModelError(f"the configuration asks for far more tensors than the {most} there")

    handle = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        handle.remove()


def _build_empty(folder: Path, stored: StoredConfig, most: int) -> Network:
    """The network without numbers; every fault of its configuration is a `ModelError`."""
    from puzzlesolver.models.registry import build_empty

    try:
        with _stopping(most):
            return build_empty(stored.family, stored.config)
    except ModelError as error:
        error.where = str(folder / CONFIG)
        raise
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise ModelError(
            f"the configuration does not fit family {stored.family!r}: {reason}",
            where=str(folder / CONFIG),
        ) from error


def save_model(model: Network, folder: Path, training: dict[str, Any], card: str) -> None:
    """Write a model folder; an interruption leaves no `config.json`, never a mixture that loads.

    Args:
        model: any model of the registry.
        folder: made when missing; other files in it stay.
        training: how the weights came to be: command, seed, data, cost; anything JSON can say.
        card: Markdown for people.
    """
    from safetensors.torch import save

    from puzzlesolver.models.registry import MODELS

    family = next(name for name, (cls, _) in MODELS.items() if type(model) is cls)
    config = {
        "schema": CONFIG_SCHEMA,
        "family": family,
        "config": model.config.to_json(),
        "training": training,
    }
    config_bytes = json.dumps(config, indent=2).encode() + b"\n"
    weights = save({key: tensor.contiguous().cpu() for key, tensor in model.state_dict().items()})
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).unlink(missing_ok=True)
    files.write_file(folder / CARD, card.encode())
    files.write_file(folder / WEIGHTS, weights)
    files.write_file(folder / CONFIG, config_bytes)
