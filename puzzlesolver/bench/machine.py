"""On which machine a run took place, and how much memory it took."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from pathlib import Path
from typing import Any

from puzzlesolver.runtime import Runtime

MIB = 1 << 20

PACKAGES = ("puzzlesolver", "numpy", "numba", "onnxruntime", "onnxruntime-gpu", "python-sat")
"""Whose versions a report tells, where they are installed."""


def peak_memory_mib() -> float | None:
    """The most memory this process has held so far; None on Windows, which does not tell."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / MIB, 1)


def describe_machine(runtime: Runtime) -> dict[str, Any]:
    """Where a run took place."""
    import torch

    return {
        "cpu": _cpu_model(),
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


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30), 1)
    except (AttributeError, ValueError):
        return None
