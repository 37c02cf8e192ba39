"""The live view on real terminals, read back through a terminal emulator."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from puzzlesolver.domains.base import get_domain
from tests.cli.support import HARD, ONE_BLANK, SOLVED, Run, run_on_terminal

SIZES = [(80, 24), (200, 50)]


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_last_frame_stays_and_the_result_follows(model: Path, columns: int, rows: int) -> None:
    screen = run_on_terminal(["solve", ONE_BLANK, "-m", model], columns, rows)
    assert screen.code == 0
    text = str(screen)
    assert "loading" in screen.sent and "loading" not in text
    for fact in ("puzzle 1 of 1", "step ", "residual ", "● verified"):
        assert text.count(fact) == 1, f"{fact!r} once, in one frame:\n{text}"
    assert text.count("solved ✓ verified") == 1
    digits = "".join(c for line in screen.lines[1:12] for c in line[:21] if c.isdigit())
    assert digits == SOLVED, "the grid is on the screen, and only once"


def test_unsolved_puzzle_leaves_the_lamp_dark(model: Path) -> None:
    screen = run_on_terminal(["solve", HARD, "-m", model, "--max-steps", "80"], 80, 24)
    assert screen.code == 1
    assert "○ not verified" in str(screen) and "step 80 of 80" in str(screen)


def test_stdout_is_clean_while_the_view_runs(model: Path) -> None:
    screen = run_on_terminal(
        ["solve", ONE_BLANK, ONE_BLANK, "-m", model, "-f", "jsonl", "--live"],
        80,
        24,
        stdout_piped=True,
    )
    assert [json.loads(line)["answer"] for line in screen.stdout.splitlines()] == [SOLVED] * 2
    assert "puzzle 2 of 2" in str(screen) and "● verified" in str(screen)


def test_many_results_are_printed_above_the_view(model: Path) -> None:
    screen = run_on_terminal(["solve", *[ONE_BLANK] * 5, "-m", model, "-f", "line"], 100, 30)
    *answers, total = [line for line in screen.lines if line]
    assert answers == [SOLVED] * 5 and total.startswith("5 of 5 puzzles solved in ")
    assert "puzzle 5 of 5" in screen.sent


def test_no_color_sends_no_colour_but_the_same_words(model: Path) -> None:
    arguments = ["solve", ONE_BLANK, "-m", model]
    plain = run_on_terminal(arguments, 80, 24, NO_COLOR="1")
    assert "● verified" in str(plain)
    assert not any(f"\x1b[{code}m" in plain.sent for code in range(30, 48))
    assert "38;2" not in plain.sent and "38;5" not in plain.sent


def test_off_where_it_would_disturb(model: Path) -> None:
    off = (["--no-live"], {}), (["-f", "json"], {}), (["-q"], {}), ([], {"TERM": "dumb"})
    for options, changes in off:
        screen = run_on_terminal(["solve", ONE_BLANK, "-m", model, *options], 120, 40, **changes)
        assert screen.code == 0
        assert "residual" not in screen.sent and "\x1b[?25l" not in screen.sent


def test_no_frame_is_drawn_where_a_pipe_may_write_too(model: Path) -> None:
    """`solve X | cat` writes to the terminal that a frame would stand on."""
    for count, fresh in ((1, True), (2, False)):
        words = ["solve", *[ONE_BLANK] * count, "-m", model]
        screen = run_on_terminal(words, 80, 24, stdout_piped=True, fresh=fresh)
        assert screen.code == 0 and screen.stdout.count("solved ✓ verified") == count
        assert "residual" not in screen.sent and "\x1b[?25l" not in screen.sent
        assert "loading" not in str(screen) and (not fresh or "loading" in screen.sent)


def test_lines_fit_80_columns_and_break_between_words(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a-folder-with-a-long-name" / "another-folder"
    folder.mkdir(parents=True)
    (folder / "hard.txt").write_text(HARD)
    screen = run_on_terminal(
        ["solve", folder / "hard.txt", "-m", model, "--max-steps", "80", "--no-live"], 80, 24
    )
    text = [line for line in screen.lines if line]
    outcome = next(number for number, line in enumerate(text) if "hard.txt: unsolved" in line)
    assert text[outcome].startswith("…/")
    assert text[outcome].endswith(" s") and "80 steps" in text[outcome]
    assert "its 80 steps are spent; " in text[outcome + 1]
    assert text[-1].startswith("hint: --fallback exact")
    assert "48;5;124" in screen.sent, "conflicts have red paper"


def test_small_terminal_shows_the_result_in_full(model: Path) -> None:
    screen = run_on_terminal(["solve", ONE_BLANK, "-m", model], 60, 9)
    assert "needs" in screen.sent, "no room for the grid in the frame"
    assert "solved ✓ verified" in screen.sent


def test_a_pipe_gets_no_escape_codes(run: Run, model: Path) -> None:
    done = run("solve", ONE_BLANK, "-m", model)
    assert "\x1b" not in done.stdout + done.stderr
    assert "residual" not in done.stderr


@pytest.mark.parametrize(
    ("columns", "rows"), [SIZES[0], pytest.param(*SIZES[1], marks=pytest.mark.soak)]
)
def test_a_large_maze_is_drawn_in_the_room_there_is(columns: int, rows: int) -> None:
    maze = next(get_domain("maze").generate(1, seed=3))
    screen = run_on_terminal(["solve", get_domain("maze").format_line(maze.grid)], columns, rows)
    assert screen.code == 0
    text = str(screen)
    for fact in ("puzzle 1 of 1", "residual ", "● settled", "● verified", "solved ✓ verified"):
        assert text.count(fact) == 1, f"{fact!r} once, in one frame:\n{text}"
    width, height = (30, 15) if rows == 24 else (60, 30)
    picture = [line[:width] for line in screen.lines[1 : 1 + height]]
    assert sum(line.count("S") for line in picture) == sum(line.count("G") for line in picture) == 1
    assert "needs" not in screen.sent
