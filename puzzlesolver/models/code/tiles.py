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

TILE_ROWS = 4 if LANES == 8 else 8
TILE_COLUMNS = 2 * LANES
"""Of a tile of `product`: as many sums as fit into 16 (AVX) or 32 registers, beside their terms.

What is left of the columns is a strip, one vector wide.
"""

PAIRS_ARE_FASTER = simd.MULTIPLIES_PAIRS or amx.GRANTED
"""Whether products of pairs are faster than those of float32 here."""

SUM_ROWS, SUM_COLUMNS = (2 if LANES == 8 else 4), 4
"""Of a tile of `add_product`; there each sum is a register of its own."""


SINGLES = ir.VectorType(ir.FloatType(), LANES)
"""A vector of float32."""


class _Rows:
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


def _offset(builder: Any, first: Any, by: int) -> Any:
    return builder.add(first, ir.Constant(first.type, by))


def _load(builder: Any, where: Any) -> Any:
    return builder.load(where, align=4)


def _everywhere(builder: Any, scalar: Any) -> Any:
    """A vector of one number."""
    index = ir.IntType(32)
    vector = ir.VectorType(scalar.type, LANES)
    unset = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(unset, scalar, ir.Constant(index, 0))
    return builder.shuffle_vector(
        first, unset, ir.Constant(ir.VectorType(index, LANES), [0] * LANES)
    )


def _sums(builder: Any, vector: Any, count: int) -> list[Any]:
    """Variables of zeros; LLVM keeps them in registers."""
    sums = [cgutils.alloca_once(builder, vector) for _ in range(count)]
    for total in sums:
        builder.store(ir.Constant(vector, [0.0] * LANES), total)
    return sums


def _add(builder: Any, total: Any, a: Any, b: Any) -> None:
    now = builder.load(total)
    if a.type.element == ir.IntType(32):
        of = ir.FunctionType(SINGLES, [SINGLES, a.type, a.type])
        more = builder.asm(of, "vdpbf16ps $3, $2, $0", "=v,0,v,v", [now, a, b], False)
    else:
        more = builder.fadd(now, builder.fmul(a, b, flags=FAST), flags=FAST)
    builder.store(more, total)


def _products(builder: Any, left: _Rows, right: _Rows, row: Any, rows: int, columns: Any) -> Any:
    """Sums of `rows` rows and the vectors at these columns, `[row][column]`."""
    sums = [_sums(builder, left.sum, len(columns)) for _ in range(rows)]
    begin, by = ir.Constant(left.columns.type, 0), ir.Constant(left.columns.type, 1)
    if amx.GRANTED and left.vector.element == ir.IntType(32):
        begin = amx.products(builder, left, right, row, columns, sums)
    with cgutils.for_range_slice(builder, begin, left.columns, by) as (k, _):
        terms = [_load(builder, right.vector_at(k, column)) for column in columns]
        for r, totals in enumerate(sums):
            entry = builder.load(left.at(_offset(builder, row, r), k))
            factor = _everywhere(builder, entry)
            for total, term in zip(totals, terms, strict=True):
                _add(builder, total, factor, term)
    return [[builder.load(total) for total in totals] for totals in sums]


def _store(
    builder: Any, found: Any, into: _Rows, row: Any, columns: Any, adding: bool = False
) -> None:
    for r, vectors in enumerate(found):
        for vector, column in zip(vectors, columns, strict=True):
            where = into.vector_at(_offset(builder, row, r), column)
            now = builder.fadd(_load(builder, where), vector, flags=FAST) if adding else vector
            builder.store(now, where, align=4)


def _opened(context: Any, builder: Any, signature: Any, values: Any) -> list[_Rows]:
    """The matrices among the arguments."""
    return [
        _Rows(context, builder, kind, value)
        for kind, value in zip(signature.args, values, strict=True)
        if isinstance(kind, types.Array)
    ]


def _gated(builder: Any, vectors: list[Any]) -> list[Any]:
    """Gates, then as many values, become SiLU of the gates times the values."""
    half = len(vectors) // 2
    return [
        builder.fmul(
            builder.fmul(gate, simd.sigmoid_of(builder, gate), flags=FAST), value, flags=FAST
        )
        for gate, value in zip(vectors[:half], vectors[half:], strict=True)
    ]


