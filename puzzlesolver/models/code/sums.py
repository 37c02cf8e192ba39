"""Sums of rows and of products along rows, as tiles that stay in registers.

Matrices are as in `tiles.py`.

>>> row_sum_tile(table, members, begin, end, out, row, column)  # in a function for numba
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from puzzlesolver.models.code.simd import FAST, LANES, cgutils, intrinsic
from puzzlesolver.models.code.vectors import add, columns_from, load, offset, opened, store, zeros

SUM_ROWS, SUM_COLUMNS = (2 if LANES == 8 else 4), 4
"""Of a tile of `add_product`; there each sum is a register of its own."""


def _row_sum_of(vectors: int) -> Any:
    """The intrinsic that sets some vectors of `out[row]`.

    They become the sum of the table's rows `members[begin:end]`.
    """

    @intrinsic
    def tile(
        typing: Any, table: Any, members: Any, begin: Any, end: Any, out: Any, row: Any, column: Any
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            table, _, into = opened(context, builder, signature, values)
            members = context.make_array(signature.args[1])(context, builder, values[1]).data
            begin, end, _, row, column = values[2:]
            columns = columns_from(builder, column, vectors)
            sums = zeros(builder, table.vector, vectors)
            with cgutils.for_range_slice(builder, begin, end, ir.Constant(begin.type, 1)) as (k, _):
                member = builder.load(builder.gep(members, [k]))
                for total, at in zip(sums, columns, strict=True):
                    term = load(builder, table.vector_at(member, at))
                    builder.store(builder.fadd(builder.load(total), term, flags=FAST), total)
            store(builder, [[builder.load(total) for total in sums]], into, row, columns)
            return context.get_dummy_value()

        numbers = types.intp, types.intp, out, types.intp, types.intp
        return types.void(table, members, *numbers), generate

    return tile


row_sum_tile, row_sum_strip = _row_sum_of(2), _row_sum_of(1)
"""Of `row_sums`."""


def _folded(builder: Any, vectors: list[Any]) -> list[Any]:
    """The sum of every vector, in their order, as few vectors; at least `LANES` are given."""
    index = ir.VectorType(ir.IntType(32), LANES)
    halves = [ir.Constant(index, list(range(odd, 2 * LANES, 2))) for odd in range(2)]
    for _ in range(LANES.bit_length() - 1):
        vectors = [
            builder.fadd(*(builder.shuffle_vector(*pair, half) for half in halves), flags=FAST)
            for pair in zip(vectors[::2], vectors[1::2], strict=True)
        ]
    return vectors


@intrinsic
def add_tile(typing: Any, a: Any, b: Any, out: Any, row: Any, column: Any) -> Any:
    """`out[row:row + SUM_ROWS, column:column + SUM_COLUMNS] += a bᵀ`, of whole vectors of `a`."""

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        left, right, into = opened(context, builder, signature, values)
        row, column = values[3:]
        sums = zeros(builder, left.vector, SUM_ROWS * SUM_COLUMNS)
        lanes = ir.Constant(left.columns.type, LANES)
        vectors = builder.udiv(left.columns, lanes)
        with cgutils.for_range(builder, vectors) as loop:
            place = builder.mul(loop.index, lanes)
            terms = [
                load(builder, right.vector_at(offset(builder, column, c), place))
                for c in range(SUM_COLUMNS)
            ]
            for r in range(SUM_ROWS):
                factor = load(builder, left.vector_at(offset(builder, row, r), place))
                for c in range(SUM_COLUMNS):
                    add(builder, sums[r * SUM_COLUMNS + c], factor, terms[c])
        folded = _folded(builder, [builder.load(total) for total in sums])
        short = ir.VectorType(left.vector.element, SUM_COLUMNS)
        each = ir.VectorType(ir.IntType(32), SUM_COLUMNS)
        for r in range(SUM_ROWS):
            vector, first = divmod(r * SUM_COLUMNS, LANES)
            lanes_of_row = ir.Constant(each, list(range(first, first + SUM_COLUMNS)))
            own = builder.shuffle_vector(folded[vector], folded[vector], lanes_of_row)
            where = builder.bitcast(into.at(offset(builder, row, r), column), short.as_pointer())
            builder.store(builder.fadd(load(builder, where), own, flags=FAST), where, align=4)
        return context.get_dummy_value()

    return types.void(a, b, out, types.intp, types.intp), generate
