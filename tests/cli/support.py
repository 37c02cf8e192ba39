"""The command line as a user meets it: a process with pipes, or with a terminal of a given size."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import pty
import resource
import struct
import sys
import tempfile
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import pyte

from puzzlesolver.cli.view.frame import Moment
from puzzlesolver.domains.base import Answer, Grid, Puzzle, Verdict
from puzzlesolver.workers import CONTEXT
from tests.forks import FORKS

SOLVED = "123456789456789123789123456234567891567891234891234567345678912678912345912345678"
ONE_BLANK = "." + SOLVED[1:]
TWO_BLANKS = ".." + SOLVED[2:]
TWO_FIVES = "55" + "." * 79
TWO_SOLUTIONS = "." * 81
NO_SOLUTION = "12345678." + "........9" + "." * 63
"""No two givens clash, yet the last cell of row 1 has no digit left."""
HARD = "....21....9.7...4....4..5.28..2....3..18.5..........2.758.9.1..9.....7...6......."
"""Made by `random_minimal`, rating 60; an untrained network cannot solve it."""


def board(text: str) -> Grid:
    """81 characters as a grid."""
    cells = [0 if character == "." else int(character) for character in text]
    return np.array(cells, np.uint8).reshape(9, 9)


GRID = board(SOLVED)
PUZZLE = Puzzle("sudoku", "puzzle.txt", board(ONE_BLANK), "puzzle.txt:1")
NOWHERE = np.zeros((9, 9), bool)
MOMENT = Moment(
    puzzle=PUZZLE,
    place="puzzle 2 of 5",
    answer=Answer(GRID, np.full((9, 9), 0.5, np.float32)),
    changed=NOWHERE,
    clamped=NOWHERE,
    step=143,
    max_steps=2_000,
    restarts=2,
    steps_per_second=1_234.5,
    residuals=[1.0, 0.5, 0.1, 0.02],
    reports=4,
    settled=True,
    verdict=Verdict("verified"),
)


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


def environment(**changes: str) -> dict[str, str]:
    """The present one without what changes colours or sizes, on one thread."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "TERM")
    }
    return kept | {"OMP_NUM_THREADS": "1", "TERM": "xterm-256color"} | changes


@contextlib.contextmanager
def small_disk(most: int) -> Iterator[None]:
    """Writing more bytes than that into a file fails, as on a full disk."""
    # Python 3.11 keeps as much bytecode of a module as there is room for, and cannot read it later.
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = kept


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "puzzlesolver", *map(str, arguments)]


@dataclass(frozen=True)
class Screen:
    """What a person sees when a command has ended, and every byte that was sent."""

    code: int
    lines: list[str]
    sent: str
    stdout: str

    def __str__(self) -> str:
        return "\n".join(self.lines)


def run_on_terminal(
    arguments: Sequence[str | Path],
    columns: int,
    rows: int,
    *,
    stdout_piped: bool = False,
    fresh: bool = False,
    **changes: str,
) -> Screen:
    """Run a command on a pseudo-terminal.

    Args:
        arguments: words of the command line.
        columns: of the terminal.
        rows: of the terminal.
        stdout_piped: only stdin and stderr are on it.
        fresh: the process still has to import what the command needs, as that of a user.
        changes: of the environment.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    reader, writer = os.pipe() if stdout_piped else (-1, os.dup(theirs))
    streams = [Connection(fd) for fd in (os.dup(theirs), writer, theirs)]
    words = [*map(str, arguments)]
    context = CONTEXT if fresh else FORKS
    process = context.Process(target=_run, args=(words, streams, environment(**changes)))
    process.start()
    for stream in streams:
        stream.close()
    sent = b""
    while chunk := _read(ours):
        sent += chunk
    os.close(ours)
    piped = ""
    if stdout_piped:
        with open(reader, encoding="utf-8") as file:
            piped = file.read()
    process.join()
    assert process.exitcode is not None
    screen = pyte.Screen(columns, rows)
    pyte.ByteStream(screen).feed(sent)
    shown = [line.rstrip() for line in screen.display]
    return Screen(process.exitcode, shown, sent.decode(errors="replace"), piped)


def start(
    arguments: Sequence[str | Path],
    folder: Path,
    stdin: int | str | Path = os.devnull,
    out: int | str | Path = os.devnull,
    err: int | str | Path = os.devnull,
    **changes: str,
) -> BaseProcess:
    """Start a command that has nothing to import any more.

    Args:
        arguments: words of the command line.
        folder: where it runs.
        stdin: the file that it reads, or the number of an open one, which is closed here.
        out: likewise what is its stdout.
        err: likewise what is its stderr.
        changes: of the environment.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    modes = ((stdin, os.O_RDONLY), (out, flags), (err, flags))
    opened = [file if isinstance(file, int) else os.open(file, mode) for file, mode in modes]
    streams = [Connection(fd) for fd in opened]
    words = [*map(str, arguments)]
    process = FORKS.Process(target=_run, args=(words, streams, environment(**changes), folder))
    process.start()
    for stream in streams:
        stream.close()
    return process


def run_in(folder: Path, *arguments: str | Path, **changes: str) -> Done:
    """How a command ends that runs in a process of its own, with these changes of its environment.

    What is a subject of neither the start nor the imports of a process need not wait for them.
    """
    opened = functools.partial(
        tempfile.NamedTemporaryFile, "r", encoding=changes.get("PYTHONIOENCODING")
    )
    with opened() as out, opened() as err:
        process = start(arguments, folder, out=out.name, err=err.name, **changes)
        process.join()
        assert process.exitcode is not None
        return Done(process.exitcode, out.read(), err.read())


def _run(
    words: list[str], streams: list[Connection], variables: Mapping[str, str], folder: Path = Path()
) -> None:
    """A command line with these streams, in a process of its own, which ends as a user's does."""
    from puzzlesolver.__main__ import run

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    for number, stream in enumerate(streams):
        os.dup2(stream.fileno(), number)
        stream.close()
    encoding = variables.get("PYTHONIOENCODING", "utf-8")
    sys.stdin, sys.stdout = os.fdopen(0, encoding=encoding), os.fdopen(1, "w", encoding=encoding)
    sys.stderr = os.fdopen(2, "w", encoding=encoding, errors="backslashreplace")
    sys.argv = ["puzzlesolver", *words]
    run()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux says EIO when the last process has closed its end
        return b""
