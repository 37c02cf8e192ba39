from __future__ import annotations

import sys
from importlib import import_module, invalidate_caches
from pathlib import Path

import numba
import pytest

CALLED = """
from puzzlesolver.machine_code import njit

@njit
def number():
    return {number}
"""
CALLING = """
from puzzlesolver.machine_code import njit
from kept import {what}

@njit(cache=True)
def twice():
    return 2 * {call}()
"""


def called(folder: Path, number: int) -> tuple[int, int]:
    """What functions in two files answer a new process, and how many of them it compiled."""
    (folder / "kept" / "called.py").write_text(CALLED.format(number=number))
    for name in [name for name in sys.modules if name.partition(".")[0] == "kept"]:
        del sys.modules[name]
    invalidate_caches()
    twice = import_module("kept.calling").twice
    return twice(), sum(twice.stats.cache_misses.values())


@pytest.mark.parametrize(
    ("what", "call"), [("called", "called.number"), ("called as other", "other.number")]
)
def test_kept_code_is_made_anew_when_a_file_that_it_uses_changes(
    what: str, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "__init__.py").touch()
    (tmp_path / "kept" / "calling.py").write_text(CALLING.format(what=what, call=call))
    assert [called(tmp_path, number) for number in (3, 3, 14)] == [(6, 1), (6, 0), (28, 1)]
