"""Files and folders that appear whole or not at all, whatever kills, fills or races their writer.

Everything is written under a name of its own in the same folder and renamed when it is complete. Of
two writers of one file the last one wins; a folder that grows has one writer at a time.

    >>> write_file(Path("report.json"), data)
    >>> with placed(Path("model")) as partial, held(Path("run"), "another run"):
    ...     save(partial)
"""

from __future__ import annotations

import contextlib
import errno
import glob
import json
import os
import shutil
import stat
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, TextIO

from puzzlesolver.errors import ModelError, PuzzleSolverError, UsageError

PARTIAL = ".partial"
"""The suffix of names that only writers and those who clean up after them know."""

UNENCODED = "backslashreplace"
"""For bytes of file names that are no text, which Python keeps as lone surrogates."""


def open_regular(path: Path) -> BinaryIO:
    """A file to be read from its start to its end; `OSError` where it is no regular one.

    A pipe or a device could keep its reader waiting, or feed it, for ever.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return path.open("rb")


def read_json(path: Path, most: int, error: type[PuzzleSolverError] = ModelError) -> Any:
    """The JSON value of a file of at most so many bytes; raises `error` where there is none."""
    try:
        with open_regular(path) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise error(f"it is larger than {most:,} bytes", where=str(path))
        refuse_pointer(data, path, error)
        return json.loads(data)
    except OSError as failure:
        raise error(f"cannot read it: {failure.strerror}", where=str(path)) from failure
    except (ValueError, RecursionError) as failure:
        raise error(f"not valid JSON: {failure}", where=str(path)) from failure


def refuse_pointer(data: bytes, path: Path, error: type[PuzzleSolverError] = ModelError) -> None:
    """Raise `error` where a file begins as what git-LFS leaves in the place of a large one."""
    if data.startswith(b"version h"):
        raise error(
            "this is a git-LFS pointer, not the file itself",
            where=str(path),
            hint="run `git lfs pull` in the repository that it is from",
        )


@contextlib.contextmanager
def explained(target: Path, *written: Path, verb: str = "write") -> Iterator[None]:
    """Turn what the system says against writing `target` into `UsageError`.

    Errors that name another file pass; folders above and below are the same matter.
    """
    try:
        yield
    except BrokenPipeError:  # a stream's, not a file's
        raise
    except OSError as error:
        if error.filename is not None:
            named = Path(os.fsdecode(error.filename))
            paths = target, *written
            if not any(one.is_relative_to(named) or named.is_relative_to(one) for one in paths):
                raise
        what = f"cannot {verb} it: {error.strerror or error}"
        raise UsageError(what, where=str(target)) from error


def own_prefix(final: Path) -> str:
    """How this process's temporary names beside a file or folder begin.

    What processes of this machine left there under such names when they were killed is removed.
    """
    # The start of the name is for people; all of it might be longer than names can be.
    start = f".{final.name[:40]}.{_MACHINE:08x}-"
    for left in final.parent.glob(f"{glob.escape(start)}*{PARTIAL}"):
        if _has_ended(left.name[len(start) :].partition("-")[0]):
            _remove(left)
    return f"{start}{os.getpid()}-"


_MACHINE = zlib.crc32(os.uname().nodename.encode()) if os.name == "posix" else 0


def _has_ended(pid: str) -> bool:
    """Whether there is no such process; elsewhere than on POSIX that is not known."""
    try:
        os.kill(int(pid), 0) if os.name == "posix" else None
    except ProcessLookupError:
        return True
    except (OSError, OverflowError, ValueError):  # another user's, or a name that is not ours
        pass
    return False


@contextlib.contextmanager
def placed(target: Path) -> Iterator[Path]:
    """A name for a file or folder that takes `target`'s place if nothing is raised.

    A folder replaces nothing but an empty one. Links are followed; what is no regular file, such as
    a pipe, is written as it is.

    Raises:
        UsageError: the disk is full, or writing is not allowed.
    """
    if target.exists() and not (target.is_file() or target.is_dir()):
        with explained(target):
            yield target
        return
    final = Path(os.path.realpath(target))
    partial = final.with_name(f"{own_prefix(final)}{uuid.uuid4().hex[:8]}{PARTIAL}")
    try:
        with explained(target, final, partial):
            yield partial
            partial.replace(final)
    finally:
        _remove(partial)


@contextlib.contextmanager
def writing(target: Path) -> Iterator[TextIO]:
    """A text file that is `target` if nothing is raised; as `placed`."""
    with placed(target) as partial, partial.open("w", encoding="utf-8", errors=UNENCODED) as file:
        yield file
        _sync(file)


def write_file(target: Path, data: bytes | str) -> None:
    """Write all of a file; as `placed`."""
    data = data.encode(errors=UNENCODED) if isinstance(data, str) else data
    with placed(target) as partial, partial.open("wb") as file:
        file.write(data)
        _sync(file)


@contextlib.contextmanager
def held(path: Path, owner: str) -> Iterator[None]:
    """Be the only one that writes what `path` stands for, until the end of the block or process.

    Args:
        path: a file beside which, or a folder in which, the lock's file lies.
        owner: who else may hold it, for people: `another run`.

    Raises:
        UsageError: somebody else does.
    """
    from filelock import FileLock, Timeout

    place = path / ".lock" if path.is_dir() else path.with_name(f".{path.name[:40]}.lock")
    with contextlib.ExitStack() as stack:
        with explained(path, place):
            try:
                stack.enter_context(FileLock(place).acquire(timeout=0))
            except Timeout as error:
                hint = "wait until it has ended, or name another place"
                raise UsageError(f"{owner} writes here", where=str(path), hint=hint) from error
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                place.unlink()


def sweep(folder: Path) -> None:
    """Remove what killed writers left in a folder; only who `held` it may."""
    for left in folder.glob(f".*{PARTIAL}"):
        _remove(left)


def _remove(partial: Path) -> None:
    if partial.is_dir():
        shutil.rmtree(partial, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _sync(file: IO[Any]) -> None:
    """Have it on the disk before its name says that it is whole."""
    file.flush()
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        os.fsync(file.fileno())
