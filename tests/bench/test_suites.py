from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from puzzlesolver.bench.accuracy import solving as runner
from puzzlesolver.bench.accuracy.exact import time_exact_solvers
from puzzlesolver.bench.cases import Cases
from puzzlesolver.bench.report.documents import REPORTS
from puzzlesolver.bench.suites import SUITES, get_entry, get_suite
from puzzlesolver.domains.base import get_domain
from puzzlesolver.errors import UsageError

ROWS = 24
SEVENTEEN = "1234567899" + "1" * 7 + "." * 64
"""Seventeen clues; the suite counts them and leaves the rules to others."""


def sides(cases: Cases) -> Counter[tuple[str, int]]:
    pairs = zip(cases.groups, cases.puzzles, strict=True)
    return Counter((group, len(puzzle.grid)) for group, puzzle in pairs)


def check_labels(cases: Cases) -> None:
    for puzzle in cases.puzzles:
        domain = get_domain(puzzle.domain)
        assert puzzle.label is not None
        assert domain.verify(puzzle, puzzle.label).status == "verified"
        assert domain.count_solutions(puzzle) == 1


def test_every_suite_is_told(boards_csv: Path) -> None:
    for name, entry in SUITES.items():
        assert get_entry(name) is entry
        assert entry.description and entry.data
        for function in (entry.code.run, entry.code.compare, entry.page.sections):
            assert callable(function)
    with pytest.raises(UsageError) as error:
        get_entry("sudoku-size")
    assert "sudoku-sizes" in error.value.hint


@pytest.mark.parametrize("name", ["settle-4x4", "settle"])
def test_the_sum_that_is_listed_is_that_of_what_is_made(name: str) -> None:
    assert get_suite(name).load(None, None, 0).sha256 == get_suite(name).sha256


@pytest.mark.parametrize("path", sorted(REPORTS.glob("*.json")), ids=lambda path: path.stem)
def test_committed_reports_are_of_the_data_that_is_listed(path: Path) -> None:
    report = json.loads(path.read_text())
    entry = SUITES.get(path.stem)
    if entry is not None and entry.sha256:
        assert report["data"]["sha256"] == entry.sha256


def test_seventeen_clues(tmp_path: Path) -> None:
    load = get_suite("sudoku-17").load
    with pytest.raises(UsageError, match="cannot be made"):
        load(None, None, 0)
    boards = tmp_path / "boards.txt"
    denser = SEVENTEEN[:80] + "2"
    boards.write_text(f"{SEVENTEEN}\n{denser}\n{SEVENTEEN}\n")
    cases = load(boards, None, 0)
    assert [int((puzzle.grid > 0).sum()) for puzzle in cases.puzzles] == [17, 17]
    assert len(load(boards, 1, 0).puzzles) == 1
    boards.write_text(f"{denser}\n")
    with pytest.raises(UsageError, match="17 clues"):
        load(boards, None, 0)


@pytest.mark.parametrize("name", ["sudoku-sizes", "sudoku-easy", "maze-hard"])
def test_the_seed_decides_what_is_made(name: str) -> None:
    load = get_suite(name).load
    first, again, other = load(None, 1, 0), load(None, 1, 0), load(None, 1, 1)
    assert first.sha256 == again.sha256 != other.sha256
    check_labels(first)


def test_extreme_boards_are_made_when_no_file_is_given() -> None:
    cases = get_suite("sudoku-extreme").load(None, 2, 0)
    assert sides(cases) == {("generated", 9): 2}
    check_labels(cases)
    assert all(puzzle.rating is not None and puzzle.rating >= 20 for puzzle in cases.puzzles)


def test_sizes() -> None:
    cases = get_suite("sudoku-sizes").load(None, 2, 0)
    assert {side for _, side in sides(cases)} == {4, 6, 8, 9, 12, 16, 25}
    assert set(sides(cases).values()) == {2}
    assert ("16×16 hard", 16) in sides(cases) and ("25×25 minimal", 25) not in sides(cases)


