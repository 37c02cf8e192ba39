"""Energy counters, as Linux shows them: files that count microjoules and start anew."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from puzzlesolver.bench.cost.meter import find_meter

CPU = torch.device("cpu")
RANGE = 1_000_000_000


def zone(powercap: Path, number: str, name: str, microjoules: int) -> Path:
    folder = powercap / f"intel-rapl:{number}"
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{name}\n")
    (folder / "max_energy_range_uj").write_text(f"{RANGE}\n")
    (folder / "energy_uj").write_text(f"{microjoules}\n")
    return folder


def test_packages_are_summed_and_counters_may_start_anew(tmp_path: Path) -> None:
    first = zone(tmp_path, "0", "package-0", 5_000_000)
    second = zone(tmp_path, "1", "package-1", RANGE - 1_000_000)
    core = zone(tmp_path, "0:0", "core", 7)
    meter = find_meter(CPU, tmp_path)
    assert meter is not None
    before = meter.read()
    (first / "energy_uj").write_text("8000000\n")
    (second / "energy_uj").write_text("499999\n")
    (core / "energy_uj").write_text("900000000\n")
    assert meter.since(before) == pytest.approx(3.0 + 1.5)


def test_no_meter_where_nothing_counts(tmp_path: Path) -> None:
    assert find_meter(CPU, tmp_path) is None
    broken = zone(tmp_path, "0", "package-0", 1)
    (broken / "energy_uj").unlink()
    assert find_meter(CPU, tmp_path) is None
    assert find_meter(torch.device("mps"), tmp_path) is None
