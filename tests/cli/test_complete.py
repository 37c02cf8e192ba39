"""What shells complete, asked as they ask; and lists that a terminal and a pipe show."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from puzzlesolver.bench.suites import SUITES
from puzzlesolver.cli import complete
from puzzlesolver.domains.base import DOMAINS
from puzzlesolver.hub.catalog import read_catalog
from puzzlesolver.runtime import DEVICES
from puzzlesolver.train.recipes import PRESETS
from tests.cli.support import command, environment, run_on_terminal


def test_repeated_lists_are_whole() -> None:
    assert set(complete.DOMAINS) == {"auto", *DOMAINS}
    assert set(complete.DEVICES) == {"auto", *DEVICES}
    assert list(complete.SUITES) == list(SUITES)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("solve --model ", list(read_catalog().models)),
        ("solve --domain m", ["maze"]),
        ("solve --mode v", ["verified"]),
        ("train sudoku --preset rsm-m", [name for name in PRESETS if name.startswith("rsm-m")]),
        ("bench settle", [name for name in SUITES if name.startswith("settle")]),
        ("bench settle --device cu", ["cuda"]),
        ("models show sudoku-", ["sudoku-1k", "sudoku-any", "sudoku-deep"]),
    ],
)
def test_values_are_completed(words: str, expected: list[str]) -> None:
    done = subprocess.run(
        command(),
        capture_output=True,
        encoding="utf-8",
        env=environment(
            _PUZZLESOLVER_COMPLETE="complete_bash",
            COMP_WORDS=f"puzzlesolver {words}",
            COMP_CWORD=str(len(f"puzzlesolver {words}".split(" ")) - 1),
            XDG_CACHE_HOME="/nowhere",
        ),
    )
    assert done.stdout.split() == expected


def test_completion_imports_nothing_slow() -> None:
    probe = (
        "import sys; from puzzlesolver.cli import app, complete;"
        "[ask('') for ask in (complete.models, complete.presets, complete.suites)];"
        "print({'torch', 'numpy', 'numba', 'huggingface_hub'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, encoding="utf-8")
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("words", "head"),
    [("models list", "NAME"), ("bench list", "SUITE"), ("train --list-presets", "PRESET")],
)
def test_lists_fit_a_terminal(words: str, head: str) -> None:
    screen = run_on_terminal(words.split(), 80, 90)
    text = " ".join(str(screen).split())
    assert screen.code == 0 and screen.lines[0].startswith(head)
    assert "…" not in text
    broken = re.findall(r"\S{78,}", text)  # a row that fills the line was cut by the terminal
    assert not broken


def test_published_models_are_told_when_asked_for() -> None:
    screen = run_on_terminal(["models", "list", "--all"], 80, 200)
    assert all(f"hub:{repo}" in str(screen) for repo in read_catalog().published)
