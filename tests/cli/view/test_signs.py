"""Output in encodings that lack our signs: ASCII forms, never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from puzzlesolver.cli.app import app
from puzzlesolver.cli.view.signs import ascii_form
from tests.cli.support import ONE_BLANK, SOLVED, command, environment, run_in, run_on_terminal
from tests.cli.test_docs import paths

MAZE = "#####\n#S  #\n### #\n#G  #\n#####"
COMMANDS = [
    (["models", "list"], 0),
    (["bench", "list"], 0),
    (["models", "show", "sudoku"], 0),
    (["verify", ONE_BLANK, SOLVED], 0),
    (["generate", "maze", "--size", "9×9×9"], 2),
    (["solve", "ключ…数"], 3),
    (["generate", "sudoku", "--size", "4", "-f", "grid"], 0),
]
CODE = """
import json, sys
from puzzlesolver.cli.app import main
assert not any(main(words) for words in json.loads(sys.argv[1]))
"""


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_every_help_page_and_command(encoding: str, tmp_path: Path) -> None:
    pages = [[*path, "--help"] for path in paths(get_command(app))]
    done = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(pages)],
        capture_output=True,
        env=environment(PYTHONIOENCODING=encoding, COLUMNS="80"),
    )
    text = done.stdout.decode(encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert text.count("Usage: ") == len(pages)
    assert "+- Options --" in text and "\\u" not in text
    for words, code in COMMANDS:
        said = run_in(tmp_path, *words, PYTHONIOENCODING=encoding)
        assert said.code == code and "Traceback" not in said.stderr and "\\u" not in said.stdout


def test_live_view(tmp_path: Path) -> None:
    maze = tmp_path / "maze.txt"
    maze.write_text(MAZE)
    screen = run_on_terminal(
        ["solve", maze, "--live", "--max-steps", "9"], 80, 24, PYTHONIOENCODING="latin-1"
    )
    assert screen.code in (0, 1) and "Traceback" not in str(screen)
    assert "##" in str(screen) and "\\u" not in screen.sent


def test_locale_c() -> None:
    done = subprocess.run(
        command("--help"), capture_output=True, env=environment(LC_ALL="C", PYTHONUTF8="0")
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_forms() -> None:
    signs = "✓ × … ┌ ─ ┐ │ ├ ╬ ╰ → é ² 数 \udcff"
    assert " ".join(map(ascii_form, signs.split())) == (
        "ok x ... + - + | + + + -> e ^2 \\u6570 \\udcff"
    )