def test_rules() -> None:
    cases = get_suite("sudoku-variants").load(None, 1, 0)
    told = dict(zip(cases.groups, cases.puzzles, strict=True))
    assert set(told) >= {"diagonal", "jigsaw", "diagonal,anti-king", "samurai"}
    for puzzle in cases.puzzles:
        assert puzzle.board is not None and puzzle.label is not None
        assert get_domain("sudoku").verify(puzzle, puzzle.label).status == "verified"
    assert cases.sha256 == get_suite("sudoku-variants").load(None, 1, 0).sha256


def test_large_and_many_mazes() -> None:
    large = get_suite("maze-xl").load(None, 1, 0)
    assert [len(puzzle.grid) for puzzle in large.puzzles] == [60, 100, 200, 400]
    many = get_suite("maze-sound").load(None, 2, 0)
    assert set(Counter(many.groups).values()) == {2}
    check_labels(large)
    check_labels(many)


def test_easy_boards(boards_csv: Path) -> None:
    cases = get_suite("sudoku-easy").load(boards_csv, 3, 0)
    assert sides(cases) == {
        ("source 0", 4): 2,
        ("source 1", 4): 1,
        ("random minimal", 9): 3,
        ("one blank", 9): 3,
    }
    check_labels(cases)
    blanks = [
        int((puzzle.grid == 0).sum())
        for puzzle, group in zip(cases.puzzles, cases.groups, strict=True)
        if group == "one blank"
    ]
    assert blanks == [1, 1, 1]


def test_files_without_a_source_column_are_one_group(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("12.4341221434321\n123.341221434321\n")
    cases = get_suite("sudoku-extreme").load(path, None, 0)
    assert list(cases.groups) == ["lines.txt", "lines.txt"]


def test_soundness_wants_answers_and_proves(model_folder: Path, boards_csv: Path) -> None:
    report = runner.run("sudoku-sound", model=model_folder, data=boards_csv)
    numbers = report["modes"]["verified"]
    assert numbers["labelled"] == ROWS
    assert numbers["wrong_verified"] == numbers["wrong_contradictions"] == []
    lines = boards_csv.read_text().splitlines()
    source, question, *_ = lines[1].split(",")
    boards_csv.write_text("\n".join([lines[0], f"{source},{question},,"]) + "\n")
    with pytest.raises(UsageError, match="without an answer"):
        runner.run("sudoku-sound", model=model_folder, data=boards_csv)


def test_soundness_notices_a_solvable_board_that_is_called_contradictory(
    model_folder: Path, tmp_path: Path
) -> None:
    """A board with two solutions stands in for one that the proof gets wrong."""
    path = tmp_path / "two.csv"
    answer = "1234341221434321"
    path.write_text(f"source,question,answer,rating\nx,{'.' * 8}{answer[8:]},{answer},0\n")
    report = runner.run("sudoku-sound", model=model_folder, data=path)
    assert len(report["modes"]["verified"]["wrong_contradictions"]) == 1


def test_exact_solvers_answer_everything() -> None:
    nine = get_suite("sudoku-easy").load(None, 2, 0).puzzles
    rows = time_exact_solvers(nine)
    assert [row["solver"] for row in rows] == ["python-sat", "compiled backtracking"]
    assert all(
        row["verified"] == row["puzzles"] == len(nine) and row["seconds"] > 0 for row in rows
    )


def test_exact_solvers_answer_mazes() -> None:
    rows = time_exact_solvers(get_suite("maze-hard").load(None, 2, 0).puzzles)
    assert [(row["solver"], row["verified"]) for row in rows] == [
        ("breadth-first search", 2),
        ("compiled breadth-first search", 2),
    ]


def test_exact_solvers_take_boards_of_any_size(boards_csv: Path) -> None:
    rows = time_exact_solvers(get_suite("sudoku-extreme").load(boards_csv, 3, 0).puzzles)
    verified = {row["solver"]: row["verified"] for row in rows}
    assert verified == {"python-sat": 3, "compiled backtracking": 3}