def _columns(builder: Any, first: Any, vectors: int) -> list[Any]:
    """Where so many vectors side by side begin."""
    return [_offset(builder, first, number * LANES) for number in range(vectors)]


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
            left, right, into = _opened(context, builder, signature, values)
            row, column = values[3:]
            columns = read = _columns(builder, column, vectors)
            if become is _gated:
                read = [*columns, *(builder.add(at, into.columns) for at in columns)]
            found = _products(builder, left, right, row, rows, read)
            if become is not None:
                found = [become(builder, vectors) for vectors in found]
            _store(builder, found, into, row, columns, adding)
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
            left, into = _opened(context, builder, signature, values)
            row, column = values[2:]
            terms = [
                _load(builder, left.vector_at(row, at)) for at in _columns(builder, column, vectors)
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
            left, right, more, into = _opened(context, builder, signature, values)
            row, column = values[4:]
            columns, top = _columns(builder, column, vectors), ir.Constant(row.type, 0)
            found = _products(builder, left, right, row, TILE_ROWS, columns)
            biases = [_load(builder, more.vector_at(top, at)) for at in columns]
            for sums in found:
                for number, offset in enumerate(biases):
                    says = builder.fadd(sums[number], offset, flags=FAST)
                    sums[number] = builder.fmul(says, simd.sigmoid_of(builder, says), flags=FAST)
            _store(builder, found, into, row, columns)
            return context.get_dummy_value()

        return types.void(a, b, bias, out, types.intp, types.intp), generate

    return tile


spoken_tile, spoken_strip = _spoken_of(2), _spoken_of(1)
"""Of `silu_product`."""


def _row_sum_of(vectors: int) -> Any:
    """The intrinsic that sets some vectors of `out[row]`.

    They become the sum of the table's rows `members[begin:end]`.
    """

    @intrinsic
    def tile(
        typing: Any, table: Any, members: Any, begin: Any, end: Any, out: Any, row: Any, column: Any
    ) -> Any:
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            table, _, into = _opened(context, builder, signature, values)
            members = context.make_array(signature.args[1])(context, builder, values[1]).data
            begin, end, _, row, column = values[2:]
            columns = _columns(builder, column, vectors)
            sums = _sums(builder, table.vector, vectors)
            with cgutils.for_range_slice(builder, begin, end, ir.Constant(begin.type, 1)) as (k, _):
                member = builder.load(builder.gep(members, [k]))
                for total, at in zip(sums, columns, strict=True):
                    term = _load(builder, table.vector_at(member, at))
                    builder.store(builder.fadd(builder.load(total), term, flags=FAST), total)
            _store(builder, [[builder.load(total) for total in sums]], into, row, columns)
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
        left, right, into = _opened(context, builder, signature, values)
        row, column = values[3:]
        sums = _sums(builder, left.vector, SUM_ROWS * SUM_COLUMNS)
        lanes = ir.Constant(left.columns.type, LANES)
        vectors = builder.udiv(left.columns, lanes)
        with cgutils.for_range(builder, vectors) as loop:
            place = builder.mul(loop.index, lanes)
            terms = [
                _load(builder, right.vector_at(_offset(builder, column, c), place))
                for c in range(SUM_COLUMNS)
            ]
            for r in range(SUM_ROWS):
                factor = _load(builder, left.vector_at(_offset(builder, row, r), place))
                for c in range(SUM_COLUMNS):
                    _add(builder, sums[r * SUM_COLUMNS + c], factor, terms[c])
        folded = _folded(builder, [builder.load(total) for total in sums])
        short = ir.VectorType(left.vector.element, SUM_COLUMNS)
        each = ir.VectorType(ir.IntType(32), SUM_COLUMNS)
        for r in range(SUM_ROWS):
            vector, first = divmod(r * SUM_COLUMNS, LANES)
            lanes_of_row = ir.Constant(each, list(range(first, first + SUM_COLUMNS)))
            own = builder.shuffle_vector(folded[vector], folded[vector], lanes_of_row)
            where = builder.bitcast(into.at(_offset(builder, row, r), column), short.as_pointer())
            builder.store(builder.fadd(_load(builder, where), own, flags=FAST), where, align=4)
        return context.get_dummy_value()

    return types.void(a, b, out, types.intp, types.intp), generate
