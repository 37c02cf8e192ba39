"""`--rules` and `--regions` of generate and verify: what is made is read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from puzzlesolver import solve
from puzzlesolver.domains.base import get_domain, written
from puzzlesolver.domains.detect import read_puzzles
from tests.cli.support import SOLVED, Run

MAP = "AAAABBCCC\nAABBBBCCC\nAAABBBCCC\n" + 3 * "DDDEEEFFF\n" + 3 * "GGGHHHIII\n"


@pytest.mark.parametrize("form", ["csv", "line", "grid"])
@pytest.mark.parametrize(
    "options",
    [
        ("--rules", "X,anti king"),
        ("--rules", "jigsaw", "--size", "6"),
        ("--rules", "twin", "--difficulty", "easy"),
        ("--rules", "latin", "--size", "7"),
        ("--regions", "3x2", "--size", "6"),
    ],
    ids=" ".join,
)
def test_generated_boards_carry_their_rules(
    run: Run, tmp_path: Path, options: tuple[str, ...], form: str
) -> None:
    made = run("generate", "sudoku", "-n", "2", "--seed", "4", *options, "-f", form, "-o", "made")
    assert (made.code, made.stderr) == (0, "")
    again = run("generate", "sudoku", "-n", "2", "--seed", "4", *options, "-f", form)
    assert again.stdout == (tmp_path / "made").read_text()
    puzzles = list(read_puzzles([tmp_path / "made"]))
    assert len(puzzles) == 2 and all(puzzle.rules for puzzle in puzzles)
    if form == "csv":
        assert run("verify", "made").code == 0
        line = get_domain("sudoku").format_line
        first = puzzles[0]
        question, answer = (written(first, grid, "line") for grid in (first.grid, first.answer))
        assert run("verify", question, answer).code == 0
        plain = "".join(line(each.answer) + "\n" for each in puzzles)
        assert run("verify", "made", "-", stdin=plain).code == 0


def test_verify_names_the_unit_in_the_user_s_words(run: Run) -> None:
    assert run("verify", "1" + "." * 80, SOLVED).code == 0
    for rule, told in {
        "x": "the main diagonal holds",
        "diagonal+": "the anti-diagonal holds",
        "hyper": "window 1 holds",
        "asterisk": "the asterisk holds",
        "argyle": "argyle diagonal 1 holds",
        "girandola": "the girandola holds",
    }.items():
        done = run("verify", "1" + "." * 80, SOLVED, "--rules", rule)
        assert done.code == 1 and told in done.stdout and "twice: r" in done.stdout, done.stdout
    done = run("verify", "1.........1" + "." * 70, SOLVED, "--rules", "king,latin")
    assert done.code == 5 and "the pair a king's move apart is given 1 twice" in done.stdout


def test_a_map_by_its_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "map.txt").write_text(MAP)
    board = "2......1.5...2...6" + "." * 63
    done = run("verify", board, "--regions", "map.txt")
    assert done.code == 1 and "blank cells" in done.stdout
    done = run("verify", "1" * 4 + "." * 77, "--regions", "map.txt")
    assert done.code == 1
    (tmp_path / "map.txt").write_text(MAP.replace("B", "A", 1))
    done = run("verify", board, "--regions", "map.txt")
    assert done.code == 3 and "region A has 10 cells and region B has 8" in done.stderr
    done = run("verify", board, "--regions", "nowhere.txt")
    assert done.code == 3 and "nowhere.txt" in done.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--rules", "anti-knigt"), "did you mean 'anti-knight'"),
        (("--rules", "killer"), "more than different digits"),
        (("--size", "7"), "no Sudoku has 7 rows"),
        (("--regions", "0x0"), "no board has boxes of 0×0 cells"),
        (("--regions", "99x99"), "boards have 4 to 25 rows"),
        (("--size", "6", "--rules", "windoku"), "windoku does not fit 6×6"),
        (("--rules", "x", "--difficulty", "deep"), "difficulties are easy, hard, minimal"),
    ],
)
def test_what_cannot_be_made_is_told_at_once(run: Run, options: tuple[str, ...], told: str) -> None:
    done = run("generate", "sudoku", *options)
    assert (done.code, done.stdout) == (2, "") and told in done.stderr


def test_each_board_gets_the_model_that_suits_it() -> None:
    small = "1......32..1...4"
    latin = next(get_domain("sudoku").generate(1, 3, size=4, rules="latin"))
    results = solve(small, latin, small)
    assert [result.status for result in results] == ["solved"] * 3
    assert [result.model for result in results] == ["sudoku", "sudoku-any", "sudoku"]
    assert {result.model for result in solve(small, latin, model="sudoku-any")} == {"sudoku-any"}


def test_a_folder_takes_the_puzzles_that_one_model_suits(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mixed.txt").write_text("1......32..1...4\n1......32..1...4 rules=latin\n")
    words = ("solve", "mixed.txt", "--format", "jsonl", "--output", "out/", "--max-steps", "64")
    done = run(*words)
    assert done.code == 2 and "error: mixed.txt:2: another model suits this puzzle" in done.stderr
    assert "add --model sudoku-any" in done.stderr
    done = run(*words[:-4], "--output", "other/", "--max-steps", "64", "--model", "sudoku-any")
    assert done.code in (0, 1, 5) and len(list((tmp_path / "other").glob("0*.jsonl"))) == 1
