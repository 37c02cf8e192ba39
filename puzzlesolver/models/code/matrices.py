"""Matrix products for machine code of models; innermost are `tiles.py` and `sums.py`.

Matrices are contiguous and of one kind, float32 or float64; factors of whole tiles may be pairs of
bfloat16, whose sums are float32: between `amx.begin` and `amx.end`.

    >>> product(a, b, out)  # out = a b
    >>> add_product(a, b, out)  # out += a bᵀ
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import overload

from puzzlesolver.machine_code import njit
from puzzlesolver.models.code import sums, tiles
from puzzlesolver.models.code.simd import LANES
from puzzlesolver.models.code.sums import SUM_COLUMNS, SUM_ROWS
from puzzlesolver.models.code.tiles import TILE_COLUMNS, TILE_ROWS

Reals = npt.NDArray[np.floating[Any]]
Pairs = npt.NDArray[np.uint32]
"""Two of bfloat16 each: in a left factor side by side, in a right one one below the other."""

Factor = npt.NDArray[Any]
"""`Reals` or `Pairs`, as the other factor."""

Places = npt.NDArray[np.int64]

VECTORS: Any = {
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
    "error_model": "numpy",
}
"""What lets a loop become vectors: sums in any order, and no check of every division."""


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Machine code, kept on disk; threads may run it side by side."""
    made: Callable[..., Any] = njit(cache=True, nogil=True, **VECTORS)(function)
    return made


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """A part of the machine code of others.

    Were it called, a process that compiles would call another copy of it than one that loads what
    was compiled, and round otherwise.
    """
    made: Callable[..., Any] = njit(forceinline=True, **VECTORS)(function)
    return made


def _in_tiles(tile: Any, strip: Any) -> Callable[[Factor, Factor, Reals], None]:
    @inlined
    def tiled(a: Factor, b: Factor, out: Reals) -> None:
        rows, columns = len(out) - len(out) % TILE_ROWS, out.shape[1] - out.shape[1] % LANES
        last = columns - columns % TILE_COLUMNS
        for column in range(0, last, TILE_COLUMNS):
            for row in range(0, rows, TILE_ROWS):
                tile(a, b, out, row, column)
        if last < columns:
            for row in range(0, rows, TILE_ROWS):
                strip(a, b, out, row, last)

    return tiled


tiled_product = _in_tiles(tiles.product_tile, tiles.product_strip)
"""`out = a b`, but for rows beyond whole tiles and columns beyond whole vectors."""

add_tiled_product = _in_tiles(tiles.added_tile, tiles.added_strip)
"""`out += a b`, likewise."""


@inlined
def product(a: Reals, b: Reals, out: Reals) -> None:
    """`out = a b`; columns are best a multiple of `LANES`, rows of `TILE_ROWS`."""
    tiled_product(a, b, out)
    rows, columns = out.shape
    tiled_rows, tiled_columns = rows - rows % TILE_ROWS, columns - columns % LANES
    strip = columns - columns % TILE_COLUMNS
    for column in range(0, strip, TILE_COLUMNS):
        for row in range(tiled_rows, rows):
            tiles.product_row(a, b, out, row, column)
    for row in range(rows):
        for column in range(tiled_columns if row < tiled_rows else strip, columns):
            out[row, column] = 0
            for k in range(len(b)):
                out[row, column] += a[row, k] * b[k, column]


@inlined
def silu_product(a: Factor, b: Factor, bias: Reals, out: Reals) -> None:
    """`out = silu(a b + bias)`; whole tiles of rows and whole vectors of columns only."""
    strip = out.shape[1] - out.shape[1] % TILE_COLUMNS
    for column in range(0, strip, TILE_COLUMNS):
        for row in range(0, len(out), TILE_ROWS):
            tiles.spoken_tile(a, b, bias, out, row, column)
    if strip < out.shape[1]:
        for row in range(0, len(out), TILE_ROWS):
            tiles.spoken_strip(a, b, bias, out, row, strip)


@inlined
def gated_product(a: Factor, b: Factor, out: Reals) -> None:
    """`out = silu(gates) ⊙ values` of `(gates, values) = a b`; likewise."""
    strip = out.shape[1] - out.shape[1] % TILE_COLUMNS
    for column in range(0, strip, TILE_COLUMNS):
        for row in range(0, len(out), TILE_ROWS // 2):
            tiles.gated_tile(a, b, out, row, column)
    if strip < out.shape[1]:
        for row in range(0, len(out), TILE_ROWS // 2):
            tiles.gated_strip(a, b, out, row, strip)


@inlined
def row_sums(table: Reals, members: Places, starts: Places, out: Reals) -> None:
    """`out[i]` = the sum of the table's rows `members[starts[i]:starts[i + 1]]`; whole vectors."""
    strip = out.shape[1] - out.shape[1] % TILE_COLUMNS
    for row in range(len(starts) - 1):
        begin, end = starts[row], starts[row + 1]
        for column in range(0, strip, TILE_COLUMNS):
            sums.row_sum_tile(table, members, begin, end, out, row, column)
        if strip < out.shape[1]:
            sums.row_sum_strip(table, members, begin, end, out, row, strip)


@inlined
def add_product(a: Reals, b: Reals, out: Reals) -> None:
    """`out += a bᵀ`; `a` and `b` have a multiple of `LANES` columns."""
    rows, columns = out.shape
    tiled_rows, tiled_columns = rows - rows % SUM_ROWS, columns - columns % SUM_COLUMNS
    for row in range(0, tiled_rows, SUM_ROWS):
        for column in range(0, tiled_columns, SUM_COLUMNS):
            sums.add_tile(a, b, out, row, column)
    for row in range(rows):
        for column in range(tiled_columns if row < tiled_rows else 0, columns):
            for k in range(a.shape[1]):
                out[row, column] += a[row, k] * b[column, k]


def factor(a: Reals, room: Factor) -> Factor:
    """What a product takes for `a`: itself, or its pairs, in `room`, if that is of pairs."""
    raise NotImplementedError


@overload(factor, inline="always", strict=False)
def _factor(a: Any, room: Any) -> Any:
    return _paired if room.dtype is types.uint32 else lambda a, room: a


def _paired(a: Reals, room: Pairs) -> Pairs:
    columns = a.shape[1]
    strip = columns - columns % (2 * LANES)
    for row in range(len(a)):
        for column in range(0, strip, 2 * LANES):
            tiles.pairs_tile(a, room, row, column)
        if strip < columns:
            tiles.pairs_strip(a, room, row, strip)
    return room
