from __future__ import annotations

import copy
import json
import sys
from pathlib import Path

import pytest
from rich.console import Console

from puzzlesolver.bench.cost import families, stream, stream_page
from puzzlesolver.bench.report.terminal import show
from puzzlesolver.domains.base import get_domain
from puzzlesolver.errors import UsageError

COUNT = 30


def test_boards_are_different_and_of_both_kinds() -> None:
    domain, puzzles = get_domain("sudoku"), list(stream.mixed(COUNT, 3))
    assert len({puzzle.grid.tobytes() for puzzle in puzzles}) == COUNT
    blanks = [int((puzzle.grid == 0).sum()) for puzzle in puzzles]
    assert min(blanks) <= 9 and max(blanks) > 40
    assert all(domain.count_solutions(puzzle) == 1 for puzzle in puzzles)
    again = [puzzle.grid.tobytes() for puzzle in stream.mixed(COUNT, 3)]
    assert again == [puzzle.grid.tobytes() for puzzle in puzzles]


def test_a_file_is_solved_and_watched(tmp_path: Path) -> None:
    path = tmp_path / "stream.json"
    report = stream.run(
        "stream", limit=COUNT, max_steps=16, batch_size=8, device="cpu", threads=1, processes=1,
        out_json=path,
    )  # fmt: skip
    assert json.loads(path.read_text()) == report
    assert report["stream"]["puzzles"] == COUNT == sum(report["stream"]["statuses"].values())
    assert report["stream"]["statuses"]["solved"] == report["filling"]["verified"] > COUNT / 2
    assert list(report["filling"]["seconds"]) == list(stream_page.WAYS)
    assert report["filling"]["times_refilled"]["refilled"] == 1
    if sys.platform == "linux":
        assert report["stream"]["peak_gib"] > 0.1
    console = Console(record=True, width=120)
    show(report, console)
    told = console.export_text()
    assert "others take their place" in told and "GiB at most" in told
    [section] = stream_page.sections([report])
    assert [len(panel.rows) for panel in section.panels] == [3, 1, 2]

    worse = copy.deepcopy(report)
    worse["stream"]["puzzles_per_second"] /= 3
    assert stream.compare(report, report) == []
    assert len(stream.compare(report, worse)) == 1
    worse["stream"]["puzzles"] += 1
    with pytest.raises(UsageError, match="something else"):
        stream.compare(report, worse)


def test_a_report_of_another_machine_is_refused_at_once() -> None:
    old = {"machine": {"cpu": "another", "device": "cpu"}, "stream": {"puzzles": 10}}
    for suite in (stream, families):
        with pytest.raises(UsageError, match=r"something else: .*another"):
            suite.run(suite.__name__, limit=10, device="cpu", old=old)
