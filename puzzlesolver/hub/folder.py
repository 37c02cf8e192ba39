"""A model folder on disk: `model.safetensors`, `config.json` and `README.md` (the model card).

`config.json` is written last, so a folder without it is an unfinished save. Nothing that a file
says is trusted, and nothing is ever unpickled.

In: a folder. Out: a `RecursiveModel` in evaluation mode, or a `ModelError` that names the file.

    >>> model, sha256 = read_model(Path("weights/sudoku"))
"""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from puzzlesolver.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

    from puzzlesolver.models.interface import Network, RecursiveModel

CONFIG_SCHEMA = 1
WEIGHTS, CONFIG, CARD = "model.safetensors", "config.json", "README.md"


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
    network = _build_empty(folder)
    tensors, sha256 = _read_tensors(folder / WEIGHTS, expected_sha256)
    _check_tensors(tensors, network.state_dict(), folder / WEIGHTS)
    network.load_state_dict(tensors, assign=True)
    state = itertools.chain(network.parameters(), network.buffers())
    assert not any(tensor.is_meta for tensor in state), "a network keeps all it has in state_dict"
    return network.eval(), sha256


def read_json(path: Path, schema: int) -> dict[str, Any]:
    """A JSON object that says `"schema": schema`; raises `ModelError` on anything else."""
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise ModelError(f"cannot read it: {error.strerror}", where=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"not valid JSON: {error}", where=str(path)) from error
    if not isinstance(document, dict) or document.get("schema") != schema:
        raise ModelError(
            f'expected a JSON object with "schema": {schema}',
            where=str(path),
            hint="it may be damaged, or made for another version of puzzlesolver",
        )
    return document


def refuse_pointer(data: bytes, path: Path) -> None:
    """Raise `ModelError` where a file begins as what git-LFS leaves in the place of a large one."""
    if data.startswith(b"version h"):
        raise ModelError(
            "this is a git-LFS pointer, not the file itself",
            where=str(path),
            hint="run `git lfs pull` in the repository that it is from",
        )


def _build_empty(folder: Path) -> Network:
    """The network on the meta device: a hostile size costs no memory; no random number is drawn."""
    import torch

    from puzzlesolver.models.registry import build_network

    stored = read_config(folder)
    try:
        with torch.device("meta"):
            return build_network(stored.family, stored.config)
    except ModelError as error:
        error.where = str(folder / CONFIG)
        raise
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise ModelError(
            f"the configuration does not fit family {stored.family!r}: {reason}",
            where=str(folder / CONFIG),
        ) from error


def _read_tensors(path: Path, expected_sha256: str | None) -> tuple[dict[str, Tensor], str]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"cannot read the weights: {error.strerror}", where=str(path)) from error
    refuse_pointer(data, path)
    sha256 = hashlib.sha256(data).hexdigest()
    if expected_sha256 not in (None, sha256):
        raise ModelError(
            f"these are not the weights that were shipped: SHA-256 {sha256}",
            where=str(path),
            hint=f"install puzzlesolver again; expected {expected_sha256}",
        )
    try:
        return load(data), sha256
    except (SafetensorError, KeyError, ValueError) as error:
        raise ModelError(
            f"not a whole safetensors file: {error}",
            where=str(path),
            hint="copy the file again; pickled checkpoints are never loaded",
        ) from error


def _check_tensors(found: dict[str, Tensor], expected: dict[str, Tensor], path: Path) -> None:
    """Every name, shape, format and value; the first fault is raised."""
    for key in sorted(expected.keys() ^ found.keys()):
        fault = "is missing" if key in expected else "does not belong to this model"
        raise ModelError(f"tensor {key!r} {fault}", where=str(path))
    for key, tensor in found.items():
        if _describe(tensor) != _describe(expected[key]):
            raise ModelError(
                f"tensor {key!r} is {_describe(tensor)}, expected {_describe(expected[key])}",
                where=str(path),
                hint=f"the weights and {CONFIG} belong to different models",
            )
        if not tensor.isfinite().all():
            raise ModelError(
                f"tensor {key!r} holds values that are not finite numbers",
                where=str(path),
                hint="the training run diverged; go back to an earlier checkpoint",
            )


def _describe(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)}"
