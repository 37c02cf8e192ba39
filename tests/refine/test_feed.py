from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from puzzlesolver.domains.base import Puzzle
from puzzlesolver.errors import ParseError
from puzzlesolver.refine import feed as module
from puzzlesolver.refine.feed import Feed


def unknown(index: int, puzzle: Puzzle) -> None:
    return None


def empty(side: int, count: int) -> list[Puzzle]:
    return [Puzzle("sudoku", "", np.zeros((side, side), np.uint8), "test")] * count


def test_layouts_come_one_after_another_the_oldest_first() -> None:
    feed = Feed([*empty(4, 2), *empty(9, 2), *empty(4, 1)], batch_size=8, examine=unknown)
    order = []
    while (layout := feed.layout()) is not None:
        for index, puzzle in feed.take(layout):
            assert (puzzle.domain, puzzle.grid.shape, puzzle.board) == layout
            order.append(index)
            feed.finish(index)
    assert order == [0, 1, 4, 2, 3]


def test_what_is_known_without_a_step_is_set_apart_and_not_kept_waiting() -> None:
    clash = Puzzle("sudoku", "", np.ones((4, 4), np.uint8), "test")

    def examine(index: int, puzzle: Puzzle) -> str | None:
        return f"clash {index}" if puzzle is clash else None

    feed = Feed([clash, *empty(4, 1), clash], 8, examine)
    assert feed.layout() is None and list(feed.take_known()) == [(0, "clash 0")]
    layout = feed.layout()
    assert layout is not None
    assert [index for index, _ in feed.take(layout)] == [1]
    assert list(feed.take_known()) == [(2, "clash 2")]


@pytest.mark.parametrize("side", [4, 9, 25])
def test_an_unfinished_puzzle_bounds_what_is_taken_behind_it(
    side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AHEAD_CELLS", 10_000)
    taken = 0

    def endless() -> Iterator[Puzzle]:
        nonlocal taken
        while True:
            taken += 1
            yield from empty(side, 1)

    feed = Feed(endless(), batch_size=2, examine=unknown)
    layout = feed.layout()
    assert layout is not None
    hard, *others = [index for index, _ in feed.take(layout)]
    assert taken == max(8, 10_000 // (256 + side * side))
    for index in others:
        feed.finish(index)
    assert feed.layout() is None and taken == len(others) + 1, "one is still unfinished"
    feed.finish(hard)
    assert feed.layout() == layout


def test_a_fault_ends_the_input_and_is_kept_for_the_end() -> None:
    def faulty() -> Iterator[Puzzle]:
        yield from empty(4, 2)
        raise ParseError("no puzzle", where="x:3")

    feed = Feed(faulty(), batch_size=8, examine=unknown)
    layout = feed.layout()
    assert layout is not None
    assert len(list(feed.take(layout))) == 2
    assert feed.error is not None and feed.error.where == "x:3"
    assert feed.layout() is None
