"""What settling is worth: numbers by hand, the suite on boards of four kinds, and its page."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from puzzlesolver.bench.accuracy import solving as runner
from puzzlesolver.bench.report import documents
from puzzlesolver.bench.report.page import write_page
from puzzlesolver.bench.settling.boards import settle_boards
from puzzlesolver.bench.statistics import auroc, risks
from puzzlesolver.domains.base import get_domain

SHORT = {"max_steps": 32, "patience": 8}


def test_auroc_is_the_chance_that_a_right_answer_scores_higher() -> None:
    right = np.array([True, True, False, False])
    assert auroc(np.array([4.0, 3, 2, 1]), right)["auroc"] == 1
    assert auroc(np.array([1.0, 2, 3, 4]), right)["auroc"] == 0
    assert auroc(np.array([1.0, 1, 1, 1]), right)["auroc"] == 0.5
    mixed = auroc(np.array([3.0, 1, 2, 0]), right)
    assert mixed["auroc"] == 0.75 and 0 < mixed["low"] < 0.75 < mixed["high"] < 1
    assert auroc(np.array([3.0, 1]), np.array([True, True]))["auroc"] is None


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    right = np.arange(60) < 25
    truth = 0.8556  # P(x > y) of normal x around 1.5 and y around 0
    told = [auroc(rng.normal(1.5 * right), right) for _ in range(400)]
    held = np.mean([each["low"] <= truth <= each["high"] for each in told])
    assert 0.92 <= held <= 0.99
    apart = auroc(np.where(right, 1.0, 0.0), right)
    assert apart["high"] == 1 and 0.8 < apart["low"] < 1, "perfect on few puzzles proves little"


def test_risk_falls_with_coverage_when_the_score_tells_right_from_wrong() -> None:
    scores, right = np.arange(100.0), np.arange(100) >= 40
    told = risks(scores, right)
    curve = [value for value in next(v for v in told.values() if isinstance(v, list))]
    assert curve[0] == 0 and curve[-1] == pytest.approx(0.4)
    assert curve == sorted(curve)


@pytest.mark.parametrize("size", [4, 9])
def test_boards_are_what_their_kinds_say(size: int) -> None:
    cases = settle_boards(None, 3, 0, size)
    count = get_domain("sudoku").count_solutions
    solutions = {"one solution": 1, "no solution": 0, "several solutions": 2, "nearly full": 1}
    assert Counter(cases.groups) == dict.fromkeys(solutions, 3)
    for group, puzzle in zip(cases.groups, cases.puzzles, strict=True):
        assert get_domain("sudoku").contradiction(puzzle) is None
        assert count(puzzle) == solutions[group]
        assert (puzzle.label is not None) == (solutions[group] == 1)
    assert cases.sha256 == settle_boards(None, 3, 0, size).sha256


def test_the_suite_reports_each_kind_apart_and_its_page_needs_no_network(
    model_folder: Path, tmp_path: Path
) -> None:
    report = runner.run("settle-4x4", model=model_folder, limit=4, policy=SHORT)
    for mode in ("settle", "raw"):
        told = report["modes"][mode]["settling"]
        assert told["kinds"]["no solution"]["right"]["count"] == 0
        assert all(kind["settled"]["of"] == 4 for kind in told["kinds"].values())
        assert {"settled", "residual", "confidence"} <= set(told["signs"]["all"])
    block = documents.told("settling", [report])
    assert "| no solution | " in block and "| one solution | " in block
    write_page(tmp_path / "page.html", [report])
    page = (tmp_path / "page.html").read_text()
    assert "<svg" in page and "var(--series-0)" in page
    identifiers = re.findall(r' id="([^"]*)"', page)
    assert len(set(identifiers)) == len(identifiers)
    for words in ("settle-4x4", "right if settled", "python-sat", "AUROC"):
        assert words in page
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", page), "nothing is fetched"
