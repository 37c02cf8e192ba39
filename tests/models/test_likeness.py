from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from puzzlesolver.models.arc.features import NOTHING
from puzzlesolver.models.arc.likeness import restored

Grid = npt.NDArray[np.uint8]


def drawn(height: int, width: int, seed: int) -> Grid:
    return np.random.default_rng(seed).integers(0, 6, (height, width)).astype(np.uint8)


def patterns(seed: int) -> dict[str, Grid]:
    half, tile = drawn(12, 6, seed), drawn(3, 4, seed)
    square = drawn(12, 12, seed)
    return {
        "mirrored across": np.hstack([half, half[:, ::-1]]),
        "mirrored down": np.hstack([half, half[:, ::-1]]).T,
        "mirrored beside the middle": np.hstack([half, half[:, ::-1]])[:, 2:],
        "transposed": np.where(np.tri(12, dtype=bool), square, square.T),
        "repeated": np.tile(tile, (4, 3)),
        "repeated and cut": np.tile(tile, (4, 3))[:11, :10],
    }


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", patterns(0))
def test_hidden_cells_of_a_pattern_are_restored(name: str, seed: int) -> None:
    grid = patterns(seed)[name]
    rng = np.random.default_rng(seed)
    hidden = np.zeros(grid.shape, bool)
    row, column = rng.integers(0, 2, 2)  # on one side of every axis
    hidden[row : row + 3, column : column + 2] = True
    plane = restored(np.where(hidden, 9, grid).astype(np.uint8), hidden)
    told = plane != NOTHING
    assert np.array_equal(plane[told], grid[told])
    assert told[~hidden].all() and (hidden & told).any()
    assert told.all() or name == "transposed"  # where what is hidden can lie on the diagonal


@pytest.mark.parametrize("seed", range(20))
def test_without_a_pattern_hidden_cells_stay_unknown(seed: int) -> None:
    grid, hidden = drawn(9, 10, seed), np.zeros((9, 10), bool)
    hidden[3:5, 2:6] = True
    plane = restored(grid, hidden)
    assert (plane[hidden] == NOTHING).all()
    assert np.array_equal(plane[~hidden], grid[~hidden])


def test_a_grid_that_is_all_hidden_tells_nothing() -> None:
    everything = np.ones((3, 3), bool)
    assert (restored(drawn(3, 3, 0), everything) == NOTHING).all()
