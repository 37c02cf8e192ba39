"""How all tests run; what they share is in `fixtures.py`."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# A shell that starts the tests in the background makes them deaf to Ctrl-C, and so their children.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The tests make and remove a hundred thousand files, and a disk takes milliseconds for each.
MEMORY, ROOM = Path("/dev/shm"), 2 << 30
if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)

# Machines that run other work at the same time make timings meaningless.
# The same code gives the same result: random inputs are drawn alike in every run, but by
# `make fuzz`, which asks for more of those tests that do not say how many they can afford.
FUZZ = os.environ.get("FUZZ", "")
settings.register_profile(
    "shared-machine", deadline=None, max_examples=int(FUZZ or 50), derandomize=not FUZZ
)
settings.load_profile("shared-machine")


def pytest_configure(config: pytest.Config) -> None:
    """The process that only hands tests to others needs no fixture, nor the seconds of torch."""
    if hasattr(config, "workerinput") or not config.getoption("numprocesses", None):
        config.pluginmanager.import_plugin("tests.fixtures")


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

    That saves about four percent of the time of tests that export or read.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20)
