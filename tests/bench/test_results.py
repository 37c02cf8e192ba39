from __future__ import annotations

from pathlib import Path

import pytest

from puzzlesolver.bench.readme import DOCUMENTS, renew


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.parent.name)
def test_numbers_are_those_of_the_committed_reports(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert renew(text) == text, "run `make results`"


def test_a_block_is_made_anew_and_the_rest_is_kept() -> None:
    text = "before\n<!-- results sudoku-extreme -->\n99.9 %\n<!-- end -->\nafter\n"
    fresh = renew(text)
    assert fresh.startswith("before\n<!-- results sudoku-extreme -->\n| solver |")
    assert fresh.endswith("<!-- end -->\nafter\n")
    assert "99.9 %" not in fresh
