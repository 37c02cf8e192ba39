"""Joules, where the machine has a meter: RAPL on Linux, NVML on NVIDIA cards.

A meter counts all that its packages or its card spend, idle power and other programs included.

    >>> meter = find_meter(torch.device("cpu"))
    >>> before = meter.read()
    >>> joules = meter.since(before)
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

POWERCAP = Path("/sys/class/powercap")


@dataclass(frozen=True)
class Meter:
    """Counters of energy.

    Attributes:
        name: what is metered.
        read: where the counters stand.
        ranges: past which each of them starts anew.
        per_joule: units of the counters in a joule.
    """

    name: str
    read: Callable[[], list[int]]
    ranges: Sequence[int]
    per_joule: float

    def since(self, earlier: Sequence[int]) -> float:
        """Joules since `earlier`, which was read then."""
        spent = zip(self.read(), earlier, self.ranges, strict=True)
        return sum((now - then) % whole for now, then, whole in spent) / self.per_joule


def find_meter(device: torch.device, powercap: Path = POWERCAP) -> Meter | None:
    """The meter of what `device` spends; None where there is none, or it may not be read."""
    if device.type == "cuda":
        return _card(device)
    if device.type != "cpu":
        return None
    try:
        zones = [
            zone for zone in sorted(powercap.glob("intel-rapl:*"))
            if (zone / "name").read_text().startswith("package")
        ]  # fmt: skip
        ranges = [int((zone / "max_energy_range_uj").read_text()) + 1 for zone in zones]
        meter = Meter(
            "RAPL, CPU packages",
            lambda: [int((zone / "energy_uj").read_text()) for zone in zones], ranges, 1e6,
        )  # fmt: skip
        return meter if meter.read() else None
    except OSError:  # on most systems only root may read them
        return None


def _card(device: torch.device) -> Meter | None:
    if importlib.util.find_spec("pynvml") is None:
        return None
    library: Any = importlib.import_module("pynvml")
    try:
        library.nvmlInit()
        uuid = f"GPU-{torch.cuda.get_device_properties(device).uuid}"
        card = library.nvmlDeviceGetHandleByUUID(uuid)
        read = library.nvmlDeviceGetTotalEnergyConsumption
        meter = Meter("NVML, the card", lambda: [read(card)], [1 << 64], 1e3)
        meter.read()
    except library.NVMLError:
        return None
    return meter
