"""Generated puzzles are as hard as asked, unique, new, and the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from puzzlesolver.domains.base import get_domain
from puzzlesolver.domains.sudoku import generate as sudoku_generate
from puzzlesolver.domains.sudoku import search
from puzzlesolver.domains.sudoku.generate import LEVELS, PuzzleStream, generate
from puzzlesolver.domains.sudoku.making import breed
from puzzlesolver.domains.sudoku.making.canonical import canonical
from puzzlesolver.domains.sudoku.render import format_line
from puzzlesolver.domains.sudoku.rules import count_solutions, verify
from puzzlesolver.errors import ParseError, UsageError
from tests.domains.sudoku.support import SIZES


@pytest.mark.parametrize(
    ("difficulty", "least", "most"),
    [
        ("easy", 0, 0),
        ("hard", LEVELS["hard"], None),
        ("extreme", LEVELS["extreme"], None),
        (25, 25, None),
        ("3", 3, None),
    ],
)
def test_difficulty(difficulty: str | int, least: int, most: int | None) -> None:
    made = list(get_domain("sudoku").generate(5, 1, difficulty=difficulty))
    assert len({canonical(puzzle.grid.reshape(81)) for puzzle in made}) == 5
    for puzzle in made:
        assert count_solutions(puzzle) == 1
        assert puzzle.label is not None and verify(puzzle, puzzle.label).status == "verified"
        assert puzzle.rating == search.rate(puzzle.grid.reshape(81))
        assert least <= puzzle.rating and (most is None or puzzle.rating <= most)
    assert len({puzzle.name for puzzle in made}) == 5


def test_deep_boards_resist_a_round_of_single_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    # Boards as deep as the real ones take minutes to breed.
    monkeypatch.setattr(sudoku_generate, "RESISTANCE", 20)
    for puzzle in get_domain("sudoku").generate(3, 1, difficulty="deep"):
        assert search.resistance(puzzle.grid.reshape(81)) >= 20
        assert count_solutions(puzzle) == 1
        assert puzzle.rating == search.rate(puzzle.grid.reshape(81))


@pytest.mark.parametrize("size", [size for size in SIZES if size < 25])
def test_other_sizes(size: int) -> None:
    made = list(generate(2, 4, size=size))
    assert format_line(made[0].grid) != format_line(made[1].grid)
    for puzzle in made:
        assert puzzle.grid.shape == (size, size) and (puzzle.grid == 0).any()
        assert count_solutions(puzzle) == 1
        assert puzzle.label is not None and verify(puzzle, puzzle.label).status == "verified"


@pytest.mark.parametrize("options", [{"difficulty": "hard"}, {"size": 4}, {"size": 16}])
def test_the_seed_decides(options: dict) -> None:
    first, again, other = (
        [format_line(puzzle.grid) for puzzle in generate(3, seed, **options)] for seed in (1, 1, 2)
    )
    assert first == again != other


def test_excluded_puzzles_are_not_made_in_any_form(tmp_path: Path) -> None:
    questions, _, _ = PuzzleStream(5, "hard").take(20)
    state = np.array([1], np.uint64)
    disguised = [breed.random_equivalent(question, state) for question in questions[:10]]
    lines = [format_line(board.reshape(9, 9)) for board in disguised]
    # What has several solutions, or another size, excludes nothing.
    path = tmp_path / "seen.sdm"
    path.write_text("\n".join([*lines, "." * 81, "1......32..1...4"]) + "\n")
    forms = {canonical(board) for board in disguised}
    again, _, _ = PuzzleStream(5, "hard", path).take(20)
    assert not forms & {canonical(board) for board in again}
    assert again[:10].tolist() == questions[10:].tolist()


def test_unreadable_exclusions(tmp_path: Path) -> None:
    path = tmp_path / "seen.txt"
    path.write_text("nothing here")
    with pytest.raises(ParseError, match="no puzzle found"):
        PuzzleStream(5, "easy", path)


@pytest.mark.parametrize("difficulty", ["easy", "hard"])
def test_a_resumed_stream_continues_exactly(difficulty: str) -> None:
    straight = PuzzleStream(9, difficulty)
    straight.take(7)
    state = straight.state_dict()
    expected = straight.take(8)
    resumed = PuzzleStream(10, difficulty)
    resumed.load_state_dict(state)
    for left, right in zip(expected, resumed.take(8), strict=True):
        assert left.dtype == right.dtype and np.array_equal(left, right)
    assert all(isinstance(array, np.ndarray) for array in state.values())


def test_a_stream_never_repeats_itself_after_resuming() -> None:
    stream = PuzzleStream(9, "easy")
    stream.take(5)
    state = stream.state_dict()
    rewound = PuzzleStream(9, "easy")  # makes the same five again unless it remembers them
    rewound.load_state_dict(state | {"random": PuzzleStream(9, "easy").state_dict()["random"]})
    before = {canonical(board) for board in PuzzleStream(9, "easy").take(5)[0]}
    assert not before & {canonical(board) for board in rewound.take(5)[0]}


def test_shapes() -> None:
    questions, solutions, guesses = PuzzleStream(1, "easy").take(3)
    assert questions.shape == solutions.shape == (3, 81) and guesses.shape == (3,)
    assert (questions.dtype, solutions.dtype, guesses.dtype) == (np.uint8, np.uint8, np.int32)
    assert ((questions == 0) | (questions == solutions)).all()
    assert PuzzleStream(1, "easy").take(0)[0].shape == (0, 81)


@pytest.mark.parametrize(
    "options",
    [
        {"difficulty": "impossible"},
        {"difficulty": "-1"},
        {"difficulty": "1e9"},
        {"difficulty": 1_000_000},
        {"size": 7},
        {"size": 4, "difficulty": "extreme"},
        {"size": 4, "exclude": "list.txt"},
        {"rules": "anti-knigt"},
        {"rules": "windoku", "size": 6},
        {"rules": "diagonal", "difficulty": "deep"},
    ],
)
def test_wrong_options_are_told_at_once(options: dict) -> None:
    with pytest.raises(UsageError):
        generate(1, 0, **options)
