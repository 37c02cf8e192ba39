"""Where the arithmetic runs: device, number format and threads, each told with its reason.

In: what the user asked for. Out: a `Runtime` that the engine and the trainer obey. The seed is no
part of it: that decides answers, so `Policy` and the training settings own it.

The environment variable `PUZZLESOLVER_PRECISION` (`auto`, `fp32` or `bf16`) overrules the choice of
the number format; training has a setting of its own.

    >>> print(choose_runtime("auto"))
    cpu (no cuda or mps device found) · float32 (no fast bfloat16 in hardware) · 2 threads (…)
"""

from __future__ import annotations

import functools
import os
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from puzzlesolver.errors import UsageError

if TYPE_CHECKING:
    import torch

DEVICES = ("cuda", "mps", "cpu")
"""Kinds of device, the preferred one first."""

PRECISION = "PUZZLESOLVER_PRECISION"
SLOW = "no fast bfloat16 in hardware"
FORMATS = {"fp32": "float32", "bf16": "bfloat16"}
"""Number formats by the names that `PRECISION` and `--set precision` have for them."""


@dataclass(frozen=True)
class Runtime:
    """Device, number format and threads, each with the reason it was chosen.

    Attributes:
        device: where tensors live.
        dtype: bfloat16 where the hardware multiplies it natively; readouts and losses stay float32.
        threads: CPU threads of one operation.
        device_reason: why this device.
        dtype_reason: why this format.
        threads_reason: why so many threads.
    """

    device: torch.device
    dtype: torch.dtype
    threads: int
    device_reason: str
    dtype_reason: str
    threads_reason: str

    def __str__(self) -> str:
        dtype = str(self.dtype).removeprefix("torch.")
        threads = f"{self.threads} thread{'s' * (self.threads != 1)}"
        return " · ".join(
            f"{value} ({reason})"
            for value, reason in (
                (self.device, self.device_reason),
                (dtype, self.dtype_reason),
                (threads, self.threads_reason),
            )
        )


def choose_runtime(device: str = "auto", threads: int | None = None) -> Runtime:
    """The best device present, or the one asked for; torch's thread count is set to match.

    Args:
        device: `auto`, `cpu`, `mps`, `cuda` or `cuda:N`.
        threads: CPU threads of one operation; None leaves torch's own number, which obeys
            `OMP_NUM_THREADS`.

    Raises:
        UsageError: the device is unknown or not present, `threads` is below 1, or `PRECISION`
            names no number format.
    """
    import torch

    _default_threads()  # before anything changes it
    chosen, device_reason = _choose_device(device)
    dtype, dtype_reason = _choose_dtype(chosen)
    if threads is not None and threads < 1:
        raise UsageError("at least one thread is needed", where="--threads")
    threads_reason = "torch's default" if threads is None else "as asked"
    threads = _default_threads() if threads is None else threads
    torch.set_num_threads(threads)
    return Runtime(chosen, dtype, threads, device_reason, dtype_reason, threads_reason)


def processor() -> str:
    """The name of the CPU."""
    found = re.search(r"model name\s*: (.+)", read_proc("cpuinfo"))
    return found[1].strip() if found else platform.processor() or platform.machine()


def peak_memory() -> int | None:
    """The most bytes that this process has held so far; None on Windows, which does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def read_proc(name: str) -> str:
    """What Linux tells in a file of `/proc`; "" where there is none."""
    try:
        return Path("/proc", name).read_text()
    except OSError:
        return ""


def available_devices() -> list[str]:
    """Kinds of device present on this machine, the preferred one first; always ends with `cpu`."""
    import torch

    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    return [kind for kind in DEVICES if present[kind]]


@functools.cache
def _default_threads() -> int:
    """Torch's own number, remembered from the first call; engines change it process-wide."""
    import torch

    return torch.get_num_threads()


def _choose_device(asked: str) -> tuple[torch.device, str]:
    import torch

    present = available_devices()
    if asked == "auto":
        missing = DEVICES[: DEVICES.index(present[0])]
        reason = f"no {' or '.join(missing)} device found" if missing else "the fastest one found"
        return torch.device(present[0]), reason
    try:
        device = torch.device(asked)
    except RuntimeError:
        device = None
    if device is None or device.type not in DEVICES:
        raise UsageError(
            f"unknown device {asked!r}",
            where="--device",
            hint=f"auto, {', '.join(DEVICES)} or cuda:N",
        )
    if device.type not in present or (device.index or 0) >= _count(device.type):
        raise UsageError(
            f"this machine has no device {asked!r} that torch can use",
            where="--device",
            hint=f"use --device auto; present: {', '.join(present)}",
        )
    return device, "as asked"


def _count(kind: str) -> int:
    import torch

    return torch.cuda.device_count() if kind == "cuda" else 1


def _choose_dtype(device: torch.device) -> tuple[torch.dtype, str]:
    import torch

    asked = os.environ.get(PRECISION) or "auto"
    if asked in FORMATS:
        return getattr(torch, FORMATS[asked]), f"as {PRECISION} asks"
    if asked != "auto":
        raise UsageError(
            f"unknown number format {asked!r}", where=PRECISION, hint=f"auto, {', '.join(FORMATS)}"
        )
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return (torch.bfloat16, "native here") if native else (torch.float32, SLOW)
    if device.type != "cpu":
        return torch.float32, "bfloat16 is unmeasured on mps"
    present = torch.cpu.get_capabilities().get
    # With avx512_bf16 alone it is 1.4 to 3.6 times as fast on AMD's Zen 5, half as fast on Intel's
    # Sapphire Rapids.
    amd = "AuthenticAMD" in read_proc("cpuinfo")
    if present("amx_bf16", False) or (present("avx512_bf16", False) and amd):
        return torch.bfloat16, "native here"
    return torch.float32, SLOW
