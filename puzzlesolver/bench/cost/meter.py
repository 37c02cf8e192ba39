"""Joules, where the machine has a meter: RAPL on Linux, NVML on NVIDIA cards.

A meter counts all that its package or card spends, idle power and other programs included.

    >>> meter = find_meter(torch.device("cpu"))
    >>> before = meter.read()
    >>> joules = meter.since(before)
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch

POWERCAP = Path("/sys/class/powercap")

Reading = Sequence[int]


class Meter(Protocol):
    """Counts energy; `name` says what is metered."""

    @property
    def name(self) -> str: ...

    def read(self) -> Reading:
        """Where the counters stand."""

    def since(self, earlier: Reading) -> float:
        """Joules since then."""


@dataclass(frozen=True)
class Rapl:
    """The counters of all CPU packages, in microjoules; each starts anew past its range."""

    zones: Sequence[Path]
    name: str = "RAPL, CPU packages"

    def read(self) -> Reading:
        return [_number(zone / "energy_uj") for zone in self.zones]

    def since(self, earlier: Reading) -> float:
        ranges = [_number(zone / "max_energy_range_uj") + 1 for zone in self.zones]
        spent = zip(self.read(), earlier, ranges, strict=True)
        return sum((now - then) % whole for now, then, whole in spent) / 1e6


@dataclass(frozen=True)
class Nvml:
    """The counter of one card, in millijoules."""

    library: Any
    card: Any
    name: str = "NVML, the card"

    def read(self) -> Reading:
        return [self.library.nvmlDeviceGetTotalEnergyConsumption(self.card)]

    def since(self, earlier: Reading) -> float:
        return (self.read()[0] - earlier[0]) / 1e3


def find_meter(device: torch.device, powercap: Path = POWERCAP) -> Meter | None:
    """The meter of what `device` spends; None where there is none, or it may not be read."""
    if device.type == "cuda":
        return _card(device)
    if device.type != "cpu":
        return None
    zones = [
        zone for zone in sorted(powercap.glob("intel-rapl:*")) if _text(zone / "name") == "package"
    ]
    meter = Rapl(zones)
    try:
        return meter if zones and meter.read() else None
    except OSError:  # on most systems only root may read them
        return None


def _card(device: torch.device) -> Meter | None:
    import torch

    if importlib.util.find_spec("pynvml") is None:
        return None
    library: Any = importlib.import_module("pynvml")
    try:
        library.nvmlInit()
        uuid = f"GPU-{torch.cuda.get_device_properties(device).uuid}"
        meter = Nvml(library, library.nvmlDeviceGetHandleByUUID(uuid))
        meter.read()
    except library.NVMLError:
        return None
    return meter


def _text(path: Path) -> str:
    """The name of a zone without its number, "" where there is none."""
    try:
        return path.read_text().strip().partition("-")[0]
    except OSError:
        return ""


def _number(path: Path) -> int:
    return int(path.read_text())
