"""Python as `docs/python.md` shows it, and what it promises."""

from __future__ import annotations

import contextlib
import doctest
import io
import itertools
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import puzzlesolver
from puzzlesolver.domains.base import Answer, Verdict
from puzzlesolver.errors import UsageError
from tests.cli.support import PUZZLE

ROOT = Path(__file__).parents[1]
FENCE = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
SHOWN = re.compile(r"  # (.*)$", re.M)


def test_the_page_does_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = FENCE.findall((ROOT / "docs" / "python.md").read_text())
    assert len(blocks) == 8
    for block in blocks:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(block, names)
        lines, shown = printed.getvalue().splitlines(), SHOWN.findall(block)
        assert len(lines) == len(shown), lines
        for line, wanted in zip(lines, shown, strict=True):
            assert doctest.OutputChecker().check_output(wanted, line, doctest.ELLIPSIS), line


def test_importing_it_imports_nothing_large() -> None:
    code = "import sys, puzzlesolver; dir(puzzlesolver); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "numpy", "rich", "typer"} & set(done.stdout.split())


@pytest.mark.parametrize("name", puzzlesolver.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(puzzlesolver, name) and name in dir(puzzlesolver)


def test_results_come_before_the_input_ends() -> None:
    endless = itertools.repeat("1......32..1...4")
    results = puzzlesolver.iter_solve(endless, policy=puzzlesolver.Policy(max_steps=400))
    assert [next(results).status, next(results).status] == ["solved", "solved"]


def test_what_is_shown_of_values_is_short() -> None:
    (result,) = puzzlesolver.solve("1......32..1...4")
    assert re.fullmatch(
        r"<Result solved '1\.{6}32\.\.1\.{3}4': verified, (settled, )?\d+ steps, \d+\.\d s>",
        repr(result),
    )
    assert repr(PUZZLE) == "<Puzzle sudoku 'puzzle.txt' 9×9>"
    assert repr(Answer(np.zeros((2, 3), np.uint8), np.zeros((2, 3), np.float32))) == "<Answer 2×3>"
    assert repr(Verdict("wrong", "r1c1 is blank")) == "<Verdict wrong: r1c1 is blank>"


def test_verify_takes_one_puzzle() -> None:
    with pytest.raises(UsageError, match="found several"):
        puzzlesolver.verify(str(ROOT / "examples/puzzles/sudoku/list.csv"), "1423234132144132")
