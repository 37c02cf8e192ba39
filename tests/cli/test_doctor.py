"""`doctor` says what is there, and exits 4 when something is broken."""

from __future__ import annotations

import pytest

from puzzlesolver.cli import doctor
from tests.cli.support import Run

TITLES = [
    "puzzlesolver",
    "packages",
    "extras",
    "devices",
    "onnxruntime",
    "cache",
    "weights",
    "self-test",
]


def test_every_check_has_a_line(run: Run) -> None:
    done = run("doctor")
    assert [line.split()[0] for line in done.stdout.splitlines()] == TITLES
    assert "cpu" in done.stdout and "torch" in done.stdout
    assert done.code == (4 if "BROKEN" in done.stdout else 0)


def test_a_missing_package_is_broken_and_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", ("no-such-package",))
    with pytest.raises(Exception) as caught:
        doctor.doctor()
    assert caught.value.exit_code == 4
    assert "BROKEN: package no-such-package is missing" in capsys.readouterr().out
