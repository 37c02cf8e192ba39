"""What the parser says of files as people have them."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest

from puzzlesolver.domains.detect import parse_text
from puzzlesolver.domains.sudoku.parse import parse, recognise
from puzzlesolver.domains.sudoku.render import format_line
from puzzlesolver.domains.sudoku.rules import count_solutions
from puzzlesolver.errors import ParseError
from puzzlesolver.limits import MAX_LINE_CHARS
from tests.domains.sudoku.support import HARD, SIZES, SOLVED, board, read

EXAMPLES = sorted((Path(__file__).parents[3] / "examples/puzzles/sudoku").iterdir())
ROWS = [HARD[start : start + 9] for start in range(0, 81, 9)]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_have_one_solution(path: Path) -> None:
    puzzles = read(path.read_text(), path.name)
    assert puzzles
    for puzzle in puzzles:
        assert count_solutions(puzzle) == 1
        assert puzzle.grid.any() and puzzle.source.startswith(f"{path.name}:")


def test_examples_cover_every_size() -> None:
    sizes = {len(puzzle.grid) for path in EXAMPLES for puzzle in read(path.read_text())}
    assert sizes | {8, 10, 12} == set(SIZES)


def test_long_lists_are_read_row_by_row() -> None:
    taken = itertools.count()

    def endless() -> itertools.chain[str]:
        rows = (f"s{next(taken)},{HARD},{SOLVED},1.5\n" for _ in itertools.count())
        return itertools.chain(["source,question,answer,rating\n"], rows)

    puzzles = list(itertools.islice(parse_text(endless(), "list.csv"), 1000))
    assert next(taken) <= 1002
    assert puzzles[-1].name == "list.csv:1001" and puzzles[-1].rating == 1.5
    assert format_line(puzzles[-1].label) == SOLVED


def test_csv_with_other_columns() -> None:
    (puzzle,) = read(f"question,id\n{HARD},7\n")
    assert format_line(puzzle.grid) == HARD and puzzle.label is puzzle.rating is None


def test_sixteen_characters() -> None:
    small = "1......32..1...4"
    assert [len(puzzle.grid) for puzzle in read(f"{small}\n" * 20)] == [4] * 20
    large = ["1.3.5.7.9.B.D.F."] + ["." * 16] * 15
    assert board("\n".join(large)).shape == (16, 16)
    framed = "\n".join(["1 . . . | . . . . | . . . . | . . . ."] + ["....|....|....|...."] * 15)
    assert board(framed).shape == (16, 16)


def test_letters_are_digits_and_x_is_a_blank() -> None:
    row = board("\n".join(["1aAgGpPxX" + "." * 16] + ["." * 25] * 24))[0]
    assert row[:9].tolist() == [1, 10, 10, 16, 16, 25, 25, 0, 0]


@pytest.mark.parametrize("frame", ["---------", "___________", "---+---+---", "=== === ===", "+"])
def test_lines_of_dashes_between_dotted_rows_are_frame(frame: str) -> None:
    rows = [frame, *ROWS[:3], frame, *ROWS[3:6], frame, *ROWS[6:], frame]
    assert format_line(board("\n".join(rows))) == HARD


@pytest.mark.parametrize("blank", "-_")
def test_lines_of_dashes_between_dashed_rows_are_rows(blank: str) -> None:
    text = "\n".join([".........", *ROWS[1:-1], "........."]).replace(".", blank)
    assert np.array_equal(board(text)[1:-1].ravel(), board(HARD)[1:-1].ravel())


def test_comments_and_sections() -> None:
    text = f"# title\n[Puzzle]\n{ROWS[0]} # first\n" + "\n".join(ROWS[1:])
    assert format_line(board(text + f"\n[State]\nnonsense\n[Puzzle]\n{'':s}")) == HARD


@pytest.mark.parametrize(
    ("text", "where", "told"),
    [
        (HARD[:-1], "1:1", "expected 81 cells, found 80"),
        ("\n" + HARD[:40] + "Q" + HARD[41:], "2:41", "'Q'"),
        ("12345", "1:1", "5 cells"),
        ("1..5.2..34.34..2", "1:1", "row 1 of 16"),
        ("1.7..2", "1:3", "'7' is no digit of a 6×6 board"),
        ("\n".join(ROWS[:8]), "8:1", "row 8 of 9"),
        ("\n".join([*ROWS[:4], "", *ROWS[4:]]), "4:1", "row 4 of 9"),
        ("\n".join([*ROWS[:3], "  1234"]), "4:3", "4 cells, the first row has 9"),
        ("\n".join([*ROWS[:3], HARD]), "3:1", "row 3 of 9"),
        ("1 2 3 4\n1 2 3 q", "2:7", "'q'"),
        ("a" * (MAX_LINE_CHARS + 1), f"1:{MAX_LINE_CHARS}", "longer than"),
        (f"question\n{HARD[1:]}", "2:1", "found 80"),
        (f"source,question\nme,{HARD[:-1]}Q", "2:84", "'Q'"),
        (f"source,question\n{HARD}", "2:1", "expected 2 fields, found 1"),
        (f"question,answer\n{HARD},1234341221434321", "2:83", "not a board of the question's size"),
        (f"question,answer\n{HARD},{SOLVED[:-1]}", "2:83", "found 80"),
        (f'question\n"{HARD}', "2:1", "no CSV"),
        (f"0a1b2c3d4e5f {HARD[1:]} 1.2", "1:14", "found 80"),
    ],
)
def test_errors_say_where_and_what(text: str, where: str, told: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)
    assert caught.value.where == f"puzzle.txt:{where}" and told in caught.value.what


def test_lines_about_results_are_no_rows() -> None:
    told = "…/cases/sudoku/list.txt:12: solved ✓ verified · settled · 24 steps · 0.3 s"
    text = "\n".join([*ROWS, told, *ROWS, told])
    assert [format_line(puzzle.grid) for puzzle in read(text)] == [HARD] * 2


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "[State]\n" + HARD, "-" * 81, "| |"])
def test_no_puzzle(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(text)
    assert caught.value.what == "no puzzle found" and caught.value.hint


def test_puzzles_before_an_error_are_read() -> None:
    puzzles = parse([HARD, SOLVED[:80]], "list.txt")
    assert next(puzzles).name == "list.txt:1"
    with pytest.raises(ParseError):
        next(puzzles)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (HARD, True),
        (HARD[:-1], True),
        ("# by me\n[Puzzle]\n" + ROWS[0], True),
        ("+-------+-------+\n| 1 . . |", True),
        (f"0a1b2c3d4e5f {HARD} 1.2", True),
        ("source,question,answer,rating\nx,   # S  G ,,", False),
        ("##########\n#S      G#\n##########", False),
        ('{"train": [], "test": []}', False),
        ("dear reader", False),
        ("", False),
    ],
)
def test_recognise(head: str, expected: bool) -> None:
    assert recognise(head) is expected


@pytest.mark.parametrize("line", ["X", "!", "|", "a,b", "+", "Zz"])
def test_lines_that_are_no_rows_cost_few_calls(line: str) -> None:
    """Hundreds of thousands of them must be refused within a second, however slow the machine."""
    calls, lines = itertools.count(), 500
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, argument: next(calls) if event[-4:] == "call" else None)
    try:
        with pytest.raises(ParseError):
            list(parse([line] * lines, "list"))
    finally:
        sys.setprofile(before)
    assert next(calls) < 75 * lines


def test_rows_that_look_like_a_time_are_rows() -> None:
    rows = [*["............"] * 10, "1.2345678ABC", "12.345678.AB"]
    assert format_line(board("\n".join(rows))) == "".join(rows)
