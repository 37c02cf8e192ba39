"""`docs/cli.md` shows every `--help` as it is.

After a change of options, write the page anew: `python -m tests.cli.test_docs`.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from puzzlesolver.cli.app import EXIT_CODES, app, main
from tests.cli.support import environment

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "cli.md"
HEAD = """# Commands

What `--help` says, written by `python -m tests.cli.test_docs`; stdout carries data, stderr carries
everything for people.

## Exit codes

| code | what it means |
|---|---|
"""


def paths(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command and group, the program itself first."""
    yield path
    for name, inner in getattr(group, "commands", {}).items():
        yield from paths(inner, (*path, name))


def sections() -> str:
    """Every command's heading and help, as wide and colourful as this process is told to be."""
    return "".join(map(_section, paths(get_command(app))))


def page() -> str:
    """The whole text of `docs/cli.md`, from a process that nobody's terminal influences."""
    code = "from tests.cli.test_docs import sections; print(sections(), end='')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        encoding="utf-8",
        cwd=ROOT,
        env=environment(COLUMNS="80", NO_COLOR="1", PYTHONIOENCODING="utf-8"),
    )
    codes = "".join(f"| {code} | {what} |\n" for code, (_, what) in EXIT_CODES.items())
    return f"{HEAD}{codes}\nWhen several apply to a list of puzzles: 5 before 1.\n{done.stdout}"


def _section(path: tuple[str, ...]) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        main([*path, "--help"])
    lines = "\n".join(line.rstrip() for line in printed.getvalue().splitlines())
    return f"\n## {' '.join(('puzzlesolver', *path))}\n\n```text\n{lines.strip()}\n```\n"


def test_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.cli.test_docs"


def test_lines_of_help_fit_on_a_terminal() -> None:
    """Below the first paragraph they stay as they are, and a longer one breaks twice."""
    for path in paths(get_command(app)):
        command = get_command(app)
        for name in path:
            command = command.commands[name]
        _, *others = (command.help or "").split("\n\n")
        assert all(len(line) <= 78 for part in others for line in part.splitlines()), path


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
