"""Grids of integers, whatever wrote them: digits in text, lists of JSON, files of numpy.

Which kind of puzzle they are, the kinds say: `Domain.takes` and `Domain.from_numbers`.

    >>> readings(as_array([[1, 1, 1], [2, 0, 3]]))
    [[array([[1, 1, 1], [2, 0, 3]])]]
"""

from __future__ import annotations

import io
import re
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from math import isqrt
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from puzzlesolver.errors import OtherDataError, ParseError
from puzzlesolver.limits import MAX_ARRAY_BYTES

Integers = npt.NDArray[np.int64]
"""`int64[height, width]`."""

NPY, ZIP = b"\x93NUMPY", b"PK\x03\x04"
"""What numpy's files begin with."""

_CELL = re.compile(r"(?<!\d)255(?!\d)|[0-3]")
_ROW = re.compile(rf"(?:(?:{_CELL.pattern})[ \t]*[,;]?[ \t]*){{2,}}")
DAMAGES = (
    ValueError, TypeError, KeyError, EOFError, OverflowError, RuntimeError, SyntaxError,
    tokenize.TokenError,
)  # fmt: skip
"""What numpy raises at damaged files."""

_ARCHIVE_DAMAGES = (*DAMAGES, OSError, zipfile.BadZipFile, zlib.error)


def read_rows(lines: Sequence[str]) -> Integers | None:
    """The grid of lines of the digits 0 to 3, or None; no other digit is a cell of a 0/1 grid."""
    if not all(_ROW.fullmatch(line.strip()) for line in lines):
        return None
    array = as_array([[*map(int, _CELL.findall(line))] for line in lines])
    return array if array is not None and array.ndim == 2 else None


def as_array(value: Any) -> npt.NDArray[Any] | None:
    """Nested lists of JSON as an array; null becomes 0; None where their lengths differ."""
    try:
        array = np.array(value)
        if array.dtype.hasobject:
            array = np.where(np.equal(array, None), 0, array).astype(np.int64)  # type: ignore[call-overload]
    except (ValueError, TypeError, OverflowError):
        return None
    return array


def readings(array: npt.NDArray[Any]) -> list[list[Integers]]:
    """What an array of numbers can be: one grid, a stack of them, or one square grid a row."""
    if array.dtype.kind not in "biuf" or not array.size or not 1 <= array.ndim <= 3:
        return []
    with np.errstate(invalid="ignore"):
        array = np.nan_to_num(array) if array.dtype.kind == "f" else array
        whole = array.astype(np.int64)
    if not np.array_equal(whole, array):
        return []
    side = isqrt(array.shape[-1])
    if array.ndim == 3:
        return [list(whole)]
    squares = [list(whole.reshape(-1, side, side))] if side * side == array.shape[-1] else []
    return [[whole], *squares] if array.ndim == 2 else squares


def read_numpy(data: bytes, source: str) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """The arrays of a file of numpy, never a pickle, with their names, "" where there is one.

    Raises:
        ParseError: the file is damaged, too large, or holds objects.
    """
    try:
        if data.startswith(NPY):
            yield "", _array(io.BytesIO(data), len(data), source)
            return
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [each for each in archive.infolist() if each.filename.endswith(".npy")]
            if not members:
                what = "this is a spreadsheet or another zip archive"
                raise OtherDataError(what, where=source, hint="save the table as CSV")
            for member in members:
                name = member.filename.removesuffix(".npy")
                where = f"{source}: {name}"
                if member.file_size > MAX_ARRAY_BYTES:
                    raise ParseError("the array is too large", where=where)
                with archive.open(member) as file:
                    yield name, _array(file, member.file_size, where)
    except _ARCHIVE_DAMAGES as error:
        raise ParseError(f"the file of numpy is damaged: {error}", where=source) from error


def _array(file: IO[bytes], size: int, where: str) -> npt.NDArray[Any]:
    """One array of at most `size` bytes, whose header is checked before memory is taken."""
    version = np.lib.format.read_magic(file)
    first = version == (1, 0)
    read = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(file)
    if dtype.hasobject:
        hint = "save integers: numpy.save(FILE, numpy.array(GRID, int))"
        raise ParseError("it holds pickled objects, which are never loaded", where=where, hint=hint)
    count = int(np.prod(shape, dtype=object))
    data = file.read(size)
    if len(data) != count * dtype.itemsize:
        raise ValueError(f"{count} values announced, {len(data)} bytes found")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
