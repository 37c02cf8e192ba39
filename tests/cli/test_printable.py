"""Names and texts of others command no terminal, and bytes that are no text end nowhere badly."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from puzzlesolver.bench.report.page import Panel
from puzzlesolver.bench.report.terminal import print_table
from puzzlesolver.printable import printable
from tests.cli.support import SOLVED, Run

HOSTILE = "a\x1b]0;b\x07\x9b31m\u202ec\udcff"


def test_commands_are_escapes_and_all_other_text_stays() -> None:
    assert printable(HOSTILE) == r"a\x1b]0;b\x07\x9b31m\u202ec\udcff"
    assert printable("9×9 ✓ café 数独 x\u200dy\n") == "9×9 ✓ café 数独 x\u200dy\n"
    assert printable("a\nb\tc", keep="") == r"a\nb\tc"


@pytest.mark.parametrize("words", ["verify", "solve -f text", "solve -f csv", "models show"])
def test_names_of_files_are_harmless(run: Run, tmp_path: Path, words: str) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/a\x1b[31m\xff.txt")
    Path(path).write_text(SOLVED)
    done = run(*words.split(), path)
    assert "\x1b" not in done.stdout + done.stderr and "Traceback" not in done.stderr
    assert r"a\x1b[31m\udcff.txt" in done.stdout + done.stderr


def test_results_of_such_a_file_are_json(run: Run, tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/a\xff.txt")
    Path(path).write_text(SOLVED)
    assert run("solve", "-f", "json", "-o", str(tmp_path / "out.json"), path).code == 0
    assert json.loads((tmp_path / "out.json").read_text())["name"].endswith("a\udcff.txt")


def test_tables_of_benchmarks_take_names_as_they_are() -> None:
    import io

    from rich.console import Console

    console = Console(file=io.StringIO(), width=200)
    print_table(console, Panel("[/x]", ["[red]", "n"], [[f"[/b]{HOSTILE}", "1"]]))
    assert isinstance(console.file, io.StringIO)
    assert r"[/b]a\x1b]0;b" in console.file.getvalue() and "[red]" in console.file.getvalue()
