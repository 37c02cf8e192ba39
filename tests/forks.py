"""Processes that start at once: forked from a server that has imported the package."""

from __future__ import annotations

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["puzzlesolver.cli.solving", "tests.cli.support"])
