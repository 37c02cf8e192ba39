"""Products and the sigmoid of machine code agree with numpy."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from puzzlesolver.models.code import amx, matrices, simd, tiles
from puzzlesolver.models.code.fused import pairs_of
from puzzlesolver.models.code.matrices import VECTORS
from puzzlesolver.models.code.simd import LANES
from puzzlesolver.models.code.tiles import TILE_COLUMNS, TILE_ROWS

SIZES = st.integers(1, 3 * TILE_COLUMNS)
KINDS = pytest.mark.parametrize("kind", [np.float32, np.float64])


@numba.njit(**VECTORS)
def _product(a: Any, b: Any, out: Any) -> None:
    matrices.product(a, b, out)


@numba.njit(**VECTORS)
def _add_product(a: Any, b: Any, out: Any) -> None:
    matrices.add_product(a, b, out)


@numba.njit(**VECTORS)
def _silu_product(a: Any, b: Any, bias: Any, out: Any) -> None:
    matrices.silu_product(a, b, bias, out)


@numba.njit(**VECTORS)
def _gated_product(a: Any, b: Any, out: Any) -> None:
    matrices.gated_product(a, b, out)


@numba.njit(**VECTORS)
def _tiled_product(a: Any, b: Any, room: Any, out: Any) -> None:
    amx.begin(b)
    matrices.tiled_product(matrices.factor(a, room), b, out)
    amx.end(b)


@numba.njit(**VECTORS)
def _add_tiled_product(a: Any, b: Any, out: Any) -> None:
    matrices.add_tiled_product(a, b, out)


@numba.njit(**VECTORS)
def _row_sums(table: Any, members: Any, starts: Any, out: Any) -> None:
    matrices.row_sums(table, members, starts, out)


@numba.njit(**VECTORS)
def _sigmoid(x: Any, out: Any) -> None:
    for i in range(len(x)):
        out[i] = simd.sigmoid(x[i])


def _drawn(kind: type, *shape: int) -> Any:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(kind)


def _near(found: Any, wanted: Any) -> None:
    slack = 1e-5 if found.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(found, wanted, rtol=slack, atol=slack * 10)


def _silu(x: Any) -> Any:
    return x / (1 + np.exp(-x))


@KINDS
@settings(max_examples=30, deadline=None)
@given(SIZES, SIZES, SIZES)
def test_product(kind: type, rows: int, inner: int, columns: int) -> None:
    a, b = _drawn(kind, rows, inner), _drawn(kind, inner, columns)
    out = np.full((rows, columns), np.nan, kind)
    _product(a, b, out)
    _near(out, a @ b)


@KINDS
@settings(max_examples=30, deadline=None)
@given(SIZES, st.integers(1, 4), SIZES)
def test_add_product(kind: type, rows: int, vectors: int, columns: int) -> None:
    a, b = _drawn(kind, rows, vectors * LANES), _drawn(kind, columns, vectors * LANES)
    out = _drawn(kind, rows, columns)
    wanted = out + a @ b.T
    _add_product(a, b, out)
    _near(out, wanted)


@KINDS
@pytest.mark.parametrize("vectors", [1, 2, 3, 6])
def test_finished_products(kind: type, vectors: int) -> None:
    rows, columns = vectors * TILE_ROWS, vectors * LANES
    a, b, bias = _drawn(kind, rows, 5), _drawn(kind, 5, 2 * columns), _drawn(kind, columns)
    out = np.empty((rows, columns), kind)
    _silu_product(a, np.ascontiguousarray(b[:, :columns]), bias, out)
    _near(out, _silu(a @ b[:, :columns] + bias))
    _gated_product(a, b, out)
    gates, values = np.split(a @ b, 2, axis=1)
    _near(out, _silu(gates) * values)


@KINDS
@pytest.mark.parametrize("vectors", [1, 2, 3])
def test_tiled_products_leave_what_is_beyond_tiles(kind: type, vectors: int) -> None:
    rows, columns = 2 * TILE_ROWS + 1, vectors * LANES + 1
    a, b, out = _drawn(kind, rows, 5), _drawn(kind, 5, columns), _drawn(kind, rows, columns)
    wanted, added = out.copy(), out.copy()
    wanted[:-1, :-1] = (a @ b)[:-1, :-1]
    added[:-1, :-1] += wanted[:-1, :-1]
    _add_tiled_product(a, b, out)
    _near(out, added)
    _tiled_product(a, b, a, out)
    _near(out, wanted)


@pytest.mark.skipif(not tiles.PAIRS_ARE_FASTER, reason="this processor has no fast bfloat16")
@pytest.mark.parametrize("vectors", [1, 2, 3])
def test_pairs_of_bfloat16(vectors: int) -> None:
    inner = vectors * LANES
    a, b = _drawn(np.float32, TILE_ROWS, inner), _drawn(np.float32, inner, inner)
    out = np.empty((TILE_ROWS, inner), np.float32)
    _tiled_product(a, pairs_of(b), np.empty((TILE_ROWS, inner // 2), np.uint32), out)
    rounded = (torch.from_numpy(each).bfloat16().double().numpy() for each in (a, b))
    _near(out, np.matmul(*rounded).astype(np.float32))


@KINDS
@pytest.mark.parametrize("vectors", [1, 2, 3])
def test_row_sums(kind: type, vectors: int) -> None:
    table = _drawn(kind, 7, vectors * LANES)
    members, starts = np.array([0, 6, 2, 2]), np.array([0, 2, 2, 4])
    out = np.full((3, vectors * LANES), np.nan, kind)
    _row_sums(table, members, starts, out)
    _near(out, np.stack([table[0] + table[6], 0 * table[0], 2 * table[2]]))


@KINDS
def test_sigmoid(kind: type) -> None:
    x = np.concatenate([np.linspace(-40, 40, 10_001), [-1e30, -1000, 0, 1000, 1e30]]).astype(kind)
    out = np.empty_like(x)
    _sigmoid(x, out)
    with np.errstate(over="ignore"):
        wanted = 1 / (1 + np.exp(-x))
    np.testing.assert_allclose(out, wanted, rtol=5e-6 if kind is np.float32 else 1e-13, atol=1e-30)


def test_what_is_no_number_stays_one() -> None:
    a = np.full((TILE_ROWS, 1), np.nan, np.float32)
    out = np.zeros((TILE_ROWS, TILE_COLUMNS), np.float32)
    _gated_product(a, np.ones((1, 2 * TILE_COLUMNS), np.float32), out)
    assert np.isnan(out).all()
