"""Sums of products in the tiles of Intel's AMX: sixteen sums of sixteen pairs of bfloat16 a row.

A thread calls `begin` before its first product and `end` after its last. Where a processor has no
tiles, or Linux grants none, both do nothing, and the products are those of `tiles.py` alone.

    >>> begin(pairs)  # inside a function that numba compiles
    >>> end(pairs)
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types

from puzzlesolver.models.code import simd
from puzzlesolver.models.code.simd import LANES, cgutils, intrinsic

ARCH_PRCTL, REQUEST, TILE_DATA = 158, 0x1023, 18
"""How a process asks Linux for tiles (Documentation/arch/x86/xstate.rst)."""


def granted() -> bool:
    """Whether this processor has tiles of bfloat16 and Linux lets this process use them."""
    if not simd.HAS_AMX or sys.platform != "linux":
        return False
    return not ctypes.CDLL(None).syscall(ARCH_PRCTL, REQUEST, TILE_DATA)


GRANTED = granted()

SHAPES = {8: 0, 4: 3}
"""Rows of a tile of sums, and the register of the first: two of sums, then one of the left factor.

Sums and left factors of one product must have as many rows, so each shape has its own registers.
"""

RIGHT, PAIRS, BYTES = 6, 16, 64
"""The register of the right factor, its rows, and the bytes of a row of any tile."""


def _palette() -> bytearray:
    """The shapes as LDTILECFG takes them (Intel's manual, "TILECFG")."""
    rows = [rows for rows in SHAPES for _ in range(3)] + [PAIRS]
    palette = bytearray(64)
    palette[0] = 1
    palette[16 : 16 + 2 * len(rows)] = BYTES.to_bytes(2, "little") * len(rows)
    palette[48 : 48 + len(rows)] = bytes(rows)
    return palette


def _run(builder: Any, code: str, *operands: Any) -> None:
    """An instruction that reads or writes memory or tiles, so that its place in the code counts."""
    of = ir.FunctionType(ir.VoidType(), [operand.type for operand in operands])
    builder.asm(of, code, ",".join(["r"] * len(operands) + ["~{memory}"]), operands, True)


def _for_pairs(generate: Any) -> Any:
    """The intrinsic that runs code if its argument is of pairs and there are tiles."""

    @intrinsic
    def call(typing: Any, factor: Any) -> Any:
        def body(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            if GRANTED and factor.dtype is types.uint32:
                generate(builder)
            return context.get_dummy_value()

        return types.void(factor), body

    return call


def _load_shapes(builder: Any) -> None:
    kind = ir.ArrayType(ir.IntType(8), 64)
    palette = cgutils.global_constant(builder.module, "palette", ir.Constant(kind, _palette()))
    _run(builder, "ldtilecfg ($0)", palette)


begin = _for_pairs(_load_shapes)
end = _for_pairs(lambda builder: _run(builder, "tilerelease"))


def products(
    builder: Any, left: Any, right: Any, row: Any, columns: Sequence[Any], sums: list[list[Any]]
) -> Any:
    """Set sums to those of all whole tiles of pairs; the number of these pairs.

    Args:
        builder: of the code.
        left: factor, with its address `at` a place, and its number of columns.
        right: likewise.
        row: the first of the left factor; as many follow as `sums` has, a key of `SHAPES`.
        columns: of the right factor, where its vectors begin.
        sums: variables, `[row][column]`.
    """
    first = SHAPES[len(sums)]
    size = left.columns.type
    whole = builder.and_(left.columns, ir.Constant(size, -PAIRS))
    strides = [builder.mul(of.columns, ir.Constant(size, 4)) for of in (left, right)]
    room = cgutils.alloca_once(builder, ir.ArrayType(ir.FloatType(), len(sums) * LANES))
    for pair in range(0, len(columns), 2):
        own = columns[pair : pair + 2]
        for tile in range(len(own)):
            _run(builder, f"tilezero %tmm{first + tile}")
        bounds = ir.Constant(size, 0), whole, ir.Constant(size, PAIRS)
        with cgutils.for_range_slice(builder, *bounds) as (k, _):
            _run(builder, f"tileloadd ($0,$1,1), %tmm{first + 2}", left.at(row, k), strides[0])
            for tile, column in enumerate(own):
                _run(builder, f"tileloadd ($0,$1,1), %tmm{RIGHT}", right.at(k, column), strides[1])
                _run(builder, f"tdpbf16ps %tmm{RIGHT}, %tmm{first + 2}, %tmm{first + tile}")
        for tile in range(len(own)):
            stride = ir.Constant(size, BYTES)
            _run(builder, f"tilestored %tmm{first + tile}, ($0,$1,1)", room, stride)
            for r, totals in enumerate(sums):
                place = builder.gep(room, [ir.Constant(size, 0), ir.Constant(size, r * LANES)])
                vector = ir.VectorType(ir.FloatType(), LANES).as_pointer()
                found = builder.load(builder.bitcast(place, vector), align=4)
                builder.store(found, totals[pair + tile])
    return whole
