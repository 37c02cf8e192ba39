"""`models`: names, folders, checks, cards."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from puzzlesolver.hub.catalog import read_catalog
from tests.cli.support import Run, run_on_terminal


def test_list_names_every_shipped_model_once_then_the_published_ones(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    catalog = read_catalog()
    rows = [line.split("\t") for line in run("models", "list").stdout.splitlines()]
    assert [row[0] for row in rows] == list(catalog.models)
    assert {len(row) for row in rows} == {7} and rows[0][3].isdecimal()
    defaults = {row[0] for row in rows if row[5] == "default"}
    assert defaults == set(catalog.defaults.values())
    every = [line.split("\t") for line in run("models", "list", "--all").stdout.splitlines()]
    assert every[: len(rows)] == rows
    assert {row[0].split(":")[1] for row in every[len(rows) :]} == set(catalog.published)


def test_show_prints_size_checksum_config_and_card(run: Run, model: Path) -> None:
    done = run("models", "show", model)
    assert done.code == 0
    for fact in ("parameters", "sha256", '"width": 4', "stem", "# An untrained model"):
        assert fact in done.stdout


def test_path_is_the_folder_and_nothing_else(run: Run, model: Path) -> None:
    assert run("models", "path", model).stdout == f"{model}\n"


def test_verify_accepts_a_whole_model_and_names_a_damaged_one(run: Run, model: Path) -> None:
    done = run("models", "verify", model)
    assert done.code == 0 and "intact" in done.stdout
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-7])
    done = run("models", "verify", model)
    assert done.code == 4 and "not usable" in done.stdout and "model.safetensors" in done.stdout


def test_verify_goes_on_after_a_damaged_model(run: Run, model: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    done = run("models", "verify", empty, model)
    assert done.code == 4 and len(done.stdout.splitlines()) == 2


@pytest.mark.parametrize("columns", [40, 60])
def test_a_narrow_terminal_gets_paragraphs_whose_words_are_whole(columns: int) -> None:
    screen = run_on_terminal(["models", "list"], columns, 40)
    assert screen.code == 0 and "…" not in str(screen)
    told = " ".join(str(screen).split())
    assert re.search(r"sudoku-any sudoku, stem, [\d,]+ parameters, [\d,]+ steps, shipped, ", told)
