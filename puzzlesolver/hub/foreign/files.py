"""Read checkpoints that nobody vouches for: torch files and safetensors.

This is the one door for pickles. A torch file is looked through first: its members must be stored
as they are, add up to no more than the file, and its pickle must hold nothing but containers,
numbers, text and plain tensors. Only then torch reads it, with `weights_only=True`.

In: a path. Out: what it holds and its SHA-256, or a `ModelError`; nothing is ever executed.

    >>> document, sha256 = read_checkpoint(Path("step_16275"))
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from puzzlesolver.errors import ModelError
from puzzlesolver.files import refuse_pointer
from puzzlesolver.hub.foreign.pickles import RefusedPickleError, inspect_pickle
from puzzlesolver.hub.tensors import check_header
from puzzlesolver.limits import (
    MAX_CHECKPOINT_BYTES,
    MAX_CHECKPOINT_HEADER_BYTES,
    MAX_CHECKPOINT_TENSORS,
)

_ZIP_START, _PICKLE_START = b"PK\x03\x04", b"\x80"
_END, _END_64, _LOCATOR_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_END_BYTES, _LOCATOR_64_BYTES, _END_64_BYTES = 22, 20, 56


def read_checkpoint(path: Path) -> tuple[dict[str, Any], str]:
    """What a checkpoint holds, its tensors on the CPU, and the SHA-256 of the file.

    Raises:
        ModelError: it cannot be read, is no checkpoint, is damaged, or is meant to do harm.
    """
    if not path.is_file():
        raise ModelError("there is no such file", where=str(path))
    try:
        with path.open("rb") as file:
            read = _choose_reader(file, path)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        document = read(path)
    except ModelError:
        raise
    except RefusedPickleError as error:
        raise ModelError(
            f"more than tensors in it: {error}",
            where=str(path),
            hint="opening it could run code, so it was not opened; ask its author for safetensors",
        ) from error
    # A parser of hostile bytes may fail in any way.
    except Exception as error:
        raise _damaged(path, first_line(error)) from error
    if not isinstance(document, dict):
        kind = type(document).__name__
        raise ModelError(f"expected tensors by name, found a {kind}", where=str(path))
    return document, sha256


def first_line(error: Exception) -> str:
    """What an exception says, fit for one line."""
    return str(error).strip().partition("\n")[0][:200] or type(error).__name__


def _choose_reader(file: BinaryIO, path: Path) -> Callable[[Path], Any]:
    """The library that reads this file, when all is well that can be seen without it."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    start = file.read(9)
    refuse_pointer(start, path)
    if size > MAX_CHECKPOINT_BYTES:
        raise ModelError(f"{size:,} bytes; at most {MAX_CHECKPOINT_BYTES:,}", where=str(path))
    if start.startswith(_ZIP_START):
        _check_directory(file, size, path)
        _check_archive(file, size, path)
        return _load_torch
    if path.suffix == ".safetensors" or start[8:] == b"{":
        check_header(start, size, path)
        return _load_safetensors
    found = "a bare pickle" if start.startswith(_PICKLE_START) else "something else"
    raise ModelError(
        f"expected a torch checkpoint or safetensors, found {found}",
        where=str(path),
        hint="files of torch before 1.6 are never opened; save it again with a current torch, "
        "best as safetensors",
    )


def _load_torch(path: Path) -> Any:
    import torch

    return torch.load(path, map_location="cpu", weights_only=True)


def _load_safetensors(path: Path) -> Any:
    from safetensors.torch import load_file

    return load_file(path)


def _check_directory(file: BinaryIO, size: int, path: Path) -> None:
    """The zip ends with its only directory, of a modest size, so that all readers see the same."""
    file.seek(-min(_END_64_BYTES + _LOCATOR_64_BYTES + _END_BYTES, size), io.SEEK_END)
    tail = file.read()
    end = tail[-_END_BYTES:]
    locator = tail[-_END_BYTES - _LOCATOR_64_BYTES : -_END_BYTES]
    if not end.startswith(_END) or not end.endswith(b"\0\0"):
        raise _damaged(path, "its end is missing")
    members, length, offset = struct.unpack_from("<HLL", end, 10)
    directory_end = size - _END_BYTES
    if locator.startswith(_LOCATOR_64):
        directory_end = size - len(tail)
        if not tail.startswith(_END_64) or struct.unpack_from("<Q", locator, 8)[0] != directory_end:
            raise _damaged(path, "its directory is not where its end says")
        members, length, offset = struct.unpack_from("<QQQ", tail, 32)
    if (
        offset + length != directory_end
        or length > MAX_CHECKPOINT_HEADER_BYTES
        or members > MAX_CHECKPOINT_TENSORS
    ):
        raise _damaged(path, f"a directory of {length:,} bytes for {members:,} members")


def _check_archive(file: BinaryIO, size: int, path: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        for member in members:
            if member.compress_type != zipfile.ZIP_STORED or (
                member.compress_size != member.file_size
            ):
                raise _zip_bomb(
                    path,
                    f"{member.filename[:80]!r} is compressed: {member.file_size:,} bytes "
                    f"in {member.compress_size:,}",
                )
        if (claimed := sum(member.file_size for member in members)) > size:
            raise _zip_bomb(path, f"a file of {size:,} bytes claims to hold {claimed:,}")
        # Readers differ in which of two equal names they take, and some ignore case.
        if len({member.filename.lower() for member in members}) < len(members):
            raise _damaged(path, "two members have one name")
        descriptions = [member for member in members if member.filename.endswith("/data.pkl")]
        folders = {member.filename.partition("/")[0] for member in members}
        if len(descriptions) != 1 or len(folders) != 1:
            raise ModelError("a zip archive, but not one of torch's", where=str(path))
        if (length := descriptions[0].file_size) > MAX_CHECKPOINT_HEADER_BYTES:
            raise ModelError(
                f"{length:,} bytes besides tensors; at most {MAX_CHECKPOINT_HEADER_BYTES:,}",
                where=str(path),
            )
        inspect_pickle(archive.read(descriptions[0]))
        if (name := archive.testzip()) is not None:  # torch does not compare checksums
            raise _damaged(path, f"the checksum of {name[:80]!r} is another")


def _zip_bomb(path: Path, what: str) -> ModelError:
    return ModelError(what, where=str(path), hint="torch never compresses; this may be a zip bomb")


def _damaged(path: Path, reason: str) -> ModelError:
    return ModelError(
        f"not a whole checkpoint: {reason}", where=str(path), hint="download or copy it again"
    )
