from __future__ import annotations

import json
from pathlib import Path

import pytest

from puzzlesolver.bench.readme import DOCUMENTS, REPORTS, renew


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


@pytest.mark.parametrize(
    ("block", "told"),
    [("parts sudoku-easy sudoku-sizes", "| sudoku-sizes: 16×16 |"), ("cost sudoku-extreme", "p95")],
)
def test_every_kind_of_block_tells_its_reports(block: str, told: str) -> None:
    fresh = renew(f"<!-- {block} -->\n<!-- end -->\n")
    reports = [json.loads((REPORTS / f"{name}.json").read_text()) for name in block.split()[1:]]
    if told == "p95":
        assert f"{reports[0]['cost']['puzzle_seconds']['p95']:.1f} s at their 95th" in fresh
        assert fresh.count("\n| 1,024 |") == 1
    else:
        assert told in fresh
        assert "Wrong answers called verified: 0." in fresh
