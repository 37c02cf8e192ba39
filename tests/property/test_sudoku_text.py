"""Whatever is written, it is read back; whatever else is given, the error is typed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from puzzlesolver.domains.base import Grid, get_domain
from puzzlesolver.domains.detect import read_puzzles
from puzzlesolver.domains.sudoku.render import format_line
from puzzlesolver.errors import ParseError
from tests.domains.sudoku.support import FORMS, boards, read

BLANKS = st.sampled_from(".0-*_Xx")
LIKE_BOLD = np.add.outer(np.arange(25), np.arange(25)).astype(np.uint8) % 25 + 1
LIKE_BOLD[7, [10, 11, 13, 14]] = 0  # a row of a box is written **T** or __T__
ALL_LIKE_BOLD = np.zeros((10, 10), np.uint8)
ALL_LIKE_BOLD[:, [2, 7]] = 5
LINE_ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "  \n"])


@pytest.mark.parametrize("form", FORMS)
@given(grid=boards(), blank=BLANKS, end=st.sampled_from(["\n", "\r\n", " \n"]), bom=st.booleans())
@example(grid=LIKE_BOLD, blank="*", end="\n", bom=False)
@example(grid=LIKE_BOLD, blank="_", end="\n", bom=False)
@example(grid=ALL_LIKE_BOLD, blank="_", end="\n", bom=False)
def test_what_is_written_is_read(form: str, grid: Grid, blank: str, end: str, bom: bool) -> None:
    assume(not (form == "one spaced line" and len(grid) == 4))  # 16 words are a row of 16×16
    text = FORMS[form](grid, blank).replace("\n", end) + 2 * end
    (puzzle,) = read("\ufeff" * bom + text)
    assert puzzle.name == "puzzle.txt" and puzzle.grid.dtype == np.uint8
    assert np.array_equal(puzzle.grid, grid)


@given(
    written=st.lists(
        st.tuples(
            boards([6, 9, 25]),
            st.sampled_from(sorted(FORMS.keys() - {"sdk"})),
            st.sampled_from([".", "0", "X"]),
        ),
        min_size=2,
        max_size=4,
    ),
    gap=st.sampled_from(["\n", "\n\n", "\n# another\n"]),
)
def test_many_in_one_text(written: list[tuple[Grid, str, str]], gap: str) -> None:
    puzzles = read(gap.join(FORMS[form](grid, blank) for grid, form, blank in written))
    assert [puzzle.grid.tolist() for puzzle in puzzles] == [grid.tolist() for grid, *_ in written]
    assert all(puzzle.name == puzzle.source != "puzzle.txt" for puzzle in puzzles)


@given(grids=st.lists(boards(), min_size=2, max_size=30), blank=st.sampled_from(".0*_X-"))
def test_lists_of_lines_of_any_size(grids: list[Grid], blank: str) -> None:
    lines = [format_line(grid).replace(".", blank) for grid in grids]
    puzzles = read("\n".join(lines))
    assert [format_line(puzzle.grid).replace(".", blank) for puzzle in puzzles] == lines
    assert [puzzle.name for puzzle in puzzles] == [f"puzzle.txt:{n + 1}" for n in range(len(lines))]


@given(grid=boards([9]), label=boards([9]), rating=st.floats(0, 1e6))
def test_csv_keeps_label_and_rating(grid: Grid, label: Grid, rating: float) -> None:
    label = np.where(label == 0, 1, label).astype(np.uint8)
    header = "source,question,answer,rating\n"
    (puzzle,) = read(f'{header}"a, b",{format_line(grid)},{format_line(label)},{rating!r}\n')
    assert np.array_equal(puzzle.grid, grid) and np.array_equal(puzzle.label, label)
    assert puzzle.rating == rating and puzzle.source == "puzzle.txt:2"


@given(grid=boards([9]), rating=st.decimals(0, 20, places=1))
def test_sudoku_exchange_keeps_the_rating(grid: Grid, rating: object) -> None:
    (puzzle,) = read(f"0a1b2c3d4e5f {format_line(grid).replace('.', '0')}  {rating}\n")
    assert np.array_equal(puzzle.grid, grid) and puzzle.rating == float(str(rating))


LIKELY = "123456789.0-*_Xx|+!=,:; \t\n\r#[]AGP\"'é\ufeff\0"


@given(
    content=st.one_of(
        st.binary(),
        st.text().map(str.encode),
        st.text(LIKELY, max_size=400).map(str.encode),
        st.lists(st.text(LIKELY, min_size=9, max_size=9), max_size=20).map(
            lambda rows: "\n".join(rows).encode()
        ),
        st.text(LIKELY).map(lambda text: b"source,question,answer,rating\n" + text.encode()),
        st.text(LIKELY).map(lambda text: b"[Puzzle]\n" + text.encode()),
    ),
    domain=st.sampled_from(["auto", "sudoku"]),
)
def test_any_bytes_are_puzzles_or_a_parse_error(content: bytes, domain: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        path.write_bytes(content)
        try:
            for puzzle in read_puzzles([path], domain):
                size = len(puzzle.grid)
                assert puzzle.grid.shape == (size, size) and puzzle.grid.max() <= size
                assert get_domain(puzzle.domain).recognise(format_line(puzzle.grid))
        except ParseError as error:
            assert error.where.startswith(str(path)) and error.what


@given(text=st.text(LIKELY, max_size=100))
def test_any_argument_is_puzzles_or_a_parse_error(text: str) -> None:
    assume(text != "-" and not os.path.lexists(text))
    try:
        assert all(puzzle.domain in ("sudoku", "maze") for puzzle in read_puzzles([text]))
    except ParseError as error:
        assert error.where and error.what
