"""Rollouts from the command line: `solve` and `bench` hand them on, and say what cannot work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from puzzlesolver.hub.folder import save_model
from puzzlesolver.models.registry import build_model
from tests.cli.support import HARD, ONE_BLANK, SOLVED, Run

ROLLOUTS = ("--rollouts", "4", "--symmetries", "--noise", "0.1")


@pytest.fixture
def trm(tmp_path: Path) -> Path:
    """Folder of an untrained TRM."""
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_heads": 2, "puzzle_emb_ndim": 0, "H_cycles": 1, "L_cycles": 1}
    save_model(build_model("trm", sizes), tmp_path / "trm", training={}, card="# Untrained\n")
    return tmp_path / "trm"


def test_solve_tries_several_and_prints_one(run: Run, model: Path) -> None:
    done = run("solve", ONE_BLANK, HARD, "-m", model, *ROLLOUTS, "--max-steps", "90", "-f", "jsonl")
    solved, unsolved = map(json.loads, done.stdout.splitlines())
    assert done.code == 1
    assert (solved["status"], solved["answer"]) == ("solved", SOLVED)
    assert (unsolved["status"], unsolved["steps"]) == ("unsolved", 4 * 22)
    assert unsolved["reason"] == "its 90 steps are spent"
    assert all(a == b for a, b in zip(unsolved["answer"], HARD, strict=True) if b != ".")


def test_an_untrained_trm_solves_nothing_and_says_so(run: Run, trm: Path) -> None:
    words = ("solve", HARD, "-m", trm, "--max-steps", "40", "-f", "json")
    for choose in ("weighted", "vote", "halt"):
        done = run(*words, *ROLLOUTS, "--mode", "settle", "--choose", choose)
        record = json.loads(done.stdout)
        assert done.code == 1 and record["verdict"] == "wrong" and record["steps"] <= 40


def test_what_cannot_work_is_refused(run: Run, model: Path, trm: Path) -> None:
    same = run("solve", HARD, "-m", trm, "--rollouts", "2", "--no-symmetries")
    assert same.code == 2 and "--rollouts" in same.stderr and "--noise" in same.stderr
    silent = run("solve", HARD, "-m", model, "--rollouts", "2", "--choose", "halt")
    assert silent.code == 2 and "no halting logit" in silent.stderr
    few = run("solve", HARD, "-m", model, "--rollouts", "9", "--max-steps", "8")
    assert few.code == 2 and "too few" in few.stderr


def test_bench_writes_down_how_it_rolled_out(run: Run, model: Path, tmp_path: Path) -> None:
    rows = "".join(f"mine,{question},{SOLVED},0\n" for question in (ONE_BLANK, HARD))
    (tmp_path / "data.csv").write_text(f"source,question,answer,rating\n{rows}")
    words = ("bench", "sudoku-extreme", "--data", "data.csv", "-m", model, "--json", "out.json")
    done = run(*words, *ROLLOUTS, "--choose", "vote", "--mode", "settle", "--max-steps", "40")
    policy = json.loads((tmp_path / "out.json").read_text())["policies"]["settle"]
    assert done.code == 0
    assert (policy["rollouts"], policy["symmetries"], policy["noise"]) == (4, True, 0.1)
    assert policy["choose"] == "vote"
