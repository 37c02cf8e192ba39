"""The README's commands run as written, and show what the README shows.

Every ```console and ```bash block is run unless `<!-- not run -->` stands on the line before it.
In a console block `$ ` marks a command; the lines below it are its output, where `...` stands for
anything. Commands share one folder, which holds a copy of `examples/`. Installing and `make` are
left out: CI has done the one, and the other would run these tests again.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FENCE = re.compile(
    r"(?P<skip><!-- not run -->\n)?^```(?P<kind>console|bash)\n(?P<body>.*?)^```$", re.M | re.S
)
NOT_HERE = re.compile(r"(git clone|cd|make|pip install|python3? -m (pip|venv)|source|\.) ")
SHOWN = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Command:
    """One command of the README and the output shown below it, "" when none is."""

    line: int
    text: str
    shown: str


def read_commands(markdown: str) -> list[Command]:
    """All commands that are to be run, in order."""
    return [
        command
        for fence in FENCE.finditer(markdown)
        if not fence["skip"]
        for command in split_block(
            fence["body"], fence["kind"], markdown.count("\n", 0, fence.start("body")) + 1
        )
        if not NOT_HERE.match(command.text + " ")
    ]


def split_block(body: str, kind: str, first_line: int) -> list[Command]:
    """The commands of one block; a backslash at a line's end continues a command."""
    commands: list[Command] = []
    lines = enumerate(body.splitlines(), first_line)
    for number, line in lines:
        if kind == "bash" and (not line.strip() or line.lstrip().startswith("#")):
            continue
        if kind == "console" and not line.startswith("$ "):
            assert commands, f"README.md:{number}: output above the first command"
            last = commands.pop()
            commands.append(Command(last.line, last.text, f"{last.shown}{line}\n"))
            continue
        text = line.removeprefix("$ ")
        while text.endswith("\\"):
            text = f"{text}\n{next(lines)[1]}"
        commands.append(Command(number, text, ""))
    return commands


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    ignored = shutil.ignore_patterns("node_modules")
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=ignored)
    return folder


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    scripts = Path(sys.executable).parent
    assert (scripts / "puzzlesolver").is_file(), "install the package first: pip install -e ."
    path = f"{scripts}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "COLUMNS": "80", "NO_COLOR": "1", "HF_HUB_OFFLINE": "1"}


COMMANDS = read_commands((ROOT / "README.md").read_text(encoding="utf-8"))


def test_the_readme_shows_how_to_solve_a_puzzle() -> None:
    assert any(command.text.startswith("puzzlesolver solve ") for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: f"line-{command.line}")
def test_command_does_what_the_readme_shows(
    command: Command, workplace: Path, environment: dict[str, str]
) -> None:
    done = _run(command, workplace, environment)
    if "compiling" in done.stdout:  # said once on a machine
        done = _run(command, workplace, environment)
    assert done.returncode == 0, f"README.md:{command.line}: {command.text}\n{done.stdout}"
    if command.shown:
        assert doctest.OutputChecker().check_output(command.shown, done.stdout, SHOWN), (
            f"README.md:{command.line}: {command.text}\n"
            f"--- shown\n{command.shown}--- real\n{done.stdout}"
        )


def _run(
    command: Command, workplace: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command.text],
        cwd=workplace,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 180


def test_blocks_are_read_as_documented() -> None:
    markdown = (
        "```bash\n# why\nmake test\necho a \\\n  b\n```\n"
        "<!-- not run -->\n```bash\nrm -r x\n```\n"
        "```console\n$ echo c\nc\n$ pip install .\nDone\n```\n```python\nprint()\n```\n"
    )
    assert read_commands(markdown) == [
        Command(4, "echo a \\\n  b", ""),
        Command(12, "echo c", "c\n"),
    ]
