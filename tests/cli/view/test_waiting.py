"""Nothing is blank for long: slow imports say so on a terminal, and nowhere else."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cli.support import command, environment, run_on_terminal

MAZE = ("generate", "maze", "--size", "3")
"""Imports numba alone, which takes a sixth of the time of torch."""


def test_a_terminal_is_told_and_cleared() -> None:
    screen = run_on_terminal(("models", "verify", "sudoku"), 80, 24, fresh=True)
    before, _, after = screen.sent.partition("loading torch…")
    assert "verifying sudoku…" in before and "verifying sudoku…" in after, "said until it is done"
    assert screen.lines[0].startswith("sudoku: intact") and "loading" not in str(screen)


def test_a_pipe_and_a_dumb_terminal_are_not() -> None:
    done = subprocess.run(command(*MAZE), capture_output=True, env=environment())
    assert (done.returncode, done.stderr) == (0, b"")
    assert "loading" not in run_on_terminal(MAZE, 80, 24, fresh=True, TERM="dumb").sent


def test_the_first_compilation_is_told(tmp_path: Path) -> None:
    first, second = (
        run_on_terminal(MAZE, 80, 24, fresh=True, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2)
    )
    assert first.code == second.code == 0
    assert first.lines[0].startswith("compiling") and "compiling" not in second.sent
    assert "loading numba…" in second.sent
