"""Sessions of ONNX Runtime: on which device they compute, and opened without a word.

>>> open_session("sudoku.onnx", Path("sudoku.onnx"), graph_device("auto")).get_providers()
['CPUExecutionProvider']
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from puzzlesolver.errors import ModelError, UsageError
from puzzlesolver.runtime import DEVICES, available_devices

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
FATAL = 4
"""ONNX Runtime's log level: what matters it also raises or tells by `get_providers`."""

TRIVIAL = bytes.fromhex(
    "080912003a370a100a017812017922084964656e746974791201675a0f0a0178120a0a0808011204"
    "0a020801620f0a0179120a0a08080112040a02080142040a001012"
)
"""A graph that returns its input: what a session of it gets, any session gets."""


def graph_device(asked: str) -> str:
    """Where sessions shall run, from `--device`: CUDA when asked for, or when torch finds it.

    Torch need not know CUDA for ONNX Runtime to use it, so what is asked for is passed on.
    """
    if asked == "auto":
        return "cuda" if "cuda" in available_devices() else "cpu"
    kind, colon, number = asked.partition(":")
    if kind not in DEVICES or (colon and not number.isdecimal()):
        raise UsageError(
            f"unknown device {asked!r}",
            where="--device",
            hint=f"auto, {', '.join(DEVICES)} or cuda:N",
        )
    return asked


def obtained_providers() -> tuple[str, ...]:
    """What a session really gets that asks for CUDA, then the CPU."""
    return tuple(_session(TRIVIAL, [CUDA, CPU]).get_providers())


def open_session(model: str | bytes, path: Path, device: str) -> Any:
    """A session of a file, or of the bytes of one.

    Args:
        model: the file's name, or bytes.
        path: what an error names.
        device: as `graph_device` gives it.

    Raises:
        ModelError: ONNX Runtime refuses it.
    """
    kind, _, number = device.partition(":")
    asked: list[Any] = [CPU]
    if kind == "cuda":
        asked.insert(0, (CUDA, {"device_id": number or "0"}))
    try:
        return _session(model, asked)
    except Exception as error:  # ONNX Runtime's own errors have no common base but this
        reason = str(error).partition("\n")[0]
        what, hint = f"ONNX Runtime cannot open it: {reason}", "make it anew: puzzlesolver export"
        raise ModelError(what, where=str(path), hint=hint) from error


def _session(model: str | bytes, providers: list[Any]) -> Any:
    import onnxruntime

    onnxruntime.set_default_logger_severity(FATAL)  # a missing CUDA library fills a screen
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL
    options.intra_op_num_threads = 1  # the micro-batches of the engine are the parallel unit
    with _silent():
        return onnxruntime.InferenceSession(model, options, providers=providers)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Without what native code prints on stdout, which is for data."""
    try:
        sys.stdout.flush()
        kept = os.dup(1)
    except OSError:  # it is closed
        yield
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nothing)
