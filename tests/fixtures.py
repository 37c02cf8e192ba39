"""What many tests share: quick processes and exports, devices, a model that is quick to build."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator

import pytest
import torch

import puzzlesolver
from puzzlesolver.domains.base import get_domain
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.models.registry import build_model
from puzzlesolver.refine.adapt.fit import compile_fit
from puzzlesolver.runtime import FORMATS, PRECISION, available_devices
from tests.forks import FORKS


@pytest.fixture(autouse=True, scope="session")
def quick_workers() -> Iterator[None]:
    """Workers import nothing anew; those of the commands that tests start are started as users'."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("puzzlesolver.workers.CONTEXT", FORKS)
        yield


@pytest.fixture(scope="session")
def quick_exports() -> Iterator[None]:
    """Torch gathers its tables of operators for every export, which takes a third of the time."""
    from torch._export import utils
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    with pytest.MonkeyPatch.context() as patch:
        gathered = staticmethod(functools.cache(ONNXRegistry.from_torchlib))
        patch.setattr(ONNXRegistry, "from_torchlib", gathered)
        name = "_materialize_cpp_cia_ops"
        patch.setattr(utils, name, functools.cache(getattr(utils, name)))
        yield


@pytest.fixture(autouse=True, scope="session")
def machine_code() -> None:
    """On a new machine two processes of pytest make one half each, rather than all of it twice."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker == "gw0":
        for domain in ("sudoku", "maze"):
            puzzlesolver.solve(get_domain(domain).generate(1, 0))
    elif worker == "gw1":
        compile_fit()


@pytest.fixture(params=available_devices())
def device(request: pytest.FixtureRequest) -> torch.device:
    """Every kind of device that this machine has, one after another."""
    return torch.device(request.param)


@pytest.fixture(params=FORMATS)
def precision(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every number format that some machine computes in by default, one after another."""
    monkeypatch.setenv(PRECISION, request.param)
    return str(request.param)


@pytest.fixture
def tiny_model() -> RecursiveModel:
    """An untrained stem of a few hundred parameters; the same numbers every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build_model("stem", {"width": 4, "messages": 4, "hidden": 4}).eval()
