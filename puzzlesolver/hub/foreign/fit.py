"""Fit the tensors of a published checkpoint into one of our models, checking each of them.

In: tensors by the names of our models, and a configuration. Out: the model, or a `ModelError` that
names the first tensor that is at fault.

    >>> model, changed = build_fitted(checkpoint, config)
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from puzzlesolver.errors import ModelError
from puzzlesolver.hub.foreign.layout import Checkpoint
from puzzlesolver.hub.tensors import describe

if TYPE_CHECKING:
    from torch import Tensor

    from puzzlesolver.models.interface import RecursiveModel

HINT = "sizes follow from tensors and settings; if a setting is wrong, say it with --config"


def build_fitted(
    checkpoint: Checkpoint, values: dict[str, Any]
) -> tuple[RecursiveModel, dict[str, str]]:
    """The model with the checkpoint's tensors, and which of them changed their number format.

    Raises:
        ModelError: the configuration is impossible, or a tensor is missing, too many, of another
            shape, not finite, not of its own memory, or cannot be kept exactly.
    """
    from puzzlesolver.models.registry import build_empty, refines_boards

    try:
        model = refines_boards(build_empty(checkpoint.family, values), checkpoint.family)
    except ModelError as error:
        error.where = checkpoint.where
        raise
    expected, found = model.state_dict(), checkpoint.tensors
    for key in sorted(expected.keys() ^ found.keys()):
        fault = (
            "is missing" if key in expected else f"does not belong to {checkpoint.family.upper()}"
        )
        raise ModelError(f"tensor {key!r} {fault}", where=checkpoint.where, hint=HINT)
    for key, tensor in found.items():
        if tensor.shape != expected[key].shape or not tensor.is_floating_point():
            raise ModelError(
                f"tensor {key!r} is {describe(tensor)}, expected {describe(expected[key])}",
                where=checkpoint.where,
                hint=HINT,
            )
    _check_memory(checkpoint)
    fitted = {key: _fit(key, found[key], expected[key], checkpoint.where) for key in expected}
    model.load_state_dict(fitted, assign=True)
    changed = {
        key: f"{describe(found[key])} to {describe(tensor)}"
        for key, tensor in fitted.items()
        if tensor.dtype != found[key].dtype
    }
    return model, changed


def _check_memory(checkpoint: Checkpoint) -> None:
    """Tensors that are views of one memory would take more when written than the file has."""
    used: Counter[int] = Counter()
    for key, tensor in checkpoint.tensors.items():
        storage = tensor.untyped_storage()
        used[storage.data_ptr()] += tensor.nbytes
        if used[storage.data_ptr()] > storage.nbytes():
            raise ModelError(
                f"tensor {key!r} shares its memory with others",
                where=checkpoint.where,
                hint="no published family has such tensors; save contiguous copies",
            )


def _fit(key: str, tensor: Tensor, expected: Tensor, where: str) -> Tensor:
    """The tensor in the expected number format, provided that keeps every number."""
    if not tensor.isfinite().all():
        raise ModelError(f"tensor {key!r} holds values that are not finite numbers", where=where)
    if tensor.dtype == expected.dtype:
        return tensor
    fitted = tensor.to(expected.dtype)
    if not fitted.to(tensor.dtype).equal(tensor):
        raise ModelError(
            f"tensor {key!r} is {describe(tensor)}, and {describe(expected)} cannot hold it",
            where=where,
        )
    return fitted
