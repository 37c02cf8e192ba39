"""Processes that start at once: forked from a server that has imported the package."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.context import ForkServerProcess
from typing import Any


class Forked(ForkServerProcess):
    """Has the environment of its parent, not that in which the server was started."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.variables = dict(os.environ)

    def run(self) -> None:
        os.environ.clear()
        os.environ.update(self.variables)
        super().run()


FORKS = multiprocessing.get_context("forkserver")
FORKS.Process = Forked  # type: ignore[misc]
FORKS.set_forkserver_preload(["tests.warm", "tests.cli.support"])
