"""Checkpoints: all that a run needs to go on exactly; a crash at any moment loses nothing older.

In: a nested dict of tensors, arrays and JSON values. Out: a folder `step-000001200/` with
`tensors.safetensors` and `state.json`, renamed into place when both are on disk; `COMPLETE`,
written last, holds their SHA-256. No pickle.

    >>> save_checkpoint(Path("checkpoints"), 1_200, {"update": 1_200, "w": torch.ones(2)})
    >>> load_checkpoint(Path("checkpoints"))["update"]
    1200
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from puzzlesolver.errors import ModelError
from puzzlesolver.files import explained, open_regular, placed, sweep, write_file
from puzzlesolver.hub.folder import read_json

SCHEMA = 1
TENSORS, STATE, MARKER = "tensors.safetensors", "state.json", "COMPLETE"
KEPT = 2


def save_checkpoint(folder: Path, update: int, state: Mapping[str, Any]) -> None:
    """Write the checkpoint of `update` and drop all but the last two.

    Args:
        folder: holds the checkpoints of one run; made when missing.
        update: updates done.
        state: nested dicts with text keys; leaves are tensors, numpy arrays or JSON values.
    """
    target = folder / f"step-{update:09d}"
    if (target / MARKER).is_file():
        return
    tensors: dict[str, Tensor] = {}
    document = {"schema": SCHEMA, "state": _split(state, "", tensors)}
    files = {TENSORS: save(tensors), STATE: json.dumps(document).encode()}
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    shutil.rmtree(target, ignore_errors=True)
    with placed(target) as partial:
        partial.mkdir()
        for name, data in files.items():
            write_file(partial / name, data)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    write_file(target / MARKER, json.dumps({"schema": SCHEMA, "sha256": digests}).encode())
    for old in _complete(folder)[:-KEPT]:
        # The marker goes first: half a deleted checkpoint must not look whole.
        (old / MARKER).unlink()
        shutil.rmtree(old)


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The state of the newest finished checkpoint, arrays as tensors; None when there is none.

    Raises:
        ModelError: a file of it is missing, damaged, or from another version.
    """
    if not (complete := _complete(folder)):
        return None
    newest = complete[-1]
    document = _checked_json(newest)
    try:
        tensors = load(_checked_bytes(newest, TENSORS))
    except (SafetensorError, ValueError, KeyError) as error:
        raise _damaged(newest / TENSORS, str(error)) from error
    return _join(document, "", tensors)


def peek_checkpoint(folder: Path) -> dict[str, Any] | None:
    """As `load_checkpoint`, without reading the tensors."""
    complete = _complete(folder)
    return _checked_json(complete[-1]) if complete else None


def _complete(folder: Path) -> list[Path]:
    """Finished checkpoints, oldest first."""
    return sorted(marker.parent for marker in folder.glob(f"step-*[0-9]/{MARKER}"))


def _checked_json(checkpoint: Path) -> dict[str, Any]:
    path = checkpoint / STATE
    _checked_bytes(checkpoint, STATE)
    state = read_json(path, SCHEMA).get("state")
    if not isinstance(state, dict):
        raise _damaged(path, '"state" is missing')
    return state


def _checked_bytes(checkpoint: Path, name: str) -> bytes:
    digests = read_json(checkpoint / MARKER, SCHEMA).get("sha256", {})
    try:
        with open_regular(checkpoint / name) as file:
            data = file.read()
    except OSError as error:
        raise _damaged(checkpoint / name, error.strerror or "unreadable") from error
    if hashlib.sha256(data).hexdigest() != digests.get(name):
        raise _damaged(checkpoint / name, "its SHA-256 is not the one noted when it was written")
    return data


def _damaged(path: Path, why: str) -> ModelError:
    return ModelError(
        f"this checkpoint is damaged: {why}",
        where=str(path),
        hint=f"delete {path.parent} to go on from the checkpoint before it",
    )


def _split(node: Mapping[str, Any], prefix: str, tensors: dict[str, Tensor]) -> dict[str, Any]:
    """The JSON part of `node`; tensors and arrays move to `tensors` under their path."""
    plain: dict[str, Any] = {}
    for key, value in node.items():
        if isinstance(value, np.ndarray):
            value = torch.from_numpy(np.array(value, order="C"))
        if isinstance(value, Tensor):
            tensors[prefix + key] = value.detach().cpu().contiguous()
        else:
            nested = isinstance(value, Mapping)
            plain[key] = _split(value, f"{prefix}{key}/", tensors) if nested else value
    return plain


def _join(node: dict[str, Any], prefix: str, tensors: dict[str, Tensor]) -> dict[str, Any]:
    """The inverse of `_split`; takes what it uses out of `tensors`."""
    joined = {
        key: _join(value, f"{prefix}{key}/", tensors) if isinstance(value, dict) else value
        for key, value in node.items()
    }
    direct = [
        path for path in tensors if path.startswith(prefix) and "/" not in path[len(prefix) :]
    ]
    return joined | {path[len(prefix) :]: tensors.pop(path) for path in direct}
