from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from puzzlesolver.bench.arc.records import TaskRecord
from puzzlesolver.bench.arc.trust import calibrate, expit, main
from puzzlesolver.refine.adapt.trust import Signs, chance


def drawn(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Signs of which only the first matters, and outcomes that follow it."""
    rng = np.random.default_rng(0)
    signs = rng.random((count, 5))
    return signs, rng.random(count) < expit(6 * signs[:, 0] - 3)


def test_regression_finds_the_sign_that_matters_and_the_mean() -> None:
    signs, right = drawn()
    bias, *weights = calibrate(signs, right)
    assert weights[0] > 4 * max(abs(weight) for weight in weights[1:])
    said = expit(bias + signs @ np.array(weights))
    assert said.mean() == pytest.approx(right.mean(), abs=1e-3)


def test_all_right_or_none_still_gives_probabilities() -> None:
    signs, _ = drawn(20)
    for outcome in (True, False):
        said = expit(np.column_stack([np.ones(20), signs]) @ calibrate(signs, np.full(20, outcome)))
        assert np.isfinite(said).all() and ((said > 0.5) == outcome).all()


def kept(name: str, signs: Signs, right: bool) -> TaskRecord:
    return TaskRecord(
        task=name, right=[[right, False]], attempts=[["1", "2"]], shares=[[0.5, 0.2]], ranks=[1],
        cpu_seconds=1.0, rule="same size", demos=1.0, signs=signs._asdict(), chance=0.5, fits=[],
    )  # fmt: skip


def test_a_run_becomes_weights_that_answers_are_told_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signs, right = drawn()
    records = [kept(str(n), Signs(*sign.tolist()), bool(right[n])) for n, sign in enumerate(signs)]
    journal, out = tmp_path / "run.jsonl", tmp_path / "trust.json"
    lines = [{"run": {"suite": "arc-dev"}}, *({"puzzle": asdict(each)} for each in records)]
    journal.write_text("".join(json.dumps(line) + "\n" for line in lines))
    main([journal], out)
    model = json.loads(out.read_text())
    assert set(model["weights"]) == {"share", "cells", "steps", "grids"}
    assert model["tasks"] == len(signs) and model["right"] == right.sum()
    told = model["each_by_the_others"]
    assert told["brier"] < told["brier_of_the_mean"] and told["auroc"] > 0.6
    assert json.loads(capsys.readouterr().out) == model


def test_the_shipped_weights_trust_what_all_signs_speak_for() -> None:
    worst, best = chance(Signs(0, 1, 1, 1, 1)), chance(Signs(1, 1, 1, 0, 0))
    assert 0 < worst < 0.2 < 0.5 < best < 1
