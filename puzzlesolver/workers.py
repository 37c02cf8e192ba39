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
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar

from puzzlesolver.errors import PuzzleSolverError

Q = TypeVar("Q")
Serve = Callable[[Connection], None]


class Worker:
    """One process and the pipe to it.

    Args:
        serve: picklable; what the process does, with its end of the pipe.
    """

    def __init__(self, serve: Serve) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_run, args=(theirs, serve), daemon=True)
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


def spread(serve: Serve, questions: Iterable[Q], count: int) -> Iterator[tuple[Q, Any]]:
    """Answers of several processes, as they come, each with its question.

    Args:
        serve: answers every question that it receives, or sends an exception.
        questions: picklable, asked in order; the next one when a process is free.
        count: of processes.

    Raises:
        PuzzleSolverError: a process died.
    """
    idle: list[Worker] = []
    busy: dict[Connection, tuple[Worker, Q]] = {}
    waiting = iter(questions)
    try:
        while True:
            while len(busy) < count and (question := next(waiting, None)) is not None:
                worker = idle.pop() if idle else Worker(serve)
                worker.pipe.send(question)
                busy[worker.pipe] = worker, question
            if not busy:
                return
            for pipe in wait(list(busy)):
                assert isinstance(pipe, Connection)
                worker, question = busy.pop(pipe)
                answer = receive(worker)
                idle.append(worker)
                yield question, answer
    finally:
        for worker in [*idle, *(worker for worker, _ in busy.values())]:
            worker.end()


def receive(worker: Worker) -> Any:
    """The next thing that a worker says; an exception is raised here."""
    try:
        said = worker.pipe.recv()
    except (EOFError, OSError) as error:
        worker.end()
        raise PuzzleSolverError(
            "a process has died", where="workers", hint="is there memory for so many?"
        ) from error
    if isinstance(said, Exception):
        worker.end()
        raise said
    return said
