"""On which machine a run took place, and how much memory it took."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from typing import Any

from puzzlesolver.runtime import Runtime, peak_memory, processor

MIB = 1 << 20

PACKAGES = ("puzzlesolver", "numpy", "numba", "onnxruntime", "onnxruntime-gpu", "python-sat")
"""Whose versions a report tells, where they are installed."""


def peak_memory_mib() -> float | None:
    """The most memory this process has held so far; None where nobody tells."""
    peak = peak_memory()
    return None if peak is None else round(peak / MIB, 1)


def describe_machine(runtime: Runtime) -> dict[str, Any]:
    """Where a run took place."""
    import torch

    return {
        "cpu": processor(),
        "cores": os.cpu_count(),
        "threads": runtime.threads,
        "memory_gib": _memory_gib(),
        "device": str(runtime),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30), 1)
    except (AttributeError, ValueError):
        return None
