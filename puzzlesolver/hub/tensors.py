"""The tensors of a safetensors file: first their names and shapes, then their numbers.

In: a file that nobody vouches for. Out: its tensors on the CPU, or a `ModelError` that names it.

    >>> read_header(Path("weights/sudoku/model.safetensors"))["head.weight"]
    'float32[1, 32]'
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from puzzlesolver.errors import ModelError
from puzzlesolver.files import open_regular, refuse_pointer
from puzzlesolver.limits import MAX_CHECKPOINT_BYTES, MAX_CHECKPOINT_HEADER_BYTES

if TYPE_CHECKING:
    from torch import Tensor

DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}
"""Number formats of torch by what safetensors calls them; networks have no others."""


def read_header(path: Path) -> dict[str, str]:
    """What tensors a file holds, as `describe` tells them; their numbers are not read."""
    from safetensors import SafetensorError, safe_open

    try:
        with open_regular(path) as file:
            size, start = path.stat().st_size, file.read(9)
    except OSError as error:
        raise ModelError(f"cannot read the weights: {error.strerror}", where=str(path)) from error
    refuse_pointer(start, path)
    check_header(start, size, path)
    if size > MAX_CHECKPOINT_BYTES:
        raise ModelError(f"{size:,} bytes; at most {MAX_CHECKPOINT_BYTES:,}", where=str(path))
    try:
        with safe_open(path, "pt") as tensors:
            slices = {key: tensors.get_slice(key) for key in tensors.keys()}  # noqa: SIM118
            return {
                key: f"{DTYPES.get(kind := part.get_dtype(), kind)}{part.get_shape()}"
                for key, part in slices.items()
            }
    except (SafetensorError, KeyError, OSError, ValueError) as error:
        raise _damaged(path, error) from error


def read_tensors(path: Path, expected_sha256: str | None) -> tuple[dict[str, Tensor], str]:
    """The numbers, once it is known that they fit; every one must be finite."""
    from safetensors.torch import load

    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    if expected_sha256 not in (None, sha256):
        raise ModelError(
            f"these are not the weights that were shipped: SHA-256 {sha256}",
            where=str(path),
            hint=f"install puzzlesolver again; expected {expected_sha256}",
        )
    tensors = load(data)
    for key, tensor in tensors.items():
        if not tensor.isfinite().all():
            raise ModelError(
                f"tensor {key!r} holds values that are not finite numbers",
                where=str(path),
                hint="the training run diverged; go back to an earlier checkpoint",
            )
    return tensors, sha256


def check_tensors(found: dict[str, str], expected: dict[str, Tensor], path: Path) -> None:
    """Every name, shape and format; the first fault is raised."""
    for key in sorted(expected.keys() ^ found.keys()):
        fault = "is missing" if key in expected else "does not belong to this model"
        raise ModelError(f"tensor {key!r} {fault}", where=str(path))
    for key, tensor in expected.items():
        if found[key] != describe(tensor):
            raise ModelError(
                f"tensor {key!r} is {found[key]}, expected {describe(tensor)}",
                where=str(path),
                hint="the weights and config.json belong to different models",
            )


def check_header(start: bytes, size: int, path: Path) -> None:
    """Raise `ModelError` where the header of a safetensors file is longer than it can be.

    Args:
        start: the first 8 bytes of the file.
        size: of the file, in bytes.
        path: of the file.
    """
    header = int.from_bytes(start[:8], "little")
    if len(start) < 8 or header > min(size - 8, MAX_CHECKPOINT_HEADER_BYTES):
        raise _damaged(path, f"a header of {header:,} bytes in a file of {size:,}")


def describe(tensor: Tensor) -> str:
    """Its number format and shape, for people."""
    return f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)}"


def _damaged(path: Path, reason: object) -> ModelError:
    return ModelError(
        f"not a whole safetensors file: {reason}",
        where=str(path),
        hint="download or copy it again; pickled checkpoints are never loaded",
    )
