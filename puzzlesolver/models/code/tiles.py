"""Tiles of matrix products that stay in registers, written in the vectors of LLVM.

numba makes vectors of simple loops, but keeps no tile of a product in the registers: at the sizes
of our networks its products reach a third of what a core can do. So the innermost loops are written
here, which reach nine tenths, and everything around them in Python (`matrices.py`).

Matrices are contiguous and of one kind, float32 or float64; or two factors are pairs of bfloat16,
each a uint32, and their product is float32. A pair of a row is two entries side by side, one of a
column two entries one below the other.

    >>> product_tile(a, b, out, row, column)  # inside a function that numba compiles
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from puzzlesolver.models.code import amx, simd
from puzzlesolver.models.code.simd import FAST, LANES, cgutils, intrinsic
from puzzlesolver.models.code.vectors import (
    SINGLES,
    Rows,
    add,
    columns_from,
    everywhere,
    load,
    offset,
    opened,
    store,
    zeros,
)

TILE_ROWS = 4 if LANES == 8 else 8
TILE_COLUMNS = 2 * LANES
"""Of a tile of `product`: as many sums as fit into 16 (AVX) or 32 registers, beside their terms.

What is left of the columns is a strip, one vector wide.
"""

PAIRS_ARE_FASTER = simd.MULTIPLIES_PAIRS or amx.GRANTED
"""Whether products of pairs are faster than those of float32 here."""


def _products(builder: Any, left: Rows, right: Rows, row: Any, rows: int, columns: Any) -> Any:
    """Sums of `rows` rows and the vectors at these columns, `[row][column]`."""
    sums = [zeros(builder, left.sum, len(columns)) for _ in range(rows)]
    begin, by = ir.Constant(left.columns.type, 0), ir.Constant(left.columns.type, 1)
    if amx.GRANTED and left.vector.element == ir.IntType(32):
        begin = amx.products(builder, left, right, row, columns, sums)
    with cgutils.for_range_slice(builder, begin, left.columns, by) as (k, _):
        terms = [load(builder, right.vector_at(k, column)) for column in columns]
        for r, totals in enumerate(sums):
            entry = builder.load(left.at(offset(builder, row, r), k))
            factor = everywhere(builder, entry)
            for total, term in zip(totals, terms, strict=True):
                add(builder, total, factor, term)
    return [[builder.load(total) for total in totals] for totals in sums]


def _gated(builder: Any, vectors: list[Any]) -> list[Any]:
    """Gates, then as many values, become SiLU of the gates times the values."""
    half = len(vectors) // 2
    return [
        builder.fmul(
            builder.fmul(gate, simd.sigmoid_of(builder, gate), flags=FAST), value, flags=FAST
        )
        for gate, value in zip(vectors[:half], vectors[half:], strict=True)
    ]


def _tile_of(rows: int, vectors: int, become: Any = None, *, adding: bool = False) -> Any:
    """The intrinsic that sets `out[row:row + rows, column:column + vectors * LANES]`.

    Args:
        rows: of the tile.
        vectors: side by side.
        become: what becomes of the vectors of a row of `a b`; `_gated` takes twice as many.
        adding: to what is there.
    """

    @intrinsic
    def tile(typing: Any, a: Any, b: Any, out: Any, row: Any, column: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            left, right, into = opened(context, builder, signature, values)
            row, column = values[3:]
            columns = read = columns_from(builder, column, vectors)
            if become is _gated:
                read = [*columns, *(builder.add(at, into.columns) for at in columns)]
            found = _products(builder, left, right, row, rows, read)
            if become is not None:
                found = [become(builder, vectors) for vectors in found]
            store(builder, found, into, row, columns, adding)
            return context.get_dummy_value()

        return types.void(a, b, out, types.intp, types.intp), generate

    return tile


product_tile, product_row = _tile_of(TILE_ROWS, 2), _tile_of(1, 2)
product_strip = _tile_of(TILE_ROWS, 1)
"""Of `product` and `tiled_product`."""

added_tile, added_strip = (_tile_of(TILE_ROWS, vectors, adding=True) for vectors in (2, 1))
"""Of `add_tiled_product`."""


def _pairs_of(vectors: int) -> Any:
    """The intrinsic that sets a vector of `pairs[row]`, or half of one, to so many of `reals`."""

    @intrinsic
    def tile(typing: Any, reals: Any, pairs: Any, row: Any, column: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            left, into = opened(context, builder, signature, values)
            row, column = values[2:]
            terms = [
                load(builder, left.vector_at(row, at))
                for at in columns_from(builder, column, vectors)
            ]
            made = ir.VectorType(ir.IntType(32), LANES * vectors // 2)
            of = ir.FunctionType(made, [SINGLES] * vectors)
            code = "vcvtne2ps2bf16 $1, $2, $0" if vectors == 2 else "vcvtneps2bf16 $1, $0"
            found = builder.asm(of, code, ",".join(["=v"] + ["v"] * vectors), terms, False)
            half = builder.udiv(column, ir.Constant(column.type, 2))
            where = builder.bitcast(into.at(row, half), made.as_pointer())
            builder.store(found, where, align=4)
            return context.get_dummy_value()

        return types.void(reals, pairs, types.intp, types.intp), generate

    return tile


pairs_tile, pairs_strip = _pairs_of(2), _pairs_of(1)
"""Of `factor`."""

gated_tile, gated_strip = (_tile_of(TILE_ROWS // 2, vectors, _gated) for vectors in (2, 1))
"""Of `gated_product`, with half the rows as it has twice the sums."""


def _spoken_of(vectors: int) -> Any:
    """The intrinsic of `silu_product` for so many vectors side by side."""

    @intrinsic
    def tile(typing: Any, a: Any, b: Any, bias: Any, out: Any, row: Any, column: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            left, right, more, into = opened(context, builder, signature, values)
            row, column = values[4:]
            columns, top = columns_from(builder, column, vectors), ir.Constant(row.type, 0)
            found = _products(builder, left, right, row, TILE_ROWS, columns)
            biases = [load(builder, more.vector_at(top, at)) for at in columns]
            for sums in found:
                for number, bias in enumerate(biases):
                    says = builder.fadd(sums[number], bias, flags=FAST)
                    sums[number] = builder.fmul(says, simd.sigmoid_of(builder, says), flags=FAST)
            store(builder, found, into, row, columns)
            return context.get_dummy_value()

        return types.void(a, b, bias, out, types.intp, types.intp), generate

    return tile


spoken_tile, spoken_strip = _spoken_of(2), _spoken_of(1)
"""Of `silu_product`."""
