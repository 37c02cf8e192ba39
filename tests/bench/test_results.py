from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from puzzlesolver.bench.report.documents import BLOCKS, DOCUMENTS, REPORTS, renew


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


def test_a_number_changed_by_hand_is_noticed() -> None:
    text = DOCUMENTS[0].read_text(encoding="utf-8")
    changed = re.sub(r"(<!-- headline .*?\d\.)\d%", r"\g<1>x%", text, count=1, flags=re.S)
    assert changed != text and renew(changed) == text


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.parent.name)
def test_no_measured_number_stands_outside_the_blocks(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    # Cards begin with what the trainer wrote of its run, and end with its curve.
    row = r"^\| (?:progress|(?:training )?data) \|.*?$"
    trainer = rf"{row}|^## (?:Curve|Accuracy during the training).*?(?=^## |\Z)"
    generated = rf"<!-- ({'|'.join(BLOCKS)}) .*?<!-- end -->|```.*?```|{trainer}"
    by_hand = re.sub(generated, "", text, flags=re.S | re.M)
    found = re.findall(r"[^\n]*\d ?(?:%|times\b|puzzles/s|ms\b)[^\n]*", by_hand)
    assert not found, "measured numbers belong into a block"


def test_chances_are_not_judged_by_the_tasks_that_they_come_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    block = "<!-- tasks arc-dev -->\n<!-- end -->\n"
    assert "Brier score" not in renew(block)
    monkeypatch.setattr("puzzlesolver.bench.arc.tasks_page.calibrated_on", lambda: {"other tasks"})
    assert "| Brier score of the estimated probabilities | 0." in renew(block)


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("parts sudoku-easy sudoku-sizes", "| sudoku-sizes: 16×16 easy |"),
        ("cost sudoku-extreme-cost", "p95"),
    ],
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


def test_modes_that_agree_are_one_line() -> None:
    fresh = renew("<!-- signs settle-4x4-rsm-sudoku4 settle-4x4-sudoku -->\n<!-- end -->\n")
    rows = re.findall(r"^\| ([^|]+, \w+) \|", fresh, flags=re.M)
    assert rows[1:] == ["rsm-sudoku4, settle", "sudoku, settle", "sudoku, raw"]
