"""Processes that serve their parent over pipes, and end with it.

>>> worker = Worker(serve)         # serve(pipe) runs in the other process
>>> worker.pipe.send(question)
>>> worker.pipe.recv()             # EOFError: it died
>>> worker.end()
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import Any

from puzzlesolver.errors import PuzzleSolverError

Serve = Callable[[Connection], None]

CONTEXT = multiprocessing.get_context("spawn")

MOST_DEATHS = 3
"""Workers that may die at one piece of work; more and it is the work that kills them."""


class WorkerDeath(PuzzleSolverError):
    """A worker has ended, perhaps for want of memory, without an answer."""


class Worker:
    """One process and the pipe to it.

    Args:
        serve: picklable; what the process does, with its end of the pipe.
    """

    def __init__(self, serve: Serve) -> None:
        self.pipe, theirs = CONTEXT.Pipe()
        self.process = CONTEXT.Process(target=_run, args=(theirs, serve), daemon=True)
        with _deaf_to_ctrl_c():
            self.process.start()
        theirs.close()

    def end(self) -> None:
        """Stop it wherever it is, if it has not been stopped."""
        if self.pipe.closed:
            return
        self.process.terminate()
        self.process.join()
        self.process.close()
        self.pipe.close()


@contextlib.contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Ctrl-C is for the parent, which ends its children; those that start now never hear it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(pipe: Connection, serve: Serve) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it cannot be blocked
    threading.Thread(target=_end_with_parent, daemon=True).start()
    serve(pipe)


def _end_with_parent() -> None:
    """A killed parent must not leave a worker that goes on beside those of the next run."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def receive(worker: Worker) -> Any:
    """The next thing that a worker says; an exception is raised here.

    Raises:
        WorkerDeath: it will say nothing more.
    """
    try:
        said = worker.pipe.recv()
    except (EOFError, OSError) as error:
        worker.end()
        raise WorkerDeath(
            "a process has died", where="workers", hint="is there memory for so many?"
        ) from error
    if isinstance(said, Exception):
        worker.end()
        raise said
    return said
