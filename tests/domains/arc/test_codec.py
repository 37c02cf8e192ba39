"""Grids come back from the canvas, and any prediction has an answer."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from puzzlesolver.domains.arc.codec import CANVAS, EOS, from_canvas, to_canvas
from puzzlesolver.domains.base import get_domain
from tests.domains.arc.support import GRIDS, TASK, read


def test_the_edge_stands_below_and_right_of_the_grid() -> None:
    canvas = to_canvas(np.array([[5, 0, 7]], np.uint8), 1, 2).reshape(CANVAS, CANVAS)
    expected = np.zeros((CANVAS, CANVAS), np.uint8)
    expected[1, 2:6] = [7, 2, 9, 1]
    expected[2, 2:5] = 1
    assert np.array_equal(canvas, expected)


@given(GRIDS, st.data())
def test_grids_come_back_from_the_canvas_wherever_they_lie(
    grid: np.ndarray, data: st.DataObject
) -> None:
    row, column = (data.draw(st.integers(0, CANVAS - side)) for side in grid.shape)
    assert np.array_equal(from_canvas(to_canvas(grid, row, column), row, column), grid)


@given(arrays(np.int64, CANVAS * CANVAS, elements=st.integers(0, 11), fill=st.just(2)))
def test_the_crop_is_the_largest_rectangle_of_colours(ids: np.ndarray) -> None:
    canvas = ids.reshape(CANVAS, CANVAS)
    best = (0, 0, 0)
    for height, width in itertools.product(range(1, CANVAS + 1), repeat=2):
        if height * width > best[0] and (canvas[:height, :width] >= 2).all():
            best = (height * width, height, width)
    found = from_canvas(ids)
    assert found.size == best[0]
    if found.size:
        assert found.shape == best[1:] and (found == canvas[: best[1], : best[2]] - 2).all()


def test_puzzles_become_batches_of_published_models() -> None:
    (puzzle,) = read(TASK)
    batch = get_domain("arc").encode([puzzle, puzzle])
    tokens = batch.tokens.numpy()
    assert tokens.shape == (2, 900) and batch.layout.cells == 900 and batch.layout.symbols == 1
    assert np.array_equal(tokens[0] + 1, to_canvas(puzzle.grid)) and tokens.min() == -1


def test_probabilities_become_answers() -> None:
    (puzzle,) = read(TASK)
    said = np.zeros((900, 11), np.float32)
    ids = to_canvas(puzzle.grid)
    said[np.arange(900), np.maximum(ids, EOS) - EOS] = 0.75
    answer = get_domain("arc").decode(said, puzzle)
    assert np.array_equal(answer.grid, puzzle.grid)
    assert answer.confidence.shape == puzzle.grid.shape and (answer.confidence == 0.75).all()


def test_nothing_in_the_corner_is_one_cell_without_confidence() -> None:
    (puzzle,) = read(TASK)
    said = np.zeros((900, 11), np.float32)
    said[:, 0] = 1
    answer = get_domain("arc").decode(said, puzzle)
    assert answer.grid.tolist() == [[0]] and answer.confidence.tolist() == [[0]]
