"""What many tests share: hypothesis settings, the devices present, a model quick to build."""

from __future__ import annotations

import functools
import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings

import puzzlesolver
from puzzlesolver.domains.base import get_domain
from puzzlesolver.models.interface import RecursiveModel
from puzzlesolver.models.registry import build_model
from puzzlesolver.refine.adapt.fit import compile_fit
from puzzlesolver.runtime import FORMATS, PRECISION, available_devices
from tests.forks import FORKS

# A shell that starts the tests in the background makes them deaf to Ctrl-C, and so their children.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The tests make and remove a hundred thousand files, and a disk takes milliseconds for each.
MEMORY, ROOM = Path("/dev/shm"), 2 << 30
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

# Machines that run other work at the same time make timings meaningless.
# `make fuzz` asks for more examples, of the tests that do not say how many they can afford.
settings.register_profile(
    "shared-machine", deadline=None, max_examples=int(os.environ.get("FUZZ", "50"))
)
settings.load_profile("shared-machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what takes long to `make soak`; the summary says what was left, and how often.

    What takes long or shares slow fixtures comes first: the last tests change from one process to
    another, and both end together where those are short.
    """
    items.sort(key=lambda item: item.path.parent.name not in ("fuzz", "tests", "train", "web"))
    if "SOAK" not in os.environ:
        for item in items:
            if item.get_closest_marker("soak"):
                item.add_marker(pytest.mark.skip(reason="left to `make soak`"))


def pytest_collection_finish() -> None:
    """What is there by now stays: the garbage collector looks at what is newer, and less often.

    That takes a sixth off the time of a test that exports or parses.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20)


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
