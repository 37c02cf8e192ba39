"""A command line with pipes in an empty folder, and a model to give it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from puzzlesolver.cli.app import main
from puzzlesolver.hub.folder import save_model
from puzzlesolver.models.interface import RecursiveModel
from tests.cli.support import Done, Run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `puzzlesolver ARGUMENTS…` in an empty folder, without the cost of a new process."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path, stdin: str = "") -> Done:
        monkeypatch.setattr(
            "sys.stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(stdin.encode())))
        )
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Done(code, *capsys.readouterr())

    return run


@pytest.fixture
def model(tiny_model: RecursiveModel, tmp_path: Path) -> Path:
    """Folder of an untrained model."""
    folder = tmp_path / "tiny"
    save_model(tiny_model, folder, training={}, card="# An untrained model\n")
    return folder
