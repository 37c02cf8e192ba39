"""Files that `bench` reads again, damaged in every way: a result or a typed error."""

from __future__ import annotations

import copy
import io
import json
import os
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from puzzlesolver.bench.journal import Journal
from puzzlesolver.bench.records import Record
from puzzlesolver.bench.report.documents import REPORTS
from puzzlesolver.bench.report.page import write_page
from puzzlesolver.bench.report.terminal import show
from puzzlesolver.bench.runner import about_model
from puzzlesolver.bench.schema import read_report
from puzzlesolver.bench.suites import REPORTS as SHOWN
from puzzlesolver.bench.suites import SUITES
from puzzlesolver.domains.arc.submission import read_attempts
from puzzlesolver.errors import ModelError, ParseError, UsageError
from puzzlesolver.hub.folder import save_model
from puzzlesolver.loading import load_network
from puzzlesolver.models.interface import RecursiveModel

NAMES = ("settle-4x4-rsm-sudoku4", "sudoku-1k", "arc-eval", "cost", "stream", "sudoku4-curves")
WHOLE = {name: json.loads((REPORTS / f"{name}.json").read_text("utf-8")) for name in NAMES}
WRONG: tuple[Any, ...] = (None, -1, 0, 1e300, "$\\x\x1b[/b]", [], {}, True, float("nan"), [[]])
EVERY = 1 if os.environ.get("FUZZ") else 200
"""Of the reports that are accepted, how many are drawn once: tables and charts take their time."""
BYTES = [json.dumps(report).encode() for report in WHOLE.values()]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document, of lists and of alike entries the first alone."""
    yield path
    if isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))
    if isinstance(value, dict):
        digits = [key for key in value if key.isdigit()]
        for key in value:
            if key not in digits[1:]:
                yield from places(value[key], (*path, key))


def used(report: dict[str, Any], page: Path, drawn: bool) -> None:
    """All that reads a report again; what is drawn of it are the texts of its sections."""
    for section in SHOWN[report["suite"]].page.sections([report]):
        assert all(isinstance(cell, str) for panel in section.panels for cell in chain(*panel.rows))
    if drawn:
        write_page(page, [report])
        show(report, Console(file=io.StringIO()))
    if report["suite"] in SUITES:
        SUITES[report["suite"]].code.compare(report, WHOLE_OF[report["suite"]])


WHOLE_OF = {report["suite"]: report for report in WHOLE.values()}


@pytest.mark.parametrize("name", NAMES)
def test_whatever_is_wrong_in_a_report_is_told_before_it_is_used(name: str, tmp_path: Path) -> None:
    file, page, accepted = tmp_path / "report.json", tmp_path / "page.html", 0
    for number, path in enumerate(list(places(WHOLE[name]))[1:]):
        report = copy.deepcopy(WHOLE[name])
        parent = report
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = WRONG[number % len(WRONG)]
        if number % 3 == 0:
            del parent[path[-1]]
        file.write_text(json.dumps(report))
        try:
            read = read_report(file)
        except UsageError as error:
            assert str(file) in error.where and error.hint
            continue
        accepted += 1
        try:
            used(read, page, drawn=accepted % EVERY == 1)
        except UsageError as error:
            assert "something else" in error.what or "share no mode" in error.what
    assert accepted


@st.composite
def damaged(draw: st.DrawFn, wholes: list[bytes]) -> bytes:
    """A file with some bytes replaced, cut or repeated."""
    data = draw(st.sampled_from(wholes))
    for _ in range(draw(st.integers(1, 3))):
        at, length = draw(st.integers(0, len(data))), draw(st.integers(0, 40))
        data = data[:at] + draw(st.binary(max_size=8)) + data[at + length :]
    return data


@given(st.one_of(st.binary(max_size=200), damaged(BYTES)))
@example(b"[" * 100_000)
@example(b'{"schema": 1, "suite": ' + b"9" * 5_000 + b"}")
def test_any_bytes_are_a_report_or_no_report(tmp_path_factory: Any, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzzed.json"
    file.write_bytes(data)
    try:
        used(read_report(file), file, drawn=False)
    except UsageError as error:
        assert error.where


JOURNAL = b"".join((REPORTS / "sudoku-1k.jsonl").read_bytes().splitlines(keepends=True)[:4])


@given(st.one_of(st.binary(max_size=200), damaged([JOURNAL])))
@example(b"[" * 100_000 + b"\n")
@example(JOURNAL.splitlines(keepends=True)[0] + b'{"puzzle": {"mode": 3}}\n')
@example(JOURNAL.splitlines(keepends=True)[0] + b"\xff\n")
@example(JOURNAL.splitlines(keepends=True)[0] + b'{"cost": []}\n')
def test_any_bytes_are_a_journal_or_no_journal(tmp_path_factory: Any, data: bytes) -> None:
    out = tmp_path_factory.getbasetemp() / "fuzzed.json"
    out.with_suffix(".partial.jsonl").write_bytes(data)
    header = json.loads(JOURNAL.splitlines()[0])["run"]
    try:
        journal = Journal(out, header, True, Record)
    except UsageError as error:
        assert error.where and error.hint
    else:
        journal.finish()
        assert all(isinstance(record.steps, int) for record in journal.records)


SUBMISSIONS = [
    b'{"t": [{"attempt_1": [[1, 2]], "attempt_2": [[0]]}]}',
    b'{"schema": 1, "name": "t", "attempts": [{"attempt_1": [[1]], "attempt_2": [[0]]}]}\n',
    b"name,answer\nt,12/34\n",
    b"12/34\n56/78\n",
]


@given(st.one_of(st.binary(max_size=200), damaged(SUBMISSIONS)))
@example(b"[" * 100_000)
@example(b"name,answer\nt\n")
def test_any_bytes_are_a_submission_or_none(data: bytes) -> None:
    try:
        read_attempts(data.decode("utf-8", "replace").splitlines(), "answers.json")
    except ParseError as error:
        assert error.where


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ({"curve": [{"steps": "many"}], "minutes": 1, "core_minutes": 1}, "training.curve[0]"),
        ({"curve": [{"steps": 1, "right": {"8": 0.5}}]}, "expected minutes and core_minutes"),
        ({"settings": {"train_puzzles": -1}}, "training.settings.train_puzzles"),
        ({"minutes": -1}, "training.minutes"),
    ],
)
def test_a_damaged_record_of_the_training_is_told_before_anything_is_measured(
    tiny_model: RecursiveModel, tmp_path: Path, training: dict[str, Any], told: str
) -> None:
    save_model(tiny_model, tmp_path / "model", training, "card")
    with pytest.raises(ModelError, match=re.escape(told)):
        about_model(load_network(tmp_path / "model", "sudoku"))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="has no such devices")
def test_a_device_is_no_data() -> None:
    with pytest.raises(UsageError, match="not a regular file"):
        SUITES["sudoku-extreme"].load(Path("/dev/zero"), 1, 0)
