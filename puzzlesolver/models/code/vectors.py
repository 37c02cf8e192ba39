"""Matrices in the code of an intrinsic: addresses of their vectors, and what is done with these.

All of it writes LLVM; `builder` is where the code goes.

>>> a, b = opened(context, builder, signature, values)
>>> load(builder, a.vector_at(row, column))
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from puzzlesolver.models.code.simd import FAST, LANES, cgutils

SINGLES = ir.VectorType(ir.FloatType(), LANES)
"""A vector of float32."""


class Rows:
    """Addresses in the contiguous matrices that an intrinsic is given."""

    def __init__(self, context: Any, builder: Any, kind: Any, value: Any) -> None:
        array = context.make_array(kind)(context, builder, value)
        self.builder = builder
        self.data = array.data
        self.columns = cgutils.unpack_tuple(builder, array.shape)[-1]
        self.vector = ir.VectorType(context.get_value_type(kind.dtype), LANES)
        self.sum = SINGLES if kind.dtype is types.uint32 else self.vector

    def at(self, row: Any, column: Any) -> Any:
        """Where an entry lies."""
        place = self.builder.add(self.builder.mul(row, self.columns), column)
        return self.builder.gep(self.data, [place])

    def vector_at(self, row: Any, column: Any) -> Any:
        """Where the vector that begins there lies."""
        return self.builder.bitcast(self.at(row, column), self.vector.as_pointer())


def offset(builder: Any, first: Any, by: int) -> Any:
    """A place so far behind another."""
    return builder.add(first, ir.Constant(first.type, by))


def load(builder: Any, where: Any) -> Any:
    """A vector; the matrices are aligned as numpy aligns them."""
    return builder.load(where, align=4)


def everywhere(builder: Any, scalar: Any) -> Any:
    """A vector of one number."""
    index = ir.IntType(32)
    vector = ir.VectorType(scalar.type, LANES)
    unset = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(unset, scalar, ir.Constant(index, 0))
    return builder.shuffle_vector(
        first, unset, ir.Constant(ir.VectorType(index, LANES), [0] * LANES)
    )


def zeros(builder: Any, vector: Any, count: int) -> list[Any]:
    """Variables of zeros; LLVM keeps them in registers."""
    sums = [cgutils.alloca_once(builder, vector) for _ in range(count)]
    for total in sums:
        builder.store(ir.Constant(vector, [0.0] * LANES), total)
    return sums


def add(builder: Any, total: Any, a: Any, b: Any) -> None:
    """Add the product of two vectors to a variable."""
    now = builder.load(total)
    if a.type.element == ir.IntType(32):
        of = ir.FunctionType(SINGLES, [SINGLES, a.type, a.type])
        more = builder.asm(of, "vdpbf16ps $3, $2, $0", "=v,0,v,v", [now, a, b], False)
    else:
        more = builder.fadd(now, builder.fmul(a, b, flags=FAST), flags=FAST)
    builder.store(more, total)


def store(
    builder: Any, found: Any, into: Rows, row: Any, columns: Any, adding: bool = False
) -> None:
    """Write vectors, `[row][column]`, from a row on at these columns."""
    for r, vectors in enumerate(found):
        for vector, column in zip(vectors, columns, strict=True):
            where = into.vector_at(offset(builder, row, r), column)
            now = builder.fadd(load(builder, where), vector, flags=FAST) if adding else vector
            builder.store(now, where, align=4)


def opened(context: Any, builder: Any, signature: Any, values: Any) -> list[Rows]:
    """The matrices among the arguments."""
    return [
        Rows(context, builder, kind, value)
        for kind, value in zip(signature.args, values, strict=True)
        if isinstance(kind, types.Array)
    ]


def columns_from(builder: Any, first: Any, vectors: int) -> list[Any]:
    """Where so many vectors side by side begin."""
    return [offset(builder, first, number * LANES) for number in range(vectors)]
